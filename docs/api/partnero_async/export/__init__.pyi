__all__ = ["Export", "ExportBusyError", "export"]

class Export(AsyncIterator[Progress], AbstractAsyncContextManager['Export']):
    def __init__(
        self,
        call: Callable[[Any], Awaitable[Any]],
        keys: Iterable[Any] | AsyncIterable[Any] | None,
        path: str | os.PathLike[str],
        *,
        concurrency: int | None,
        resume: bool,
        retry_failed: bool,
        stop_after: int | None,
        deadline: float | None,
        most: int | None,
        part: tuple[int, int] | None,
        on_progress: Callable[[Progress], None] | None,
    ) -> None: ...
    skipped: int
    missing_before: int
    failed_before: int
    refused: int
    limit: RateLimit | None
    async def __aenter__(self) -> Self: ...
    async def __aexit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        traceback: TracebackType | None,
    ) -> None: ...
    progress: Progress
    done: int
    found: int
    missing: int
    failed: int
    total: int | None
    seconds: float
    seconds_left: float | None
    per_second: float | None
    async def __anext__(self) -> Progress: ...

class ExportBusyError(UsageError):
    ...
def export(
    call: Callable[[K], Awaitable[Any]],
    keys: Iterable[K] | AsyncIterable[K] | None,
    path: str | os.PathLike[str],
    *,
    concurrency: int | None = None,
    resume: bool = True,
    retry_failed: bool = False,
    stop_after: int | None = 50,
    deadline: float | None = None,
    most: int | None = MOST_IN_A_LIST,
    part: tuple[int, int] | None = None,
    on_progress: Callable[[Progress], None] | None = None,
) -> Export: ...
