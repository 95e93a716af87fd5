__all__ = ["Job", "JobStatus", "Part", "PartState", "load", "plan"]

class Job:
    def __init__(self, folder: Path, parts: tuple[Part, ...]) -> None: ...
    folder: Path
    parts: tuple[Part, ...]
    left: list[Part]
    def keys(self, number: int) -> Iterator[Key]: ...
    def state(self, number: int) -> PartState: ...
    status: JobStatus
    async def run(
        self,
        number: int,
        call: Callable[[Any], Awaitable[Any]],
        *,
        concurrency: int | None = None,
        retry_failed: bool = False,
        stop_after: int | None = 50,
        deadline: float | None = None,
        most: int | None = MOST_IN_A_LIST,
        on_progress: Callable[[Export], None] | None = None,
    ) -> PartState: ...
    programs: list[str]
    def merge(self, path: str | os.PathLike[str], *, program: str | None = None) -> PartState: ...

class JobStatus:
    def __init__(
        self,
        *,
        parts: int,
        done: int,
        running: int,
        left_alone: int,
        keys: int,
        found: int,
        missing: int,
        failed: int,
        refused: int,
        per_second: float | None,
        limit: float | None,
    ): ...
    parts: int
    done: int
    running: int
    left_alone: int
    keys: int
    found: int
    missing: int
    failed: int
    refused: int
    per_second: float | None
    limit: float | None
    seconds_left: float | None

class Part:
    def __init__(self, number: int, program: str | None, keys: int): ...
    number: int
    program: str | None
    keys: int

class PartState:
    def __init__(
        self,
        *,
        done: bool = False,
        found: int = 0,
        missing: int = 0,
        failed: int = 0,
        refused: int = 0,
        per_second: float | None = None,
        limit: float | None = None,
        at: float = _Nothing.NOTHING,
    ): ...
    done: bool
    found: int
    missing: int
    failed: int
    refused: int
    per_second: float | None
    limit: float | None
    at: float
    outcomes: int
    is_live: bool
def load(folder: str | os.PathLike[str]) -> Job: ...
def plan(folder: str | os.PathLike[str], keys: Keys | Mapping[str, Keys], *, parts: int) -> Job: ...
