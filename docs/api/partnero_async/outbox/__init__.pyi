__all__ = [
    "ConflictingSaleError",
    "Entry",
    "OutboxError",
    "Outlook",
    "SalesOutbox",
    "State",
    "StorageError",
    "Store",
]

class ConflictingSaleError(OutboxError):
    ...

class Entry:
    def __init__(
        self,
        *,
        number: int = 0,
        kind: Kind,
        key: str,
        state: State = State.ACCEPTED,
        content: str,
        digest: str,
        recorded_at: datetime,
        due_at: float,
        attempts: int = 0,
        error: str | None = None,
        version: int = 0,
    ): ...
    number: int
    kind: Kind
    key: str
    state: State
    content: str
    digest: str
    recorded_at: datetime
    due_at: float
    attempts: int
    error: str | None
    version: int

class OutboxError(PartneroError):
    ...

class Outlook:
    def __init__(self, *, unsettled: int, next_at: float | None): ...
    unsettled: int
    next_at: float | None

class SalesOutbox:
    def __init__(
        self,
        partnero: AsyncPartnero,
        path: str | os.PathLike[str] | Store,
        *,
        settle_after: float = 60.0,
        program: Program = 'affiliate',
        concurrency: int = 5,
        deadline: float = 30.0,
        adopt: bool = False,
        clock: Callable[[], float] = time.time,
    ) -> None: ...
    async def __aenter__(self) -> Self: ...
    async def __aexit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        traceback: TracebackType | None,
    ) -> None: ...
    async def record(
        self,
        sale: Sale,
        *,
        referral_url: str | Unset = UNSET,
        within: Any = None,
    ) -> Entry: ...
    async def refund(self, key: str, *, within: Any = None) -> Entry: ...
    async def entries(self, *, state: State | str | None = None) -> AsyncGenerator[Entry]: ...
    async def find(self, key: str, *, kind: Kind = 'sale') -> Entry | None: ...
    async def resolve(self, key: str, *, delivered: bool, kind: Kind = 'sale') -> Entry: ...
    async def drain(self) -> None: ...
    async def run(self) -> None: ...
    def stop(self) -> None: ...

class State(StrEnum):
    ACCEPTED = 'accepted'
    SENDING = 'sending'
    IN_DOUBT = 'in_doubt'
    DELIVERED = 'delivered'
    REFUSED = 'refused'

class StorageError(OutboxError):
    ...

class Store(Protocol):
    async def open(self, identity: str, *, adopt: bool) -> None: ...
    async def aclose(self) -> None: ...
    async def add(self, entry: Entry, within: Any = None) -> Entry: ...
    async def claim(
        self,
        now: float,
        most: int,
        begun: Callable[[Entry], Entry],
    ) -> Sequence[tuple[Entry, Entry]]: ...
    async def replace(self, entry: Entry) -> bool: ...
    async def find(self, kind: Kind, key: str) -> Entry | None: ...
    async def page(self, after: int, most: int, state: State | None) -> Sequence[Entry]: ...
    async def outlook(self) -> Outlook: ...
