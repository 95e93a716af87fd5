"""The referral links of refer-a-friend customers."""

from ..routing import Route
from . import referral_customers, referral_keys
from .referral_links import ReferralLinks

_REFERRAL = referral_customers.REFERRAL
_LINKS = ReferralLinks(
    referral_keys.CUSTOMERS,
    referral_customers.identified,
    referral_customers.required_in,
    referral_customers.filtered_by,
)

ROUTES = (
    Route("GET", "/customers/{id}/referral_links", _LINKS.list_of_owner, _REFERRAL),
    Route("GET", "/customer_referral_links:search", _LINKS.search, _REFERRAL),
    Route("POST", "/customer_referral_links", _LINKS.create, _REFERRAL),
    Route("GET", "/customer_referral_links/{id}", _LINKS.get, _REFERRAL),
    Route("PUT", "/customer_referral_links/{id}", _LINKS.update, _REFERRAL),
    Route("DELETE", "/customer_referral_links/{id}", _LINKS.delete, _REFERRAL),
)
