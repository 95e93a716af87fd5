"""The singular paths of older clients, which name a record in the body or the query, not in the path.

They do what the plural ones do (sources.md#singular-paths); `GET /partner` is with the partners.
"""

from collections.abc import Callable
from dataclasses import replace

from .. import replies
from ..calls import Call
from ..replies import Reply
from ..routing import Handler, Route
from . import customers, new_customers, partners, referral_customers
from .referral_customers import REFERRAL

_NAMES = ("id", "key", "email")


def _created(noun: str, handler: Handler) -> Handler:
    """The creation of a record whose fields may stand one level deeper."""
    return lambda call: handler(_unwrapped(call, noun))


def _identified(noun: str, in_path: Callable[[Call, str, str], str], handler: Handler) -> Handler:
    """What is done to the record in a path, done to the one that the body or the query names."""

    def handle(call: Call) -> Reply:
        call = _unwrapped(call, noun)
        for name in _NAMES:
            value = call.filter(name)
            if value is not None:
                rest = {field: content for field, content in call.body.items() if field != name}
                identifiers = (in_path(call, name, value),)
                return handler(replace(call, identifiers=identifiers, body=rest))
        raise replies.invalid({"key": [f"One of {', '.join(_NAMES)} is required."]})

    return handle


def _customer(call: Call, name: str, value: str) -> str:
    """The key, because a path takes an email for another customer's key first."""
    column = "email" if name == "email" else "key"
    key: str = customers.TABLE.required(call, column, value)["key"]
    return key


def _friend(call: Call, name: str, value: str) -> str:
    """The id, because a path takes a key or an email for another customer's id first."""
    customer_id: str = referral_customers.TABLE.existing(referral_customers.find(call, name, value))["id"]
    return customer_id


def _partner(call: Call, name: str, value: str) -> str:
    """Paths of partners take ids only."""
    partner_id: str = partners.TABLE.existing(partners.find(call, name, value))["id"]
    return partner_id


def _unwrapped(call: Call, noun: str) -> Call:
    """The call with the fields of the noun beside the others, not below them."""
    inner = call.body.get(noun)
    if not isinstance(inner, dict):
        return call
    return replace(call, body={**{name: value for name, value in call.body.items() if name != noun}, **inner})


ROUTES = (
    Route("POST", "/customer", _created("customer", new_customers.create)),
    Route("GET", "/customer", _identified("customer", _customer, customers.get)),
    Route("PUT", "/customer", _identified("customer", _customer, customers.update)),
    Route("DELETE", "/customer", _identified("customer", _customer, customers.delete)),
    Route("POST", "/customer", _created("customer", new_customers.create_in_referral_program), REFERRAL),
    Route("GET", "/customer", _identified("customer", _friend, referral_customers.get), REFERRAL),
    Route("PUT", "/customer", _identified("customer", _friend, referral_customers.update), REFERRAL),
    Route("DELETE", "/customer", _identified("customer", _friend, referral_customers.delete), REFERRAL),
    Route("POST", "/partner", _created("partner", partners.create)),
    Route("PUT", "/partner", _identified("partner", _partner, partners.update)),
    Route("DELETE", "/partner", _identified("partner", _partner, partners.delete)),
)
