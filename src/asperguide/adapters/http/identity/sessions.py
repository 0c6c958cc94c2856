"""Signing in and out, refreshing, and the devices one is signed in on."""

from typing import Annotated
from uuid import UUID

import msgspec
from litestar import Response
from litestar.params import FromPath, JSONBody, QueryParameter

from asperguide.adapters.http.bodies import ApiRequest
from asperguide.adapters.http.handlers import delete, get, post
from asperguide.adapters.http.identity.accounts import CREDENTIALS
from asperguide.adapters.http.identity.cookies import (
    NO_STORE,
    SessionCookies,
    SignedInByCookie,
    device_token_of,
    refresh_token_of,
    signed_out,
)
from asperguide.adapters.http.once import Once
from asperguide.adapters.http.routes import Given, route
from asperguide.identity import (
    EndAllSessions,
    Ended,
    EndOtherSessions,
    EndSession,
    ListSessions,
    Refreshed,
    RefreshRequest,
    RefreshSession,
    SessionView,
    SignedIn,
    SignIn,
    SignInRequest,
    SignOut,
)
from asperguide.identity.errors import (
    PasswordQueueFull,
    RefreshTokenRefused,
    RefreshTokenReused,
    SessionNotFound,
    SignInRefused,
    TooManyGuesses,
)
from asperguide.shared.actor import Actor, Origin, SessionId

TAGS = ["sessions"]


class Sessions(msgspec.Struct, frozen=True, kw_only=True):
    """My signed-in devices, the last seen first."""

    items: tuple[SessionView, ...]


@post(
    "/sessions",
    tags=TAGS,
    **route(
        "sign_in", SignIn, public=True, budget=CREDENTIALS, idempotent=True,
        raises=(SignInRefused, TooManyGuesses, PasswordQueueFull),
    ),
)  # fmt: skip
async def sign_in(
    data: JSONBody[SignInRequest],
    request: ApiRequest,
    sign_in: Given[SignIn],
    once: Given[Once],
    origin: Given[Origin],
    session_cookies: Given[SessionCookies],
) -> Response[SignedIn | SignedInByCookie]:
    by_cookie = data.transport == "cookie"
    if by_cookie and data.device_token is None:
        data = msgspec.structs.replace(data, device_token=device_token_of(request))
    signed_in = await once(SignedIn, lambda: sign_in(data, origin))
    if by_cookie:
        return session_cookies.answer(signed_in, 201)
    return Response(signed_in, status_code=201, headers=NO_STORE)


@post(
    "/sessions/refresh",
    status_code=200,
    tags=TAGS,
    **route("refresh_session", RefreshSession, public=True, raises=(RefreshTokenRefused, RefreshTokenReused)),
)
async def refresh(
    request: ApiRequest,
    refresh_session: Given[RefreshSession],
    origin: Given[Origin],
    session_cookies: Given[SessionCookies],
    data: JSONBody[RefreshRequest | None] = None,
) -> Response[Refreshed | SignedInByCookie]:
    if data is not None:
        return Response(await refresh_session(data, origin), headers=NO_STORE)
    if (token := refresh_token_of(request)) is None:
        raise RefreshTokenRefused
    return session_cookies.answer(await refresh_session(RefreshRequest(refresh_token=token), origin), 200)


@get("/sessions", tags=TAGS, **route("list_sessions", ListSessions))
async def list_sessions(actor: Given[Actor], list_sessions: Given[ListSessions]) -> Sessions:
    return Sessions(items=tuple(await list_sessions(actor)))


@delete("/sessions/current", status_code=204, tags=TAGS, **route("sign_out", SignOut))
async def sign_out(
    request: ApiRequest, actor: Given[Actor], sign_out: Given[SignOut], origin: Given[Origin]
) -> Response[None]:
    await sign_out(actor, origin)
    return signed_out(request, None, 204)


@delete(
    "/sessions/{id:uuid}", status_code=204, tags=TAGS, **route("end_session", EndSession, raises=(SessionNotFound,))
)
async def end_session(
    id: FromPath[UUID], request: ApiRequest, actor: Given[Actor], end_session: Given[EndSession], origin: Given[Origin]
) -> Response[None]:
    await end_session(actor, SessionId(id), origin)
    return signed_out(request, None, 204) if id == actor.session else Response(None, status_code=204)


@delete("/sessions", status_code=200, tags=TAGS, **route("end_all_sessions", EndAllSessions))
async def end_sessions(
    request: ApiRequest,
    actor: Given[Actor],
    end_all_sessions: Given[EndAllSessions],
    end_other_sessions: Given[EndOtherSessions],
    origin: Given[Origin],
    others: Annotated[bool, QueryParameter(name="others", description="Keep the session that asks.")] = False,
) -> Response[Ended]:
    if others:
        return Response(await end_other_sessions(actor, origin))
    return signed_out(request, await end_all_sessions(actor, origin), 200)


SESSIONS = (sign_in, refresh, list_sessions, sign_out, end_session, end_sessions)
