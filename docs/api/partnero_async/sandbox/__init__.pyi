__all__ = ["Attempt", "Delivery", "Fault", "NotSubscribed", "Sandbox"]

class Attempt:
    at: str
    status: int | None
    error: str | None
    milliseconds: int
    def __init__(
        self,
        at: str,
        status: int | None,
        error: str | None,
        milliseconds: int,
    ) -> None: ...

class Delivery:
    number: int
    event: str
    webhook_key: str
    url: str
    body: str
    signature: str
    state: DeliveryState
    created_at: str
    attempts: tuple[Attempt, ...]
    def __init__(
        self,
        number: int,
        event: str,
        webhook_key: str,
        url: str,
        body: str,
        signature: str,
        state: DeliveryState,
        created_at: str,
        attempts: tuple[Attempt, ...],
    ) -> None: ...

class Fault:
    do: Deed
    method: str | None
    path: str
    rate: float
    times: int | None
    status: int | None
    headers: Mapping[str, str]
    delay: float | None
    after: bool
    lets_through: bool
    @classmethod
    def from_json(cls, rule: Json) -> Fault: ...
    def __init__(
        self,
        do: Deed,
        *,
        method: str | None = None,
        path: str = '*',
        rate: float = 1.0,
        times: int | None = None,
        status: int | None = None,
        headers: Mapping[str, str] = dict[str, str](),
        delay: float | None = None,
        after: bool = False,
    ) -> None: ...

class NotSubscribed(Exception):
    ...

class Sandbox:
    app: ASGIApp
    stats: Stats
    faults: tuple[Fault, ...]
    latency: tuple[float, float]
    rate_limit: RateLimit | None
    deliveries: tuple[Delivery, ...]
    async def deliver(
        self,
        transport: httpx.AsyncBaseTransport | None = None,
    ) -> tuple[Delivery, ...]: ...
    def resend(self, number: int) -> Delivery: ...
    async def run_deliveries(self) -> None: ...
    def close(self) -> None: ...
