"""Disks and files that fail an outbox: each says what is wrong, and nothing is lost."""

from __future__ import annotations

import os
import shutil
import sqlite3
import subprocess
import sys
from contextlib import closing
from decimal import Decimal
from pathlib import Path

import httpx
import pytest

from partnero_async import AsyncPartnero, Ref, Sale
from partnero_async._sqlite.filesystems import network_file_system
from partnero_async.outbox import SalesOutbox, StorageError

from ..servers import scripted

pytestmark = pytest.mark.anyio

# A thread does the work, for which no virtual clock waits.
on_a_real_clock = pytest.mark.parametrize(
    "anyio_backend", [("asyncio", {}), ("trio", {})], ids=["asyncio", "trio"]
)


async def taken(request: httpx.Request) -> httpx.Response:
    return httpx.Response(200, json={"data": {"key": "k"}, "status": 1})


def sale(key: str = "order_1") -> Sale:
    return Sale(key=key, amount=Decimal("9.99"), customer=Ref(key="c"))


async def keys_in(path: Path) -> list[str]:
    async with scripted(taken) as partnero, SalesOutbox(partnero, path, adopt=True) as outbox:
        return [entry.key async for entry in outbox.entries()]


async def refused(path: Path, said: str, **settings: object) -> None:
    async with scripted(taken) as partnero:
        with pytest.raises(StorageError, match=said) as caught:
            async with SalesOutbox(partnero, path, **settings):  # type: ignore[arg-type]
                pass
        assert path.name in str(caught.value)


FILLED = """
import resource, sys
from decimal import Decimal
import anyio, httpx
from partnero_async import AsyncPartnero, Ref, Sale
from partnero_async.outbox import SalesOutbox, StorageError

async def main(path):
    async with AsyncPartnero("key", transport=httpx.MockTransport(print)) as partnero:
        async with SalesOutbox(partnero, path) as outbox:
            await outbox.record(Sale(key="before", amount=1, customer=Ref(key="c")))
            resource.setrlimit(resource.RLIMIT_FSIZE, (256 * 1024, resource.RLIM_INFINITY))
            number = 0
            try:
                while True:
                    await outbox.record(Sale(key=f"order_{number}", amount=1, customer=Ref(key="c" * 3000)))
                    number += 1
            except StorageError as error:
                print(number, error)
            resource.setrlimit(resource.RLIMIT_FSIZE, (resource.RLIM_INFINITY, resource.RLIM_INFINITY))
            await outbox.record(Sale(key="after", amount=1, customer=Ref(key="c")))

anyio.run(main, sys.argv[1])
"""


@on_a_real_clock
class TestFiles:
    async def test_a_full_disk_refuses_a_sale_and_keeps_those_before(self, tmp_path: Path) -> None:
        path = tmp_path / "outbox.db"
        # -B: a .pyc that the limit cuts off stays for everyone (https://github.com/python/cpython/issues/126606).
        command = [sys.executable, "-B", "-c", FILLED, str(path)]
        out = subprocess.run(command, capture_output=True, text=True, check=True).stdout  # noqa: ASYNC221
        number, _, said = out.partition(" ")
        assert "disk" in said
        assert "full" in said
        assert await keys_in(path) == ["before", *(f"order_{n}" for n in range(int(number))), "after"]

    async def test_a_folder_that_is_not_there(self, tmp_path: Path) -> None:
        await refused(tmp_path / "nowhere" / "outbox.db", "cannot be opened")

    async def test_a_path_that_is_a_folder(self, tmp_path: Path) -> None:
        await refused(tmp_path, "cannot be opened")

    @pytest.mark.skipif(os.geteuid() == 0, reason="root may write everything")
    async def test_a_file_that_may_not_be_written(self, tmp_path: Path) -> None:
        path = tmp_path / "outbox.db"
        await keys_in(path)
        path.chmod(0o400)
        await refused(path, "may not be written")

    async def test_a_database_that_is_read_only(self, tmp_path: Path) -> None:
        path = tmp_path / "outbox.db"
        await keys_in(path)
        async with scripted(taken) as partnero, SalesOutbox(partnero, path) as outbox:
            outbox._store._file._held.connection.execute("PRAGMA query_only = ON")  # type: ignore[attr-defined]
            with pytest.raises(StorageError, match="may not be written"):
                await outbox.record(sale())

    async def test_a_file_of_something_else_is_left_alone(self, tmp_path: Path) -> None:
        text = tmp_path / "notes.txt"
        text.write_text("not a database, but a text of more than a hundred characters " * 10)
        before = text.read_bytes()
        await refused(text, "no outbox")
        assert text.read_bytes() == before
        other = tmp_path / "app.db"
        with closing(sqlite3.connect(other)) as connection:
            connection.execute("CREATE TABLE orders (number TEXT)")
        before = other.read_bytes()
        await refused(other, "no outbox")
        assert other.read_bytes() == before

    async def test_a_file_of_a_newer_version_is_left_alone(self, tmp_path: Path) -> None:
        path = tmp_path / "outbox.db"
        await keys_in(path)
        with closing(sqlite3.connect(path)) as connection:
            connection.execute("PRAGMA user_version = 2")
        await refused(path, "newer version")

    async def test_a_damaged_file_says_so(self, tmp_path: Path) -> None:
        path = tmp_path / "outbox.db"
        async with scripted(taken) as partnero, SalesOutbox(partnero, path) as outbox:
            for number in range(200):
                await outbox.record(sale(f"order_{number}"))
        content = bytearray(path.read_bytes())
        for place in range(4096, len(content), 512):
            content[place : place + 256] = b"\xff" * 256
        path.write_bytes(content)
        async with scripted(taken) as partnero:
            with pytest.raises(StorageError, match="damaged"):
                async with SalesOutbox(partnero, path) as outbox:
                    assert [entry async for entry in outbox.entries()]
        assert path.read_bytes() == bytes(content)

    async def test_another_programs_file_is_refused(self, tmp_path: Path) -> None:
        path = tmp_path / "outbox.db"
        await keys_in(path)
        async with AsyncPartnero("secret_2", transport=httpx.MockTransport(taken)) as partnero:
            with pytest.raises(StorageError, match="adopt=True") as caught:
                async with SalesOutbox(partnero, path):
                    pass
            assert "secret_2" not in str(caught.value)
            async with SalesOutbox(partnero, path, adopt=True):
                pass
        await refused(path, "adopt=True")
        assert b"secret_2" not in path.read_bytes()

    async def test_what_was_recorded_outlives_a_copy_without_its_log(self, tmp_path: Path) -> None:
        path = tmp_path / "outbox.db"
        async with scripted(taken) as partnero, SalesOutbox(partnero, path) as outbox:
            await outbox.record(sale())
            for name in ("outbox.db", "outbox.db-wal"):  # as they are when the machine crashes
                shutil.copy(tmp_path / name, tmp_path / f"copy-{name}")
        (tmp_path / "copy-outbox.db-wal").rename(tmp_path / "copy.db-wal")
        (tmp_path / "copy-outbox.db").rename(tmp_path / "copy.db")
        assert await keys_in(tmp_path / "copy.db") == ["order_1"]

    async def test_a_file_that_was_removed_takes_no_more(self, tmp_path: Path) -> None:
        path = tmp_path / "outbox.db"
        async with scripted(taken) as partnero, SalesOutbox(partnero, path) as outbox:
            await outbox.record(sale())
            path.rename(tmp_path / "elsewhere.db")
            with pytest.raises(StorageError, match="removed or replaced"):
                await outbox.record(sale("order_2"))

    async def test_each_commit_is_forced_to_the_disk(self, tmp_path: Path) -> None:
        async with scripted(taken) as partnero, SalesOutbox(partnero, tmp_path / "outbox.db") as outbox:
            connection: sqlite3.Connection = outbox._store._file._held.connection  # type: ignore[attr-defined]
            assert connection.execute("PRAGMA journal_mode").fetchone() == ("wal",)
            assert connection.execute("PRAGMA synchronous").fetchone() == (2,)  # FULL


MOUNTS = """\
22 1 254:0 / / rw,relatime - ext4 /dev/vda rw
30 22 0:40 / /srv/share rw,relatime shared:1 - nfs4 server:/export rw
31 30 254:1 / /srv/share/local rw,relatime - xfs /dev/vdb rw
32 22 0:41 / /mnt/with\\040blank rw - fuse.sshfs host:/ rw
33 22 0:42 / /was/shared rw - cifs //host/share rw
34 22 254:2 / /was/shared rw - ext4 /dev/vdc rw
"""


@pytest.mark.parametrize(
    ("path", "kind"),
    [
        ("/var/lib/outbox.db", None),
        ("/srv/share/outbox.db", "nfs4"),
        ("/srv/share/deep/er/outbox.db", "nfs4"),
        ("/srv/shared/outbox.db", None),
        ("/srv/share/local/outbox.db", None),
        ("/mnt/with blank/outbox.db", "fuse.sshfs"),
        ("/was/shared/outbox.db", None),
    ],
)
def test_a_network_file_system_is_recognised(path: str, kind: str | None, tmp_path: Path) -> None:
    mounts = tmp_path / "mountinfo"
    mounts.write_text(MOUNTS)
    assert network_file_system(Path(path), mounts) == kind


@on_a_real_clock
async def test_an_outbox_on_a_network_file_system_is_refused(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    mounts = tmp_path / "mountinfo"
    mounts.write_text(f"22 1 0:40 / {tmp_path} rw - nfs4 server:/export rw\n")
    # No such file system can be had where the tests run: what the system says of its mounts is made up.
    monkeypatch.setattr("partnero_async._sqlite.filesystems.MOUNTS", mounts)
    await refused(tmp_path / "outbox.db", "nfs4")
    assert not (tmp_path / "outbox.db").exists()


def test_where_no_mounts_are_told_nothing_is_said_against_a_path(tmp_path: Path) -> None:
    assert network_file_system(tmp_path / "outbox.db", tmp_path / "nowhere") is None
