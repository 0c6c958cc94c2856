"""A log file that any number of processes write to: rotated by size, old parts compressed, and older ones removed."""

import fcntl
import gzip
import logging
import os
import shutil
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from datetime import timedelta
from pathlib import Path

from asperguide.adapters.logs.spool import Sink, Unwritten
from asperguide.adapters.logs.streams import together
from asperguide.shared.ports import Clock

AT_ONCE = 256 * 1024
MODE = 0o640
PACKED, HALF_PACKED = ".gz", ".gz.part"
TIDY_EVERY = timedelta(hours=1)

log = logging.getLogger("asperguide.logs")


class RotatedFile(Sink):
    """Lines in `path`; parts that are full lie beside it as `path.TIME`, then `path.TIME.gz`, for `keep`.

    A part has at most `most` bytes, unless one line has more. Every write holds a lock that all processes share, and
    opens the file anew: no line is torn, and none lands in a file that was rotated meanwhile. What does not fit on the
    disk is taken back, so that half a line is never left.
    """

    def __init__(self, path: Path, *, most: int, keep: timedelta, clock: Clock) -> None:
        self.name = str(path)
        self._path, self._most, self._keep, self._clock = path, most, keep, clock
        self._lock = path.with_name(path.name + ".lock")
        self._tidy_at = clock.now()

    def write(self, lines: list[bytes]) -> None:
        """Append; Unwritten when the file cannot be opened or the disk is full."""
        done, rotated = 0, False
        for part in together(lines, min(AT_ONCE, self._most)):
            try:
                with self._locked():
                    rotated |= self._append(b"".join(part))
            except OSError as error:
                raise Unwritten(lines[done:], error.strerror or str(error)) from None
            done += len(part)
        if rotated or self._clock.now() >= self._tidy_at:
            self.tidy()

    def tidy(self) -> None:
        """Compress full parts and remove those that are too old. What another process is busy with is left to it."""
        self._tidy_at = self._clock.now() + TIDY_EVERY
        try:
            for path in self._parts():
                if path.suffix != PACKED:
                    _pack(path)
            oldest = (self._clock.now() - self._keep).timestamp()
            for path in self._parts():
                if path.stat().st_mtime < oldest:
                    path.unlink()
        except FileNotFoundError:
            pass  # another process was faster
        except OSError as error:
            log.warning("parts of the log file %s could not be tidied up: %s", self._path, error.strerror)

    def _parts(self) -> list[Path]:
        """The parts that are full, oldest first."""
        found = self._path.parent.glob(f"{self._path.name}.2*")
        return sorted(path for path in found if not path.name.endswith(HALF_PACKED))

    @contextmanager
    def _locked(self) -> Iterator[None]:
        descriptor = _open(self._lock)
        try:
            fcntl.flock(descriptor, fcntl.LOCK_EX)
            yield
        finally:
            os.close(descriptor)

    def _append(self, data: bytes) -> bool:
        """Add the data, in a new file when this one is full; whether that was so."""
        descriptor = _open(self._path)
        try:
            size = os.fstat(descriptor).st_size
            if full := size > 0 and size + len(data) > self._most:
                self._rotate()
                os.close(descriptor)
                descriptor, size = _open(self._path), 0
            _add(descriptor, size, data)
        finally:
            os.close(descriptor)
        return full

    def _rotate(self) -> None:
        moment = self._clock.now()
        while True:
            part = self._path.with_name(f"{self._path.name}.{moment:%Y%m%dT%H%M%S.%f}")
            if not part.exists() and not part.with_name(part.name + PACKED).exists():
                break
            moment += timedelta(microseconds=1)
        self._path.rename(part)


def _open(path: Path) -> int:
    try:
        return os.open(path, os.O_RDWR | os.O_CREAT | os.O_APPEND | os.O_CLOEXEC, MODE)
    except FileNotFoundError:
        path.parent.mkdir(parents=True, exist_ok=True)
        return os.open(path, os.O_RDWR | os.O_CREAT | os.O_APPEND | os.O_CLOEXEC, MODE)


def _add(descriptor: int, size: int, data: bytes) -> None:
    """All of the data at the end, or nothing; after half a line that somebody who was killed left, on a new line."""
    if size and os.pread(descriptor, 1, size - 1) != b"\n":
        data = b"\n" + data
    rest = memoryview(data)
    try:
        while rest:
            rest = rest[os.write(descriptor, rest) :]
    except OSError:
        with suppress(OSError):
            os.ftruncate(descriptor, size)
        raise


def _pack(path: Path) -> None:
    """Replace a full part by its compressed self, unless another process is at it; its time stays."""
    with path.open("rb") as source:
        try:
            fcntl.flock(source, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except BlockingIOError:
            return
        if not path.exists():
            return
        half = path.with_name(path.name + HALF_PACKED)
        try:
            with gzip.open(half, "wb", compresslevel=6) as target:
                shutil.copyfileobj(source, target, 1024 * 1024)
            half.chmod(MODE)
            shutil.copystat(path, half)
            half.rename(path.with_name(path.name + PACKED))
        except OSError:
            with suppress(OSError):
                half.unlink()
            raise
        path.unlink()
