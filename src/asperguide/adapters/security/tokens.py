"""Access tokens as signed JSON Web Tokens (RFC 9068): short, self-contained, the same for every process."""

import base64
import json
from collections.abc import Sequence
from contextlib import nullcontext
from datetime import UTC, datetime, timedelta
from functools import cached_property
from typing import TYPE_CHECKING, Annotated, Any
from uuid import UUID

import msgspec

from asperguide.adapters.absent import without
from asperguide.adapters.security.keys import SECRET_SIZES, TokenKey, private_key, retired_keys, shared_key
from asperguide.identity.errors import AccessTokenRefused
from asperguide.identity.ports import AccessTokens, Claims
from asperguide.shared.actor import SessionId, UserId
from asperguide.shared.ports import Clock

if TYPE_CHECKING:
    from jwt import PyJWS

LONGEST_TOKEN = 4096
_TYPE = "at+jwt"
CLIENT = "asperguide"
"""Who every token was issued to: clients do not register here, they are all this service's own."""
_YEAR_9000 = 221_845_392_000

Seconds = Annotated[int, msgspec.Meta(ge=0, le=_YEAR_9000)]


class _Acting(msgspec.Struct, frozen=True):
    sub: UUID


class _Payload(msgspec.Struct, frozen=True, kw_only=True, omit_defaults=True):
    iss: str
    aud: str
    sub: UUID
    sid: UUID
    jti: str
    iat: Seconds
    exp: Seconds
    client_id: str = ""
    act: _Acting | None = None


class JwtAccessTokens(AccessTokens):
    """Signs with one key; verifies with that one and the retired ones. Instants are kept in whole seconds.

    A token of ours starts with one of a few headers, known in advance: the header chooses the key and the key fixes
    the algorithm, so that nothing in the header of anybody else's token is ever interpreted.
    """

    def __init__(
        self,
        *,
        algorithm: str,
        secret: str,
        private_key_pem: str = "",
        retired_keys: str = "",
        issuer: str,
        audience: str,
        clock: Clock,
        leeway: timedelta = timedelta(seconds=5),
        remembered: int = 4096,
    ) -> None:
        """Raises ValueError when a key is weak, unreadable or not one for the algorithm."""
        self._key = (
            shared_key(secret, algorithm) if algorithm in SECRET_SIZES else private_key(private_key_pem, algorithm)
        )
        self._keys = _verifying(self._key, retired_keys)
        self._issuer = issuer
        self._audience = audience
        self._clock = clock
        self._leeway = leeway
        self._seen = _Seen(remembered)

    def issue(self, claims: Claims) -> str:
        """The signed token, about 400 (HS256) to 900 (RS256) characters."""
        payload = _Payload(
            iss=self._issuer,
            aud=self._audience,
            sub=claims.user,
            sid=claims.session,
            jti=claims.token_id,
            iat=int(claims.issued_at.timestamp()),
            exp=int(claims.expires_at.timestamp()),
            client_id=CLIENT,
            act=_Acting(claims.impersonator) if claims.impersonator else None,
        )
        headers = {"typ": _TYPE, "kid": self._key.id}
        return self._jws.encode(msgspec.json.encode(payload), self._key.signer, self._key.algorithm, headers)

    def read(self, token: str) -> Claims:
        """The claims, good until `leeway` after they expire. Raises AccessTokenRefused."""
        if len(token) > LONGEST_TOKEN:
            raise AccessTokenRefused
        known = self._seen.get(token)
        claims, usable_until = known or self._verify(token)
        if self._clock.now() >= usable_until:
            self._seen.drop(token)
            raise AccessTokenRefused
        if known is None:
            self._seen.put(token, (claims, usable_until))
        return claims

    def public_keys(self) -> Sequence[dict[str, Any]]:
        """The public halves, the signing key's first; retired ones stay as long as they are configured."""
        return [dict(key.public) for key in self._keys.values() if key.public]

    @cached_property
    def _jws(self) -> "PyJWS":
        """Imported by the first token: PyJWT takes time that no start should wait for.

        It would import cryptography, which takes 7 MiB, also where nothing but shared secrets signs.
        """
        symmetric = all(key.algorithm in SECRET_SIZES for key in self._keys.values())
        with without("cryptography") if symmetric else nullcontext():
            from jwt import PyJWS

        return PyJWS()

    def _verify(self, token: str) -> tuple[Claims, datetime]:
        jws = self._jws
        from jwt import PyJWTError

        key = self._keys.get(token.partition(".")[0])
        if key is None or not token.isascii():
            raise AccessTokenRefused
        try:
            payload = msgspec.json.decode(jws.decode(token, key.verifier, [key.algorithm]), type=_Payload)
        except (PyJWTError, msgspec.MsgspecError):
            raise AccessTokenRefused from None
        if payload.iss != self._issuer or payload.aud != self._audience:
            raise AccessTokenRefused
        claims = _claims(payload)
        return claims, claims.expires_at + self._leeway


class _Seen:
    """Verified tokens and until when they are good: at most `size`, those not asked for the longest forgotten first.

    Two generations: when the younger is full it becomes the older, and what was not read since then is gone.
    """

    def __init__(self, size: int) -> None:
        self._half = max(1, size // 2)
        self._young: dict[str, tuple[Claims, datetime]] = {}
        self._old: dict[str, tuple[Claims, datetime]] = {}

    def get(self, token: str) -> tuple[Claims, datetime] | None:
        found = self._young.get(token)
        if found is None and (found := self._old.pop(token, None)):
            self.put(token, found)
        return found

    def put(self, token: str, entry: tuple[Claims, datetime]) -> None:
        if len(self._young) >= self._half:
            self._old, self._young = self._young, {}
        self._young[token] = entry

    def drop(self, token: str) -> None:
        self._young.pop(token, None)
        self._old.pop(token, None)


def _verifying(signing: TokenKey, retired: str) -> dict[str, TokenKey]:
    """Each key under the first part of its tokens, the signing key first."""
    keys = {_header(key): key for key in retired_keys(retired)}
    return {_header(signing): signing} | {header: key for header, key in keys.items() if key.id != signing.id}


def _header(key: TokenKey) -> str:
    members = {"alg": key.algorithm, "kid": key.id, "typ": _TYPE}
    return base64.urlsafe_b64encode(json.dumps(members, separators=(",", ":")).encode()).rstrip(b"=").decode()


def _claims(payload: _Payload) -> Claims:
    return Claims(
        user=UserId(payload.sub),
        session=SessionId(payload.sid),
        issued_at=datetime.fromtimestamp(payload.iat, UTC),
        expires_at=datetime.fromtimestamp(payload.exp, UTC),
        token_id=payload.jti,
        impersonator=UserId(payload.act.sub) if payload.act else None,
    )
