"""Disks that are full and files that cannot be written: a clear error, and nothing lost."""

from __future__ import annotations

import errno
import os
import subprocess
import sys
import tracemalloc
from pathlib import Path
from typing import Any

import pytest

from partnero_async import ArgumentError, UsageError
from partnero_async.export import export

from ..servers import scripted
from .files import Server, found_in, lines_of, rest_in, rest_of

KEYS = [f"key_{n:03d}" for n in range(40)]


@pytest.fixture
def path(tmp_path: Path) -> Path:
    return tmp_path / "out.jsonl"


async def exported(server: Server, keys: Any, path: Path, **arguments: Any) -> None:
    async with scripted(server, retries=0) as partnero:
        async with export(partnero.customers.get, keys, path, **arguments):
            pass


class Disk:
    """A disk that has room for so many bytes more, and then takes a part of a line."""

    def __init__(self, room: int) -> None:
        self.room = room
        self._write = os.write

    def write(self, fd: int, data: bytes) -> int:
        if not self.room:
            raise OSError(errno.ENOSPC, os.strerror(errno.ENOSPC))
        part = data[: self.room]
        self.room -= len(part)
        return self._write(fd, part)


@pytest.mark.anyio
@pytest.mark.parametrize("room", [0, 1, 1000, 1001])
async def test_a_full_disk_ends_the_run_between_two_lines(
    path: Path, room: int, monkeypatch: pytest.MonkeyPatch
) -> None:
    await exported(Server(), KEYS[:3], path)
    before = path.read_bytes()
    server = Server()
    with (
        monkeypatch.context() as patched,
        pytest.raises(OSError, match=r"No space left.*out\.jsonl'") as caught,
    ):
        patched.setattr(os, "write", Disk(room).write)
        await exported(server, KEYS, path)
    assert caught.value.errno == errno.ENOSPC
    assert caught.value.filename == str(path)
    assert "goes on from there" in caught.value.__notes__[0]
    assert path.read_bytes().startswith(before)
    assert found_in(path) == sorted({line["key"] for line in lines_of(path)})
    done = found_in(path)
    server.asked.clear()
    await exported(server, KEYS, path)
    assert sorted(server.asked) == sorted({*KEYS} - {*map(str, done)})
    assert found_in(path) == KEYS


@pytest.mark.anyio
async def test_a_full_disk_is_told_of_for_the_second_file_too(
    path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    with monkeypatch.context() as patched, pytest.raises(OSError, match=r"rest\.jsonl"):
        patched.setattr(os, "write", Disk(10).write)
        await exported(Server(), ["missing_1"], path)
    assert list(path.parent.iterdir()) == []


@pytest.mark.anyio
async def test_a_line_that_cannot_be_taken_back_is_joined_by_no_other(
    path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    def refuse(fd: int, size: int) -> None:
        raise OSError(errno.EIO, "broken")

    disk = Disk(1001)
    ends = list[int]()

    def write(fd: int, data: bytes) -> int:
        try:
            return disk.write(fd, data)
        except OSError:
            disk.room = 100_000  # somebody makes room
            ends.append(os.fstat(fd).st_size)
            raise

    with monkeypatch.context() as patched, pytest.raises(OSError, match="No space"):
        patched.setattr(os, "write", write)
        patched.setattr(os, "ftruncate", refuse)
        await exported(Server(), KEYS, path)
    assert path.stat().st_size == ends[0] == 1001
    await exported(Server(), KEYS, path)
    assert found_in(path) == KEYS


@pytest.mark.anyio
@pytest.mark.parametrize("failing", ["fsync", "replace"])
async def test_what_fails_at_the_end_is_told_and_loses_nothing(
    path: Path, failing: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    server = Server()
    await exported(server, ["a", "broken_1", "broken_2"], path)

    def refuse(*_: Any) -> None:
        raise OSError(errno.EDQUOT, os.strerror(errno.EDQUOT))

    server.mended.add("broken")
    with monkeypatch.context() as patched, pytest.raises(OSError, match=r"quota.*out\.jsonl"):
        patched.setattr(os, failing, refuse)
        await exported(server, ["broken_1"], path, retry_failed=True)
    assert found_in(path) == ["a", "broken_1"]
    assert rest_in(path) == {"broken_1": "failed", "broken_2": "failed"}
    assert sorted(item.name for item in path.parent.iterdir()) == [path.name, rest_of(path).name]
    await exported(server, ["a"], path)
    assert rest_in(path) == {"broken_2": "failed"}


@pytest.mark.anyio
async def test_a_run_has_ended_when_its_records_are_on_the_disk(
    path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    def refuse(_: int) -> None:
        raise OSError(errno.EIO, os.strerror(errno.EIO))

    monkeypatch.setattr(os, "fsync", refuse)
    with pytest.raises(OSError, match=r"Input/output error: .*out\.jsonl'"):
        await exported(Server(), ["a"], path)


@pytest.mark.anyio
async def test_a_large_file_that_is_something_else_is_not_read(path: Path) -> None:
    path.touch()
    os.truncate(path, 300_000_000)  # without a single line end
    tracemalloc.start()
    try:
        with pytest.raises(ArgumentError, match="see line 1"):
            await exported(Server(), KEYS, path)
        assert tracemalloc.get_traced_memory()[1] < 10_000_000
    finally:
        tracemalloc.stop()


@pytest.mark.anyio
async def test_nothing_is_written_to_a_descriptor_after_it_was_closed(path: Path) -> None:
    """It may belong to another file by then."""
    async with export(nothing, ["a"], path) as progress:
        pass
    files: Any = progress._files
    with pytest.raises(UsageError, match="takes no more lines"):
        files.write_found("b", None)
    with pytest.raises(UsageError, match="takes no more lines"):
        files.write_missing("b")
    assert not rest_of(path).exists()


async def nothing(key: str) -> None: ...


@pytest.mark.anyio
async def test_a_folder_that_does_not_exist_is_named(path: Path) -> None:
    with pytest.raises(FileNotFoundError, match="nowhere"):
        await exported(Server(), KEYS, path.parent / "nowhere" / "out.jsonl")


@pytest.mark.anyio
async def test_a_folder_is_no_file(path: Path) -> None:
    path.mkdir()
    with pytest.raises(IsADirectoryError, match=r"out\.jsonl"):
        await exported(Server(), KEYS, path)
    path.rmdir()
    rest_of(path).mkdir()
    with pytest.raises(IsADirectoryError, match=r"rest\.jsonl"):
        await exported(Server(), KEYS, path)
    assert not path.exists()


@pytest.mark.anyio
@pytest.mark.parametrize("device", ["/dev/full", "/dev/null"])
async def test_a_device_is_no_file_to_go_on_with(device: str) -> None:
    if not Path(device).exists():
        pytest.skip("this system has no such device")
    with pytest.raises(ArgumentError, match=f"{device} is no regular file"):
        await exported(Server(), KEYS, Path(device))


@pytest.mark.anyio
@pytest.mark.skipif(os.name == "nt" or os.geteuid() == 0, reason="root may write everything")
async def test_a_file_that_may_not_be_written_is_named(path: Path) -> None:
    path.touch(0o400)
    with pytest.raises(PermissionError, match=r"out\.jsonl"):
        await exported(Server(), KEYS, path)


@pytest.mark.anyio
async def test_a_file_system_that_refuses_is_named(path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    def refuse(name: Any, *_: Any) -> int:
        raise OSError(errno.EROFS, os.strerror(errno.EROFS), str(name))

    monkeypatch.setattr(os, "open", refuse)
    with pytest.raises(OSError, match=r"Read-only file system: .*out\.jsonl"):
        async with export(nothing, KEYS, path):
            pass


LIMITED = """
import resource, sys, anyio
from partnero_async.export import export

async def call(key):
    return {"text": "x" * 300}

async def main():
    async with export(call, [f"key_{n:03d}" for n in range(100)], sys.argv[1]):
        pass

if sys.argv[2] != "0":
    resource.setrlimit(resource.RLIMIT_FSIZE, (int(sys.argv[2]), int(sys.argv[2])))
anyio.run(main)
"""


@pytest.mark.skipif(os.name == "nt", reason="only Unix limits the size of files")
def test_a_limit_of_the_system_on_the_size_of_files_tears_no_line(path: Path) -> None:
    def run(limit: int) -> subprocess.CompletedProcess[str]:
        return subprocess.run(
            # -B: a .pyc that the limit cuts off stays for everyone (https://github.com/python/cpython/issues/126606).
            [sys.executable, "-B", "-c", LIMITED, str(path), str(limit)],
            capture_output=True,
            text=True,
            check=False,
            timeout=60,
        )

    ran = run(10_000)
    assert ran.returncode == 1
    assert f"File too large: '{path}'" in ran.stderr
    assert len(found_in(path)) == 10_000 // path.read_bytes().index(b"\n")
    assert run(0).returncode == 0
    assert found_in(path) == [f"key_{n:03d}" for n in range(100)]
