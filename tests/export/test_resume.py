"""Going on where an export stopped: what is on disk is not asked for again, whatever the end looked like."""

from __future__ import annotations

import json
import os
from collections.abc import AsyncIterator
from pathlib import Path
from typing import Any

import pytest

from partnero_async import ArgumentError, AuthenticationError, UsageError
from partnero_async.export import Export, export

from ..servers import scripted
from .files import Server, found_in, lines_of, rest_in, rest_of

pytestmark = pytest.mark.anyio

KEYS = [f"key_{n:03d}" for n in range(40)]


@pytest.fixture
def path(tmp_path: Path) -> Path:
    return tmp_path / "out.jsonl"


async def exported(server: Server, keys: Any, path: Path, **arguments: Any) -> Export:
    async with scripted(server, retries=0) as partnero:
        async with export(partnero.customers.get, keys, path, **arguments) as progress:
            pass
    return progress


def line(key: str | int) -> bytes:
    """A line of an export's first file."""
    return (
        json.dumps({"key": key, "record": {"key": key, "name": "Zoë"}}, ensure_ascii=False).encode() + b"\n"
    )


async def test_what_is_on_disk_is_not_asked_for_again(path: Path) -> None:
    await exported(Server(), [*KEYS[:20], "missing_1", "broken_1"], path)
    server = Server()
    progress = await exported(server, [*KEYS, "missing_1", "broken_1"], path)
    assert sorted(server.asked) == KEYS[20:]
    assert found_in(path) == KEYS
    assert rest_in(path) == {"missing_1": "missing", "broken_1": "failed"}
    assert (progress.skipped, progress.missing_before, progress.failed_before) == (22, 1, 1)
    assert (progress.done, progress.total) == (20, 20)
    assert str(progress).startswith("22 on disk already, 20 of 20, ")


async def test_a_run_that_has_nothing_to_do_changes_nothing(path: Path) -> None:
    await exported(Server(), [*KEYS, "missing_1"], path)
    before = path.read_bytes(), rest_of(path).read_bytes(), os.stat(rest_of(path)).st_ino
    server = Server()
    await exported(server, [*KEYS, "missing_1"], path)
    assert not server.asked
    assert (path.read_bytes(), rest_of(path).read_bytes(), os.stat(rest_of(path)).st_ino) == before


@pytest.mark.parametrize("kind", ["generator", "async generator"])
async def test_keys_that_come_one_by_one_are_left_out_too(path: Path, kind: str) -> None:
    await exported(Server(), KEYS[:20], path)

    async def keys() -> AsyncIterator[str]:
        for key in KEYS:
            yield key

    server = Server()
    progress = await exported(server, iter(KEYS) if kind == "generator" else keys(), path)
    assert sorted(server.asked) == KEYS[20:]
    assert (progress.skipped, progress.total) == (20, None)


async def test_after_a_401_the_rest_is_asked_for(path: Path) -> None:
    keys = [*KEYS[:10], "forbidden_1", *KEYS[10:]]
    server = Server()
    with pytest.raises(AuthenticationError):
        await exported(server, keys, path, concurrency=5)
    done = found_in(path)
    server.mended.add("forbidden")
    await exported(server, keys, path)
    assert {server.asked[str(key)] for key in done} == {1}
    assert found_in(path) == sorted(keys)
    assert rest_in(path) == {}


@pytest.mark.parametrize("size", range(1, len(line("key_001"))))
async def test_a_torn_line_is_cut_off_wherever_it_is_torn(path: Path, size: int) -> None:
    """Also within a character of two bytes."""
    whole = line("key_000")
    path.write_bytes(whole + line("key_001")[:size])
    server = Server()
    await exported(server, ["key_000", "key_001"], path)
    # Of what lacks the end of the line alone, nothing is lost.
    assert sorted(server.asked) == ([] if size == len(line("key_001")) - 1 else ["key_001"])
    assert path.read_bytes().startswith(whole)
    assert found_in(path) == ["key_000", "key_001"]


async def test_a_torn_line_of_the_rest_is_cut_off_too(path: Path) -> None:
    await exported(Server(), ["missing_1"], path)
    with rest_of(path).open("ab") as file:
        file.write('{"key": "Zoë'.encode()[:-1])
    server = Server()
    await exported(server, ["missing_1", "missing_2"], path)
    assert server.asked == {"missing_2": 1}
    assert rest_in(path) == {"missing_1": "missing", "missing_2": "missing"}


FOREIGN = [
    b"precious",
    b"precious\n",
    b"\n",
    b"[1]\n",
    b'{"name": "x"}\n',
    b'{"key": "a"}\n',
    b'{"key": "a"}',
    b'{"key": "a", "outcome": "found", "customer": {}}\n',
    b'{"key": true, "record": 1}\n',
    b'{"key": null, "record": 1}\n',
    b'{"key": "a", "record": 1} {}\n',
    b'{"key": "a", "rec\n',
    b"\x00" * 100,
    b"\xff\xfe{\x00",
    b'{"key": ' + b"[" * 100_000 + b"\n",
]


@pytest.mark.parametrize("text", FOREIGN, ids=range(len(FOREIGN)))
@pytest.mark.parametrize("before", [b"", line("key_000")], ids=["at once", "later"])
async def test_a_file_that_is_something_else_is_refused_and_left_alone(
    path: Path, text: bytes, before: bytes
) -> None:
    path.write_bytes(before + text)
    server = Server()
    with pytest.raises(
        ArgumentError, match=rf"out\.jsonl is not the file of an export: see line [{1 + bool(before)}]"
    ):
        await exported(server, KEYS, path)
    assert path.read_bytes() == before + text
    assert not server.asked


async def test_a_foreign_rest_is_refused_before_the_torn_line_of_the_first_is_cut(path: Path) -> None:
    path.write_bytes(line("key_000") + b'{"key": "k')
    rest_of(path).write_bytes(b'{"key": "a", "record": 1}\n')
    with pytest.raises(
        ArgumentError, match=r"out\.jsonl\.rest\.jsonl is not the file of an export: see line 1"
    ):
        await exported(Server(), KEYS, path)
    assert path.read_bytes() == line("key_000") + b'{"key": "k'
    rest_of(path).unlink()
    await exported(Server(), KEYS, path)  # and the lock is gone


@pytest.mark.parametrize("existing", ["first", "second"])
async def test_without_resume_an_existing_file_is_refused(path: Path, existing: str) -> None:
    file = path if existing == "first" else rest_of(path)
    file.write_bytes(b"")
    server = Server()
    with pytest.raises(ArgumentError, match="exists"):
        await exported(server, KEYS, path, resume=False)
    assert not server.asked
    assert file.read_bytes() == b""
    file.unlink()
    await exported(server, KEYS, path, resume=False)
    assert found_in(path) == KEYS


async def test_a_file_that_somebody_else_writes_to_is_refused(path: Path) -> None:
    async with scripted(Server()) as partnero:
        async with export(partnero.customers.get, KEYS, path):
            with pytest.raises(UsageError, match=r"another export writes to .*out\.jsonl"):
                async with export(partnero.customers.get, KEYS, path):
                    pass
        assert found_in(path) == KEYS
        async with export(partnero.customers.get, KEYS, path) as progress:
            pass
    assert progress.skipped == 40


async def test_failed_keys_alone_are_asked_for_again(path: Path) -> None:
    server = Server()
    await exported(server, ["a", "missing_1", "broken_1", "broken_2", "firewall_1"], path)
    server.mended.add("broken")
    server.asked.clear()
    progress = await exported(server, None, path, retry_failed=True)
    assert sorted(server.asked) == ["broken_1", "broken_2", "firewall_1"]
    assert (progress.total, progress.found, progress.failed, progress.skipped) == (3, 2, 1, 0)
    assert found_in(path) == ["a", "broken_1", "broken_2"]
    assert rest_in(path) == {"missing_1": "missing", "firewall_1": "failed"}
    assert sorted(item.name for item in path.parent.iterdir()) == [path.name, rest_of(path).name]


async def test_of_the_keys_that_are_given_the_failed_ones_are_asked_for(path: Path) -> None:
    server = Server()
    await exported(server, ["a", "broken_1", "broken_2"], path)
    server.mended.add("broken")
    server.asked.clear()
    progress = await exported(server, ["a", "new", "broken_2"], path, retry_failed=True)
    assert server.asked == {"broken_2": 1}
    assert progress.skipped == 1
    assert rest_in(path) == {"broken_1": "failed"}


async def test_the_second_file_goes_when_nothing_is_left_to_say(path: Path) -> None:
    server = Server()
    await exported(server, ["a", "broken_1"], path)
    server.mended.add("broken")
    await exported(server, None, path, retry_failed=True)
    assert [item.name for item in path.parent.iterdir()] == [path.name]


async def test_a_retry_that_is_cut_off_leaves_what_it_did_not_reach(path: Path) -> None:
    server = Server()
    await exported(server, [f"broken_{n}" for n in range(9)], path)
    server.mended.add("broken")
    with pytest.raises(ZeroDivisionError):
        async with scripted(server) as partnero:
            async with export(
                partnero.customers.get, None, path, retry_failed=True, concurrency=4
            ) as progress:
                async for step in progress:
                    if step.done == 4:
                        raise ZeroDivisionError
    assert len(found_in(path)) == 4
    assert len(rest_in(path)) == 5
    await exported(server, None, path, retry_failed=True)
    assert len(found_in(path)) == 9
    assert rest_in(path) == {}


async def test_of_several_words_on_a_key_the_last_one_holds(path: Path) -> None:
    """As a process leaves them that was killed before it could tidy up."""
    path.write_bytes(line("c"))
    words = [("a", "failed"), ("b", "failed"), ("c", "failed"), ("a", "missing"), ("b", "failed")]
    rest_of(path).write_text("".join(json.dumps({"key": k, "outcome": o}) + "\n" for k, o in words))
    server = Server()
    progress = await exported(server, ["a", "c"], path)
    assert not server.asked
    assert (progress.missing_before, progress.failed_before) == (1, 0)
    assert rest_in(path) == {"a": "missing", "b": "failed"}
    assert found_in(path) == ["c"]


async def test_a_retry_without_anything_that_failed_asks_for_nothing(path: Path) -> None:
    server = Server()
    progress = await exported(server, None, path, retry_failed=True)
    assert not server.asked
    assert progress.total == 0
    assert not path.exists()


async def test_the_second_file_keeps_its_mode(path: Path) -> None:
    server = Server()
    await exported(server, ["broken_1", "broken_2"], path)
    rest_of(path).chmod(0o600)
    await exported(server, ["broken_1"], path, retry_failed=True)
    assert len(lines_of(rest_of(path))) == 2
    assert rest_of(path).stat().st_mode & 0o777 == 0o600
