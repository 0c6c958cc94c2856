"""Forms with a file in them (RFC 7578), read piece by piece: text fields first, then the file, and nothing behind it.

Nothing of the file is kept here. What is no such form is refused as soon as that can be seen: a form has at most 20
parts, and its text fields hold at most 8 KiB each.
"""

from collections import deque
from collections.abc import AsyncIterator
from dataclasses import dataclass, field

from python_multipart.exceptions import FormParserError
from python_multipart.multipart import MultipartParser, parse_options_header

from asperguide.adapters.http.problems import MalformedBody
from asperguide.shared.errors import FieldError, InvalidFields

MOST_PARTS = 20
LONGEST_FIELD = 8 * 1024
LONGEST_BOUNDARY = 70
OVERHEAD = 256 * 1024
"""Bytes that a form may have beside its file."""
FILE = "file"
REPEATABLE = "tags"
NO_FORM = "The request body is not an acceptable form."


@dataclass(slots=True)
class Part:
    """A part whose header fields were read; `data` are bytes of it that arrived and were not taken yet."""

    name: str
    file_name: str | None
    media_type: str
    data: deque[bytes] = field(default_factory=deque)
    size: int = 0
    ended: bool = False


class FileForm:
    """One form on its way. Read `fields`, then `file`."""

    most_parts = MOST_PARTS

    def __init__(self, content_type: bytes, pieces: AsyncIterator[bytes]) -> None:
        """Raises MalformedBody when the type names no boundary."""
        _, options = parse_options_header(content_type)
        boundary = options.get(b"boundary", b"")
        if not 1 <= len(boundary) <= LONGEST_BOUNDARY:
            raise MalformedBody(NO_FORM)
        self._pieces = pieces
        self._parts: deque[Part] = deque()
        self._seen = 0
        self._ended = False
        self._headers: dict[bytes, bytes] = {}
        self._name, self._value = bytearray(), bytearray()
        self._current: Part | None = None
        self._parser = MultipartParser(
            boundary,
            {
                "on_part_begin": self._on_part,
                "on_header_field": lambda data, start, end: self._name.extend(data[start:end]),
                "on_header_value": lambda data, start, end: self._value.extend(data[start:end]),
                "on_header_end": self._on_header,
                "on_headers_finished": self._on_headers,
                "on_part_data": self._on_data,
                "on_part_end": self._on_part_end,
                "on_end": self._on_end,
            },
        )

    async def fields(self) -> dict[str, list[str]]:
        """The text fields in front of the file. Raises MalformedBody, InvalidFields when there is no file."""
        found: dict[str, list[str]] = {}
        while True:
            part = await self._next_part()
            if part is None:
                raise InvalidFields(fields=(FieldError(pointer="#/file", code="REQUIRED", detail="Is required."),))
            if part.name == FILE:
                return found
            found.setdefault(part.name, []).append(await self._text(part))
            if len(found[part.name]) > 1 and part.name != REPEATABLE:
                raise MalformedBody("A form field is repeated.")
            self._parts.popleft()

    @property
    def head(self) -> Part:
        """The file's own name and type, once the fields have been read."""
        return self._parts[0]

    async def file(self) -> AsyncIterator[bytes]:
        """The bytes of the file. Raises MalformedBody unless the form ends well, right behind it."""
        part = self._parts[0]
        while True:
            while part.data:
                yield part.data.popleft()
            if part.ended:
                break
            await self._more()
        while not self._ended and len(self._parts) == 1:
            await self._more()
        if len(self._parts) > 1:
            raise MalformedBody("The file has to be the last part of the form.")
        async for _ in self._pieces:
            pass

    async def _next_part(self) -> Part | None:
        while not self._parts:
            if self._ended:
                return None
            await self._more()
        return self._parts[0]

    async def _text(self, part: Part) -> str:
        while not part.ended:
            if part.size > LONGEST_FIELD:
                break
            await self._more()
        if part.size > LONGEST_FIELD:
            detail = f"At most {LONGEST_FIELD} bytes."
            raise InvalidFields(fields=(FieldError(pointer=f"#/{part.name[:64]}", code="TOO_LONG", detail=detail),))
        return _decoded(b"".join(part.data))

    async def _more(self) -> None:
        """Parse one piece more."""
        piece = await anext(self._pieces, None)
        if piece is None:
            raise MalformedBody("The form has no end.")
        try:
            self._parser.write(piece)
        except FormParserError:
            raise MalformedBody(NO_FORM) from None

    def _on_part(self) -> None:
        self._seen += 1
        if self._seen > self.most_parts:
            raise MalformedBody(f"The form has more than {self.most_parts} parts.")
        self._headers = {}

    def _on_header(self) -> None:
        self._headers[bytes(self._name).lower()] = bytes(self._value)
        self._name.clear()
        self._value.clear()

    def _on_headers(self) -> None:
        kind, options = parse_options_header(self._headers.get(b"content-disposition"))
        if kind != b"form-data" or b"name" not in options:
            raise MalformedBody(NO_FORM)
        file_name = options.get(b"filename")
        self._current = Part(
            name=_decoded(options[b"name"]),
            # What forms do to quotes; no other character comes escaped.
            file_name=None if file_name is None else _decoded(file_name).replace("%22", '"'),
            media_type=self._headers.get(b"content-type", b"").decode("latin-1"),
        )
        self._parts.append(self._current)

    def _on_data(self, data: bytes, start: int, end: int) -> None:
        if self._current is not None:
            self._current.data.append(data[start:end])
            self._current.size += end - start

    def _on_part_end(self) -> None:
        if self._current is not None:
            self._current.ended = True

    def _on_end(self) -> None:
        self._ended = True


def _decoded(text: bytes) -> str:
    try:
        return text.decode("utf-8")
    except UnicodeDecodeError:
        raise MalformedBody("The form is not UTF-8.") from None
