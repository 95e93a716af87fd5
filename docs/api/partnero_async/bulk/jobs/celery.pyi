__all__ = ["PartTasks"]

class PartTasks:
    def __init__(
        self,
        app: Any,
        client: Callable[[str | None], AsyncPartnero],
        *,
        call: Callable[[AsyncPartnero], Callable[[Any], Awaitable[Any]]] = _get,
        name: str = 'partnero_async.part',
        concurrency: int | None = None,
        most: int | None = MOST_IN_A_LIST,
        retry_after: float = RETRY_SECONDS,
    ) -> None: ...
    def send(self, job: Job) -> int: ...
