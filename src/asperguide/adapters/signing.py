"""Signed requests of the stores that live inside the service: who holds one may make it, at our own door.

A grant says all that the request may do. It travels in the address, and nobody can make or change one without the key:
HMAC-SHA256 over all of it.
"""

import hmac
import re
import unicodedata
from abc import abstractmethod
from base64 import urlsafe_b64decode, urlsafe_b64encode
from collections.abc import AsyncIterable, Mapping
from datetime import UTC, datetime, timedelta
from typing import Literal, Protocol
from urllib.parse import quote

import msgspec

from asperguide.adapters.content import check_about, check_number
from asperguide.shared.ports import Clock
from asperguide.shared.storage import (
    Part,
    SignedLinks,
    SignedRequest,
    Storage,
    check_key,
    check_validity,
)

LARGEST_PART = 64 * 1024 * 1024
DOOR = "/storage/"
TOKEN = re.compile(r"[A-Za-z0-9_\-]{1,4096}")
DIGEST = 32


class NotGranted(Exception):
    """The grant was not made here, was changed, is for something else, or has expired."""


class Grant(msgspec.Struct, frozen=True, kw_only=True, omit_defaults=True, forbid_unknown_fields=True):
    """What one signed request may do, until `until` (milliseconds since 1970). Sizes are bytes, `sha256` is hex.

    A PUT with an `upload` brings one of its parts; of a POST the file has `smallest` to `largest` bytes.
    """

    method: Literal["GET", "PUT", "POST"]
    key: str
    until: int
    media_type: str | None = None
    disposition: str | None = None
    size: int | None = None
    sha256: str | None = None
    smallest: int = 0
    largest: int = 0
    upload: str | None = None
    number: int = 0


class Door:
    """Makes and recognises the grants of one secret. `url` is where people reach the service."""

    def __init__(self, secret: bytes, url: str, clock: Clock) -> None:
        self._secret, self._url, self._clock = secret, url.rstrip("/"), clock
        self._decode = msgspec.json.Decoder(Grant).decode

    def request(
        self,
        grant: Grant,
        expires_in: timedelta,
        headers: Mapping[str, str] | None = None,
        fields: Mapping[str, str] | None = None,
    ) -> SignedRequest:
        """The grant as a request; its `until` is set here. ValueError for a bad key or time."""
        check_key(grant.key)
        expires_at = self._clock.now() + check_validity(expires_in)
        until = int(expires_at.timestamp() * 1000)
        token = self._sign(msgspec.json.encode(msgspec.structs.replace(grant, until=until)))
        return SignedRequest(
            method=grant.method,
            url=f"{self._url}{DOOR}{grant.key}?grant={token}",
            headers=headers or {},
            fields=fields or {},
            expires_at=datetime.fromtimestamp(until / 1000, UTC),
        )

    def recognise(self, method: str, key: str, token: str) -> Grant:
        """What the token grants to a request of this method for this key. Raises NotGranted."""
        if TOKEN.fullmatch(token) is None:
            raise NotGranted
        try:
            signed = urlsafe_b64decode(token + "=" * (-len(token) % 4))
        except ValueError:
            raise NotGranted from None
        if not hmac.compare_digest(signed[:DIGEST], self._digest(signed[DIGEST:])):
            raise NotGranted
        grant = self._decode(signed[DIGEST:])
        if (grant.method, grant.key) != (method, key) or self._clock.now().timestamp() * 1000 >= grant.until:
            raise NotGranted
        return grant

    def _sign(self, text: bytes) -> str:
        return urlsafe_b64encode(self._digest(text) + text).rstrip(b"=").decode()

    def _digest(self, text: bytes) -> bytes:
        return hmac.digest(self._secret, text, "sha256")


class DoorStorage(Storage, Protocol):
    """A store behind our own door, which makes and recognises its grants."""

    door: Door

    @abstractmethod
    async def receive_part(
        self, key: str, upload: str, number: int, content: AsyncIterable[bytes], *, size: int | None = None
    ) -> Part:
        """As `put_part`, from a stream, of exactly so many bytes when `size` is given. Raises WrongContent."""
        ...


class DoorLinks(SignedLinks):
    """The links of a store behind the door."""

    door: Door

    async def link(
        self,
        key: str,
        expires_in: timedelta,
        *,
        name: str | None = None,
        media_type: str | None = None,
        inline: bool = False,
    ) -> SignedRequest:
        """GET through our door: an attachment unless `inline`, whether it has a name or not."""
        grant = Grant(
            method="GET", key=key, until=0, media_type=media_type, disposition=disposition(name, inline=inline)
        )
        return self.door.request(grant, expires_in)

    async def put_link(
        self, key: str, expires_in: timedelta, *, size: int, media_type: str, sha256: bytes | None = None
    ) -> SignedRequest:
        """PUT through our door."""
        check_about(media_type, None)
        checksum = None if sha256 is None else sha256.hex()
        grant = Grant(method="PUT", key=key, until=0, size=size, media_type=media_type, sha256=checksum)
        return self.door.request(grant, expires_in, {"Content-Type": media_type, "Content-Length": str(size)})

    async def post_form(
        self, key: str, expires_in: timedelta, *, smallest: int, largest: int, media_type: str
    ) -> SignedRequest:
        """POST a form to our door."""
        check_about(media_type, None)
        grant = Grant(method="POST", key=key, until=0, smallest=smallest, largest=largest, media_type=media_type)
        return self.door.request(grant, expires_in, fields={"Content-Type": media_type})

    async def part_link(
        self, key: str, upload: str, number: int, expires_in: timedelta, *, size: int | None = None
    ) -> SignedRequest:
        """PUT a part through our door."""
        largest = LARGEST_PART if size is None else size
        grant = Grant(
            method="PUT", key=key, until=0, upload=upload, number=check_number(number), size=size, largest=largest
        )
        return self.door.request(grant, expires_in, {} if size is None else {"Content-Length": str(size)})


def disposition(name: str | None, *, inline: bool) -> str:
    """Content-Disposition as RFC 6266 has it: the name in ASCII for old clients, then as it is."""
    kind = "inline" if inline else "attachment"
    if not name:
        return kind
    shown = "".join("_" if unicodedata.category(char) in ("Cc", "Cs") or char in "/\\" else char for char in name)
    plain = unicodedata.normalize("NFKD", shown).encode("ascii", "ignore").decode()
    plain = re.sub(r'["%;\\]', "_", plain).strip() or "file"
    encoded = f"{kind}; filename=\"{plain}\"; filename*=UTF-8''{quote(shown, safe='')}"
    return f'{kind}; filename="{shown}"' if shown == plain else encoded
