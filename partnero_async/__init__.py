"""The asyncio-native Python SDK for the Partnero REST API.

The public names are loaded on first use: importing the package costs next to nothing.
"""

from __future__ import annotations

from importlib import import_module
from typing import TYPE_CHECKING, Any

__version__ = "0.1.0"

if TYPE_CHECKING:
    from .batch import Batch as Batch
    from .batch import Failed as Failed
    from .batch import Found as Found
    from .batch import Missing as Missing
    from .batch import Outcome as Outcome
    from .batch import Outcomes as Outcomes
    from .batch import Progress as Progress
    from .batch import Stream as Stream
    from .client import AsyncPartnero as AsyncPartnero
    from .errors import ArgumentError as ArgumentError
    from .errors import AuthenticationError as AuthenticationError
    from .errors import BadRequestError as BadRequestError
    from .errors import ConflictError as ConflictError
    from .errors import ConnectError as ConnectError
    from .errors import DeadlineError as DeadlineError
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
    from .inputs import Options as Options
    from .inputs import RateLimit as RateLimit
    from .inputs import Ref as Ref
    from .pages import Page as Page
    from .pages import Pager as Pager
    from .records.base import FrozenMapping as FrozenMapping
    from .records.base import Record as Record
    from .records.connection import ConnectedProgram as ConnectedProgram
    from .records.connection import Connection as Connection
    from .records.customer import Customer as Customer
    from .records.customer import CustomerStatus as CustomerStatus
    from .records.customer import Tag as Tag
    from .records.transaction import Reward as Reward
    from .records.transaction import RewardStatus as RewardStatus
    from .records.transaction import Transaction as Transaction

_HOMES = {
    "batch": "Batch Failed Found Missing Outcome Outcomes Progress Stream",
    "client": "AsyncPartnero",
    "errors": (
        "ArgumentError AuthenticationError BadRequestError ConflictError ConnectError DeadlineError "
        "NotFoundError PartneroError PermissionDeniedError ProtocolError RateLimitError RequestError "
        "RequestTimeoutError ResponseError ServerError StatusError UsageError ValidationError"
    ),
    "inputs": "UNSET Options RateLimit Ref",
    "pages": "Page Pager",
    "records.base": "FrozenMapping Record",
    "records.connection": "ConnectedProgram Connection",
    "records.customer": "Customer CustomerStatus Tag",
    "records.transaction": "Reward RewardStatus Transaction",
}
_HOME_OF = {name: home for home, names in _HOMES.items() for name in names.split()}


def __getattr__(name: str) -> Any:
    home = _HOME_OF.get(name)
    if home is None:
        raise AttributeError(f"module {__name__!r} has no attribute {name!r}")
    value = getattr(import_module(f".{home}", __name__), name)
    globals()[name] = value
    return value


def __dir__() -> list[str]:
    return sorted({*globals(), *_HOME_OF})
