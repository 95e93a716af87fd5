"""A request to pay a partner's unpaid balance."""

from __future__ import annotations

from typing import ClassVar

import attrs

from ._base import IntOrText, Record, Word

__all__ = ["PayoutRequest", "PayoutStatus"]


class PayoutStatus(Word):
    """The statuses that the n8n node knows (sources.md#payout-requests); others stay strings."""

    REQUESTED = "requested"
    """Waits for a decision."""

    APPROVED = "approved"
    """Is to be paid."""

    FINISHED = "finished"
    """Was marked as paid."""

    REJECTED = "rejected"
    """Was turned down."""

    RESUBMIT_REQUESTED = "resubmit_requested"
    """Was sent back to the partner."""

    RESUBMITTED = "resubmitted"
    """Waits for a decision again."""


@attrs.frozen(kw_only=True)
class PayoutRequest(Record):
    """A partner's whole unpaid balance in one currency, on its way to being paid.

    Partnero publishes only these two fields; the amount and whatever else it sends are in ``extra``. What it
    answers to ``create``, ``approve`` and ``mark_as_paid`` is not published at all and may hold neither.
    """

    identified_by: ClassVar[str | None] = "id"

    id: IntOrText | None = None
    """The identifier."""

    status: PayoutStatus | str | None = None
    """The status."""
