"""Folders that jobs work in: each fresh, closed to other users, and gone afterwards, also after a crash."""

import asyncio
import contextlib
import fcntl
import os
import shutil
import tempfile
from collections.abc import AsyncGenerator, AsyncIterable, AsyncIterator
from contextlib import asynccontextmanager
from pathlib import Path

from asperguide.adapters.ffmpeg.patience import outlast
from asperguide.media.limits import TOO_BIG
from asperguide.media.ports import Refusal

PREFIX = "job-"
LOCK = "lock"


class Scratch:
    """The place of these folders. Whoever works in one holds a lock there; what nobody holds is left over."""

    def __init__(self, place: Path) -> None:
        self._place = place

    @asynccontextmanager
    async def folder(self) -> AsyncIterator[Path]:
        """A new folder with `in` and an empty `out`."""
        making = asyncio.create_task(asyncio.to_thread(self._make))
        cancelled = await outlast(making)
        path, lock = making.result()
        try:
            if cancelled is not None:
                raise cancelled
            yield path
        finally:
            if (cancelled := await outlast(asyncio.create_task(asyncio.to_thread(_remove, path, lock)))) is not None:
                raise cancelled

    def sweep(self) -> int:
        """Remove what killed processes have left. How many folders."""
        swept = 0
        for path in self._place.glob(f"{PREFIX}*"):
            if (lock := _locked(path)) is not None:
                _remove(path, lock)
                swept += 1
        return swept

    def _make(self) -> tuple[Path, int]:
        self._place.mkdir(mode=0o700, parents=True, exist_ok=True)
        # Under another name until it is locked: nobody may take it for a leftover.
        draft = Path(tempfile.mkdtemp(prefix="new-", dir=self._place.resolve()))
        lock = os.open(draft / LOCK, os.O_CREAT | os.O_RDWR, 0o600)
        fcntl.flock(lock, fcntl.LOCK_EX)
        for name in ("in", "out"):
            (draft / name).mkdir(mode=0o700)
        return draft.rename(draft.with_name(PREFIX + draft.name.removeprefix("new-"))), lock


async def fill(path: Path, content: AsyncIterable[bytes], most: int) -> bytes:
    """Write everything into a new file; how it begins. Raises Refusal when there is more than that."""
    size, head = 0, b""
    file = await asyncio.to_thread(path.open, "xb")
    try:
        async for piece in content:
            size += len(piece)
            if size > most:
                raise Refusal(TOO_BIG)
            if len(head) < 64 * 1024:
                head = (head + piece)[: 64 * 1024]
            await asyncio.to_thread(file.write, piece)
    finally:
        await asyncio.to_thread(file.close)
        if isinstance(content, AsyncGenerator):
            await content.aclose()
    return head


def _locked(path: Path) -> int | None:
    """The lock of a folder that nobody holds; None when somebody does, or it is gone."""
    try:
        lock = os.open(path / LOCK, os.O_RDWR)
    except OSError:
        return None
    try:
        fcntl.flock(lock, fcntl.LOCK_EX | fcntl.LOCK_NB)
    except OSError:
        os.close(lock)
        return None
    return lock


def _remove(path: Path, lock: int) -> None:
    # The lock goes last: a sweep that is broken off can be done again.
    for child in path.iterdir():
        if child.name != LOCK:
            shutil.rmtree(child, ignore_errors=True)
    shutil.rmtree(path, ignore_errors=True)
    with contextlib.suppress(OSError):
        os.close(lock)
