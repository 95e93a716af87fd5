"""What the tests of exports read from disk, and whom they ask."""

from __future__ import annotations

import json
from collections import Counter
from pathlib import Path
from typing import Any

import anyio
import httpx

from ..servers import customer_json, key_of


class Server:
    """Answers after a second by the first word of the key, unless that was mended."""

    def __init__(self) -> None:
        self.asked = Counter[str]()
        self.mended = set[str]()
        self.in_flight = 0

    async def __call__(self, request: httpx.Request) -> httpx.Response:
        key = key_of(request)
        self.asked[key] += 1
        self.in_flight += 1
        try:
            await anyio.sleep(1)
        finally:
            self.in_flight -= 1
        match key.split("_")[0] if key.split("_")[0] not in self.mended else "":
            case "missing":
                return httpx.Response(404, json={"message": "Not found."})
            case "broken":
                return httpx.Response(500)
            case "forbidden":
                return httpx.Response(401, json={"message": "Unauthenticated."})
            case "denied":
                return httpx.Response(403, json={"message": "Not yours."})
            case "firewall":
                return httpx.Response(403, text="<html>")
            case "down":
                raise httpx.ConnectError("refused")
            case _:
                return httpx.Response(200, json=customer_json(key))


def rest_of(path: Path) -> Path:
    """The file beside an export for what was not found."""
    return path.with_name(f"{path.name}.rest.jsonl")


def lines_of(path: Path) -> list[Any]:
    """What the lines of a file say; each must be whole."""
    text = path.read_bytes()
    assert not text or text.endswith(b"\n")
    return [json.loads(line) for line in text.split(b"\n")[:-1]]


def found_in(path: Path) -> list[str | int]:
    """The keys of an export's records, sorted."""
    return sorted(line["key"] for line in lines_of(path))


def rest_in(path: Path) -> dict[str | int, str]:
    """What an export says of the other keys, each of which has one line."""
    lines = lines_of(rest_of(path)) if rest_of(path).exists() else []
    told = {line["key"]: line["outcome"] for line in lines}
    assert len(told) == len(lines)
    return told
