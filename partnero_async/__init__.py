"""The asyncio-native Python SDK for the Partnero REST API.

The public names are loaded on first use: importing the package costs next to nothing. Type checkers find them
in ``__init__.pyi``.
"""

from __future__ import annotations

from ._lazy import lazy

__version__ = "0.2.0"

__getattr__, __dir__, restore = lazy(
    __name__,
    {
        "_http.endpoint": "Reply",
        "blocking": "BlockingPartnero",
        "bulk": "Done Failed Found Missing",
        "client": "AsyncPartnero",
        "errors": (
            "ArgumentError AuthenticationError BadRequestError BusyError ConflictError "
            "ConnectError ConnectionLostError DeadlineError NetworkError NotFoundError PartneroError "
            "PermissionDeniedError ProtocolError RateLimitError RequestError RequestTimeoutError "
            "ResponseError ServerError StatusError UsageError ValidationError"
        ),
        "inputs": "NewCustomer Options RateLimit Ref Sale UNSET",
        "export": "",
        "lists": "",
        "observing": "",
        "shared": "",
        "records": "Customer Lead Partner Transaction",
    },
)
