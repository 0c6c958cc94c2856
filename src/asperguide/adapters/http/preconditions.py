"""Versions over HTTP: ETag, If-Match and If-None-Match (RFC 9110, section 13)."""

import hashlib
import re
from typing import TypeVar, cast

import msgspec
from litestar import Response

from asperguide.adapters.http.answers import Single
from asperguide.adapters.http.bodies import ApiRequest
from asperguide.adapters.http.problems import PreconditionFailed, PreconditionRequired

T = TypeVar("T")

TAG = re.compile(r'(W/)?"([\x21\x23-\x7e\x80-\xff]*)"')
TAGS = re.compile(rf"\s*(?:{TAG.pattern})?\s*(?:,\s*(?:{TAG.pattern})?\s*)*")
VERSION = re.compile(r"([0-9]{1,18})(?:-[0-9a-f]{12})?")
UNCHANGED = 304


def etag_of(version: int, content: object = None) -> str:
    """The entity tag of a version: strong, because the version changes with every byte that is stored.

    Of what shows more than is stored with it, as what time makes of it, the content is part of the tag.
    """
    return f'"{version}"' if content is None else f'"{version}-{_digest(content, 6).hex()}"'


def version_of(content: object) -> int:
    """A number that is another one for any other content: for things that have no version of their own."""
    return int.from_bytes(_digest(content, 7))


def expected_version(request: ApiRequest) -> int | None:
    """The version in If-Match, None when there is no If-Match or it is `*`.

    Of several tags the highest version counts: a client that read it is not behind. Weak tags and tags that are none
    of ours can never match: PreconditionFailed.
    """
    header = request.call.header(b"if-match").strip()
    if not header or header == "*":
        return None
    versions = [int(found[1]) for weak, tag in _tags(header) if not weak and (found := VERSION.fullmatch(tag))]
    if not versions:
        raise PreconditionFailed
    return max(versions)


def required_version(request: ApiRequest) -> int | None:
    """Like `expected_version`, but If-Match must be there. Raises PreconditionRequired."""
    if b"if-match" not in request.call.headers:
        raise PreconditionRequired
    return expected_version(request)


def is_current(request: ApiRequest, etag: str) -> bool:
    """Whether If-None-Match says that the caller already has this (weak comparison; `*` matches anything)."""
    header = request.call.header(b"if-none-match").strip()
    return header == "*" or (bool(header) and etag.removeprefix("W/").strip('"') in {tag for _, tag in _tags(header)})


def names(request: ApiRequest, field: bytes, etag: str) -> bool:
    """Whether this field, if it is there at all, names the entity tag (strong comparison) or `*`."""
    header = request.call.header(field).strip()
    return header in ("", "*") or ("", etag.strip('"')) in _tags(header)


def single(request: ApiRequest, content: T, version: int) -> Response[T]:
    """One resource with its ETag; 304 without a body when the caller already has this version."""
    return _unless_current(request, content, etag_of(version))


def changing(request: ApiRequest, content: T, version: int) -> Response[T]:
    """Like `single`, of a resource that is shown otherwise without another version: later, or to somebody else."""
    return _unless_current(request, content, etag_of(version, content))


def _unless_current(request: ApiRequest, content: T, etag: str) -> Response[T]:
    if b"if-none-match" in request.call.headers and request.method == "GET" and is_current(request, etag):
        return cast("Response[T]", Single(None, etag, UNCHANGED))
    return Single(content, etag)


def _digest(content: object, size: int) -> bytes:
    return hashlib.blake2b(msgspec.json.encode(content), digest_size=size).digest()


def _tags(header: str) -> list[tuple[str, str]]:
    """The entity tags of a list as (weak prefix, opaque part); none at all when the list is malformed."""
    return TAG.findall(header) if len(header) <= 1024 and TAGS.fullmatch(header) else []
