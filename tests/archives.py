"""Archives that nobody honest makes, made of honest ones, and what is said against each."""

import hashlib
import io
import struct
import zipfile
from collections.abc import Callable
from typing import Any

from asperguide.adapters.memory.video_tools import toy_clip
from tests.http.media.samples import png
from tests.packing import remade, small, zipped

PHOTO, FILM = "media/A-1/00.png", "media/A-1/01.mp4"
PAGE = b"<!doctype html><html><script>alert(1)</script></html>" * 20


def renamed(old: str, new: str) -> bytes:
    """An archive in which an entry has another name of the same length, which no library would write."""
    assert len(old) == len(new)
    return zipped(small()).replace(old.encode(), new.encode())


def with_entry(name: str, content: bytes = b"x", mode: int = 0) -> bytes:
    """One entry more."""
    out = io.BytesIO()
    with zipfile.ZipFile(out, "w") as made:
        for path, bytes_ in small().items():
            made.writestr(path, bytes_)
        entry = zipfile.ZipInfo(name)
        entry.external_attr = mode << 16
        made.writestr(entry, content)
    return out.getvalue()


def flagged(offset_in_record: int, offset_in_header: int, value: int) -> bytes:
    """Another 16-bit number in the record and the header of the first entry."""
    raw = bytearray(zipped(small()))
    struct.pack_into("<H", raw, raw.index(b"PK\1\2") + offset_in_record, value)
    struct.pack_into("<H", raw, raw.index(b"PK\3\4") + offset_in_header, value)
    return bytes(raw)


def bomb() -> bytes:
    """A photo of 200 MiB of nothing."""
    return zipped({**small(), PHOTO: bytes(200 * 2**20)}, compression=zipfile.ZIP_DEFLATED)


def overlapping() -> bytes:
    """Every file lies where the first one does (D. Fifield, A better zip bomb, 2019)."""
    raw = bytearray(zipped(small()))
    second = raw.index(b"PK\1\2", raw.index(b"PK\1\2") + 4)
    struct.pack_into("<I", raw, second + 42, 0)
    return bytes(raw)


def longer_than_it_says() -> bytes:
    """A deflated photo whose directory tells of fewer bytes than come out of it."""
    raw = bytearray(zipped(small(), compression=zipfile.ZIP_DEFLATED))
    at = raw.index(b"PK\1\2", raw.index(b"PK\1\2") + 4)
    struct.pack_into("<I", raw, at + 24, 1000)
    return bytes(raw)


def changed(change: Callable[[Any], Any]) -> bytes:
    """An archive whose manifest says something else."""
    return zipped(remade(small(), change))


def setting(*place: Any, to: Any) -> bytes:
    """One value of the manifest is another one."""

    def change(manifest: Any) -> None:
        *way, last = place
        for step in way:
            manifest = manifest[step]
        manifest[last] = to

    return changed(change)


def replaced(path: str, content: bytes, **about: Any) -> bytes:
    """A file has another content, of which the manifest tells the truth otherwise."""

    def change(manifest: Any) -> None:
        for file in manifest["files"]:
            if file["path"] == path:
                file.update(size=len(content), sha256=hashlib.sha256(content).hexdigest(), **about)

    return zipped({**remade(small(), change), path: content})


def unread(archive: bytes) -> bytes:
    """A byte in the middle of the photo is another one; its checksum in the archive is not."""
    at = archive.index(b"IDAT") + 40
    return archive[:at] + bytes([archive[at] ^ 0xFF]) + archive[at + 1 :]


C = ("contents", 0)
BAD: dict[str, tuple[Callable[[], bytes], str]] = {
    # the archive
    "cut off": (lambda: zipped(small())[:-30], "end is missing"),
    "something in front": (lambda: b"MZ" * 8 + zipped(small()), "ZIP|in front"),
    "a name that leads out": (lambda: renamed(PHOTO, "../../../etc/pwd"), "leads out"),
    "an absolute name": (lambda: renamed(PHOTO, "/media/A-1/0.png"), "leads out"),
    "a name of Windows": (lambda: renamed(PHOTO, "C:\\dia\\A-1\\0.pn"[:16].ljust(16, "g")), "leads out"),
    "a name with a zero": (lambda: renamed(PHOTO, "media/A-1/00\0png"), "leads out"),
    "a name twice": (lambda: with_entry(PHOTO), "twice"),
    "a name twice in another case": (lambda: with_entry("media/a-1/00.PNG"), "twice"),
    "a link": (lambda: with_entry("media/A-1/02.png", b"/etc/passwd", 0o120777), "link"),
    "a device": (lambda: with_entry("media/A-1/02.png", b"", 0o020666), "link"),
    "encrypted": (lambda: flagged(8, 6, 1), "encrypted"),
    "packed by another program": (lambda: flagged(10, 8, 12), "not understood"),
    "a bomb": (bomb, "unpacks to very much more"),
    "files over one another": (overlapping, "lie over one another|contradicts"),
    "more than it says": (longer_than_it_says, "another size"),
    "damaged": (lambda: unread(zipped(small())), "damaged"),
    "an entry that nobody knows of": (lambda: with_entry("media/A-1/99.exe"), "other files"),
    "no manifest": (lambda: zipped({PHOTO: small()[PHOTO]}), "no manifest"),
    # the manifest
    "no JSON": (lambda: zipped({**small(), "manifest.json": b"{"}), "no JSON"),
    "no UTF-8": (lambda: zipped({**small(), "manifest.json": b'{"format":"\xff"}'}), "no JSON"),
    "deep JSON": (lambda: zipped({**small(), "manifest.json": b"[" * 100_000}), "not as it should be|no JSON"),
    "not an object": (lambda: zipped({**small(), "manifest.json": b"[]"}), "not as it should be"),
    "another version": (lambda: setting("format", to="asperguide-project/2"), "another format"),
    "another version altogether": (lambda: setting("format", to=7), "not as it should be"),
    "an unknown field": (lambda: setting("company", to="0199b0e2-7d1c-7c3e-9a57-5f2b8d6e4a10"), "not as it should be"),
    "a foreign client": (lambda: setting(*C, "customer", to={"client": "0199"}), "not as it should be"),
    "a foreign file": (lambda: setting(*C, "photo", to="0199b0e2-7d1c-7c3e-9a57-5f2b8d6e4a10"), "not as it should be"),
    "a path that leads out": (lambda: setting("files", 0, "path", to="media/../x.png"), "not as it should"),
    "a missing file": (lambda: setting("files", 0, "path", to="media/A-1/77.png"), "other files"),
    "a file that no print is made of": (lambda: setting(*C, "videos", to=[]), "No print"),
    "a video as a photo": (lambda: setting(*C, "photo", to=FILM), "another kind"),
    "a checksum of another file": (lambda: setting("files", 0, "sha256", to="0" * 64), "checksum"),
    "a size of another file": (lambda: setting("files", 0, "size", to=7), "another size"),
    "a number beyond all": (lambda: setting("files", 0, "size", to=10**30), "another size"),
    "a NUL in the project": (lambda: setting("project", "description", to="a\0b"), "NUL"),
    "a NUL in a print": (lambda: setting(*C, "metadata", to={"a": "\\\0"}), "NUL"),
    "half a character": (
        lambda: zipped({**small(), "manifest.json": small()["manifest.json"].replace(b"Gast", b"\\ud800")}), "no JSON"
    ),
    "null": (lambda: setting("project", to=None), "not as it should be"),
    "a naive time": (lambda: setting(*C, "ends_at", to="2055-01-01T00:00:00"), "not as it should be"),
    "an end of time": (lambda: setting(*C, "ends_at", to="9999-12-31T23:59:59-12:00"), "not as it should be.*ends_at"),
    "a beginning of time": (
        lambda: setting(*C, "videos", 0, "ends_at", to="0001-01-01T00:00:00+14:00"), "not as it should be.*ends_at"
    ),
    "a name of nothing": (lambda: setting("project", "name", to="\u200b"), r"name: There is nothing to be seen"),
    "a period backwards": (lambda: setting("project", "ends_at", to="2001-01-01T00:00:00Z"), r"ends_at: After the beg"),
    "tags beyond": (lambda: setting("project", "tags", to=["a,b"]), "tags/0: This value is not allowed"),
    # prints
    "a title of nothing": (lambda: setting(*C, "title", to="\u200b"), "Print 0"),
    "a title that turns others": (lambda: setting(*C, "videos", 0, "title", to="a\u202eb"), "Print 0"),
    "a title with a bell": (lambda: setting(*C, "title", to="a\x07"), r"Print 0 .*\. title: Nothing that controls"),
    "metadata beyond": (lambda: setting(*C, "metadata", to={"a": "x" * 501}), "not as it should be"),
    "a place of no video": (lambda: setting(*C, "chosen", to=7), "Print 0 .* chosen: This is out of"),
    "rules of no video": (lambda: setting(*C, "rotation", to={"kind": "daily_cycle", "videos": [3]}), "Print 0"),
    "rules of nothing": (lambda: setting(*C, "rotation", to={}), "Print 0"),
    "a zone of nowhere": (
        lambda: setting(*C, "rotation", to={"kind": "fixed", "videos": [0], "time_zone": "../../etc"}), "Print 0"
    ),
    "windows over one another": (
        lambda: setting(*C, "videos", 0, "windows", to=[
            {"starts_at": "2032-01-01T00:00:00Z", "ends_at": "2032-01-03T00:00:00Z"},
            {"starts_at": "2032-01-02T00:00:00Z", "ends_at": "2032-01-04T00:00:00Z"},
        ]), "Print 0",
    ),
    "a customer who cannot be written to": (lambda: setting(*C, "customer", to={"email": "nobody"}), "Print 0"),
    "a scene that leads elsewhere": (
        lambda: setting(*C, "scene", to=[{"kind": "link", "url": "javascript:alert(1)", "label": "a"}]), "Print 0"
    ),
    "a scene with a foreign picture": (
        lambda: setting(*C, "scene", to=[{"kind": "image", "file": "media/B-1/00.png"}]), "another kind"
    ),
    # files
    "a page as a photo": (lambda: replaced(PHOTO, PAGE), "not of the type"),
    "a page as a film": (lambda: replaced(FILM, PAGE), "not of the type"),
    "an archive as a photo": (lambda: replaced(PHOTO, zipped({"a": b"a"})), "not of the type"),
    "a photo that is cut off": (lambda: replaced(PHOTO, small()[PHOTO][:200]), "refused"),
    "a photo of ten pixels": (lambda: replaced(PHOTO, png(10, 10)), "refused"),
    "a film as a photo": (lambda: replaced(PHOTO, toy_clip(2)), "not of the type"),
}  # fmt: skip
"""What makes each, and what the owner of the job is told, as a pattern."""
