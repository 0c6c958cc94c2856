"""Becoming a user, finding others, and getting back in after forgetting."""

from typing import Annotated

import msgspec
from litestar.params import JSONBody, QueryParameter

from asperguide.adapters.http.handlers import get, post
from asperguide.adapters.http.once import Once
from asperguide.adapters.http.routes import Given, route
from asperguide.identity import (
    AddressOnly,
    AskForReset,
    Availability,
    CheckUsername,
    Confirmation,
    ConfirmEmail,
    Found,
    NewUser,
    PasswordReset,
    Register,
    Registered,
    ReopenAccount,
    Reopening,
    ResendVerification,
    ResetPassword,
    ResetRequest,
    SearchUsers,
)
from asperguide.identity.errors import (
    CodeRefused,
    EmailTaken,
    InvalidProfile,
    PasswordQueueFull,
    PasswordTooWeak,
    PasswordUsedBefore,
    SearchTooShort,
    SignInRefused,
    TooManyGuesses,
    UsernameTaken,
    WrongState,
)
from asperguide.identity.model import USERNAME
from asperguide.shared.actor import Actor, Origin

CREDENTIALS = "credentials"
TAGS = ["accounts"]


REGISTERED = {
    "id": "0199b0e2-7d1c-7c3e-9a57-5f2b8d6e4a10", "email": "siobhan@example.org", "username": "oneil",
    "full_name": "Siobhán O'Neil", "state": "pending", "created_at": "2026-01-19T10:30:00Z",
}  # fmt: skip


class FoundUsers(msgspec.Struct, frozen=True, kw_only=True):
    """People that match, the best first."""

    items: tuple[Found, ...]


@post(
    "/users",
    tags=TAGS,
    **route(
        "register", Register, public=True, budget=CREDENTIALS, idempotent=True,
        raises=(UsernameTaken, InvalidProfile, PasswordTooWeak, PasswordQueueFull), answer_example=REGISTERED,
    ),
)  # fmt: skip
async def register(
    data: JSONBody[NewUser], register: Given[Register], once: Given[Once], origin: Given[Origin]
) -> Registered:
    return await once(Registered, lambda: register(data, origin))


@post(
    "/users/email-verification",
    status_code=204,
    tags=TAGS,
    **route(
        "confirm_email", ConfirmEmail, public=True, budget=CREDENTIALS, raises=(CodeRefused, EmailTaken, WrongState)
    ),
)
async def confirm(data: JSONBody[Confirmation], confirm_email: Given[ConfirmEmail], origin: Given[Origin]) -> None:
    await confirm_email(data, origin)


@post(
    "/users/email-verification/resend",
    status_code=202,
    tags=TAGS,
    **route("resend_verification", ResendVerification, public=True, budget=CREDENTIALS),
)
async def resend(data: JSONBody[AddressOnly], resend_verification: Given[ResendVerification]) -> None:
    await resend_verification(data)


@get(
    "/users/username-available",
    tags=TAGS,
    **route("check_username", CheckUsername, public=True, budget=CREDENTIALS),
)
async def username_available(
    check_username: Given[CheckUsername],
    username: Annotated[str, QueryParameter(name="username", min_length=3, max_length=50, pattern=USERNAME)],
) -> Availability:
    return await check_username(username)


@get(
    "/users",
    tags=TAGS,
    **route("search_users", SearchUsers, raises=(SearchTooShort,)),
)
async def search(
    actor: Given[Actor],
    search_users: Given[SearchUsers],
    text: Annotated[str, QueryParameter(name="search", min_length=2, max_length=100)],
    limit: Annotated[int, QueryParameter(name="limit", ge=1, le=50)] = 20,
) -> FoundUsers:
    return FoundUsers(items=tuple(await search_users(actor, text, limit)))


@post(
    "/password/forgot",
    status_code=202,
    tags=TAGS,
    **route("ask_for_reset", AskForReset, public=True, budget=CREDENTIALS),
)
async def forgot(data: JSONBody[ResetRequest], ask_for_reset: Given[AskForReset]) -> None:
    await ask_for_reset(data)


@post(
    "/password/reset",
    status_code=204,
    tags=TAGS,
    **route(
        "reset_password", ResetPassword, public=True, budget=CREDENTIALS,
        raises=(CodeRefused, PasswordTooWeak, PasswordUsedBefore, PasswordQueueFull),
    ),
)  # fmt: skip
async def reset(data: JSONBody[PasswordReset], reset_password: Given[ResetPassword], origin: Given[Origin]) -> None:
    await reset_password(data, origin)


@post(
    "/users/me/reopen",
    status_code=204,
    tags=TAGS,
    **route(
        "reopen_account", ReopenAccount, public=True, budget=CREDENTIALS,
        raises=(CodeRefused, SignInRefused, TooManyGuesses, PasswordQueueFull, WrongState),
    ),
)  # fmt: skip
async def reopen(data: JSONBody[Reopening], reopen_account: Given[ReopenAccount], origin: Given[Origin]) -> None:
    await reopen_account(data, origin)


ACCOUNTS = (register, confirm, resend, username_available, search, forgot, reset, reopen)
