"""Uploads in parts as folders: `about`, and one file for each part, each replaced whole. Everything here blocks."""

import contextlib
import os
import re
import shutil
from collections.abc import Mapping, Sequence
from datetime import datetime
from pathlib import Path

import msgspec

from asperguide.adapters.filesystem.object_files import Reading, make_private
from asperguide.shared.storage import ObjectMissing, OpenUpload, Part, UploadMissing

ID = re.compile(r"[0-9a-f]{32}")
ABOUT = "about"
MOST_TOLD = 1000


class Start(msgspec.Struct, frozen=True, kw_only=True):
    """What is known of an upload since it was started."""

    key: str
    media_type: str
    metadata: dict[str, str]
    started_at: datetime


class Uploads:
    """The folder of uploads; those that are over go through `drafts`, where leftovers are swept."""

    def __init__(self, folder: Path, drafts: Path) -> None:
        self._folder, self._drafts = folder, drafts

    def start(self, id: str, key: str, media_type: str, metadata: Mapping[str, str], at: datetime) -> None:
        """Make its folder, whole or not at all."""
        draft = self._drafts / id
        make_private(self._drafts)
        make_private(self._folder)
        draft.mkdir(mode=0o700)
        about = Start(key=key, media_type=media_type, metadata=dict(metadata), started_at=at)
        (draft / ABOUT).write_bytes(msgspec.json.encode(about))
        draft.rename(self._folder / id)

    def demand(self, key: str, upload: str) -> Start:
        """What is known of it. Raises UploadMissing."""
        found = self._about(upload)
        if found is None or found.key != key:
            raise UploadMissing
        return found

    def path(self, upload: str, number: int) -> Path:
        """Where a part of an upload that is there lies."""
        return self._folder / upload / f"{number:05}"

    def keep(self, upload: str, number: int, draft: Path) -> None:
        """Let the draft be the part. Raises UploadMissing when the upload is over by now."""
        try:
            draft.replace(self.path(upload, number))
        except FileNotFoundError:
            raise UploadMissing from None

    def parts(self, key: str, upload: str) -> Sequence[Part]:
        """Those that are there, by number."""
        self.demand(key, upload)
        with contextlib.suppress(FileNotFoundError):
            names = sorted(name for name in os.listdir(self._folder / upload) if name != ABOUT)  # noqa: PTH208
            return [self._part(upload, int(name)) for name in names]
        raise UploadMissing

    def forget(self, upload: str) -> None:
        """Out of sight in one step, then remove."""
        gone = self._drafts / upload
        make_private(self._drafts)
        with contextlib.suppress(FileNotFoundError):
            (self._folder / upload).rename(gone)
        shutil.rmtree(gone, ignore_errors=True)

    def abort(self, key: str, upload: str) -> None:
        """Forget it if it is there and of this key."""
        with contextlib.suppress(UploadMissing):
            self.demand(key, upload)
            self.forget(upload)

    def open(self, prefix: str) -> Sequence[OpenUpload]:
        """Those whose keys begin so, the first started first."""
        try:
            ids = os.listdir(self._folder)  # noqa: PTH208
        except FileNotFoundError:
            return []
        there = [(found.started_at, id, found.key) for id in ids if (found := self._about(id)) is not None]
        told = [OpenUpload(key=key, id=id, started_at=at) for at, id, key in sorted(there) if key.startswith(prefix)]
        return told[:MOST_TOLD]

    def _about(self, upload: str) -> Start | None:
        if ID.fullmatch(upload) is None:
            return None
        try:
            return msgspec.json.decode((self._folder / upload / ABOUT).read_bytes(), type=Start)
        except (FileNotFoundError, msgspec.MsgspecError):  # a power cut may have left it without its words
            return None

    def _part(self, upload: str, number: int) -> Part:
        reading = Reading(self.path(upload, number), "a part")
        try:
            found = reading.open()
        except ObjectMissing:
            raise UploadMissing from None
        finally:
            reading.close()
        return Part(number=number, etag=found.etag, size=found.size)
