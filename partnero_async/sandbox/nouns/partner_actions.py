"""What is done to partners beyond changing them: archiving, a bonus, a way into the portal."""

import secrets
import sqlite3
import time
from decimal import Decimal

from .. import moments, money, replies
from ..calls import Call
from ..fields import Fields
from ..replies import Refusal, Reply
from ..routing import Route
from . import partners, program, rewards

_SMALLEST_BONUS = Decimal("0.01")
_SIGN_IN_SECONDS = (30, 900)
_DEFAULT_SIGN_IN_SECONDS = 120


def archive(call: Call) -> Reply:
    """Delete softly: the partner stops earning. Doing so twice fails."""
    row = partners.identified(call)
    _refuse_archived(row)
    moment = moments.now()
    call.store.update("partners", row["number"], {"deleted_at": moment, "updated_at": moment})
    partners.emit(call, "partner.archived", partners.TABLE.numbered(call, row["number"]))
    return replies.done()


def revoke_archive(call: Call) -> Reply:
    """Undo the soft deletion; fails for a partner that is not archived."""
    row = partners.identified(call)
    if partners.is_active(row):
        raise Refusal(400, "Action failed: the partner is not archived.")
    call.store.update("partners", row["number"], {"deleted_at": None, "updated_at": moments.now()})
    partners.emit(call, "partner.updated", partners.TABLE.numbered(call, row["number"]))
    return replies.done()


def reward(call: Call) -> Reply:
    """Give a partner a bonus that no sale stands behind."""
    row, fields = partners.identified(call), Fields(call.body)
    amount, note = fields.number("amount"), fields.text("note")
    if fields.raw("amount") is None:
        fields.complain("amount", "The amount field is required.")
    elif amount is not None and amount < _SMALLEST_BONUS:
        fields.complain("amount", f"The amount must be at least {_SMALLEST_BONUS}.")
    elif amount is not None and not money.in_cents(amount):
        fields.complain("amount", "The amount must not have more than 2 decimal places.")
    moment = fields.moment("date") or moments.now()
    fields.finish()
    assert amount is not None, "the complaint above was raised"
    _refuse_archived(row)
    bonus = rewards.add(
        call,
        partner_number=row["number"],
        amount=amount,
        amount_units=program.currency(call),
        created_at=moment,
        note=note,
    )
    return replies.created(rewards.present(bonus, partner=row["id"]))


def sign_in_url(call: Call) -> Reply:
    """Make an address that signs a partner in to the portal, once and not for long."""
    fields = Fields(call.body)
    seconds = fields.integer("expires_in", *_SIGN_IN_SECONDS) or _DEFAULT_SIGN_IN_SECONDS
    fields.finish()
    row = partners.named(call, ("id", "key", "email"))
    _refuse_archived(row)
    # No source names the field of the address.
    return replies.found(
        {
            "url": f"https://partners.yourcompany.com/sign-in/{secrets.token_urlsafe(24)}"
            f"?expires={int(time.time()) + seconds}"
        }
    )


def _refuse_archived(row: sqlite3.Row) -> None:
    if not partners.is_active(row):
        raise Refusal(400, "Action failed: the partner is archived.")


ROUTES = (
    Route("POST", "/partners/{id}/archive", archive),
    Route("POST", "/partners/{id}/revoke-archive", revoke_archive),
    Route("POST", "/partners/{id}/reward", reward),
    Route("POST", "/partners:sign-in-url", sign_in_url),
)
