"""The asyncio-native Python SDK for the Partnero REST API.

The public names are loaded on first use: importing the package costs next to nothing.
"""

from __future__ import annotations

from importlib import import_module
from typing import TYPE_CHECKING, Any

__version__ = "0.1.0"

if TYPE_CHECKING:
    from .batch import Outcomes, Stream
    from .client import AsyncPartnero
    from .errors import (
        ArgumentError,
        AuthenticationError,
        BadRequestError,
        ConflictError,
        ConnectError,
        DeadlineError,
        NotFoundError,
        PartneroError,
        PermissionDeniedError,
        ProtocolError,
        RateLimitError,
        RequestError,
        RequestTimeoutError,
        ResponseError,
        ServerError,
        StatusError,
        UsageError,
        ValidationError,
    )
    from .inputs import UNSET, Options, RateLimit, Ref, Unset
    from .outcomes import Batch, Failed, Found, Missing, Outcome, Progress
    from .pages import Page, Pager
    from .records.base import FrozenMapping, Record
    from .records.connection import ConnectedProgram, Connection
    from .records.customer import Customer, CustomerStatus, Tag
    from .records.transaction import Reward, RewardStatus, Transaction

__all__ = [
    "UNSET",
    "ArgumentError",
    "AsyncPartnero",
    "AuthenticationError",
    "BadRequestError",
    "Batch",
    "ConflictError",
    "ConnectError",
    "ConnectedProgram",
    "Connection",
    "Customer",
    "CustomerStatus",
    "DeadlineError",
    "Failed",
    "Found",
    "FrozenMapping",
    "Missing",
    "NotFoundError",
    "Options",
    "Outcome",
    "Outcomes",
    "Page",
    "Pager",
    "PartneroError",
    "PermissionDeniedError",
    "Progress",
    "ProtocolError",
    "RateLimit",
    "RateLimitError",
    "Record",
    "Ref",
    "RequestError",
    "RequestTimeoutError",
    "ResponseError",
    "Reward",
    "RewardStatus",
    "ServerError",
    "StatusError",
    "Stream",
    "Tag",
    "Transaction",
    "Unset",
    "UsageError",
    "ValidationError",
    "__version__",
]

_HOMES = {
    "batch": "Outcomes Stream",
    "client": "AsyncPartnero",
    "errors": (
        "ArgumentError AuthenticationError BadRequestError ConflictError ConnectError DeadlineError "
        "NotFoundError PartneroError PermissionDeniedError ProtocolError RateLimitError RequestError "
        "RequestTimeoutError ResponseError ServerError StatusError UsageError ValidationError"
    ),
    "inputs": "UNSET Options RateLimit Ref Unset",
    "outcomes": "Batch Failed Found Missing Outcome Progress",
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
    return sorted(__all__)
