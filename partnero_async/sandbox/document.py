"""`GET /openapi.json`: the description of the API, which names this server before Partnero's.

`docs/openapi.py` writes the file out of the SDK. Nothing here reads it but to hand it on: what the sandbox
takes and answers is its own.
"""

from functools import cache
from pathlib import Path
from typing import cast

from . import jsontext
from .replies import Refusal, Reply


def answer(method: str, origin: str) -> Reply:
    """The description for whoever asks this server, whose address without a path is `origin`."""
    if method != "GET":
        message = f"The {method} method is not supported here."
        return Refusal(405, message, headers={"Allow": "GET"}).reply()
    known = _description()
    here = {"url": f"{origin}/v1", "description": "This sandbox"}
    return Reply({**known, "servers": [here, *cast("list[object]", known["servers"])]})


@cache
def _description() -> dict[str, object]:
    text = Path(__file__).with_name("openapi.json").read_bytes()
    return cast("dict[str, object]", jsontext.parse(text))
