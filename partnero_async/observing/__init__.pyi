from .debugging import DebugLog as DebugLog
from .observer import AttemptEnd as AttemptEnd
from .observer import Call as Call
from .observer import CallEnd as CallEnd
from .observer import Observer as Observer
from .observer import Observers as Observers
from .opentelemetry import OpenTelemetryObserver as OpenTelemetryObserver
