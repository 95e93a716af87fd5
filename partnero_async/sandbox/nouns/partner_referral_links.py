"""The referral links of partners; the id of a link is its key."""

import sqlite3

from .. import moments, pages, replies
from ..calls import Call
from ..fields import Fields
from ..jsontext import Json
from ..replies import Refusal, Reply
from ..routing import Route
from ..store import Value
from . import partners, referral_keys
from .referral_keys import TABLE

_DEFAULT_DOMAINS_LIMIT = 10
# What the vendor's PHP client makes of the names, on the wire too.
_SNAKE_CASE = {
    "domainId": "domain_id",
    "isAdditional": "is_additional",
    "directTracking": "direct_tracking",
    "directTrackingRedirect": "direct_tracking_redirect",
    "directTrackingRedirectUrl": "direct_tracking_redirect_url",
}
_FLAGS = ("direct_tracking", "direct_tracking_redirect")
_CHANGEABLE = ("key", "domain_id", "is_additional", *_FLAGS, "direct_tracking_redirect_url")


def list_of_partner(call: Call) -> Reply:
    """List the links of one partner, the default one among them."""
    partner = partners.identified(call)
    return pages.listed(call, TABLE.select, [("record.partner_number = ?", partner["number"])], _whole)


def domains(call: Call) -> Reply:
    """List the domains that links can be made on."""
    items: list[dict[str, object]] = [
        {
            "id": domain.id,
            "domain": domain.domain,
            "url": domain.url,
            "is_additional": domain.is_additional,
        }
        for domain in referral_keys.DOMAINS
    ]
    return pages.listed_items(call, items, default_limit=_DEFAULT_DOMAINS_LIMIT)


def create(call: Call) -> Reply:
    """Add a link to a partner's; Partnero prints 200 for it, not 201."""
    fields = Fields(_in_snake_case(call))
    key = fields.text("key", required=True)
    referral_keys.complain_if_taken(call, fields, key)
    row: dict[str, Value] = {
        "program": call.program.key,
        "key": key,
        "is_default": 0,
        "domain_id": _domain_id(fields),
        **_tracking(fields),
        "created_at": moments.now(),
    }
    partner = partners.required_in(call, fields)
    number = call.store.insert("partner_referral_links", {**row, "partner_number": partner["number"]})
    return replies.found(_whole(TABLE.numbered(call, number)))


def get(call: Call) -> Reply:
    """Read one link."""
    return replies.found(_whole(TABLE.identified(call, "key")))


def search(call: Call) -> Reply:
    """List the link with this id or key."""
    key = call.filter("id") or call.filter("key")
    if key is None:
        raise replies.invalid({"key": ["One of id and key is required."]})
    return pages.listed(
        call, TABLE.select, [("record.program = ?", call.program.key), ("record.key = ?", key)], _whole
    )


def update(call: Call) -> Reply:
    """Change the fields that are sent; with a new key, the link has a new id."""
    row, fields = TABLE.identified(call, "key"), Fields(_in_snake_case(call))
    if not any(fields.sent(name) for name in _CHANGEABLE):
        fields.complain("key", "One of the fields of a link is required.")
    changes = _tracking(fields)
    if fields.sent("key"):
        changes["key"] = key = fields.text("key", required=True)
        referral_keys.complain_if_taken(call, fields, key, but=row["number"])
    domain_id = _domain_id(fields)
    if fields.sent("domain_id"):
        changes["domain_id"] = domain_id
    fields.finish()
    if changes:
        call.store.update("partner_referral_links", row["number"], changes)
    return replies.found(_whole(TABLE.numbered(call, row["number"])))


def delete(call: Call) -> Reply:
    """Remove a link; its partner always keeps the default one."""
    row = TABLE.identified(call, "key")
    if row["is_default"]:
        raise Refusal(400, "Action failed: the default referral link cannot be deleted.")
    call.store.run("DELETE FROM partner_referral_links WHERE number = ?", row["number"])
    return replies.done()


def _in_snake_case(call: Call) -> dict[str, Json]:
    renamed = {_SNAKE_CASE[name]: value for name, value in call.body.items() if name in _SNAKE_CASE}
    return {**renamed, **call.body}


def _domain_id(fields: Fields) -> int | None:
    """The domain that the body chooses; the same id may mean another domain when it is additional."""
    domain_id = fields.raw("domain_id")
    is_additional = fields.flag("is_additional", False)
    if domain_id is None or domain_id == "":
        return None
    if fields.raw("is_additional") is None:
        fields.complain("is_additional", "The is_additional field is required when domain_id is present.")
        return None
    for domain in referral_keys.DOMAINS:
        if str(domain.id) == str(domain_id) and domain.is_additional == is_additional:
            return domain.id
    fields.complain("domain_id", "The selected domain_id is invalid.")
    return None


def _tracking(fields: Fields) -> dict[str, Value]:
    """What is said about direct tracking, if anything."""
    changes: dict[str, Value] = {
        name: fields.flag(name, False) for name in _FLAGS if fields.raw(name) is not None
    }
    if fields.sent("direct_tracking_redirect_url"):
        changes["direct_tracking_redirect_url"] = fields.url("direct_tracking_redirect_url")
    return changes


def _whole(row: sqlite3.Row) -> dict[str, object]:
    return {
        "id": row["key"],
        "key": row["key"],
        "url": referral_keys.url(row),
        "default": bool(row["is_default"]),
        "is_additional": referral_keys.domain(row).is_additional,
        "direct_tracking": bool(row["direct_tracking"]),
        "direct_tracking_redirect": bool(row["direct_tracking_redirect"]),
        "direct_tracking_redirect_url": row["direct_tracking_redirect_url"],
    }


ROUTES = (
    Route("GET", "/partners/{id}/referral_links", list_of_partner),
    Route("GET", "/partner_referral_links:domains", domains),
    Route("GET", "/partner_referral_links:search", search),
    Route("POST", "/partner_referral_links", create),
    Route("GET", "/partner_referral_links/{id}", get),
    Route("PUT", "/partner_referral_links/{id}", update),
    Route("DELETE", "/partner_referral_links/{id}", delete),
)
