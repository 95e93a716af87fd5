__all__ = [
    "Call",
    "LocalPartnero",
    "SIGNING_SECRET",
    "SignedDelivery",
    "VirtualLoop",
    "build",
    "signed_delivery",
]

class Call:
    def __init__(
        self,
        *,
        method: str,
        path: str,
        query: Mapping[str, str],
        body: Any,
        status: int | None,
    ): ...
    method: str
    path: str
    query: Mapping[str, str]
    body: Any
    status: int | None

class LocalPartnero:
    def __init__(
        self,
        *,
        customers: int = 50,
        api_keys: Mapping[str, ProgramType] | None = None,
        **settings: Any,
    ) -> None: ...
    app: ASGIApp
    base_url: str
    def served(self) -> Generator[str]: ...
    def client(
        self,
        program: ProgramType = 'affiliate',
        *,
        waits: bool = False,
        **settings: Any,
    ) -> AsyncPartnero: ...
    def fail(
        self,
        route: str = _ALL,
        do: Literal['status', 'delay', 'drop', 'cut', 'garble'] = 'status',
        *,
        status: int | None = None,
        headers: Mapping[str, str] | None = None,
        delay: float | None = None,
        after: bool = False,
        times: int | None = None,
        rate: float = 1.0,
    ) -> None: ...
    calls: tuple[Call, ...]
    def calls_of(self, route: str = _ALL) -> tuple[Call, ...]: ...
    def assert_called(
        self,
        route: str = _ALL,
        *,
        times: int | None = None,
        **fields: Any,
    ) -> None: ...
    def assert_not_called(self, route: str = _ALL) -> None: ...
    def forget_calls(self) -> None: ...
SIGNING_SECRET: Final = 'test_signing_secret'

class SignedDelivery:
    def __init__(self, *, body: bytes, headers: Mapping[str, str]): ...
    body: bytes
    headers: Mapping[str, str]

class VirtualLoop(asyncio.SelectorEventLoop):
    def __init__(self) -> None: ...
    def time(self) -> float: ...
    def jump(self, seconds: float) -> None: ...
def build(record: type[R], /, **fields: Any) -> R: ...
def signed_delivery(
    event: str,
    data: Record | Mapping[str, Any] | None = None,
    *,
    secret: str | Secret = SIGNING_SECRET,
    program: Program = 'affiliate',
    webhook_key: str | None = 'wh_test',
    created_at: datetime | None = MOMENT,
    url: str = 'https://example.com/webhooks/partnero',
) -> SignedDelivery: ...
