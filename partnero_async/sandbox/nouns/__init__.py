"""What the sandbox knows about: one module per noun, each with its tables and its routes."""

from ..routing import Route
from . import (
    customers,
    leads,
    partner_actions,
    partner_referral_links,
    partners,
    payout_requests,
    program,
    referral_keys,
    rewards,
    settings,
    transactions,
    webhooks,
)

SCHEMA: tuple[str, ...] = (
    partners.SCHEMA,
    referral_keys.SCHEMA,
    customers.SCHEMA,
    transactions.SCHEMA,
    rewards.SCHEMA,
    program.SCHEMA,
    settings.SCHEMA,
    leads.SCHEMA,
    payout_requests.SCHEMA,
    webhooks.SCHEMA,
)

ROUTES: tuple[Route, ...] = tuple(
    program.until_deleted(route)
    for route in (
        *program.ROUTES,
        *settings.ROUTES,
        *partners.ROUTES,
        *partner_actions.ROUTES,
        *partner_referral_links.ROUTES,
        *customers.ROUTES,
        *transactions.ROUTES,
        *leads.ROUTES,
        *payout_requests.ROUTES,
        *webhooks.ROUTES,
    )
)
