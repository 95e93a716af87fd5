"""What the sandbox answers: the envelope of a success, and refusals as exceptions."""

from collections.abc import Mapping
from dataclasses import dataclass, field


@dataclass(frozen=True, slots=True)
class Reply:
    """An answer before it is written to the wire."""

    body: dict[str, object]
    status: int = 200
    headers: Mapping[str, str] = field(default_factory=dict[str, str])


class Refusal(Exception):
    """The server says no, with this status."""

    def __init__(
        self,
        status: int,
        message: str,
        *,
        errors: dict[str, list[str]] | None = None,
        headers: Mapping[str, str] | None = None,
    ) -> None:
        super().__init__(message)
        self.status = status
        self.message = message
        self.errors = errors
        self.headers: Mapping[str, str] = headers or {}

    def reply(self) -> Reply:
        """The refusal as an answer; only a validation error names fields."""
        body: dict[str, object] = {"status": 0, "message": self.message}
        if self.errors is not None:
            body["errors"] = self.errors
        return Reply(body, self.status, self.headers)


def found(data: object) -> Reply:
    """200 with a record."""
    return Reply({"data": data, "status": 1})


def created(data: object) -> Reply:
    """201 with the new record."""
    return Reply({"data": data, "status": 1}, 201)


def done() -> Reply:
    """200 without a payload, as after an archive or a delete."""
    return Reply({"status": 1})


def not_found(noun: str) -> Refusal:
    """404: there is no such record in this program."""
    return Refusal(404, f"{noun} not found.")


def invalid(errors: dict[str, list[str]]) -> Refusal:
    """422: the first complaint is the message, as Laravel has it."""
    first = next(iter(errors.values()))[0]
    return Refusal(422, first, errors=errors)
