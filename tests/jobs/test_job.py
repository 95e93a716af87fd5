"""A job in parts: how keys are divided, what may happen to a part, and what is merged."""

from __future__ import annotations

import json
import os
import time
from pathlib import Path
from types import SimpleNamespace
from typing import Any

import anyio
import httpx
import pytest
from hypothesis import given
from hypothesis import strategies as st

from partnero_async import ArgumentError, AuthenticationError, RateLimit, UsageError
from partnero_async.bulk.jobs import Job, JobStatus, PartState, load, plan
from partnero_async.bulk.jobs._state import write_state
from partnero_async.bulk.jobs.celery import PartTasks
from partnero_async.export import ExportBusyError, export
from partnero_async.export._choice import part_of

from ..servers import customer_json, key_of, scripted

pytestmark = pytest.mark.anyio

KEYS = [f"customer_{number:03d}" for number in range(100)]


class Server:
    """Knows all customers but every tenth, and counts what it is asked."""

    def __init__(self) -> None:
        self.asked = list[str]()
        self.failing = set[str]()
        self.refuses = False

    async def __call__(self, request: httpx.Request) -> httpx.Response:
        key = key_of(request)
        self.asked.append(key)
        await anyio.sleep(0.05)
        if self.refuses:
            return httpx.Response(401, json={"message": "no"})
        if key in self.failing:
            return httpx.Response(400, json={"message": "bad"})
        if key.endswith("0"):
            return httpx.Response(404, json={"message": "Customer not found."})
        return httpx.Response(200, json=customer_json(key))


@pytest.fixture
def server() -> Server:
    return Server()


@pytest.fixture
def job(tmp_path: Path) -> Job:
    return plan(tmp_path / "job", KEYS, parts=4)


async def run(job: Job, server: Server, *numbers: int, **settings: Any) -> list[PartState]:
    async with scripted(server, retries=0) as partnero:
        return [await job.run(number, partnero.customers.get, **settings) for number in numbers]


def lines_of(path: Path) -> list[dict[str, Any]]:
    return [json.loads(line) for line in path.read_bytes().splitlines()]


class TestPlans:
    def test_each_key_is_in_one_part(self, job: Job) -> None:
        divided = [list(job.keys(part.number)) for part in job.parts]
        assert sorted(key for keys in divided for key in keys) == KEYS
        assert [len(keys) for keys in divided] == [part.keys for part in job.parts]
        assert all(divided)

    def test_the_parts_are_those_of_export(self, job: Job) -> None:
        for part in job.parts:
            assert {part_of(key, 4) for key in job.keys(part.number)} == {part.number}

    def test_the_same_plan_finds_what_it_wrote(self, job: Job) -> None:
        manifest = (job.folder / "manifest.json").read_bytes()
        assert plan(job.folder, reversed(KEYS), parts=4).parts == job.parts == load(job.folder).parts
        assert (job.folder / "manifest.json").read_bytes() == manifest
        assert sorted(path.name for path in job.folder.iterdir()) == ["keys", "manifest.json", "parts"]

    @pytest.mark.parametrize(("keys", "parts"), [(KEYS[1:], 4), (KEYS, 5), ({"acme": KEYS}, 4)])
    def test_another_one_has_no_place_there(self, job: Job, keys: Any, parts: int) -> None:
        with pytest.raises(ArgumentError, match="another job is in"):
            plan(job.folder, keys, parts=parts)
        assert sorted(key for part in job.parts for key in job.keys(part.number)) == KEYS

    def test_a_plan_that_was_interrupted_is_made_again(self, tmp_path: Path) -> None:
        def broken() -> Any:
            yield from KEYS[:50]
            raise OSError("the disk is gone")

        with pytest.raises(OSError, match="the disk is gone"):
            plan(tmp_path / "job", broken(), parts=4)
        assert list((tmp_path / "job").iterdir()) == []
        (tmp_path / "job" / "keys").mkdir()
        (tmp_path / "job" / "keys" / "000000.jsonl").write_text('"left over"\n')
        job = plan(tmp_path / "job", KEYS, parts=4)
        assert sorted(key for part in job.parts for key in job.keys(part.number)) == KEYS

    async def test_results_without_a_manifest_are_of_no_other_job(self, job: Job, server: Server) -> None:
        await run(job, server, 0)
        (job.folder / "manifest.json").unlink()
        with pytest.raises(ArgumentError, match=r"results of a job without its manifest\.json"):
            plan(job.folder, ["another"], parts=1)

    def test_each_program_has_parts_of_its_own(self, tmp_path: Path) -> None:
        job = plan(tmp_path, {"acme": KEYS[:60], "globex": [1, 2, 3]}, parts=2)
        assert [part.program for part in job.parts] == ["acme", "acme", "globex", "globex"]
        assert sorted([*job.keys(2), *job.keys(3)]) == [1, 2, 3]

    @given(st.lists(st.one_of(st.text(), st.integers()), min_size=1), st.integers(1, 9))
    def test_whatever_the_keys_are(self, keys: list[Any], parts: int) -> None:
        import tempfile

        with tempfile.TemporaryDirectory() as folder:
            job = plan(folder, keys, parts=parts)
            found = [key for part in job.parts for key in job.keys(part.number)]
        assert sorted(map(repr, found)) == sorted(map(repr, keys))

    @pytest.mark.parametrize(
        ("keys", "parts", "error", "said"),
        [
            (KEYS, 0, ArgumentError, "parts must be"),
            ([], 3, ArgumentError, "there is no key"),
            ({}, 3, ArgumentError, "there is no key"),
            ("customer_001", 3, TypeError, "not one string"),
            ([None], 3, TypeError, "a key must be"),
            ([True], 3, TypeError, "a key must be"),
            ([10**5000], 3, ArgumentError, "a key is a number of more digits"),
            ({5: KEYS}, 3, TypeError, "the name of a program must be text, not int"),
            ({"": KEYS}, 3, ArgumentError, "the name of a program"),
            ({"\ud800": KEYS}, 3, ArgumentError, "the name of a program"),
        ],
    )
    def test_what_makes_no_sense_is_refused(
        self, tmp_path: Path, keys: Any, parts: int, error: type[Exception], said: str
    ) -> None:
        with pytest.raises(error, match=said):
            plan(tmp_path / "job", keys, parts=parts)
        assert not (tmp_path / "job" / "manifest.json").exists()

    @pytest.mark.parametrize(
        ("manifest", "said"),
        [
            (None, "there is no job in"),
            (b"{", "is not the manifest of a job"),
            (b"[]", "is not the manifest of a job"),
            (b'{"version": 1}', "is not the manifest of a job"),
            (b'{"version": 2, "parts": []}', "made by a newer version"),
        ],
    )
    def test_a_folder_without_a_job_is_told(self, tmp_path: Path, manifest: bytes | None, said: str) -> None:
        if manifest is not None:
            (tmp_path / "manifest.json").write_bytes(manifest)
        with pytest.raises(ArgumentError, match=said):
            load(tmp_path)


class TestParts:
    async def test_all_of_them_are_all_keys(self, job: Job, server: Server, tmp_path: Path) -> None:
        await run(job, server, 0, 1, 2, 3)
        assert sorted(server.asked) == KEYS
        counts = job.merge(tmp_path / "all.jsonl")
        assert (counts.found, counts.missing, counts.failed) == (90, 10, 0)
        assert {line["key"] for line in lines_of(tmp_path / "all.jsonl")} == {
            key for key in KEYS if not key.endswith("0")
        }
        rest = lines_of(tmp_path / "all.jsonl.rest.jsonl")
        assert {line["key"] for line in rest} == {key for key in KEYS if key.endswith("0")}

    async def test_one_that_is_done_is_not_done_again(self, job: Job, server: Server) -> None:
        (first,) = await run(job, server, 0)
        asked = len(server.asked)
        assert await run(job, server, 0) == [first]
        assert (len(server.asked), [part.number for part in job.left]) == (asked, [1, 2, 3])

    async def test_one_that_was_cut_off_goes_on(self, job: Job, server: Server) -> None:
        with anyio.move_on_after(0.12):
            await run(job, server, 0, concurrency=4)
        assert not job.state(0).done
        before = set(server.asked[:8])
        await run(job, server, 0)
        assert job.state(0).done
        assert not before & set(server.asked[12:])

    async def test_one_that_two_do_is_done_by_one(self, job: Job, server: Server) -> None:
        refused = list[ExportBusyError]()

        async def one() -> None:
            try:
                await run(job, server, 0)
            except ExportBusyError as error:
                refused.append(error)

        async with anyio.create_task_group() as group:
            group.start_soon(one)
            group.start_soon(one)
        assert (len(refused), len(server.asked)) == (1, job.parts[0].keys)
        assert job.state(0).done

    async def test_what_ends_a_run_leaves_the_part_undone(self, job: Job, server: Server) -> None:
        server.refuses = True
        with pytest.raises(AuthenticationError):
            await run(job, server, 0)
        assert not job.state(0).done
        server.refuses = False
        assert (await run(job, server, 0))[0].done

    async def test_failed_keys_are_asked_again_on_demand(self, job: Job, server: Server) -> None:
        server.failing = {next(key for key in job.keys(0) if not str(key).endswith("0"))}  # type: ignore[arg-type]
        (state,) = await run(job, server, 0)
        assert (state.done, state.failed) == (True, 1)
        failing, server.failing, server.asked = server.failing, set(), []
        (state,) = await run(job, server, 0, retry_failed=True)
        assert (state.failed, set(server.asked)) == (0, failing)
        await run(job, server, 0, retry_failed=True)
        assert len(server.asked) == 1

    async def test_a_part_without_keys_is_done_at_once(self, tmp_path: Path, server: Server) -> None:
        job = plan(tmp_path, ["a"], parts=3)
        states = await run(job, server, 0, 1, 2)
        assert [state.found for state in states].count(1) == 1
        assert job.merge(tmp_path / "all.jsonl").found == 1

    async def test_a_retry_that_was_cut_off_is_made_again(self, job: Job, server: Server) -> None:
        server.failing = {str(key) for key in job.keys(0) if not str(key).endswith("0")}
        await run(job, server, 0)
        failing, server.failing, server.asked = server.failing, set(), []
        with anyio.move_on_after(0.07):
            await run(job, server, 0, retry_failed=True, concurrency=3)
        (state,) = await run(job, server, 0, retry_failed=True)
        assert (state.done, state.failed) == (True, 0)
        assert set(server.asked) == failing

    async def test_one_whose_keys_are_not_all_there_is_not_done(self, job: Job, server: Server) -> None:
        keys = job.folder / "keys" / "000000.jsonl"
        keys.write_bytes(b"".join(keys.read_bytes().splitlines(keepends=True)[:3]))
        with pytest.raises(UsageError, match="the keys of part 0 are not all there"):
            await run(job, server, 0)
        assert server.asked == []

    async def test_one_whose_results_are_not_all_there_is_not_done(self, job: Job, server: Server) -> None:
        path = job.folder / "parts" / "000000.jsonl"
        with pytest.raises(UsageError, match="the results of part 0 are not all there"):
            await run(job, server, 0, on_progress=lambda _: path.unlink(missing_ok=True))
        assert not job.state(0).done

    async def test_there_is_no_other(self, job: Job, server: Server) -> None:
        with pytest.raises(ArgumentError, match="there is no part 4: they are 0 to 3"):
            await run(job, server, 4)
        with pytest.raises(TypeError):
            await run(job, server, True)


class TestMerging:
    async def test_nothing_is_merged_before_all_is_done(
        self, job: Job, server: Server, tmp_path: Path
    ) -> None:
        await run(job, server, 0, 2)
        with pytest.raises(UsageError, match="2 of 4 parts are not done, such as 1"):
            job.merge(tmp_path / "all.jsonl")
        assert not (tmp_path / "all.jsonl").exists()

    async def test_each_program_has_a_file_of_its_own(self, tmp_path: Path, server: Server) -> None:
        job = plan(tmp_path / "job", {"acme": KEYS[1:4], "globex": KEYS[3:6]}, parts=1)
        assert job.programs == ["acme", "globex"]
        await run(job, server, 0)
        for program, said in (
            (None, "name one of acme, globex"),
            ("initech", "no program 'initech', but acme"),
        ):
            with pytest.raises(ArgumentError, match=said):
                job.merge(tmp_path / "all.jsonl", program=program)
        with pytest.raises(UsageError, match="1 of 1 parts are not done, such as 1"):
            job.merge(tmp_path / "globex.jsonl", program="globex")
        job.merge(tmp_path / "acme.jsonl", program="acme")
        await run(job, server, 1)
        job.merge(tmp_path / "globex.jsonl", program="globex")
        for program, keys in (("acme", KEYS[1:4]), ("globex", KEYS[3:6])):
            lines = lines_of(tmp_path / f"{program}.jsonl")
            assert sorted(line["key"] for line in lines) == keys

    async def test_a_key_that_two_wrote_is_there_once(self, job: Job, server: Server, tmp_path: Path) -> None:
        await run(job, server, 0, 1, 2, 3)
        part = job.folder / "parts" / "000000.jsonl"
        part.write_bytes(part.read_bytes() * 2)
        assert job.merge(tmp_path / "all.jsonl").found == 90
        assert len(lines_of(tmp_path / "all.jsonl")) == 90

    async def test_a_disk_that_is_full_leaves_what_was_there(
        self, job: Job, server: Server, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
    ) -> None:
        await run(job, server, 0, 1, 2, 3)
        (tmp_path / "all.jsonl").write_text("before\n")

        def full(_: int) -> None:
            raise OSError(28, "No space left on device")

        monkeypatch.setattr(os, "fsync", full)
        with pytest.raises(OSError, match="No space left"):
            job.merge(tmp_path / "all.jsonl")
        assert (tmp_path / "all.jsonl").read_text() == "before\n"
        assert sorted(os.listdir(tmp_path)) == ["all.jsonl", "job"]

    async def test_a_file_of_somebodys_beside_it_is_left_alone(
        self, job: Job, server: Server, tmp_path: Path
    ) -> None:
        await run(job, server, 0, 1, 2, 3)
        (tmp_path / "all.jsonl.new").write_text("mine\n")
        job.merge(tmp_path / "all.jsonl")
        assert (tmp_path / "all.jsonl.new").read_text() == "mine\n"
        assert sorted(os.listdir(tmp_path)) == ["all.jsonl", "all.jsonl.new", "all.jsonl.rest.jsonl", "job"]

    @pytest.mark.parametrize("name", ["parts/000000.jsonl", "manifest.json", "keys/new.jsonl"])
    async def test_no_file_of_the_job_is_written_over(self, job: Job, server: Server, name: str) -> None:
        await run(job, server, 0, 1, 2, 3)
        with pytest.raises(ArgumentError, match="is one of the job's own"):
            job.merge(job.folder / name)
        assert load(job.folder).status.done == 4


class TestStatus:
    def state(self, job: Job, number: int, **told: Any) -> None:
        write_state(job.folder / "parts" / f"{number:06d}.state.json", PartState(**told))

    def test_it_tells_what_those_said_who_work(self, job: Job) -> None:
        self.state(job, 0, done=True, found=20, missing=5, refused=2)
        self.state(job, 1, found=10, per_second=30.0, limit=100.0, refused=1)
        self.state(job, 2, found=2, limit=100.0)
        self.state(job, 3, found=3, failed=1, per_second=99.0, at=time.time() - 3600)
        status = job.status
        assert (status.parts, status.done, status.running, status.left_alone) == (4, 1, 2, 1)
        assert (status.found, status.missing, status.failed, status.refused) == (35, 5, 1, 3)
        assert (status.per_second, status.limit, status.keys) == (60.0, 100.0, 100)
        assert status.seconds_left == pytest.approx(59 / 60)
        assert str(status).splitlines() == [
            "parts  1 of 4 done, 2 running, 1 left alone",
            "keys   41 of 100: 35 found, 5 missing, 1 failed",
            "pace   3 refused, 60 a second of 100 that are allowed",
            "left   1 s",
        ]

    async def test_a_key_that_was_given_twice_has_one_outcome(self, tmp_path: Path, server: Server) -> None:
        job = plan(tmp_path, [*KEYS, *KEYS[:5]], parts=2)
        assert job.status.keys == 105
        await run(job, server, 0, 1)
        assert (job.status.keys, job.status.found + job.status.missing) == (100, 100)

    def test_before_anything_is_begun_nobody_can_tell(self, job: Job) -> None:
        assert job.status.seconds_left is None
        assert str(job.status).endswith("left   nobody can tell")

    def test_limits_of_programs_add_up(self, tmp_path: Path) -> None:
        job = plan(tmp_path, {"acme": KEYS, "globex": KEYS}, parts=2)
        for number in range(4):
            self.state(job, number, found=1, limit=50.0, per_second=10.0)
        assert (job.status.limit, job.status.per_second) == (100.0, 40.0)

    @pytest.mark.parametrize(
        "text", ['{"strange": 1}', "[]", '{"found": null}', '{"done": "x"}', '{"at": "x"}', "{", "\x00"]
    )
    def test_what_cannot_be_read_is_nothing(self, job: Job, text: str) -> None:
        (job.folder / "parts" / "000000.state.json").write_text(text)
        assert job.status.running == 0
        assert isinstance(job.status, JobStatus)

    async def test_it_is_told_while_a_part_is_done(self, job: Job, server: Server) -> None:
        seen = list[JobStatus]()
        async with scripted(server, retries=0, rate_limit=RateLimit(5, 1.0)) as partnero:
            await job.run(0, partnero.customers.get, on_progress=lambda _: seen.append(job.status))
        assert seen[-1].running == 1
        assert seen[-1].limit == 5.0
        assert 0 < seen[-1].found < 25


class TestExportOfAPart:
    async def test_parts_are_disjoint_and_all(self, server: Server, tmp_path: Path) -> None:
        async with scripted(server) as partnero:
            for number in range(3):
                part, path = (number, 3), tmp_path / f"{number}.jsonl"
                async with export(partnero.customers.get, KEYS, path, part=part) as progress:
                    pass
                assert progress.total == sum(part_of(key, 3) == number for key in KEYS)
        assert sorted(server.asked) == KEYS

    @pytest.mark.parametrize(
        ("part", "error"),
        [((3, 3), ArgumentError), ((-1, 3), ArgumentError), ((0, 0), ArgumentError), ((0,), TypeError)]
        + [(part, TypeError) for part in (3, "03", (0, 3, 1), (0.0, 3), (True, 3), (0, None))],
    )
    def test_other_parts_are_refused(self, tmp_path: Path, part: Any, error: type[Exception]) -> None:
        with pytest.raises(error, match="part must be"):
            export(anyio.Path, KEYS, tmp_path / "x.jsonl", part=part)  # type: ignore[arg-type]


class App:
    """What is needed of an application of Celery, which hands tasks over at once."""

    def __init__(self) -> None:
        self.sent = list[tuple[str, int]]()
        self.settings: dict[str, Any] = {}

    def task(self, function: Any, **settings: Any) -> Any:
        self.run, self.settings = function, settings
        return self

    def delay(self, folder: str, number: int) -> None:
        self.sent.append((folder, number))

    def retry(self, *, exc: Exception, countdown: float) -> Exception:
        self.retried = (str(exc), countdown)
        return exc


class TestTasks:
    """What is done with Celery; tests/frameworks/run_jobs.py has the real one."""

    def tasks(self, server: Server) -> tuple[App, PartTasks]:
        app = App()
        return app, PartTasks(app, lambda program: scripted(server, retries=0), retry_after=7.0)

    def test_each_part_is_sent_that_is_not_done(self, job: Job, server: Server) -> None:
        app, tasks = self.tasks(server)
        assert tasks.send(job) == 4
        app.run(app, *app.sent[1])
        app.sent.clear()
        assert tasks.send(job) == 3
        assert [number for _, number in app.sent] == [0, 2, 3]
        assert app.settings["acks_late"]
        assert app.settings["reject_on_worker_lost"]

    def test_one_that_somebody_else_does_is_tried_later(self, job: Job, server: Server) -> None:
        import fcntl

        app, _ = self.tasks(server)
        with (job.folder / "parts" / "000000.jsonl").open("wb") as file:
            fcntl.flock(file, fcntl.LOCK_EX)
            with pytest.raises(RuntimeError, match="ExportBusyError: another export writes to"):
                app.run(app, str(job.folder), 0)
        assert app.retried[1] == 7.0

    def test_one_that_is_refused_fails(self, job: Job, server: Server) -> None:
        app, _ = self.tasks(server)
        server.refuses = True
        with pytest.raises(AuthenticationError):
            app.run(app, str(job.folder), 0)

    def test_who_is_not_heard_of_any_more_is_replaced(
        self, job: Job, server: Server, monkeypatch: pytest.MonkeyPatch
    ) -> None:
        app, _ = self.tasks(server)
        passed = time.monotonic()
        clock = SimpleNamespace(monotonic=lambda: passed)
        monkeypatch.setattr("partnero_async.bulk.jobs.celery.time", clock)
        # The clocks of the workers differ by a minute, and by an hour.
        ahead, behind = time.time() + 60, time.time() - 3600
        for seconds in range(0, 60, 10):
            write_state(
                job.folder / "parts" / "000001.state.json", PartState(found=seconds, at=behind + seconds)
            )
            write_state(job.folder / "parts" / "000002.state.json", PartState(found=1, at=ahead))
            app.run(app, str(job.folder), 0)
            assert [number for _, number in app.sent] == ([2] if seconds >= 30 else [])
            passed += 10
