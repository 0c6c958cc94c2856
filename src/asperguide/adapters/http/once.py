"""Idempotency-Key: a POST that can be repeated without happening twice."""

import hashlib
from collections.abc import Awaitable, Callable
from dataclasses import dataclass
from typing import TypeVar

import msgspec

from asperguide.adapters.http.addresses import subscriber
from asperguide.adapters.http.bodies import ApiRequest, strict_json
from asperguide.adapters.http.problems import MalformedRequest
from asperguide.shared.errors import FieldError
from asperguide.shared.ports import Idempotency

R = TypeVar("R")

LONGEST_KEY = 255
REPLAYED = (b"idempotency-replayed", b"true")


@dataclass(frozen=True, slots=True, kw_only=True)
class Once:
    """Runs the work of one request, or gives back the answer that the same request under the same key already got.

    Keys belong to the caller (user, or address when anonymous), the method and the route. A request without a key
    just runs. Raises IdempotencyKeyReused, StillRunning, and MalformedRequest for a key that is none.
    """

    request: ApiRequest
    idempotency: Idempotency

    async def __call__(self, answer: type[R], work: Callable[[], Awaitable[R]]) -> R:
        """The answer of `work`, which must hand the same answer to the `commit` of its unit of work."""
        key = self._key()
        if key is None:
            return await work()
        async with self.idempotency.claim(self._scope(), key, await self._fingerprint(), answer) as kept:
            if kept is None:
                return await work()
            self.request.call.extra.append(REPLAYED)
            return kept

    def _key(self) -> str | None:
        value = self.request.call.headers.get(b"idempotency-key")
        if value is None:
            return None
        if not 1 <= len(value) <= LONGEST_KEY or not all(0x20 < byte < 0x7F for byte in value):
            detail = f"1 to {LONGEST_KEY} printable ASCII characters without spaces."
            wrong = FieldError(pointer="header:Idempotency-Key", code="WRONG_FORMAT", detail=detail)
            raise MalformedRequest("The Idempotency-Key is malformed.", fields=(wrong,))
        return value.decode("ascii")

    def _scope(self) -> str:
        call = self.request.call
        principal = f"user:{call.actor.user.hex}" if call.actor else subscriber(call.address)
        return f"{principal} {self.request.method} {self.request.scope['path_template']}"

    async def _fingerprint(self) -> bytes:
        """SHA-256 of method, address and body; a JSON body counts by its value, not by its spelling.

        A body that is taken as it comes counts by its length only: nobody holds it whole.
        """
        scope = self.request.scope
        if self.request.call.intake is not None:
            body = self.request.call.headers.get(b"content-length", b"")
        else:
            body = await self.request.body()
        if body and self.request.call.headers.get(b"content-type", b"").startswith(b"application/json"):
            body = msgspec.json.encode(strict_json(body), order="deterministic")
        parts = (scope["method"].encode(), scope["path"].encode(), scope["query_string"], body)
        return hashlib.sha256(b"\0".join(parts)).digest()
