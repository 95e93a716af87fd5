"""How a program does, counted from its records: counts are strings, sums are formatted by currency."""

import sqlite3
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from decimal import Decimal
from functools import cached_property

from .. import money
from ..calls import Call

_SYMBOLS = {"USD": "$", "EUR": "€", "GBP": "£"}


@dataclass(frozen=True)
class ProgramStats:
    """The numbers of one program; growth is always 0, because nothing remembers how it was before."""

    call: Call
    currency: str

    def whole(self) -> dict[str, object]:
        """All of them, as the program shows them."""
        earned = profit(self._sales, self._rewards, self.currency)
        return {
            **self.counts(),
            **self.sums(),
            # Nobody clicks on the links of a sandbox.
            **with_growth("affiliate_referred_visitors_clicks", "0"),
            **with_growth("click_to_signup_conversion", "0"),
            **with_growth("signup_to_sale_conversion", self._conversion()),
            "total_pending": totals(self._rewards_that_are("in_review")),
            **with_growth("net_profit", earned),
            "net_profit_formatted": formatted(earned, self.currency),
            "average_order_value": average_order(self._sales),
            "rewards_breakdown": {
                state: totals(self._rewards_that_are(state)) for state in ("unclaimed", "in_review", "paid")
            },
            "partner_activity": self._partner_activity(),
            "payout_status_breakdown": self._payouts(),
        }

    def counts(self) -> dict[str, object]:
        """How many partners, sign-ups, buyers and sales."""
        return {
            **with_growth("total_partners", str(len(self._partners))),
            **with_growth("total_purchases", str(len(self._sales))),
            **with_growth("total_signups", str(self._signups)),
            **with_growth("total_paid_accounts", str(self._buyers)),
        }

    def sums(self) -> dict[str, object]:
        """What came in, what it earned the partners, and what they were paid."""
        return {
            **with_growth("total_revenue", totals(self._sales)),
            **with_growth("total_reward", totals(self._rewards)),
            "total_paid": totals(self._rewards_that_are("paid")),
        }

    @cached_property
    def _partners(self) -> list[sqlite3.Row]:
        return self._all("SELECT deleted_at FROM partners WHERE program = ?")

    @cached_property
    def _sales(self) -> list[sqlite3.Row]:
        return self._all(
            "SELECT amount, amount_units, customer_number FROM transactions"
            " WHERE program = ? AND deleted_at IS NULL ORDER BY number"
        )

    @cached_property
    def _rewards(self) -> list[sqlite3.Row]:
        return self._all(
            "SELECT amount, amount_units, CASE WHEN paid_at IS NOT NULL THEN 'paid'"
            " WHEN payout_number IS NOT NULL THEN 'in_review' ELSE 'unclaimed' END AS state"
            " FROM rewards WHERE program = ? AND deleted_at IS NULL ORDER BY number"
        )

    @cached_property
    def _signups(self) -> int:
        return len(self._all("SELECT 1 FROM customers WHERE program = ?"))

    @cached_property
    def _buyers(self) -> int:
        return len({sale["customer_number"] for sale in self._sales})

    def _all(self, sql: str) -> list[sqlite3.Row]:
        return self.call.store.all(sql, self.call.program.key)

    def _rewards_that_are(self, state: str) -> list[sqlite3.Row]:
        return [reward for reward in self._rewards if reward["state"] == state]

    def _conversion(self) -> str:
        return str(self._buyers * 100 // self._signups) if self._signups else "0"

    def _partner_activity(self) -> object:
        archived = sum(partner["deleted_at"] is not None for partner in self._partners)
        active = len(self._partners) - archived
        counts = {"active": active, "archived": archived}
        return {status: count for status, count in counts.items() if count} or []

    def _payouts(self) -> object:
        rows = self._all("SELECT status, amount, amount_units FROM payout_requests WHERE program = ?")
        statuses = dict.fromkeys(row["status"] for row in rows)
        by_status = {status: [row for row in rows if row["status"] == status] for status in statuses}
        return {
            status: {"count": len(requests), "amount": totals(requests)}
            for status, requests in by_status.items()
        } or []


def with_growth(name: str, value: object) -> dict[str, object]:
    """A number and its growth, which is always 0."""
    return {name: value, f"{name}_growth": 0}


def _amounts(rows: Iterable[sqlite3.Row]) -> list[tuple[str, str]]:
    return [(row["amount"], row["amount_units"]) for row in rows]


def profit(sales: Iterable[sqlite3.Row], rewards: Iterable[sqlite3.Row], currency: str) -> Decimal:
    """Revenue less rewards, in the program's currency; other currencies cannot be added to it."""
    spent = [(money.written(Decimal(row["amount"]).copy_negate()), row["amount_units"]) for row in rewards]
    return money.sums([*_amounts(sales), *spent]).get(currency, Decimal(0))


def average_order(sales: Sequence[sqlite3.Row]) -> object:
    """What a sale comes to on average, by currency."""
    averages: dict[str, str] = {}
    for currency, total in money.sums(_amounts(sales)).items():
        count = sum(sale["amount_units"].upper() == currency for sale in sales)
        averages[currency.lower()] = formatted(total / count, currency)
    return averages or []


def totals(rows: Iterable[sqlite3.Row]) -> object:
    """Formatted totals by currency; an empty PHP array is a list."""
    sums = money.sums(_amounts(rows))
    return {currency.lower(): formatted(total, currency) for currency, total in sums.items()} or []


def formatted(amount: Decimal, currency: str) -> str:
    """An amount for human eyes."""
    sign = "-" if amount < 0 else ""
    return f"{sign}{_SYMBOLS.get(currency, f'{currency} ')}{amount.copy_abs():,.2f}"
