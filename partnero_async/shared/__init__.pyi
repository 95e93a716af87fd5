from .redis import RedisRateLimit as RedisRateLimit
from .sqlite import SQLiteRateLimit as SQLiteRateLimit

__all__ = ["RedisRateLimit", "SQLiteRateLimit"]
