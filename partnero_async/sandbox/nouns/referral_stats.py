"""How a refer-a-friend program does, counted from its records."""

import sqlite3
from dataclasses import dataclass
from functools import cached_property

from ..calls import Call
from .program_stats import average_order, formatted, profit, totals, with_growth


@dataclass(frozen=True)
class ReferralStats:
    """The numbers of one program; as in `ProgramStats`, nothing remembers how it was before."""

    call: Call
    currency: str

    def whole(self) -> dict[str, object]:
        """All of them, as the program shows them: the flat ones, and those of affiliates that apply."""
        earned = profit(self._sales, self._rewards, self.currency)
        return {
            **self.flat(),
            **with_growth("total_purchases", str(len(self._sales))),
            **with_growth("total_signups", str(self._referred)),
            **with_growth("total_paid_accounts", str(self._buyers)),
            **with_growth("total_reward", totals(self._rewards)),
            **with_growth("total_revenue", totals(self._sales)),
            **with_growth("net_profit", earned),
            "net_profit_formatted": formatted(earned, self.currency),
            "average_order_value": average_order(self._sales),
        }

    def flat(self) -> dict[str, object]:
        """How many customers refer, were referred and bought: integers, unlike an affiliate program's."""
        count = len(self._customers)
        return {
            # The sandbox has one reward, that of the referrer.
            "active_rewards": int(self.call.referral_reward > 0),
            **_as_before("total_customers", count),
            **_as_before("total_referring_customers", self._referring),
            **_as_before("total_referred_customers", self._referred),
            **_as_before("total_sales", len(self._sales)),
            **_as_before("participation", self._referring * 100 // count if count else 0),
            "total_revenue_from_sales": totals(self._sales),
        }

    @cached_property
    def _customers(self) -> list[sqlite3.Row]:
        return self._all(
            "SELECT referring_customer_number AS referrer FROM referral_customers WHERE program = ?"
        )

    @cached_property
    def _sales(self) -> list[sqlite3.Row]:
        return self._all(
            "SELECT amount, amount_units, customer_number FROM referral_transactions"
            " WHERE program = ? ORDER BY number"
        )

    @cached_property
    def _rewards(self) -> list[sqlite3.Row]:
        return self._all(
            "SELECT amount, amount_units FROM balance_entries"
            " WHERE program = ? AND transaction_number IS NOT NULL ORDER BY number"
        )

    @property
    def _referred(self) -> int:
        return sum(customer["referrer"] is not None for customer in self._customers)

    @property
    def _referring(self) -> int:
        return len({customer["referrer"] for customer in self._customers} - {None})

    @property
    def _buyers(self) -> int:
        return len({sale["customer_number"] for sale in self._sales})

    def _all(self, sql: str) -> list[sqlite3.Row]:
        return self.call.store.all(sql, self.call.program.key)


def _as_before(name: str, value: int) -> dict[str, object]:
    return {name: value, f"{name}_before": value, f"{name}_growth": 0}
