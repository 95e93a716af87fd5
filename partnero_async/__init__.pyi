from typing import Any

from ._http.endpoint import Reply as Reply
from .blocking import BlockingPartnero as BlockingPartnero
from .bulk import Done as Done
from .bulk import Failed as Failed
from .bulk import Found as Found
from .bulk import Missing as Missing
from .client import AsyncPartnero as AsyncPartnero
from .errors import ArgumentError as ArgumentError
from .errors import AuthenticationError as AuthenticationError
from .errors import BadRequestError as BadRequestError
from .errors import BusyError as BusyError
from .errors import ConflictError as ConflictError
from .errors import ConnectError as ConnectError
from .errors import ConnectionLostError as ConnectionLostError
from .errors import DeadlineError as DeadlineError
from .errors import NetworkError as NetworkError
from .errors import NotFoundError as NotFoundError
from .errors import PartneroError as PartneroError
from .errors import PermissionDeniedError as PermissionDeniedError
from .errors import ProtocolError as ProtocolError
from .errors import RateLimitError as RateLimitError
from .errors import RequestError as RequestError
from .errors import RequestTimeoutError as RequestTimeoutError
from .errors import ResponseError as ResponseError
from .errors import ServerError as ServerError
from .errors import StatusError as StatusError
from .errors import UsageError as UsageError
from .errors import ValidationError as ValidationError
from .inputs import UNSET as UNSET
from .inputs import NewCustomer as NewCustomer
from .inputs import Options as Options
from .inputs import RateLimit as RateLimit
from .inputs import Ref as Ref
from .inputs import Sale as Sale
from .records import Customer as Customer
from .records import Lead as Lead
from .records import Partner as Partner
from .records import Transaction as Transaction

__all__ = [
    "UNSET",
    "ArgumentError",
    "AsyncPartnero",
    "AuthenticationError",
    "BadRequestError",
    "BlockingPartnero",
    "BusyError",
    "ConflictError",
    "ConnectError",
    "ConnectionLostError",
    "Customer",
    "DeadlineError",
    "Done",
    "Failed",
    "Found",
    "Lead",
    "Missing",
    "NetworkError",
    "NewCustomer",
    "NotFoundError",
    "Options",
    "Partner",
    "PartneroError",
    "PermissionDeniedError",
    "ProtocolError",
    "RateLimit",
    "RateLimitError",
    "Ref",
    "Reply",
    "RequestError",
    "RequestTimeoutError",
    "ResponseError",
    "Sale",
    "ServerError",
    "StatusError",
    "Transaction",
    "UsageError",
    "ValidationError",
]

__version__: str

def restore(kind: str | type, *parts: Any) -> Any: ...
