"""The sandbox, tested with plain httpx: it must not need the SDK to be right."""
