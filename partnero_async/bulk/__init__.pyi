from .outcomes import Batch as Batch
from .outcomes import Done as Done
from .outcomes import Failed as Failed
from .outcomes import Found as Found
from .outcomes import Missing as Missing
from .outcomes import Outcome as Outcome
from .outcomes import Progress as Progress
from .stream import Outcomes as Outcomes
from .stream import Stream as Stream

__all__ = ["Batch", "Done", "Failed", "Found", "Missing", "Outcome", "Outcomes", "Progress", "Stream"]
