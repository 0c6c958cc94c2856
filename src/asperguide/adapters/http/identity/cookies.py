"""Sessions in cookies, for pages in browsers: set at sign-in, renewed at refresh, gone at sign-out."""

import hashlib
import hmac
from dataclasses import dataclass
from datetime import timedelta
from typing import Any, TypeVar

import msgspec
from litestar import Response
from litestar.datastructures import Cookie

from asperguide.adapters.http.bodies import ApiRequest
from asperguide.adapters.http.credentials import ACCESS_COOKIE, REFRESH_COOKIE, cookie_of
from asperguide.identity import Refreshed, SessionView, SignedIn
from asperguide.shared.actor import Actor, SessionId

T = TypeVar("T")

REFRESH_PATH = "/api/v1/sessions/refresh"
DEVICE_COOKIE = b"__Host-device"
DEVICE_LIFETIME = timedelta(days=400)
CLEAR = {"clear-site-data": '"cache", "storage"'}
"""Without "cookies": that would take the device's too, and those of every other host of the domain."""

NO_STORE = {"cache-control": "no-store"}
"""For answers that hold tokens but are given to strangers, which caches might keep otherwise."""


class SignedInByCookie(msgspec.Struct, frozen=True, kw_only=True):
    """The session; its tokens are in cookies that scripts cannot read.

    Send `csrf_token` as `X-CSRF-Token` with changes when the browser gives no other proof of same origin.
    """

    expires_in: int
    csrf_token: str
    session: SessionView


@dataclass(frozen=True, slots=True)
class SessionCookies:
    """Makes the cookies of sessions, and the CSRF tokens that belong to them."""

    secret: bytes

    def csrf_token(self, session: SessionId) -> str:
        """What proves that a change was asked for by somebody who could read the answer to the sign-in."""
        return hmac.new(self.secret, b"csrf\0" + session.bytes, hashlib.sha256).hexdigest()

    def csrf_matches(self, actor: Actor, token: str) -> bool:
        """Whether the token belongs to the actor's session."""
        return hmac.compare_digest(self.csrf_token(actor.session).encode(), token.encode())

    def answer(self, signed_in: SignedIn | Refreshed, status: int) -> Response[Any]:
        """The answer to a sign-in or refresh whose tokens go into cookies instead of the body."""
        lifetime = int((signed_in.session.expires_at - signed_in.session.seen_at).total_seconds())
        cookies = [
            _cookie(ACCESS_COOKIE, signed_in.access_token, signed_in.expires_in, "/", "lax"),
            _cookie(REFRESH_COOKIE, signed_in.refresh_token, lifetime, REFRESH_PATH, "strict"),
        ]
        if isinstance(signed_in, SignedIn):
            seconds = int(DEVICE_LIFETIME.total_seconds())
            cookies.append(_cookie(DEVICE_COOKIE, signed_in.device_token, seconds, "/", "strict"))
        token = self.csrf_token(signed_in.session.id)
        body = SignedInByCookie(expires_in=signed_in.expires_in, csrf_token=token, session=signed_in.session)
        return Response(body, status_code=status, cookies=cookies, headers=NO_STORE)


def refresh_token_of(request: ApiRequest) -> str | None:
    """The refresh token in the cookie, None when there is none."""
    return cookie_of(request.call.headers.get(b"cookie", b""), REFRESH_COOKIE) or None


def device_token_of(request: ApiRequest) -> str | None:
    """The device token in the cookie, None when there is none."""
    return cookie_of(request.call.headers.get(b"cookie", b""), DEVICE_COOKIE) or None


def signed_out(request: ApiRequest, body: T, status: int) -> Response[T]:
    """The answer when the session that asks is over: for a browser, the end of its cookies; the device stays known."""
    if not request.call.headers.get(b"cookie"):
        return Response(body, status_code=status)
    gone = [_cookie(ACCESS_COOKIE, "", 0, "/", "lax"), _cookie(REFRESH_COOKIE, "", 0, REFRESH_PATH, "strict")]
    return Response(body, status_code=status, cookies=gone, headers=CLEAR)


def _cookie(name: bytes, value: str, seconds: int, path: str, same_site: str) -> Cookie:
    return Cookie(
        key=name.decode(), value=value, max_age=seconds, path=path, secure=True, httponly=True,
        samesite=same_site,  # type: ignore[arg-type]
    )  # fmt: skip
