"""How far a job is, from what those say who work on it."""

from __future__ import annotations

from collections.abc import Iterable

import attrs

from ._state import PartState

__all__ = ["JobStatus", "status_of"]


@attrs.frozen(kw_only=True)
class JobStatus:
    """How far a job is; as text, lines that can be shown as they are."""

    parts: int
    """How many parts there are."""

    done: int
    """Parts whose keys all have an outcome."""

    running: int
    """Parts that somebody works on."""

    left_alone: int
    """Parts that were begun, and of which nobody was heard for half a minute."""

    keys: int
    """How many keys there are."""

    found: int
    """Keys that have a record."""

    missing: int
    """Keys that Partnero does not know."""

    failed: int
    """Keys whose call failed."""

    refused: int
    """Requests that were refused with a 429, in the runs that said how far they are last."""

    per_second: float | None
    """Keys a second lately, over all who work; None where nobody does."""

    limit: float | None
    """Requests a second that the rate limits of all programs allow that are worked on; None if unknown."""

    @property
    def seconds_left(self) -> float | None:
        """About how long it still takes; None where there is nothing to reckon with."""
        left = self.keys - self.found - self.missing - self.failed
        if self.done == self.parts:
            return 0.0
        return left / self.per_second if self.per_second else None

    def __str__(self) -> str:
        from ..outcomes import in_words

        outcomes = self.found + self.missing + self.failed
        parts = [f"{self.done} of {self.parts} done", f"{self.running} running"]
        if self.left_alone:
            parts.append(f"{self.left_alone} left alone")
        pace = "" if self.per_second is None else f", {_figure(self.per_second)} a second"
        if pace and self.limit is not None:
            pace += f" of {_figure(self.limit)} that are allowed"
        left = self.seconds_left
        return "\n".join(
            (
                f"parts  {', '.join(parts)}",
                f"keys   {outcomes} of {self.keys}: {self.found} found, {self.missing} missing, "
                f"{self.failed} failed",
                f"pace   {self.refused} refused{pace}",
                f"left   {'nobody can tell' if left is None else in_words(left)}",
            )
        )


def _figure(value: float) -> str:
    return f"{value:,.0f}" if value >= 100 else f"{value:.3g}"


def status_of(parts: Iterable[tuple[str | None, int, PartState | None]]) -> JobStatus:
    """The status of parts: the program of each, how many keys it has, and its state."""
    known = list(parts)
    states = [state for _, _, state in known if state is not None]
    live = [(program, state) for program, _, state in known if state is not None and state.is_live]
    paces = [state.per_second for _, state in live if state.per_second is not None]
    # A limit is that of an API key, of which each program has its own.
    limits = {program: state.limit for program, state in live if state.limit is not None}
    done = sum(state.done for state in states)
    return JobStatus(
        parts=len(known),
        done=done,
        running=len(live),
        left_alone=len(states) - done - len(live),
        # Of a part that is done, as many as have an outcome: a key that was given twice has one.
        keys=sum(state.outcomes if state is not None and state.done else keys for _, keys, state in known),
        found=sum(state.found for state in states),
        missing=sum(state.missing for state in states),
        failed=sum(state.failed for state in states),
        refused=sum(state.refused for state in states),
        # Who began a moment ago has said nothing of its pace.
        per_second=sum(paces) / len(paces) * len(live) if paces else None,
        limit=sum(limits.values()) if limits else None,
    )
