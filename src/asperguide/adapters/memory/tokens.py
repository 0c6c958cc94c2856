"""Access tokens for tests: tickets that only the one who wrote them can read."""

from collections.abc import Sequence
from typing import Any

from asperguide.identity.errors import AccessTokenRefused
from asperguide.identity.ports import AccessTokens, Claims
from asperguide.shared.ports import Clock, Ids


class MemoryAccessTokens(AccessTokens):
    """Each token is a secret under which its claims are kept for ever: no other process can read it."""

    def __init__(self, clock: Clock, ids: Ids) -> None:
        self._clock, self._ids = clock, ids
        self._issued: dict[str, Claims] = {}

    def issue(self, claims: Claims) -> str:
        """64 characters that say nothing."""
        token = self._ids.secret().hex()
        self._issued[token] = claims
        return token

    def read(self, token: str) -> Claims:
        """The claims until they expire. Raises AccessTokenRefused."""
        claims = self._issued.get(token)
        if claims is None or self._clock.now() >= claims.expires_at:
            raise AccessTokenRefused
        return claims

    def public_keys(self) -> Sequence[dict[str, Any]]:
        """None: there is nothing to verify."""
        return []
