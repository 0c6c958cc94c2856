"""Runs a program in its jail: what it says is read within bounds, and it never outlives whoever waits for it."""

import asyncio
import contextlib
import os
import signal
from asyncio.subprocess import DEVNULL, PIPE, Process
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from pathlib import Path

from asperguide.adapters.ffmpeg.jail import Jail, Limits, Room
from asperguide.adapters.ffmpeg.patience import outlast

PIECE = 64 * 1024
MOST_SAID = 1024 * 1024
MOST_COMPLAINTS = 8 * 1024
REAPING_SECONDS = 5

Hear = Callable[[bytes], None]
"""Told each line of the standard output."""


class TooSlow(Exception):
    """The program was killed because it took too long."""


class TooTalkative(Exception):
    """The program was killed because it said more than anybody wants to know."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Ended:
    """How a program ended: its exit code (negative: the signal that killed it), what it said, its last complaints."""

    code: int
    said: bytes
    complaints: str


async def run(
    jail: Jail, program: Path, arguments: Sequence[str], room: Room, limits: Limits, hear: Hear | None = None
) -> Ended:
    """Run to the end. Raises TooSlow, TooTalkative, and whatever `hear` raises; then, and when cancelled, it is killed.

    With `hear` what it says is not kept.
    """
    process = await _start(jail.command(program, arguments, room, limits))
    said = _Said(hear)
    complaints = bytearray()
    readers = [
        asyncio.create_task(_read(process.stdout, said.take)),
        asyncio.create_task(_read(process.stderr, _tail(complaints))),
    ]
    ended = False
    try:
        async with asyncio.timeout(limits.seconds):
            await asyncio.gather(*readers)
            code = await process.wait()
        ended = True
    except TimeoutError:
        raise TooSlow from None
    finally:
        if not ended:
            _kill(process)
            if (cancelled := await outlast(asyncio.create_task(_reap(process, readers)))) is not None:
                raise cancelled
    return Ended(code=code, said=bytes(said.kept), complaints=complaints.decode(errors="replace"))


class _Said:
    """The standard output, line by line to whoever listens, else kept up to a limit."""

    def __init__(self, hear: Hear | None) -> None:
        self.kept = bytearray()
        self._hear = hear

    def take(self, piece: bytes) -> None:
        self.kept += piece
        if self._hear is not None:
            *lines, rest = self.kept.split(b"\n")
            self.kept = bytearray(rest)
            for line in lines:
                self._hear(bytes(line))
        if len(self.kept) > MOST_SAID:
            raise TooTalkative


def _tail(kept: bytearray) -> Hear:
    def take(piece: bytes) -> None:
        kept.extend(piece)
        del kept[:-MOST_COMPLAINTS]

    return take


async def _start(command: Sequence[str]) -> Process:
    """Start it; it is gone again when we are cancelled meanwhile."""
    starting = asyncio.create_task(
        asyncio.create_subprocess_exec(
            *command, stdin=DEVNULL, stdout=PIPE, stderr=PIPE, env={}, cwd="/", start_new_session=True
        )
    )
    cancelled = await outlast(starting)
    process = starting.result()
    if cancelled is not None:
        _kill(process)
        await outlast(asyncio.create_task(_reap(process, ())))
        raise cancelled
    return process


async def _read(stream: asyncio.StreamReader | None, take: Hear) -> None:
    while stream is not None and (piece := await stream.read(PIECE)):
        take(piece)


def _kill(process: Process) -> None:
    """The whole group at once: whatever it started goes with it."""
    with contextlib.suppress(ProcessLookupError, PermissionError):
        os.killpg(process.pid, signal.SIGKILL)


async def _reap(process: Process, readers: "Sequence[asyncio.Task[None]]") -> None:
    """Wait until nothing of it is left: its pipes are at their end when the last process that held them is gone."""
    for reader in readers:
        reader.cancel()
    await asyncio.gather(*readers, return_exceptions=True)
    with contextlib.suppress(TimeoutError):
        async with asyncio.timeout(REAPING_SECONDS):
            await asyncio.gather(*(_read(stream, lambda piece: None) for stream in (process.stdout, process.stderr)))
            await process.wait()
