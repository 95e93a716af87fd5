from partnero_async.bulk import Done as Done
from partnero_async.bulk import Failed as Failed
from partnero_async.bulk import Found as Found
from partnero_async.bulk import Missing as Missing
from partnero_async.errors import ArgumentError as ArgumentError
from partnero_async.errors import AuthenticationError as AuthenticationError
from partnero_async.errors import BadRequestError as BadRequestError
from partnero_async.errors import BusyError as BusyError
from partnero_async.errors import ConflictError as ConflictError
from partnero_async.errors import ConnectError as ConnectError
from partnero_async.errors import ConnectionLostError as ConnectionLostError
from partnero_async.errors import DeadlineError as DeadlineError
from partnero_async.errors import NetworkError as NetworkError
from partnero_async.errors import NotFoundError as NotFoundError
from partnero_async.errors import PartneroError as PartneroError
from partnero_async.errors import PermissionDeniedError as PermissionDeniedError
from partnero_async.errors import ProtocolError as ProtocolError
from partnero_async.errors import RateLimitError as RateLimitError
from partnero_async.errors import RequestError as RequestError
from partnero_async.errors import RequestTimeoutError as RequestTimeoutError
from partnero_async.errors import ResponseError as ResponseError
from partnero_async.errors import ServerError as ServerError
from partnero_async.errors import StatusError as StatusError
from partnero_async.errors import UsageError as UsageError
from partnero_async.errors import ValidationError as ValidationError
from partnero_async.inputs import NewCustomer as NewCustomer
from partnero_async.inputs import Options as Options
from partnero_async.inputs import RateLimit as RateLimit
from partnero_async.inputs import Ref as Ref
from partnero_async.inputs import Sale as Sale
from partnero_async.inputs import UNSET as UNSET
from partnero_async.records import Customer as Customer
from partnero_async.records import Lead as Lead
from partnero_async.records import Partner as Partner
from partnero_async.records import Transaction as Transaction
__all__ = [
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
    "UNSET",
    "UsageError",
    "ValidationError",
]

class AsyncPartnero:
    def __init__(
        self,
        api_key: str | None = None,
        *,
        base_url: str | None = None,
        timeout: float | None = 10.0,
        deadline: float | None = 30.0,
        retries: int = 2,
        max_concurrency: int = 20,
        rate_limit: RateLimit | SharedRateLimit | None = None,
        engine: Literal['httpx', 'httpx2', 'aiohttp', 'httptools'] = 'httpx',
        http_client: httpx.AsyncClient | httpx2.AsyncClient | None = None,
        transport: httpx.AsyncBaseTransport | httpx2.AsyncBaseTransport | None = None,
        proxy: str | None = None,
        verify: bool | ssl.SSLContext = True,
        json_loads: JsonLoads | None = None,
        max_body: int = MAX_BODY,
        allow_http: bool = False,
        preload: bool = False,
        strict: bool = False,
        max_waiting: int | None = None,
        max_pause: float | None = 900.0,
        pace: Pace | None = None,
        observer: observing.Observer | None = None,
    ) -> None: ...
    program: resources.ProgramResource
    partners: resources.Partners
    partner_referral_links: resources.PartnerReferralLinks
    customers: resources.Customers
    transactions: resources.Transactions
    referral_customers: resources.ReferralCustomers
    customer_referral_links: resources.CustomerReferralLinks
    referral_transactions: resources.ReferralTransactions
    subscribers: resources.Subscribers
    rewards: resources.Rewards
    coupons: resources.Coupons
    promotion_codes: resources.PromotionCodes
    leads: resources.Leads
    payout_requests: resources.PayoutRequests
    free_form_settings: resources.FreeFormSettingsResource
    webhooks: resources.WebhookSubscriptions
    base_url: str
    async def test(self, *, options: Options | None = None) -> records.KeyCheck: ...
    async def request(
        self,
        method: str,
        path: tuple[str, ...],
        *,
        query: dict[str, Any] | None = None,
        body: dict[str, Any] | None = None,
        safe_to_retry: bool | None = None,
        options: Options | None = None,
    ) -> Reply: ...
    def bulk(
        self,
        call: Callable[[K], Awaitable[Any]],
        items: Iterable[K] | AsyncIterable[K],
        *,
        concurrency: int | None = None,
        ordered: bool = False,
        stop_after: int | None = 50,
        deadline: float | None = None,
        on_progress: Callable[[Progress], None] | None = None,
        most: int | None = MOST_IN_A_LIST,
    ) -> Stream[Any]: ...
    def with_options(
        self,
        *,
        timeout: float | Unset | None = UNSET,
        deadline: float | Unset | None = UNSET,
        retries: int | Unset = UNSET,
    ) -> Self: ...
    def preload(self) -> None: ...
    load: Load
    pace: Pace
    async def aclose(self, *, grace: float = 0.0) -> None: ...
    async def __aenter__(self) -> Self: ...
    async def __aexit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        traceback: TracebackType | None,
    ) -> None: ...

class BlockingPartnero:
    def __init__(self, make: Callable[[], AsyncPartnero] = AsyncPartnero) -> None: ...
    def call(self, function: Callable[[AsyncPartnero], Awaitable[T]]) -> T: ...
    def iterate(
        self,
        function: Callable[[AsyncPartnero], AsyncIterable[T] | AbstractAsyncContextManager[AsyncIterable[T]]],
    ) -> Generator[T, None, None]: ...
    def close(self) -> None: ...
    def __enter__(self) -> Self: ...
    def __exit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        traceback: TracebackType | None,
    ) -> None: ...

class Reply:
    def __init__(self, status: int, headers: Mapping[str, str], json: Any): ...
    status: int
    headers: Mapping[str, str]
    json: Any
