"""Looking through an archive before anything is made of it: all of it is read once, and nothing of it is believed."""

from collections.abc import AsyncGenerator, Collection, Mapping, Sequence
from contextlib import aclosing
from dataclasses import dataclass
from hashlib import sha256

import msgspec

from asperguide.ar.packing_errors import ArchiveRefused
from asperguide.ar.packing_format import (
    FORMAT,
    LARGEST_MANIFEST,
    MANIFEST,
    MOST_FILES,
    PackedContent,
    PackedFile,
    PackedImagePlane,
    ProjectManifest,
    Stamp,
)
from asperguide.ar.packing_ports import Luggage
from asperguide.ar.ports import Opened
from asperguide.shared.archive_reading import BadArchive, Bounds, Packed, read_directory, unpacked
from asperguide.shared.commands import holds_nul
from asperguide.shared.instants import out_of_reach
from asperguide.shared.ledger import report_progress

HEAD = 64 * 1024
LARGEST_DIRECTORY = 8 * 1024 * 1024
CHECKED = 40
"""Percent of the work that is done when everything has been looked through."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Bundle:
    """An archive that was looked through: what it says, and where its files lie."""

    opened: Opened
    manifest: ProjectManifest
    entries: Mapping[str, Packed]


class LookThrough(msgspec.Struct, frozen=True, kw_only=True):
    """Read the whole archive and check it: its layout, its manifest, and every byte of every file.

    Raises ArchiveRefused with the reason; files are named in it by their places in the manifest.
    """

    luggage: Luggage

    async def __call__(self, opened: Opened, room: int) -> Bundle:
        """`room` is how many bytes the company may have."""
        try:
            bounds = Bounds(entries=2 * MOST_FILES, directory=LARGEST_DIRECTORY, unpacked=room + LARGEST_MANIFEST)
            entries = {one.name: one for one in await read_directory(opened.read, opened.size, bounds)}
            manifest = _read(await _manifest(opened, entries.pop(MANIFEST, None)))
            _agree(manifest, entries)
            await self._files(opened, manifest.files, entries)
        except BadArchive as bad:
            raise ArchiveRefused(str(bad)) from None
        return Bundle(opened=opened, manifest=manifest, entries=entries)

    async def _files(self, opened: Opened, files: Sequence[PackedFile], entries: Mapping[str, Packed]) -> None:
        total, done = sum(file.size for file in files), 0
        for n, file in enumerate(files):
            digest, head = sha256(), bytearray()
            async with aclosing(unpacked(opened.read, entries[file.path])) as pieces:
                async for piece in pieces:
                    digest.update(piece)
                    head += piece[: HEAD - len(head)]
                    done += len(piece)
                    report_progress(CHECKED * done // total)
            if digest.hexdigest() != file.sha256:
                raise ArchiveRefused(f"The checksum of file {n} is another one than the manifest says.")
            if not self.luggage.agrees(file.media_type, bytes(head)):
                raise ArchiveRefused(f"File {n} is not of the type that the manifest says.")


async def _manifest(opened: Opened, entry: Packed | None) -> bytes:
    if entry is None:
        raise ArchiveRefused(f"There is no {MANIFEST} in the archive.")
    if entry.size > LARGEST_MANIFEST:
        raise ArchiveRefused(f"{MANIFEST} is larger than the {LARGEST_MANIFEST // 2**20} MiB that are taken.")
    found = bytearray()
    async with aclosing(unpacked(opened.read, entry)) as pieces:
        async for piece in pieces:
            found += piece
    return bytes(found)


def _read(raw: bytes) -> ProjectManifest:
    """What it says. Raises ArchiveRefused."""
    if holds_nul(raw):
        raise ArchiveRefused("There is a NUL in some text of the manifest.")
    try:
        stamp = msgspec.json.decode(raw, type=Stamp)
        if stamp.format != FORMAT:
            raise ArchiveRefused(f"The manifest is of another format than {FORMAT}.")
        manifest = msgspec.json.decode(raw, type=ProjectManifest)
    except msgspec.ValidationError as wrong:
        raise ArchiveRefused(f"The manifest is not as it should be{_place(wrong)}.") from None
    except (msgspec.DecodeError, UnicodeDecodeError, RecursionError):
        raise ArchiveRefused("The manifest is no JSON.") from None
    if (far := next(out_of_reach(manifest), None)) is not None:
        raise ArchiveRefused(f"The manifest is not as it should be, at {far.pointer}: {far.detail}")
    return manifest


def _place(wrong: msgspec.ValidationError) -> str:
    """Where it is wrong, in words of ours: names of fields and places, nothing out of the archive."""
    _, at, path = str(wrong).partition(" - at `$")
    return f", at {path.rstrip('`')}" if at and path.strip("`") and "[...]" not in path else ""


def _agree(manifest: ProjectManifest, entries: Mapping[str, Packed]) -> None:
    """The manifest, its prints and the archive speak of the same files."""
    paths = [file.path for file in manifest.files]
    if len(set(paths)) != len(paths):
        raise ArchiveRefused("The manifest names a file twice.")
    if set(paths) != set(entries):
        raise ArchiveRefused("There are other files in the archive than the manifest says.")
    if any(entries[file.path].size != file.size for file in manifest.files):
        raise ArchiveRefused("A file has another size than the manifest says.")
    types = {file.path: file.media_type.partition("/")[0] for file in manifest.files}
    named = {path for n, content in enumerate(manifest.contents) for path in _named(n, content, types)}
    if named != set(paths):
        raise ArchiveRefused("No print is made of some file of the archive.")


def _named(n: int, content: PackedContent, types: Mapping[str, str]) -> Collection[str]:
    """The files of a print. Raises ArchiveRefused unless each of them is there, and what it should be."""
    pictures = [content.photo, *(one.file for one in content.scene or () if isinstance(one, PackedImagePlane))]
    films = [video.file for video in content.videos]
    for family, paths in (("image", pictures), ("video", films)):
        if any(types.get(path) != family for path in paths):
            raise ArchiveRefused(f"Print {n} of the manifest names a file that is not there, or of another kind.")
    return {*pictures, *films}


async def chunks_of(bundle: Bundle, path: str) -> AsyncGenerator[bytes, None]:
    """The bytes of a file of an archive that was looked through. Raises ArchiveRefused if it is another one by now."""
    try:
        async with aclosing(unpacked(bundle.opened.read, bundle.entries[path])) as pieces:
            async for piece in pieces:
                yield piece
    except BadArchive as bad:
        raise ArchiveRefused(str(bad)) from None
