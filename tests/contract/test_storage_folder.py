"""The folder that embedded objects lie in: what it looks like from outside, and what no crash may do to it."""

import asyncio
import contextlib
import os
import signal
import stat
import subprocess
import sys
import time
from collections.abc import AsyncIterator
from pathlib import Path

import pytest

from asperguide.adapters.filesystem.object_files import MARK, sweep
from asperguide.adapters.filesystem.objects import FolderStorage
from asperguide.shared.errors import StorageUnavailable
from asperguide.shared.storage import ObjectExists, UploadMissing, WrongContent
from asperguide.testing.contracts.storage import LARGE, all_keys, flowing, read
from tests.servers import wait_until
from tests.storages import in_folder

ROOT = Path(__file__).parents[2]
PUTTING = """
import asyncio, pathlib, sys
from tests.storages import in_folder

async def main() -> None:
    async with in_folder(pathlib.Path(sys.argv[1])) as storage:
        content = bytes(range(256)) * 20_000
        for number in range(1_000_000):
            await storage.put(f"killed/{number % 7}", content + b"%d" % number)
            print(number, flush=True)

asyncio.run(main())
"""


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    return tmp_path / "objects"


@pytest.fixture
async def storage(folder: Path) -> AsyncIterator[FolderStorage]:
    async with in_folder(folder) as ready:
        yield ready


def files(folder: Path) -> list[str]:
    return sorted(str(path.relative_to(folder)) for path in folder.rglob("*"))


async def test_an_object_is_one_file_for_its_owner_only(storage: FolderStorage, folder: Path) -> None:
    await storage.put("a/b", b"content", media_type="text/plain")
    [path] = [path for path in folder.rglob("*") if path.is_file()]
    assert path == folder / "kept" / "a" / "b"
    assert path.read_bytes().startswith(b"content")
    assert path.read_bytes().endswith(MARK)
    assert stat.S_IMODE(path.stat().st_mode) == 0o600
    assert stat.S_IMODE(folder.stat().st_mode) == 0o700


async def test_nothing_is_left_of_what_failed_nor_of_what_was_removed(storage: FolderStorage, folder: Path) -> None:
    for said in ({"size": 1}, {"sha256": b"0" * 32}):
        with pytest.raises(WrongContent):
            await storage.put("a/b/c", flowing(LARGE), **said)  # type: ignore[arg-type]
    await storage.put("a/b/c", b"")
    with pytest.raises(ObjectExists):
        await storage.put("a/b/c", b"x", if_absent=True)
    upload = await storage.start("u/v")
    part = await storage.put_part("u/v", upload, 1, b"x")
    await storage.complete("u/v", upload, [part])
    await storage.delete("a/b/c", "u/v")
    assert files(folder) == ["drafts", "kept", "uploads"]


@pytest.mark.parametrize("cut", [1, 8, 13, 60, 200])
async def test_a_torn_file_is_damaged_and_no_other_object(storage: FolderStorage, folder: Path, cut: int) -> None:
    await storage.put("torn", b"x" * 100)
    await storage.put("whole", b"y")
    path = folder / "kept" / "torn"
    path.write_bytes(path.read_bytes()[:-cut])
    for call in (storage.stat("torn"), read(storage, "torn"), storage.copy("torn", "copied")):
        with pytest.raises(StorageUnavailable):
            await call
    assert await all_keys(storage) == ["whole"]
    await storage.put("torn", b"mended")
    assert await read(storage, "torn") == b"mended"


async def test_a_killed_process_leaves_whole_objects_and_a_draft_that_is_swept_a_day_later(folder: Path) -> None:
    with subprocess.Popen([sys.executable, "-c", PUTTING, str(folder)], cwd=ROOT, stdout=subprocess.PIPE) as process:
        assert process.stdout
        for _ in range(20):
            process.stdout.readline()
        process.send_signal(signal.SIGKILL)
        process.wait()
    async with in_folder(folder) as storage:
        keys = await all_keys(storage)
        assert len(keys) == 7
        for key in keys:
            assert (await read(storage, key)).startswith(bytes(range(256)) * 20_000)
        left = folder / "drafts" / "left"
        left.write_bytes(b"half")
        await storage.put("fresh", b"")
        assert left.exists()
        old = time.time() - 25 * 3600
        for path in (folder / "drafts").iterdir():
            os.utime(path, (old, old))
        sweep(folder / "drafts")
        assert list((folder / "drafts").iterdir()) == []


async def test_processes_that_put_the_same_new_key_agree_on_one(folder: Path) -> None:
    async with in_folder(folder) as one, in_folder(folder) as two:
        stores = [one, two] * 10
        put = (store.put("only", b"%d" % n, if_absent=True) for n, store in enumerate(stores))
        answers = await asyncio.gather(*put, return_exceptions=True)
        assert sum(isinstance(answer, ObjectExists) for answer in answers) == 19


async def test_removing_folders_under_somebody_who_puts_into_them_does_no_harm(storage: FolderStorage) -> None:
    async def put(number: int) -> None:
        for _ in range(20):
            await storage.put(f"deep/er/{number}", b"x")
            await storage.delete(f"deep/er/{number}")

    await asyncio.gather(*(put(number) for number in range(6)))
    assert await all_keys(storage) == []


async def test_a_key_that_is_a_part_of_anothers_path_is_a_value_error(storage: FolderStorage) -> None:
    await storage.put("a/b", b"")
    for key in ("a", "a/b/c"):
        for if_absent in (False, True):
            with pytest.raises(ValueError, match="path"):
                await storage.put(key, b"", if_absent=if_absent)


async def test_an_upload_belongs_to_its_key(storage: FolderStorage) -> None:
    upload = await storage.start("a/b")
    part = await storage.put_part("a/b", upload, 1, b"x")
    for call in (storage.parts("a/c", upload), storage.complete("a/c", upload, [part])):
        with pytest.raises(UploadMissing):
            await call
    await storage.abort("a/c", upload)
    assert await storage.parts("a/b", upload) == [part]


async def test_open_files_are_given_back_whatever_happens(storage: FolderStorage) -> None:
    await storage.put("held", LARGE)
    before = len(list(Path("/proc/self/fd").iterdir()))
    for turns in range(30):
        tasks = [asyncio.create_task(read(storage, "held")), asyncio.create_task(storage.put("new", LARGE))]
        for _ in range(turns):
            await asyncio.sleep(0.0005)
        for task in tasks:
            task.cancel()
        await asyncio.wait(tasks)
        with contextlib.suppress(StopAsyncIteration):
            async with storage.open("held") as opened:
                await anext(opened.chunks)
    wait_until(lambda: len(list(Path("/proc/self/fd").iterdir())) <= before)
