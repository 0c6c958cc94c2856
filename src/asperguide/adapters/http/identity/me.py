"""My account."""

from litestar import Response
from litestar.params import JSONBody

from asperguide.adapters.http.bodies import ApiRequest
from asperguide.adapters.http.handlers import delete, get, patch, post, put
from asperguide.adapters.http.identity.cookies import signed_out
from asperguide.adapters.http.paging import Items, Listing, listed
from asperguide.adapters.http.preconditions import expected_version, single
from asperguide.adapters.http.routes import Given, route
from asperguide.identity import (
    ChangeEmail,
    ChangePassword,
    ChangeUsername,
    CloseAccount,
    Closing,
    EmailChange,
    GetMe,
    MySecurityLog,
    PasswordChange,
    Profile,
    ProfileChange,
    UpdateMe,
    UsernameChange,
)
from asperguide.identity.audit import SecurityEvent
from asperguide.identity.errors import (
    InvalidProfile,
    LastAdmin,
    PasswordQueueFull,
    PasswordTooWeak,
    PasswordUsedBefore,
    PasswordWrong,
    ProofNeeded,
    TooManyGuesses,
    UsernameTaken,
)
from asperguide.shared.actor import Actor, Origin
from asperguide.shared.errors import EditedMeanwhile, NotWhileImpersonating
from asperguide.shared.pages import PageRequest

TAGS = ["my account"]
PROOF = (PasswordWrong, ProofNeeded, TooManyGuesses, NotWhileImpersonating, PasswordQueueFull)


@get("/users/me", tags=TAGS, **route("get_me", GetMe, versioned="read"))
async def get_me(request: ApiRequest, actor: Given[Actor], get_me: Given[GetMe]) -> Response[Profile]:
    profile = await get_me(actor)
    return single(request, profile, profile.version)


@patch(
    "/users/me",
    tags=TAGS,
    **route("update_me", UpdateMe, versioned="optional", raises=(UsernameTaken, InvalidProfile, EditedMeanwhile)),
)
async def update_me(
    data: JSONBody[ProfileChange],
    request: ApiRequest,
    actor: Given[Actor],
    update_me: Given[UpdateMe],
    origin: Given[Origin],
) -> Response[Profile]:
    profile = await update_me(actor, data, expected_version(request), origin)
    return single(request, profile, profile.version)


@put(
    "/users/me/username",
    tags=TAGS,
    **route("change_username", ChangeUsername, versioned="optional", raises=(UsernameTaken, EditedMeanwhile)),
)
async def change_username(
    data: JSONBody[UsernameChange],
    request: ApiRequest,
    actor: Given[Actor],
    change_username: Given[ChangeUsername],
    origin: Given[Origin],
) -> Response[Profile]:
    profile = await change_username(actor, data, expected_version(request), origin)
    return single(request, profile, profile.version)


@post(
    "/users/me/email", status_code=202, tags=TAGS, **route("change_email", ChangeEmail, raises=(InvalidProfile, *PROOF))
)
async def change_email(data: JSONBody[EmailChange], actor: Given[Actor], change_email: Given[ChangeEmail]) -> None:
    await change_email(actor, data)


@put(
    "/users/me/password",
    status_code=204,
    tags=TAGS,
    **route("change_password", ChangePassword, raises=(PasswordTooWeak, PasswordUsedBefore, *PROOF)),
)
async def change_password(
    data: JSONBody[PasswordChange], actor: Given[Actor], change_password: Given[ChangePassword], origin: Given[Origin]
) -> None:
    await change_password(actor, data, origin)


@delete("/users/me", status_code=204, tags=TAGS, **route("close_account", CloseAccount, raises=(LastAdmin, *PROOF)))
async def close_account(
    request: ApiRequest,
    actor: Given[Actor],
    close_account: Given[CloseAccount],
    origin: Given[Origin],
    data: JSONBody[Closing | None] = None,
) -> Response[None]:
    await close_account(actor, data or Closing(), origin)
    return signed_out(request, None, 204)


@get(
    "/users/me/security-events",
    tags=TAGS,
    **route(
        "my_security_log", MySecurityLog, listing=Listing(filters=("kind", "outcome")), raises=(NotWhileImpersonating,)
    ),
)
async def my_security_log(
    request: ApiRequest, actor: Given[Actor], page: Given[PageRequest], my_security_log: Given[MySecurityLog]
) -> Response[Items[SecurityEvent]]:
    return listed(request, await my_security_log(actor, page), lambda event: event)


ME = (get_me, update_me, change_username, change_email, change_password, close_account, my_security_log)
