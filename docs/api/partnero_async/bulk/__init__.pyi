__all__ = [
    "Batch",
    "Done",
    "Failed",
    "Found",
    "Missing",
    "Outcome",
    "Outcomes",
    "Progress",
    "Stream",
]

class Batch(Generic[K, T]):
    def __init__(
        self,
        *,
        found: Mapping[K, T],
        missing: tuple[K, ...],
        failed: Mapping[K, PartneroError],
    ): ...
    found: Mapping[K, T]
    missing: tuple[K, ...]
    failed: Mapping[K, PartneroError]
    def raise_for_failures(self) -> None: ...
    def __len__(self) -> int: ...

class Done(Generic[K_co, T_co]):
    def __init__(self, item: K_co, value: T_co): ...
    item: K_co
    value: T_co

class Failed(Generic[K_co]):
    def __init__(self, key: K_co, error: PartneroError): ...
    key: K_co
    error: PartneroError
    item: K_co

class Found(Generic[K_co, T_co]):
    def __init__(self, key: K_co, value: T_co): ...
    key: K_co
    value: T_co

class Missing(Generic[K_co]):
    def __init__(self, key: K_co): ...
    key: K_co
Outcome: TypeAlias = Found[K, T] | Missing[K] | Failed[K]

class Outcomes(AsyncIterator[OutcomeT]):
    async def __anext__(self) -> OutcomeT: ...

class Progress:
    def __init__(
        self,
        *,
        done: int,
        found: int,
        missing: int,
        failed: int,
        total: int | None,
        seconds: float,
        per_second: float | None,
    ): ...
    done: int
    found: int
    missing: int
    failed: int
    total: int | None
    seconds: float
    per_second: float | None
    seconds_left: float | None
    limited: str
    left: str

class Stream(AbstractAsyncContextManager[Outcomes[OutcomeT]]):
    def __init__(
        self,
        call: Callable[[K], Awaitable[Any]],
        items: Iterable[K] | AsyncIterable[K],
        *,
        reads: bool = False,
        concurrency: int,
        ordered: bool = False,
        share: bool = False,
        stop_after: int | None = 50,
        deadline: float | None = None,
        on_progress: Callable[[Progress], None] | None = None,
        limit: Callable[[], RateLimit | None] = lambda: None,
    ) -> None: ...
    def __aiter__(self) -> NoReturn: ...
    async def __aenter__(self) -> Outcomes[OutcomeT]: ...
    async def __aexit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        traceback: TracebackType | None,
    ) -> None: ...
