"""The endpoints of the API: every row that its sources have, whether this SDK has it or not."""

from __future__ import annotations

from collections.abc import Mapping
from typing import NamedTuple

__all__ = ["LEFT_TO_REQUEST", "LEGACY", "ROWS", "Legacy", "Row"]


class Row(NamedTuple):
    """One row of the table of endpoints."""

    number: int
    """Its number there; two rows stand in two forms."""

    method: str
    """The HTTP method."""

    path: str
    """The path below the version; what a placeholder is called carries no meaning."""

    programs: str
    """A(ffiliate), R(efer-a-friend), (news)L(etter); a question mark where no source is sure."""


ROWS: tuple[Row, ...] = (
    # Connection
    Row(1, "GET", "/test", "A R L?"),
    # Program
    Row(2, "GET", "/program", "A R L"),
    Row(3, "GET", "/program/overview", "A R"),
    Row(4, "PUT", "/program", "A R"),
    Row(5, "DELETE", "/program", "A R L"),
    # Partners
    Row(6, "GET", "/partners", "A"),
    Row(7, "POST", "/partners", "A"),
    Row(8, "GET", "/partners/{id}", "A"),
    Row(9, "GET", "/partner", "A"),
    Row(10, "GET", "/partners:search", "A"),
    Row(11, "PUT", "/partners/{id}", "A"),
    Row(12, "PUT", "/partners", "A"),
    Row(13, "DELETE", "/partners/{id}", "A"),
    Row(14, "DELETE", "/partners", "A"),
    Row(15, "POST", "/partners/{id}/archive", "A"),
    Row(16, "POST", "/partners/{id}/revoke-archive", "A"),
    Row(17, "POST", "/partners/{id}/reward", "A"),
    Row(18, "POST", "/partners:sign-in-url", "A"),
    # Partner referral links
    Row(19, "GET", "/partners/{id}/referral_links", "A"),
    Row(20, "GET", "/partner_referral_links:domains", "A"),
    Row(21, "POST", "/partner_referral_links", "A"),
    Row(22, "GET", "/partner_referral_links/{id}", "A"),
    Row(23, "PUT", "/partner_referral_links/{id}", "A"),
    Row(24, "DELETE", "/partner_referral_links/{id}", "A"),
    Row(25, "GET", "/partner_referral_links:search", "A"),
    # Customers
    Row(26, "GET", "/customers", "A R"),
    Row(27, "POST", "/customers", "A R"),
    Row(28, "GET", "/customers/{key}", "A R"),
    Row(29, "GET", "/customers:search", "A R"),
    Row(30, "PUT", "/customers/{key}", "A R"),
    Row(31, "PUT", "/customers", "A R"),
    Row(32, "DELETE", "/customers/{key}", "A R"),
    Row(33, "DELETE", "/customers", "A"),
    Row(34, "GET", "/customers/{key}/transactions", "A R?"),
    Row(35, "POST", "/customers/{key}/archive", "A R?"),
    Row(36, "POST", "/customers/{key}/revoke-archive", "A R?"),
    Row(37, "GET", "/customers/{id}/referrals", "R"),
    Row(38, "GET", "/customers/{id}/stats", "R"),
    Row(39, "GET", "/customers/{id}/balance", "R"),
    Row(40, "POST", "/customers/{id}/balance/credit", "R"),
    Row(41, "POST", "/customers:invite", "R"),
    # Customer referral links
    Row(42, "GET", "/customers/{id}/referral_links", "R"),
    Row(43, "POST", "/customer_referral_links", "R"),
    Row(44, "GET", "/customer_referral_links/{id}", "R"),
    Row(45, "PUT", "/customer_referral_links/{id}", "R"),
    Row(46, "DELETE", "/customer_referral_links/{id}", "R"),
    Row(47, "GET", "/customer_referral_links:search", "R"),
    # Transactions
    Row(48, "GET", "/transactions", "A R"),
    Row(49, "POST", "/transactions", "A R"),
    Row(50, "GET", "/transactions/{key}", "A R"),
    Row(51, "DELETE", "/transactions/{key}", "A R"),
    Row(52, "DELETE", "/transactions", "A R"),
    Row(53, "POST", "/transactions/{key}/archive", "A"),
    Row(54, "POST", "/transactions/{key}/revoke-archive", "A"),
    # Leads
    Row(55, "GET", "/leads/details", "A"),
    Row(56, "GET", "/leads", "A"),
    Row(57, "POST", "/leads", "A"),
    Row(58, "GET", "/leads/{id}", "A"),
    Row(59, "DELETE", "/leads/{id}", "A"),
    # The newest source posts, older ones get with a query (sources.md#decisions-on-leads).
    Row(60, "POST", "/leads/convert", "A"),
    Row(60, "GET", "/leads/convert", "A"),
    Row(61, "POST", "/leads/reject", "A"),
    Row(61, "GET", "/leads/reject", "A"),
    # Coupons
    Row(62, "GET", "/coupons", "A R? L?"),
    Row(63, "POST", "/coupons", "A R? L?"),
    Row(64, "GET", "/coupons/{uuid_code}", "A R? L?"),
    Row(65, "PUT", "/coupons", "A R? L?"),
    # Official and other clients have the code in the path (sources.md#coupons).
    Row(66, "DELETE", "/coupons/{uuid_code}", "A R? L?"),
    # Promotion codes
    Row(67, "GET", "/promotion-codes", "A R? L?"),
    Row(68, "POST", "/promotion-codes", "A R? L?"),
    Row(68, "POST", "/promotion-code", "A R? L?"),
    Row(69, "GET", "/promotion-codes/{code}", "A R? L?"),
    Row(70, "PUT", "/promotion-codes", "A R? L?"),
    Row(71, "DELETE", "/promotion-codes", "A R? L?"),
    # Payout requests
    Row(72, "GET", "/payout_requests", "A"),
    Row(73, "POST", "/payout_requests", "A"),
    Row(74, "GET", "/payout_requests/{id}", "A"),
    Row(75, "GET", "/payout_requests:search", "A"),
    Row(76, "POST", "/payout_requests/{id}/approve", "A"),
    Row(77, "POST", "/payout_requests/{id}/mark_as_paid", "A"),
    # Subscribers
    Row(78, "GET", "/subscribers", "L"),
    Row(79, "POST", "/subscribers", "L"),
    Row(80, "GET", "/subscribers/{id}", "L"),
    Row(81, "PUT", "/subscribers", "L"),
    Row(82, "DELETE", "/subscribers", "L"),
    Row(83, "GET", "/subscribers:search", "L"),
    # Rewards (newsletter milestones)
    Row(84, "GET", "/rewards", "L"),
    Row(85, "POST", "/rewards", "L"),
    Row(86, "GET", "/rewards/{id}", "L"),
    # Settings
    Row(87, "PUT", "/settings", "?"),
    # Webhooks
    Row(88, "GET", "/webhooks", "A R L"),
    Row(89, "POST", "/webhooks", "A R L"),
    Row(90, "GET", "/webhooks/{key}", "A R L"),
    Row(91, "PUT", "/webhooks/{key}", "A R L"),
    Row(92, "DELETE", "/webhooks/{key}", "A R L"),
)


LEFT_TO_REQUEST: Mapping[int, str] = {3: "deprecated by the vendor in favour of `GET /program`"}
"""Why a row has no method and is left to ``request()``; the sandbox serves it all the same."""


class Legacy(NamedTuple):
    """A form beside the rows that published programs send: the sandbox serves it, no method sends it."""

    method: str
    path: str
    programs: str
    why: str
    """Why no method sends it."""


_OLDER_PHP = "deprecated in the official PHP client, in favour of the plural paths"
_THIRD_PARTY = "sent by a third party; documented with the identifier in the body"

LEGACY: tuple[Legacy, ...] = (
    *(Legacy(method, "/customer", "A R", _OLDER_PHP) for method in ("GET", "POST", "PUT", "DELETE")),
    *(Legacy(method, "/partner", "A", _OLDER_PHP) for method in ("POST", "PUT", "DELETE")),
    Legacy("PUT", "/coupons/{uuid_code}", "A R? L?", _THIRD_PARTY),
    Legacy("DELETE", "/coupons", "A R? L?", "only likely, by analogy with promotion codes"),
    Legacy("PUT", "/promotion-codes/{code}", "A R? L?", _THIRD_PARTY),
    Legacy("DELETE", "/promotion-codes/{code}", "A R? L?", _THIRD_PARTY),
)
