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

    async def __call__(
        self,
        answer: type[R],
        work: Callable[[], Awaitable[R]],
        *,
        told: bytes | None = None,
        compare: Callable[[R], Awaitable[None]] | None = None,
    ) -> R:
        """The answer of `work`, which must hand the same answer to the `commit` of its unit of work.

        A body that is taken as it comes cannot be looked at before: `told` is what is known of it by then, and
        `compare` reads it when there is a kept answer; it raises IdempotencyKeyReused unless it is the same again.
        """
        key = self._key()
        if key is None:
            return await work()
        body = await self._body() if told is None else told
        async with self.idempotency.claim(self._scope(), key, self._fingerprint(body), answer) as kept:
            if kept is None:
                return await work()
            if compare is not None:
                await compare(kept)
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

    async def _body(self) -> bytes:
        """A JSON body counts by its value, not by its spelling."""
        body = await self.request.body()
        if body and self.request.call.headers.get(b"content-type", b"").startswith(b"application/json"):
            return msgspec.json.encode(strict_json(body), order="deterministic")
        return body

    def _fingerprint(self, body: bytes) -> bytes:
        """SHA-256 of method, address and body."""
        scope = self.request.scope
        parts = (scope["method"].encode(), scope["path"].encode(), scope["query_string"], body)
        return hashlib.sha256(b"\0".join(parts)).digest()
