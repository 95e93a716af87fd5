"""What can go wrong, as a tree of plain data: every error pickles, copies and reads as one line."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any, Protocol, Self

import attrs

from . import restore

__all__ = [
    "ArgumentError",
    "Attempt",
    "AuthenticationError",
    "BadRequestError",
    "BusyError",
    "ConflictError",
    "ConnectError",
    "ConnectionLostError",
    "DeadlineError",
    "NetworkError",
    "NotFoundError",
    "PartneroError",
    "PermissionDeniedError",
    "ProtocolError",
    "RateLimitError",
    "RequestError",
    "RequestTimeoutError",
    "ResponseError",
    "ServerError",
    "StatusError",
    "UsageError",
    "ValidationError",
]

_TEXT_LIMIT = 300
IN_DOUBT = "Partnero may have acted on it: look it up before sending it again."


class Collected(Protocol):
    """What a ``get_many`` had collected, as a type: a ``partnero_async.bulk.Batch``."""

    @property
    def found(self) -> Mapping[Any, Any]:
        """Key -> record."""
        ...

    @property
    def missing(self) -> tuple[Any, ...]:
        """The keys that Partnero does not know."""
        ...

    @property
    def failed(self) -> Mapping[Any, PartneroError]:
        """Key -> error."""
        ...

    def raise_for_failures(self) -> None:
        """Raises the errors of all failed keys together."""
        ...

    def __len__(self) -> int: ...


@attrs.frozen(kw_only=True)
class Attempt:
    """One attempt of a call that failed."""

    waited: float
    """Seconds before it, since the call began or since the attempt before it: for a turn, for the end of a
    pause that a 429 made, or to give the server time."""

    seconds: float
    """How many seconds the attempt itself took."""

    status: int | None
    """The HTTP status, when there was an answer."""

    error: str
    """The name of the class of what it failed with, such as ``ConnectError``."""


class PartneroError(Exception):
    """The root of everything that this SDK raises on purpose.

    Attributes:
        message: What went wrong, in the server's words or ours.
        status: The HTTP status, when there was an answer.
        errors: Field name -> messages, as Partnero sends them with 422.
        retry_after: Seconds that the server asked to wait.
        method: The HTTP method of the call.
        path: The path template of the call, such as ``/customers/{key}``: never the key itself.
        attempts: How many times the request was tried.
        history: What became of each attempt, in order; of many, the last 20.
        request_id: The server's name for the exchange (``X-Request-Id``, else ``CF-Ray``).
        host: The host that was asked, with its port where that is not the usual one.
        in_doubt: True when a call that changes state failed and Partnero may have acted on it all the
            same. Look it up before sending it again.
        partial: What a ``get_many`` had collected when this error ended it.
    """

    def __init__(
        self,
        message: str = "",
        *,
        status: int | None = None,
        errors: Mapping[str, tuple[str, ...]] | None = None,
        retry_after: float | None = None,
        method: str | None = None,
        path: str | None = None,
        attempts: int = 0,
        request_id: str | None = None,
        host: str | None = None,
        in_doubt: bool = False,
    ) -> None:
        super().__init__(message)
        self.message = message
        self.status = status
        self.errors: Mapping[str, tuple[str, ...]] = dict(errors or {})
        self.retry_after = retry_after
        self.method = method
        self.path = path
        self.attempts = attempts
        self.history: tuple[Attempt, ...] = ()
        self.request_id = request_id
        self.host = host
        self.in_doubt = in_doubt
        self.partial: Collected | None = None

    def __reduce__(self) -> tuple[Any, ...]:
        # Exception's own __reduce__ calls the class with args alone and so loses the keyword arguments. The
        # class is named as users do, so that a pickle does not depend on the module that it is in.
        # Its attributes come after it, since it may be among them: in what ``partial`` says failed.
        ours = type(self).__module__ == __name__
        return restore, (type(self).__name__ if ours else type(self), self.args), self.__dict__

    @classmethod
    def _restore(cls, args: tuple[Any, ...]) -> Self:
        error = cls.__new__(cls)
        error.args = args
        return error

    def __str__(self) -> str:
        subject = one_line(f"{self.method} {self.path}") if self.method and self.path else ""
        # With no attempt, the gate was closed: the 429 answered an earlier call.
        if self.status is not None and (self.attempts or self.method is None):
            subject = f"{subject or 'Partnero'} answered {self.status}"
        said = [self.message] if self.message else []
        said += [
            f"{field}: {' '.join(texts)}" if field else " ".join(texts)
            for field, texts in self.errors.items()
            if list(texts) != [self.message]
        ]
        line = ": ".join(filter(None, (subject, one_line("; ".join(said))))) or type(self).__name__
        notes = [one_line(self.host)] if self.host else []
        if self.attempts > 1:
            notes.append(f"after {self.attempts} attempts")
        if self.retry_after is not None:
            notes.append(f"asked to wait {round(self.retry_after, 1):g} s")
        if self.request_id:
            notes.append(f"request {one_line(self.request_id)}")
        if notes:
            line = f"{line} ({', '.join(notes)})"
        return f"{line.rstrip('.')}. {IN_DOUBT}" if self.in_doubt else line

    def __repr__(self) -> str:
        return f"{type(self).__name__}({str(self)!r})"


class ArgumentError(PartneroError, ValueError):
    """An argument or setting was refused before any I/O."""


class UsageError(PartneroError, RuntimeError):
    """The client was used after it was closed, or from a second event loop."""


class RequestError(PartneroError):
    """Partnero could not be asked, or its answer did not arrive."""


class NetworkError(RequestError):
    """The network failed: catch it where it does not matter whether the request had left already."""


class ConnectError(NetworkError):
    """No connection could be made: no byte of the request left, and it may be sent again."""


class ConnectionLostError(NetworkError):
    """The connection was lost before the whole answer had arrived; the request may have arrived before."""


class RequestTimeoutError(RequestError):
    """One attempt took longer than ``timeout``."""


class DeadlineError(RequestError):
    """The whole call, its retries and waits included, took longer than ``deadline``."""


class BusyError(RequestError):
    """As many calls wait for their turn as ``max_waiting`` allows: this one was refused at once, unsent."""


class ProtocolError(RequestError):
    """What came back over the connection was not HTTP."""


class StatusError(PartneroError):
    """The server answered with a status that is not 2xx (a redirect included: none is followed).

    Attributes:
        from_partnero: Whether the answer has the form of Partnero's own, a JSON object; else it is likely to
            come from a proxy, a firewall or another server.
    """

    from_partnero: bool = False


class BadRequestError(StatusError):
    """400: a parameter is invalid, or the action is not possible now (archiving what is archived)."""


class AuthenticationError(StatusError):
    """401: the API key is missing, invalid or expired."""


class PermissionDeniedError(StatusError):
    """403: the account has no API access, or the API key may not do this."""


class NotFoundError(StatusError):
    """404: there is no such record, in Partnero's own words. Any other 404 is a ``StatusError``."""


class ConflictError(StatusError):
    """409: the record exists already."""


class ValidationError(StatusError):
    """422: a field is missing, malformed or taken; ``errors`` says which."""


class RateLimitError(StatusError):
    """429: too many requests; ``retry_after`` is in seconds where the server named a time."""


class ServerError(StatusError):
    """5xx: Partnero, or something in front of it, failed."""


class ResponseError(PartneroError):
    """A 2xx answer that is not what the contract says: not JSON, another shape, too large.

    Attributes:
        lacks_identity: Whether a record lacks what identifies it, as one of another type of program does.
    """

    lacks_identity: bool = False


_BY_STATUS: Mapping[int, type[StatusError]] = {
    400: BadRequestError,
    401: AuthenticationError,
    403: PermissionDeniedError,
    404: NotFoundError,
    # Met by third parties alone (sources.md#errors).
    409: ConflictError,
    422: ValidationError,
    429: RateLimitError,
}


def status_error(status: int) -> type[StatusError]:
    """The class of error for an HTTP status that is not 2xx."""
    return _BY_STATUS.get(status) or (ServerError if status >= 500 else StatusError)


def one_line(text: str) -> str:
    """A stranger's text made safe for one line: control characters escaped, cut at 300 characters."""
    escaped = text[: _TEXT_LIMIT + 1]
    if not escaped.isprintable():
        escaped = "".join(c if c.isprintable() else ascii(c)[1:-1] for c in escaped)
    return escaped if len(escaped) <= _TEXT_LIMIT else escaped[: _TEXT_LIMIT - 1] + "…"
