"""The referral links of partners, and the domains that they can be on."""

from .. import pages
from ..calls import Call
from ..replies import Reply
from ..routing import Route
from . import partners, referral_keys
from .referral_links import ReferralLinks

_DEFAULT_DOMAINS_LIMIT = 10
_LINKS = ReferralLinks(
    referral_keys.PARTNERS, partners.identified, partners.required_in, partners.filtered_by
)


def domains(call: Call) -> Reply:
    """List the domains that links can be made on."""
    items: list[dict[str, object]] = [
        {
            "id": domain.id,
            "domain": domain.domain,
            "url": domain.url,
            "is_additional": domain.is_additional,
        }
        for domain in referral_keys.PARTNERS.domains
    ]
    return pages.listed_items(call, items, default_limit=_DEFAULT_DOMAINS_LIMIT)


ROUTES = (
    Route("GET", "/partners/{id}/referral_links", _LINKS.list_of_owner),
    Route("GET", "/partner_referral_links:domains", domains),
    Route("GET", "/partner_referral_links:search", _LINKS.search),
    Route("POST", "/partner_referral_links", _LINKS.create),
    Route("GET", "/partner_referral_links/{id}", _LINKS.get),
    Route("PUT", "/partner_referral_links/{id}", _LINKS.update),
    Route("DELETE", "/partner_referral_links/{id}", _LINKS.delete),
)
