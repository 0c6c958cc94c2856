"""The processes of one machine that share a data folder, each of which can tell the figures of all.

Each process holds a lock on the lowest number that is free and listens on a socket of that number. The lock ends with
the process however it ends, so the number of living processes bounds the number of files, and a process that replaces
another continues its series.
"""

import asyncio
import contextlib
import logging
import os
import sys
from collections.abc import Callable, Sequence
from pathlib import Path

import msgspec

from asperguide.adapters.measuring import Family, gauge

log = logging.getLogger("asperguide.metrics")

MOST = 256
PATIENCE = 1.0
ALONE = "1"
LONGEST_PATH = 100
"""What a socket address holds on every system, in bytes."""

_encode = msgspec.msgpack.Encoder().encode
_decode = msgspec.msgpack.Decoder(list[Family]).decode


class NoLocks(Exception):
    """Processes of this system cannot find one another."""


class Neighbours:
    """This process among those that use the same folder; alone where the folder or the system does not allow more."""

    def __init__(self, folder: Path, own: Callable[[], list[Family]]) -> None:
        self._folder, self._own = folder, own
        self._lock: int | None = None
        self._server: asyncio.Server | None = None
        self.number = ALONE

    async def open(self) -> None:
        """Take a number and answer the others. What prevents that is logged, and this process is alone then."""
        try:
            self._folder.mkdir(mode=0o700, parents=True, exist_ok=True)
            self.number, self._lock = _take_number(self._folder)
            path = self._socket(self.number)
            path.unlink(missing_ok=True)
            self._server = await asyncio.start_unix_server(self._tell, _short(path))
            path.chmod(0o600)
        except (OSError, NoLocks) as error:
            log.warning("metrics are those of this process alone: %s", error)

    async def close(self) -> None:
        """Give the number back."""
        if self._server is not None:
            self._server.close()
            self._socket(self.number).unlink(missing_ok=True)
            self._server = None
        if self._lock is not None:
            os.close(self._lock)
            self._lock = None

    async def measure(self) -> dict[str, Sequence[Family]]:
        """The figures of all by number. A process that does not answer in time is told as such, a dead one is not."""
        others = sorted(self._others(), key=int)
        answers = await asyncio.gather(*(self._ask(number) for number in others))
        found: dict[str, Sequence[Family]] = {self.number: self._own()}
        found |= {number: families for number, families in zip(others, answers, strict=True) if families}
        silent = [number for number in others if number not in found and self._lives(number)]
        for number in (*found, *silent):
            up = gauge("asperguide_up", "Whether this process told its figures.", float(number in found))
            found[number] = [*found.get(number, ()), up]
        return found

    def _others(self) -> set[str]:
        return {path.stem for path in self._folder.glob("*.sock") if path.stem.isdecimal()} - {self.number}

    async def _ask(self, number: str) -> Sequence[Family]:
        try:
            async with asyncio.timeout(PATIENCE):
                reader, writer = await asyncio.open_unix_connection(_short(self._socket(number)))
                with contextlib.closing(writer):
                    return _decode(await reader.read())
        except (OSError, TimeoutError, msgspec.DecodeError):
            return ()

    async def _tell(self, _: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        with contextlib.closing(writer), contextlib.suppress(OSError):
            writer.write(_encode(self._own()))
            await writer.drain()

    def _lives(self, number: str) -> bool:
        """Whether somebody holds the number. What a dead process left is removed under its lock."""
        try:
            lock = _locked(self._folder / f"{number}.lock")
        except OSError:
            return True
        self._socket(number).unlink(missing_ok=True)
        os.close(lock)
        return False

    def _socket(self, number: str) -> Path:
        return self._folder / f"{number}.sock"


def _take_number(folder: Path) -> tuple[str, int]:
    for number in map(str, range(1, MOST + 1)):
        with contextlib.suppress(BlockingIOError):
            return number, _locked(folder / f"{number}.lock")
    raise OSError(f"{MOST} processes use {folder}")


def _locked(path: Path) -> int:
    """The descriptor of the file, which holds its lock. Raises BlockingIOError when another process does, NoLocks."""
    if sys.platform == "win32":
        raise NoLocks("this system has no locks and sockets as needed")
    import fcntl

    descriptor = os.open(path, os.O_RDWR | os.O_CREAT, 0o600)
    try:
        fcntl.flock(descriptor, fcntl.LOCK_EX | fcntl.LOCK_NB)
    except OSError:
        os.close(descriptor)
        raise
    return descriptor


def _short(path: Path) -> str:
    """The shorter of two ways to write it: an address of a socket holds about 100 bytes. OSError when it is longer."""
    written = min(str(path), os.path.relpath(path), key=len)
    if len(os.fsencode(written)) > LONGEST_PATH:
        raise OSError(f"{path} is too long for a socket")
    return written
