"""Creating customers, who may bring a first sale along (sources.md#customers): all is kept, or nothing."""

from .. import replies
from ..calls import Call
from ..fields import Fields
from ..replies import Reply
from ..routing import Route
from . import customers, referral_customers, referral_transactions, sales, transactions


def create(call: Call) -> Reply:
    """Add a customer of a partner."""
    body = Fields(call.body)
    sale = sales.first(body)
    row = customers.add(call, _own(body), body.section("partner"), body.section("options"))
    if sale is not None:
        transactions.add(call, row, sale)
    return replies.created(customers.present(row))


def create_in_referral_program(call: Call) -> Reply:
    """Add a customer, whom another one may have referred."""
    body = Fields(call.body)
    sale, fields = sales.first(body), _own(body)
    inner = fields.section("referring_customer")
    row = referral_customers.add(call, fields, inner or body.section("referring_customer"))
    if sale is not None:
        referral_transactions.add(call, row, sale)
    return replies.created(referral_customers.present(call, row))


def _own(body: Fields) -> Fields:
    """The customer's own fields: clients from 2022 put them one level deeper, beside the partner."""
    return body if body.raw("customer") is None else body.section("customer")


ROUTES = (
    Route("POST", "/customers", create),
    Route("POST", "/customers", create_in_referral_program, referral_customers.REFERRAL),
)
