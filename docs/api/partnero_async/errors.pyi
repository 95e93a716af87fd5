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

class ArgumentError(PartneroError, ValueError):
    ...

class Attempt:
    def __init__(self, *, waited: float, seconds: float, status: int | None, error: str): ...
    waited: float
    seconds: float
    status: int | None
    error: str

class AuthenticationError(StatusError):
    ...

class BadRequestError(StatusError):
    ...

class BusyError(RequestError):
    ...

class ConflictError(StatusError):
    ...

class ConnectError(NetworkError):
    ...

class ConnectionLostError(NetworkError):
    ...

class DeadlineError(RequestError):
    ...

class NetworkError(RequestError):
    ...

class NotFoundError(StatusError):
    ...

class PartneroError(Exception):
    def __init__(
        self,
        message: str = '',
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
    ) -> None: ...
    message: str
    status: int | None
    errors: Mapping[str, tuple[str, ...]]
    retry_after: float | None
    method: str | None
    path: str | None
    attempts: int
    history: tuple[Attempt, ...]
    request_id: str | None
    host: str | None
    in_doubt: bool
    partial: Collected | None

class PermissionDeniedError(StatusError):
    ...

class ProtocolError(RequestError):
    ...

class RateLimitError(StatusError):
    ...

class RequestError(PartneroError):
    ...

class RequestTimeoutError(RequestError):
    ...

class ResponseError(PartneroError):
    lacks_identity: bool

class ServerError(StatusError):
    ...

class StatusError(PartneroError):
    from_partnero: bool

class UsageError(PartneroError, RuntimeError):
    ...

class ValidationError(StatusError):
    ...
