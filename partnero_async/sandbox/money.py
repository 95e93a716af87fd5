"""Amounts, to the last digit: nothing is rounded, because Partnero's commissions are not."""

from collections.abc import Iterable
from decimal import Context, Decimal

# Wide enough for every amount that validation lets in, times a percentage, and for sums of them.
_EXACT = Context(prec=200)


def commission(amount: Decimal, percent: Decimal) -> Decimal:
    """The share of a partner: 30 percent of 99.99 are 29.997."""
    return _EXACT.multiply(amount, percent).scaleb(-2, _EXACT).normalize(_EXACT)


def in_cents(amount: Decimal) -> bool:
    """Whether an amount has no more than two decimals that count."""
    return not _EXACT.remainder(_EXACT.multiply(amount, Decimal(100)), Decimal(1))


def written(amount: Decimal) -> str:
    """Plain digits, as they are stored and sent."""
    return format(amount, "f")


def sums(amounts: Iterable[tuple[str, str]]) -> dict[str, Decimal]:
    """Stored amounts and their units, summed up per currency; `usd` and `USD` are one."""
    totals: dict[str, Decimal] = {}
    for amount, units in amounts:
        currency = units.upper()
        totals[currency] = _EXACT.add(totals.get(currency, Decimal(0)), Decimal(amount))
    return totals


def by_currency(amounts: Iterable[tuple[str, str]]) -> list[dict[str, object]]:
    """The same sums as answers list them."""
    return [{"currency": currency, "amount": total} for currency, total in sums(amounts).items()]
