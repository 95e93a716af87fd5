"""A local stand-in for the Partnero REST API, to develop and test against.

It shares no code with the SDK on purpose: if it did, both could be wrong together.
"""

try:
    from .delivery import Attempt, Delivery, NotSubscribed
    from .faults import Fault
    from .nouns import ROUTES
    from .sandbox import Sandbox
except ModuleNotFoundError as error:
    raise ModuleNotFoundError(
        f"the sandbox needs {error.name}: pip install 'partnero-async[sandbox]'", name=error.name
    ) from None

__all__ = ["ROUTES", "Attempt", "Delivery", "Fault", "NotSubscribed", "Sandbox"]
