from ._growing import ExportBusyError as ExportBusyError
from .run import Export as Export
from .run import export as export

__all__ = ["Export", "ExportBusyError", "export"]
