"""What every object storage does with bytes on their way in and out: cut, count, compare with what was said."""

import hashlib
import re
from collections.abc import AsyncGenerator, AsyncIterable, Iterable, Mapping
from datetime import timedelta
from itertools import takewhile

from asperguide.shared.storage import MOST_PARTS, SMALLEST_PART, Part, WrongContent, check_prefix

PIECE = 1024 * 1024
"""Bytes that are handed on at once: few enough for memory, enough that a change of threads does not count."""
LARGEST_METADATA = 2048
METADATA_NAME = re.compile(r"[a-z0-9\-]{1,128}")
PRINTABLE = re.compile(r"[\x20-\x7e]*")
MEDIA_TYPE = re.compile(r"[\x21-\x7e](?:[\x20-\x7e]*[\x21-\x7e])?")
SOON = timedelta(seconds=5)
"""When to ask again a storage that did not answer."""


def check_about(media_type: str, metadata: Mapping[str, str] | None) -> dict[str, str]:
    """The metadata. ValueError when it, or the type, is not what a storage keeps unchanged."""
    found = dict(metadata or {})
    fits = all(METADATA_NAME.fullmatch(name) and _is_kept(value) for name, value in found.items())
    if not fits or sum(len(name) + len(value) for name, value in found.items()) > LARGEST_METADATA:
        raise ValueError("metadata has names of a-z0-9- and values of printable ASCII, 2 KiB in all")
    if MEDIA_TYPE.fullmatch(media_type) is None:
        raise ValueError("this is not a media type")
    return found


def _is_kept(value: str) -> bool:
    """Header fields lose the blanks around them."""
    return PRINTABLE.fullmatch(value) is not None and value == value.strip()


class Intake:
    """Counts and hashes what arrives, and compares it with what was said. Raises WrongContent."""

    def __init__(self, size: int | None = None, sha256: bytes | None = None, *, always: bool = True) -> None:
        """Hashes `always`, or only when there is something to compare with."""
        self.wanted_size, self.wanted = size, sha256
        self.hashes = always or sha256 is not None
        self._hash = hashlib.sha256()
        self.size = 0

    def take(self, piece: bytes) -> None:
        """One more piece; too many bytes are told at once."""
        self.size += len(piece)
        if self.wanted_size is not None and self.size > self.wanted_size:
            raise WrongContent("more bytes arrived than were said")
        if self.hashes:
            self._hash.update(piece)

    def finish(self) -> bytes:
        """There are no more: their SHA-256."""
        if self.wanted_size is not None and self.size != self.wanted_size:
            raise WrongContent("fewer bytes arrived than were said")
        digest = self._hash.digest()
        if self.wanted is not None and digest != self.wanted:
            raise WrongContent("the checksum does not fit the bytes that arrived")
        return digest


async def pieces(content: AsyncIterable[bytes] | bytes, size: int = PIECE) -> AsyncGenerator[bytes, None]:
    """The content in pieces of exactly `size` bytes; the last may be shorter, and there is none of no bytes."""
    if isinstance(content, bytes):
        for start in range(0, len(content), size):
            yield content[start : start + size]
        return
    held, count = list[bytes](), 0
    async for chunk in content:
        held.append(chunk)
        count += len(chunk)
        if count >= size:
            whole = memoryview(b"".join(held))
            for start in range(0, count - size + 1, size):
                yield bytes(whole[start : start + size])
            held, count = [bytes(whole[count - count % size :])], count % size
    if count:
        yield b"".join(held)


def span(start: int, length: int | None, size: int) -> tuple[int, int]:
    """First byte and the one behind the last. ValueError when nothing of the object lies there."""
    if start < 0 or (start >= size and (start, size) != (0, 0)) or (length is not None and length < 1):
        raise ValueError("the object has no such bytes")
    return start, size if length is None else min(size, start + length)


def check_page(prefix: str, delimiter: str, limit: int) -> None:
    """ValueError when nothing can be listed like this."""
    check_prefix(prefix)
    if delimiter not in ("", "/") or not 1 <= limit <= 1000:
        raise ValueError("listings have the delimiter / or none, and 1 to 1000 entries")


def page_of(
    keys: Iterable[str], prefix: str, delimiter: str, cursor: str | None, limit: int
) -> tuple[list[str], list[str], str | None]:
    """Objects, folders and the next cursor of a page. `keys` are in order; a folder may stand for those inside it."""
    objects, folders, last, count = list[str](), list[str](), cursor, 0
    for name, is_folder in _told(keys, prefix, delimiter):
        if last is not None and name <= last:
            continue
        if count == limit:
            return objects, folders, last
        (folders if is_folder else objects).append(name)
        last, count = name, count + 1
    return objects, folders, None


def _told(keys: Iterable[str], prefix: str, delimiter: str) -> Iterable[tuple[str, bool]]:
    inside = takewhile(lambda key: key.startswith(prefix), (key for key in keys if key >= prefix))
    for key in inside:
        folder, slash, _ = key[len(prefix) :].partition(delimiter) if delimiter else (key, "", "")
        yield (prefix + folder + slash, True) if slash else (key, False)


def check_number(number: int) -> int:
    """The number of a part itself. ValueError when it is none."""
    if not 1 <= number <= MOST_PARTS:
        raise ValueError("parts are numbered from 1 to 10000")
    return number


def check_parts(wanted: Iterable[Part], there: Mapping[int, Part]) -> list[Part]:
    """Those wanted, by number, as they are. Raises WrongContent unless an object can be made of them."""
    parts = sorted(wanted, key=lambda part: part.number)
    if not parts or len({part.number for part in parts}) != len(parts):
        raise WrongContent("these are not the parts of one object")
    for part in parts:
        found = there.get(part.number)
        if found is None or found.etag != part.etag:
            raise WrongContent(f"part {part.number} is missing or was replaced")
        if found.size < SMALLEST_PART and part is not parts[-1]:
            raise WrongContent(f"part {part.number} is too small")
    return [there[part.number] for part in parts]


def joint_etag(parts: Iterable[Part]) -> str:
    """The etag of an object made of parts: it differs whenever one of theirs does."""
    etags = [part.etag for part in parts]
    return f"{hashlib.sha256(''.join(etags).encode()).hexdigest()[:32]}-{len(etags)}"
