"""The free-form settings of a program, which only the official PHP client knows (partnero-api 3.16)."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any, Final

from .._http.call import Caller
from .._http.wire import Endpoint, build
from ..errors import ArgumentError
from ..inputs import Options
from ..records.settings import Settings

__all__ = ["SettingsResource"]

UPDATE: Final = Endpoint(
    "PUT", "/settings", Settings, programs="?", sources="P", confidence="official client, undocumented"
)


class SettingsResource:
    """The settings of a program; ``partnero.settings``. ``partnero.program.update`` is the documented way."""

    def __init__(self, caller: Caller) -> None:
        self._caller = caller

    async def update(self, settings: Mapping[str, Any], *, options: Options | None = None) -> Settings:
        """Changes settings. ``PUT /settings`` (PHP client, undocumented).

        Args:
            settings: Names and JSON values; which there are is not published.
            options: Timeout, deadline (seconds) and retries of this call.

        Returns:
            What Partnero answers, which no source describes: all of it is in ``extra``.

        Raises:
            ArgumentError: There are no settings.
            TypeError: ``settings`` is not a mapping, or holds what JSON does not know.
        """
        if not isinstance(settings, Mapping):
            raise TypeError(f"settings must be a mapping, not {type(settings).__name__}")
        if not settings:
            raise ArgumentError("there are no settings to change")
        request = build(UPDATE, body={"settings": dict(settings)})
        return await self._caller.undocumented(UPDATE, request, options)
