"""A local stand-in for the Partnero REST API, to develop and test against.

It shares no code with the SDK on purpose: if it did, both could be wrong together.
"""

try:
    from .delivery import Attempt, Delivery, NotSubscribed
    from .faults import Fault
    from .sandbox import Sandbox
except ModuleNotFoundError as _missing:
    raise ModuleNotFoundError(
        f"the sandbox needs {_missing.name}: pip install 'partnero-async[sandbox]'", name=_missing.name
    ) from None

__all__ = ["Attempt", "Delivery", "Fault", "NotSubscribed", "Sandbox"]
