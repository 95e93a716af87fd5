from .pager import Pager as Pager
from .pages import Page as Page
from .prefetch import Prefetch as Prefetch
from .prefetch import Prefetched as Prefetched

__all__ = ["Page", "Pager", "Prefetch", "Prefetched"]
