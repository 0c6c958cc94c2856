"""Forms that a print comes in: text fields first, then its photo and its videos, each taken as it comes."""

from collections.abc import AsyncIterator
from contextlib import suppress
from typing import Any

import msgspec

from asperguide.adapters.http.bodies import strict_json, typed
from asperguide.adapters.http.media.forms import FileForm, Part
from asperguide.adapters.http.problems import MalformedBody
from asperguide.ar.creating import MOST_AT_ONCE, AboutContent, SentFile
from asperguide.media.model import bare_type
from asperguide.shared.errors import FieldError, InvalidFields

PHOTO, VIDEO = "photo", "video"
FIELDS = ("title", "customer", "duration", "ends_at", "metadata")


class PrintForm(FileForm):
    """One form on its way. Read `about`, then `files`."""

    most_parts = MOST_AT_ONCE + len(FIELDS) + 2

    async def about(self) -> AboutContent:
        """What the fields in front of the files say. Raises MalformedBody, InvalidFields."""
        found: dict[str, Any] = {}
        while (part := await self._next_part()) is not None and part.name not in (PHOTO, VIDEO):
            if part.file_name is not None:
                raise _refusal(part, "This is no file.")
            if part.name in found:
                raise MalformedBody("A form field is repeated.")
            found[part.name] = _read(part.name, await self._text(part))
            self._parts.popleft()
        about: AboutContent = typed(found, AboutContent)
        return about

    async def files(self) -> AsyncIterator[SentFile]:
        """The photo and the videos in their order; each has to be read to its end. Raises MalformedBody."""
        while (part := await self._next_part()) is not None:
            if part.name not in (PHOTO, VIDEO):
                raise _refusal(part, "Fields go before files.")
            yield SentFile(
                name=part.file_name or part.name, media_type=bare_type(part.media_type), video=part.name == VIDEO,
                chunks=self._bytes(part),
            )  # fmt: skip
            self._parts.popleft()
        async for _ in self._pieces:
            pass

    async def _bytes(self, part: Part) -> AsyncIterator[bytes]:
        while True:
            while part.data:
                yield part.data.popleft()
            if part.ended:
                return
            await self._more()


def _refusal(part: Part, detail: str) -> InvalidFields:
    return InvalidFields(fields=(FieldError(pointer=f"#/{part.name[:64]}", code="NOT_ALLOWED", detail=detail),))


def _name(text: str) -> str:
    """The text, unless it is JSON of another kind than objects are: then it was not meant for a name."""
    with suppress(msgspec.DecodeError, RecursionError):
        msgspec.json.decode(text)
        wrong = FieldError(pointer="#/customer", code="WRONG_TYPE", detail="A name, or an object as JSON.")
        raise InvalidFields(fields=(wrong,))
    return text


def _read(name: str, text: str) -> Any:
    """The value of a field: those that are no plain text are JSON, or for short a name, or a number of years."""
    if name == "customer" and not text.lstrip().startswith("{"):
        return {"name": _name(text)}
    if name == "duration" and text.isascii() and text.isdigit():
        return {"years": int(text[:9])}
    return strict_json(text.encode()) if name in ("customer", "duration", "metadata") else text
