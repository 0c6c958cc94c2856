"""The sink that every process has: its standard error."""

import os
import select
import stat
from collections.abc import Iterator

from asperguide.adapters.logs.spool import Sink, Unwritten

STANDARD_ERROR = 2
FILE_AT_ONCE = 256 * 1024


class Stream(Sink):
    """An open file descriptor, which other processes may write to as well.

    A pipe keeps what is written at once together as long as it has at most PIPE_BUF bytes; a file keeps all of it.
    """

    def __init__(self, descriptor: int = STANDARD_ERROR, name: str = "standard error") -> None:
        self.name = name
        self._descriptor = descriptor

    def write(self, lines: list[bytes]) -> None:
        """Write; a reader that is slow is waited for."""
        done = 0
        try:
            is_file = stat.S_ISREG(os.fstat(self._descriptor).st_mode)
            for part in together(lines, FILE_AT_ONCE if is_file else select.PIPE_BUF):
                self._write(b"".join(part))
                done += len(part)
        except OSError as error:
            raise Unwritten(lines[done:], error.strerror or str(error)) from None

    def _write(self, data: bytes) -> None:
        rest = memoryview(data)
        while rest:
            try:
                rest = rest[os.write(self._descriptor, rest) :]
            except BlockingIOError:
                select.select([], [self._descriptor], [], 1.0)


def together(lines: list[bytes], most: int) -> Iterator[list[bytes]]:
    """The lines in groups of at most so many bytes; a longer line is a group of its own."""
    group: list[bytes] = []
    size = 0
    for line in lines:
        if group and size + len(line) > most:
            yield group
            group, size = [], 0
        group.append(line)
        size += len(line)
    if group:
        yield group
