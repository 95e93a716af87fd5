"""The one list of resources: the client, the docs, the check of the sandbox and the tests read it."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from functools import cache
from importlib import import_module
from typing import TYPE_CHECKING, Any, Final

from .._http.endpoint import Endpoint

if TYPE_CHECKING:
    from ._base import Resource

__all__ = ["RESOURCES", "all_endpoints", "endpoints_of", "find_endpoint", "load_resource"]

RESOURCES: Final[Mapping[str, tuple[str, str]]] = {
    "program": ("program", "ProgramResource"),
    "partners": ("partners", "Partners"),
    "partner_referral_links": ("partner_referral_links", "PartnerReferralLinks"),
    "customers": ("customers", "Customers"),
    "transactions": ("transactions", "Transactions"),
    "referral_customers": ("referral_customers", "ReferralCustomers"),
    "customer_referral_links": ("customer_referral_links", "CustomerReferralLinks"),
    "referral_transactions": ("referral_transactions", "ReferralTransactions"),
    "subscribers": ("subscribers", "Subscribers"),
    "rewards": ("rewards", "Rewards"),
    "coupons": ("coupons", "Coupons"),
    "promotion_codes": ("promotion_codes", "PromotionCodes"),
    "leads": ("leads", "Leads"),
    "payout_requests": ("payout_requests", "PayoutRequests"),
    "free_form_settings": ("free_form_settings", "FreeFormSettingsResource"),
    "webhooks": ("webhooks", "WebhookSubscriptions"),
}
"""Attribute of the client -> module in this folder and class in it, in the order of the docs."""

# The endpoint of ``partnero.test()``, which is an action of the client itself.
_OF_THE_CLIENT: Final = "key_check"


def load_resource(name: str) -> type[Resource]:
    """The class of the resource with this attribute; its module is imported at its first use."""
    module, kind = RESOURCES[name]
    loaded: type[Resource] = getattr(import_module(f".{module}", __package__), kind)
    return loaded


@cache
def all_endpoints() -> tuple[Endpoint[Any], ...]:
    """Every declared endpoint, in the order of the resources."""
    modules = dict.fromkeys((_OF_THE_CLIENT, *(module for module, _ in RESOURCES.values())))
    return tuple(endpoint for module in modules for endpoint in endpoints_of(module))


def endpoints_of(module: str) -> Iterable[Endpoint[Any]]:
    """The endpoints that a module in this folder declares, in their order."""
    declared = vars(import_module(f".{module}", __package__)).values()
    found: list[Endpoint[Any]] = [value for value in declared if isinstance(value, Endpoint)]
    # Some stand for two forms of a request, whose answers differ (``Endpoint.returning``).
    first = dict[tuple[str, str], Endpoint[Any]]()
    for endpoint in found:
        first.setdefault((endpoint.method, endpoint.path), endpoint)
    return first.values()


def find_endpoint(
    method: str, segments: tuple[str, ...], among: Iterable[Endpoint[Any]] | None = None
) -> Endpoint[Any] | None:
    """The declared endpoint that a method and the segments of a path belong to, if there is one.

    Where two types of programs have one of the same path, it is the first: all but the record is alike.
    """
    candidates = [
        endpoint
        for endpoint in (all_endpoints() if among is None else among)
        if endpoint.method == method and _matches(endpoint.path.split("/")[1:], segments)
    ]
    # A literal path wins over a placeholder that would take its last segment for a key.
    return min(candidates, key=lambda endpoint: endpoint.path.count("{"), default=None)


def _matches(template: list[str], segments: tuple[str, ...]) -> bool:
    return len(template) == len(segments) and all(
        part.startswith("{") or part == segment for part, segment in zip(template, segments, strict=True)
    )
