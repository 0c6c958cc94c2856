"""Strict JSON: what msgspec and the standard library let pass is refused here, and all field errors come at once."""

import json
import re
from collections.abc import Iterator, Mapping
from typing import Any, TypeVar
from urllib.parse import parse_qsl

import msgspec
from litestar import Request
from litestar.exceptions import InternalServerException
from litestar.types import Empty

from asperguide.adapters.http.calls import Call
from asperguide.adapters.http.field_errors import field_errors
from asperguide.adapters.http.problems import (
    MalformedBody,
    MalformedRequest,
    PayloadTooLarge,
    TokenNeeded,
    UnsupportedMediaType,
)
from asperguide.adapters.http.routes import ANYTHING, Plan
from asperguide.shared.actor import Actor, Origin
from asperguide.shared.errors import InvalidFields
from asperguide.shared.instants import out_of_reach

S = TypeVar("S", bound=msgspec.Struct)

DEEPEST = 64
MOST_CONTAINERS = 10_000
MOST_DIGITS = 19
MOST_FORM_FIELDS = 50
BRACKETS = bytes.maketrans(b"{}", b"[]")
NO_BRACKETS = bytes(set(range(256)) - set(b"[]{}"))


class ClientGone(Exception):
    """The caller hung up before the body was complete: there is nobody to answer."""


def check_announced(plan: Plan, headers: Mapping[bytes, bytes]) -> None:
    """Refuse a body by its header fields alone, before a byte of it is read."""
    length = headers.get(b"content-length", b"0")
    if not length.isdigit():
        raise MalformedRequest("The Content-Length is malformed.")
    if plan.body_limit and (len(length) > 18 or int(length) > plan.body_limit):
        raise PayloadTooLarge
    if not (plan.media_type or plan.streams) or (int(length) == 0 and b"transfer-encoding" not in headers):
        return
    kind, _, parameters = headers.get(b"content-type", b"").lower().partition(b";")
    if plan.streams:
        if kind.strip() not in plan.streams and ANYTHING.encode() not in plan.streams:
            raise UnsupportedMediaType(f"Send {b' or '.join(sorted(plan.streams)).decode()}.")
    elif kind.strip() != plan.media_type or parameters.strip() not in (b"", b"charset=utf-8", b'charset="utf-8"'):
        raise UnsupportedMediaType(f"Send {(plan.media_type or b'').decode()}.")


class ApiRequest(Request[Any, Any, Any]):
    """A Litestar request with a strict body and with what the edge found out."""

    __slots__ = ()

    @property
    def call(self) -> Call:
        """What the edge knows about this request."""
        call: Call = self.scope["call"]  # type: ignore[typeddict-item]
        return call

    @property
    def actor(self) -> Actor:
        """Who is signed in. Raises TokenNeeded on a public route that needs somebody."""
        actor = self.call.actor
        if actor is None:
            raise TokenNeeded
        return actor

    @property
    def origin(self) -> Origin:
        """Where the call came from."""
        return self.call.origin

    async def body(self) -> bytes:
        """All bytes of the body. Raises PayloadTooLarge past the route's limit, ClientGone when they never come."""
        try:
            return await super().body()
        except InternalServerException as error:
            raise ClientGone from error

    async def json(self) -> Any:
        """The body as the handler's `data` type (plain values when it has none), read once.

        Raises MalformedBody when it is no strict JSON and InvalidFields, with every field, when it is another shape.
        """
        if self._json is Empty:
            parsed = strict_json(await self.body())
            data = self.route_handler.parsed_fn_signature.parameters.get("data")
            self._json = parsed if data is None else typed(parsed, data.annotation)
        return self._json

    async def form_as(self, kind: type[S]) -> S:
        """A urlencoded form as a Struct, unknown and repeated fields refused; kept in no cache, as it holds secrets."""
        form: S = typed(strict_form(await self.body()), kind, strict=False)
        return form


def strict_json(body: bytes) -> Any:
    """The value of a JSON text. Raises MalformedBody.

    Refused: other encodings than UTF-8, nesting beyond 64, more than 10 000 objects and arrays, doubled keys, NaN and
    infinities, integers beyond 19 digits, NUL and lone surrogates in strings. Takes milliseconds for a hostile MiB.
    """
    try:
        text = body.decode("utf-8")
        _refuse_structure(body)
        value = (CAREFUL if HUGE.search(body) else PLAIN).decode(text)
    except (ValueError, RecursionError):
        raise MalformedBody from None
    if "\\u" in text and any("\x00" in found or not _is_unicode(found) for found in _strings(value)):
        raise MalformedBody("Strings may hold neither NUL nor lone surrogates.")
    return value


def strict_form(body: bytes) -> dict[str, str]:
    """The fields of a urlencoded form. Raises MalformedBody when it is none or repeats a field."""
    try:
        pairs = parse_qsl(
            body.decode("ascii"), keep_blank_values=True, errors="strict", max_num_fields=MOST_FORM_FIELDS
        )
    except ValueError:
        raise MalformedBody("The request body is not an acceptable form.") from None
    fields = dict(pairs)
    if len(fields) != len(pairs) or any("\x00" in value for value in fields.values()):
        raise MalformedBody("A form field is repeated or holds NUL.")
    return fields


def typed(value: object, kind: Any, *, strict: bool = True) -> Any:
    """The value as a `kind`. Raises InvalidFields with everything that is wrong with it."""
    try:
        found = msgspec.convert(value, kind, strict=strict)
    except msgspec.ValidationError:
        raise InvalidFields(fields=field_errors(kind, value)) from None
    if any(out_of_reach(found)):
        raise InvalidFields(fields=field_errors(kind, value))
    return found


def _refuse_structure(body: bytes) -> None:
    """Peel the innermost pairs of brackets off, 64 times at most; what then remains was nested deeper.

    Only after that may a parser see the text: it would recurse, or make a million objects.
    """
    if body.count(b"[") + body.count(b"{") <= DEEPEST:
        return
    brackets = _without_strings(body).translate(BRACKETS, NO_BRACKETS)
    if len(brackets) > 2 * MOST_CONTAINERS:
        raise MalformedBody(f"The request body holds more than {MOST_CONTAINERS} objects and arrays.")
    for _ in range(DEEPEST):
        brackets = brackets.replace(b"[]", b"")
        if not brackets:
            return
    raise MalformedBody(f"The request body is nested deeper than {DEEPEST} levels.")


def _without_strings(body: bytes) -> bytes:
    """The text between string literals: with escaped quotes gone, every other piece between quotes is a string."""
    return b"".join(body.replace(b"\\\\", b"").replace(b'\\"', b"").split(b'"')[::2])


def _object(pairs: list[tuple[str, Any]]) -> dict[str, Any]:
    found = dict(pairs)
    if len(found) != len(pairs):
        raise MalformedBody("A name occurs twice in one object.")
    return found


def _integer(digits: str) -> int:
    if len(digits) > MOST_DIGITS:
        raise MalformedBody("A number has too many digits.")
    return int(digits)


def _number(digits: str) -> float:
    number = float(digits)
    if number in (float("inf"), float("-inf")):
        raise MalformedBody("A number is too large.")
    return number


def _constant(name: str) -> None:
    raise MalformedBody("NaN and Infinity are no JSON.")


def _strings(value: object) -> Iterator[str]:
    if isinstance(value, str):
        yield value
    elif isinstance(value, list):
        for item in value:
            yield from _strings(item)
    elif isinstance(value, dict):
        for name, item in value.items():
            yield name
            yield from _strings(item)


def _is_unicode(text: str) -> bool:
    try:
        text.encode("utf-8")
    except UnicodeEncodeError:
        return False
    return True


HUGE = re.compile(rb"[0-9]{20}|[0-9.][eE]")
PLAIN = json.JSONDecoder(object_pairs_hook=_object, parse_constant=_constant)
CAREFUL = json.JSONDecoder(object_pairs_hook=_object, parse_constant=_constant, parse_int=_integer, parse_float=_number)
"""Looks at every number, which is slow, so it reads only texts in which one may be too large."""
