"""Writing pages with Jinja2, which is imported when the first one is asked for."""

from __future__ import annotations

from datetime import datetime
from functools import cache
from pathlib import Path
from typing import TYPE_CHECKING

from starlette.responses import Response

if TYPE_CHECKING:
    import jinja2

_FOLDER = Path(__file__).parent
_HEADERS = {
    "Content-Security-Policy": "default-src 'none'; style-src 'self'; form-action 'self';"
    " frame-ancestors 'none'; base-uri 'none'",
    "X-Frame-Options": "DENY",
    "Cache-Control": "no-store",
    "X-Content-Type-Options": "nosniff",
    # Not no-referrer, under which browsers say `Origin: null` of our own forms.
    "Referrer-Policy": "same-origin",
}


def page(
    template: str, status: int = 200, headers: dict[str, str] | None = None, **shown: object
) -> Response:
    """A page made of a template and what is shown in it."""
    text = _environment().get_template(template).render(shown)
    # The path of a fault can have half a surrogate pair, which UTF-8 cannot.
    body = text.encode("utf-8", "replace")
    return Response(body, status, {**_HEADERS, **(headers or {})}, "text/html")


def style() -> Response:
    """The one style sheet."""
    return Response(_FOLDER.joinpath("style.css").read_bytes(), 200, _HEADERS, "text/css")


def moved(address: str) -> Response:
    """To a page after a form, so that loading it again does nothing twice."""
    return Response(b"", 303, {**_HEADERS, "Location": address})


@cache
def _environment() -> jinja2.Environment:
    import jinja2

    environment = jinja2.Environment(
        loader=jinja2.FileSystemLoader(_FOLDER / "templates"),
        autoescape=True,
        undefined=jinja2.StrictUndefined,
        trim_blocks=True,
        lstrip_blocks=True,
    )
    environment.filters["moment"] = _moment
    environment.filters["exactly"] = _exactly
    environment.filters["clock"] = _clock
    environment.filters["number"] = _number
    return environment


def _moment(written: str) -> str:
    """A stored time, to the second."""
    return written[:19].replace("T", " ")


def _exactly(written: str) -> str:
    """A stored time, to the millisecond."""
    return written[:23].replace("T", " ")


def _clock(moment: datetime) -> str:
    """The time of day, to the millisecond."""
    return moment.strftime("%H:%M:%S.") + f"{moment.microsecond // 1000:03}"


def _number(value: float) -> str:
    """As few digits as tell it."""
    return format(value, "g") if abs(value) < 1_000_000 else format(value, ".0f")
