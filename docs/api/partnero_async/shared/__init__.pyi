__all__ = ["RedisRateLimit", "SQLiteRateLimit"]

class RedisRateLimit:
    def __init__(
        self,
        url: str,
        requests: int,
        per_seconds: float,
        *,
        share: float | None = None,
        prefix: str = 'partnero',
    ) -> None: ...
    limit: RateLimit
    def pace(self, identity: str, local: LocalPace, log: Log) -> SharedPace: ...

class SQLiteRateLimit:
    def __init__(
        self,
        path: str | os.PathLike[str],
        requests: int,
        per_seconds: float,
        *,
        share: float | None = None,
        clock: Callable[[], float] = time.time,
    ) -> None: ...
    limit: RateLimit
    def pace(self, identity: str, local: LocalPace, log: Log) -> SharedPace: ...
