from ._state import PartState as PartState
from .job import Job as Job
from .job import Part as Part
from .job import load as load
from .job import plan as plan
from .status import JobStatus as JobStatus

__all__ = ["Job", "JobStatus", "Part", "PartState", "load", "plan"]
