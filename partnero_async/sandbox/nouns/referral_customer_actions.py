"""What is asked about refer-a-friend customers beyond reading and changing them."""

from .. import moments, money, replies
from ..calls import Call
from ..fields import Fields
from ..replies import Refusal, Reply
from ..routing import Route
from ..store import Value
from . import balances, referral_customers
from .referral_customers import REFERRAL


def archive(call: Call) -> Reply:
    """Delete softly: the customer stops earning. Doing so twice fails."""
    row = referral_customers.identified(call)
    if not referral_customers.is_active(row):
        raise Refusal(400, "Action failed: the customer is already archived.")
    moment = moments.now()
    _mark(call, row["number"], {"deleted_at": moment, "updated_at": moment})
    return replies.done()


def revoke_archive(call: Call) -> Reply:
    """Undo the soft deletion; fails for a customer that is not archived."""
    row = referral_customers.identified(call)
    if referral_customers.is_active(row):
        raise Refusal(400, "Action failed: the customer is not archived.")
    _mark(call, row["number"], {"deleted_at": None, "updated_at": moments.now()})
    return replies.done()


def referrals(call: Call) -> Reply:
    """List the customers whom this one referred."""
    row = referral_customers.identified(call)
    return referral_customers.listed(call, [("record.referring_customer_number = ?", row["number"])])


def stats(call: Call) -> Reply:
    """How many came, what they bought, what it earned; no source prints it, so the names are a partner's."""
    row = referral_customers.identified(call)
    sales = call.store.all(
        "SELECT amount, amount_units, customer_number FROM referral_transactions"
        " WHERE referring_customer_number = ? ORDER BY number",
        row["number"],
    )
    return replies.found(
        {
            "clicks": 0,
            "referrals_count": row["referrals_count"],
            "revenue": money.by_currency((sale["amount"], sale["amount_units"]) for sale in sales),
            "sales_count": len(sales),
            "paid_accounts": len({sale["customer_number"] for sale in sales}),
            "rewards": money.by_currency(balances.rewards(call, row)),
        }
    )


def invite(call: Call) -> Reply:
    """Make somebody a customer by e-mail, which nobody sends here; who is one already is invited again."""
    fields = Fields(call.body)
    email = fields.email("email", required=True)
    personalization = fields.section("personalization")
    for name in personalization.names():
        personalization.text(name)
    fields.finish()
    row = referral_customers.find(call, "email", email or "")
    if row is not None:
        return replies.found(referral_customers.present(call, row))
    row = referral_customers.add(call, fields, fields.section("referring_customer"))
    return replies.created(referral_customers.present(call, row))


def _mark(call: Call, number: int, changes: dict[str, Value]) -> None:
    call.store.update("referral_customers", number, changes)
    referral_customers.emit(call, "customer.updated", referral_customers.TABLE.numbered(call, number))


ROUTES = (
    Route("POST", "/customers/{key}/archive", archive, REFERRAL),
    Route("POST", "/customers/{key}/revoke-archive", revoke_archive, REFERRAL),
    Route("GET", "/customers/{id}/referrals", referrals, REFERRAL),
    Route("GET", "/customers/{id}/stats", stats, REFERRAL),
    Route("POST", "/customers:invite", invite, REFERRAL),
)
