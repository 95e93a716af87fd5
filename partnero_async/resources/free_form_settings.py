"""Free-form settings of a program, known from the PHP client alone (sources.md#free-form-settings)."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any, Final

from .._http.endpoint import Endpoint, undocumented
from ..errors import ArgumentError
from ..inputs.options import Options
from ..records.free_form_settings import FreeFormSettings
from ._base import Resource

__all__ = ["FreeFormSettingsResource"]

UPDATE: Final = Endpoint(
    "PUT",
    "/settings",
    undocumented(FreeFormSettings),
    programs="?",
    sources="P",
    confidence="official client, undocumented",
)


class FreeFormSettingsResource(Resource):
    """Free-form settings; ``partnero.free_form_settings``. ``program.update`` is the documented way."""

    async def update(
        self, settings: Mapping[str, Any], /, *, options: Options | None = None
    ) -> FreeFormSettings:
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
        return await self._call(UPDATE, body={"settings": dict(settings)}, options=options)
