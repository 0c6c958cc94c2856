"""Objects as files: the bytes, then what is known of them, then how long that is and a mark that all is there.

An object is one file, so that one rename makes all of it appear and no crash can part the bytes from what is known of
them (docs/adr/0035). Files are written as drafts, on the disk before they are renamed, and never changed afterwards:
whoever has one open reads one version. Everything here blocks; threads do it.
"""

import contextlib
import errno
import os
import shutil
from collections.abc import Iterator, Mapping
from datetime import datetime
from io import BufferedWriter
from pathlib import Path

import msgspec

from asperguide.adapters.content import Intake
from asperguide.shared.storage import ObjectExists, ObjectMissing, StoredObject

MARK = b"ASPOBJ01"
TAIL = 4096
COPIED_AT_ONCE = 16 * 1024 * 1024
TRIES = 100
STALE_SECONDS = 24 * 3600
NOT_HERE = {errno.EXDEV, errno.ENOSYS, errno.EINVAL, errno.EOPNOTSUPP, errno.EPERM}


class About(msgspec.Struct, frozen=True, kw_only=True):
    """What is known of an object, at the end of its file."""

    size: int
    etag: str
    media_type: str
    modified_at: datetime
    metadata: dict[str, str]


class Reading:
    """An object's file, open; of one version until it is closed."""

    def __init__(self, path: Path, key: str) -> None:
        self._path, self._key, self._handle = path, key, -1

    def open(self) -> StoredObject:
        """What is known of it. Raises ObjectMissing; OSError when the file is damaged."""
        try:
            self._handle = os.open(self._path, os.O_RDONLY | getattr(os, "O_CLOEXEC", 0))
            return stored(self._key, self._about())
        except (FileNotFoundError, NotADirectoryError, IsADirectoryError):
            raise ObjectMissing from None
        except msgspec.MsgspecError as error:
            raise OSError(f"{self._key} is damaged") from error

    def read(self, start: int, count: int) -> bytes:
        """So many bytes of the content; OSError when they are not there."""
        found = os.pread(self._handle, count, start)
        if len(found) != count:
            raise OSError(f"{self._key} ends early")
        return found

    def copy_to(self, draft: "Draft", start: int, count: int) -> None:
        """So many bytes into the draft, by the kernel where it can."""
        target = draft.flushed()
        while count:
            copied = _by_kernel(self._handle, target, start, count)
            if not copied:
                copied = os.write(target, self.read(start, min(count, COPIED_AT_ONCE // 16)))
            start, count = start + copied, count - copied

    def close(self) -> None:
        """Give the file back."""
        if self._handle >= 0:
            os.close(self._handle)
            self._handle = -1

    def _about(self) -> About:
        length = os.fstat(self._handle).st_size
        tail = os.pread(self._handle, TAIL, max(0, length - TAIL))
        ending = len(MARK) + 4
        count = int.from_bytes(tail[-ending : -len(MARK)], "big")
        if tail[-len(MARK) :] != MARK or count > len(tail) - ending:
            if os.path.isdir(self._path):  # noqa: PTH112 - asked on the way out of a failure only
                raise IsADirectoryError
            raise OSError(f"{self._key} is damaged")
        about = msgspec.json.decode(tail[-ending - count : -ending], type=About)
        if about.size != length - count - ending:
            raise OSError(f"{self._key} is damaged")
        return about


class Draft:
    """A file that is being written; nobody sees it before it is published."""

    def __init__(self, path: Path, intake: Intake) -> None:
        self._path, self._intake = path, intake
        self._file: BufferedWriter | None = None

    def take(self, piece: bytes) -> None:
        """Write and count one more piece. Raises WrongContent."""
        self._intake.take(piece)
        self._opened().write(piece)

    def flushed(self) -> int:
        """The file's number, for writing past us."""
        file = self._opened()
        file.flush()
        return file.fileno()

    def finish(self) -> bytes:
        """All bytes are there: their SHA-256. Raises WrongContent."""
        return self._intake.finish()

    def seal(self, about: About) -> Path:
        """Write what is known of the object and see it on the disk: where the whole file is."""
        file = self._opened()
        words = msgspec.json.encode(about)
        file.write(words + len(words).to_bytes(4, "big") + MARK)
        file.flush()
        os.fsync(file.fileno())
        file.close()
        return self._path

    def discard(self) -> None:
        """Leave nothing behind; what was published stays."""
        if self._file is not None:
            with contextlib.suppress(OSError):  # a full disk says so once more
                self._file.close()
            self._path.unlink(missing_ok=True)

    @property
    def size(self) -> int:
        """Bytes taken so far."""
        return self._intake.size

    def _opened(self) -> BufferedWriter:
        if self._file is None:
            make_private(self._path.parent)
            handle = os.open(self._path, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600)
            self._file = os.fdopen(handle, "wb")
        return self._file


class Tree:
    """The folder of published objects: each key is a path in it."""

    def __init__(self, folder: Path) -> None:
        self.folder = folder

    def demand(self) -> None:
        """NotADirectoryError when there is something else in the place of the folder; a missing one is empty."""
        if self.folder.parent.exists() and not self.folder.parent.is_dir():
            raise NotADirectoryError(f"{self.folder.parent} is no folder")

    def path(self, key: str) -> Path:
        """Where the object of a checked key lies."""
        return self.folder.joinpath(*key.split("/"))

    def publish(self, draft: Path, key: str, *, if_absent: bool = False) -> None:
        """Let the draft be the object, in one step. Raises ObjectExists with `if_absent`.

        ValueError when the key is the beginning of another one's path, or another key is the beginning of its.
        """
        path = self.path(key)
        for _ in range(TRIES):
            try:
                path.parent.mkdir(mode=0o700, parents=True, exist_ok=True)
                if if_absent:
                    os.link(draft, path)
                else:
                    draft.replace(path)
                return
            except FileNotFoundError:  # the folder went with the last object in it, which was just removed
                if not draft.exists():
                    raise
            except (IsADirectoryError, NotADirectoryError, FileExistsError):
                if if_absent and path.is_file():
                    raise ObjectExists from None
                if self._is_taken(path):
                    raise ValueError("the key is a part of another object's path") from None
                # Else what was in the way, a folder perhaps that was just tidied up, is there no more.
        raise OSError(f"the folder of {key} does not stay")

    def _is_taken(self, path: Path) -> bool:
        """Whether the path is a folder, or goes through an object."""
        above = path.parents[: len(path.relative_to(self.folder).parts) - 1]
        return path.is_dir() or any(parent.is_file() for parent in above)

    def remove(self, *keys: str) -> None:
        """Remove the objects, and folders that are empty then."""
        self.demand()
        for path in map(self.path, keys):
            with contextlib.suppress(FileNotFoundError, NotADirectoryError, IsADirectoryError):
                path.unlink()
                self._tidy(path)

    def keys(self, prefix: str, delimiter: str, after: str | None) -> Iterator[str]:
        """Keys in order that begin with the prefix, none of those before `after`; with a delimiter one of a folder."""
        return self._walk(prefix[: prefix.rfind("/") + 1], prefix, delimiter, after or "")

    def _walk(self, folder: str, prefix: str, delimiter: str, after: str) -> Iterator[str]:
        for key in self._entries(folder):
            if not key.startswith(prefix) and not prefix.startswith(key):
                continue
            if not key.endswith("/"):
                yield key
            elif key >= after or after.startswith(key):
                inside = self._walk(key, prefix, delimiter, after)
                if delimiter and key.startswith(prefix):
                    inside = self._walk(key, "", "", "")
                    yield from [first] if (first := next(inside, None)) else []
                else:
                    yield from inside

    def _tidy(self, path: Path) -> None:
        for parent in path.parents:
            if parent == self.folder:
                return
            try:
                parent.rmdir()
            except OSError:  # not empty
                return

    def _entries(self, folder: str) -> list[str]:
        """What is in the folder in the order of keys, folders with their slash."""
        try:
            with os.scandir(self.folder / folder) as entries:
                return sorted(folder + entry.name + ("/" if entry.is_dir() else "") for entry in entries)
        except (FileNotFoundError, NotADirectoryError):
            return []


def stored(key: str, about: About) -> StoredObject:
    """What is known of the object under this key."""
    return StoredObject(
        key=key,
        size=about.size,
        etag=about.etag,
        media_type=about.media_type,
        modified_at=about.modified_at,
        metadata=about.metadata,
    )


def known(size: int, etag: str, media_type: str, metadata: Mapping[str, str], at: datetime) -> About:
    """What will be known of an object."""
    return About(size=size, etag=etag, media_type=media_type, modified_at=at, metadata=dict(metadata))


def make_private(folder: Path) -> None:
    """Make a folder of the store, and the store's own: nobody else may look into that."""
    folder.parent.mkdir(mode=0o700, parents=True, exist_ok=True)
    folder.mkdir(mode=0o700, exist_ok=True)


def sweep(drafts: Path) -> None:
    """Remove drafts that nobody has written to for a day, by the clock of the disk: their process is gone."""
    make_private(drafts)
    os.utime(drafts)
    now = drafts.stat().st_mtime
    with os.scandir(drafts) as entries:
        stale = [entry for entry in entries if _age(entry, now) > STALE_SECONDS]
    for entry in stale:
        if entry.is_dir(follow_symlinks=False):
            shutil.rmtree(entry.path, ignore_errors=True)
        else:
            Path(entry.path).unlink(missing_ok=True)


def _age(entry: "os.DirEntry[str]", now: float) -> float:
    try:
        return now - entry.stat(follow_symlinks=False).st_mtime
    except FileNotFoundError:
        return 0


def _by_kernel(source: int, target: int, start: int, count: int) -> int:
    """How many bytes the kernel copied; none where it does not do such things."""
    if not hasattr(os, "copy_file_range"):
        return 0
    try:
        return os.copy_file_range(source, target, min(count, COPIED_AT_ONCE), start)
    except OSError as error:
        if error.errno in NOT_HERE:
            return 0
        raise
