"""Administration of accounts."""

from uuid import UUID

from litestar import Response
from litestar.params import FromPath, JSONBody

from asperguide.adapters.http.bodies import ApiRequest
from asperguide.adapters.http.handlers import delete, get, post
from asperguide.adapters.http.once import Once
from asperguide.adapters.http.paging import Items, Listing, listed
from asperguide.adapters.http.preconditions import single
from asperguide.adapters.http.routes import Given, route
from asperguide.identity import (
    Account,
    Ended,
    EndUserSessions,
    GetUser,
    GrantRole,
    Impersonate,
    Impersonated,
    ListUsers,
    RestoreUser,
    RevokeRole,
    RoleChange,
    SecurityLog,
    SuspendUser,
)
from asperguide.identity.audit import SecurityEvent
from asperguide.identity.errors import LastAdmin, UserNotFound, WrongState
from asperguide.shared.actor import Actor, Origin, Role, UserId
from asperguide.shared.errors import EditedMeanwhile, NotWhileImpersonating, RoleNeeded
from asperguide.shared.pages import PageRequest

TAGS = ["administration"]
ALWAYS = (RoleNeeded, NotWhileImpersonating)
ONE = (*ALWAYS, UserNotFound, EditedMeanwhile)


@get(
    "/admin/users",
    tags=TAGS,
    **route(
        "list_users", ListUsers, raises=ALWAYS,
        listing=Listing(sort=("created_at", "username"), filters=("state", "role", "email", "username")),
    ),
)  # fmt: skip
async def list_users(
    request: ApiRequest, actor: Given[Actor], page: Given[PageRequest], list_users: Given[ListUsers]
) -> Response[Items[Account]]:
    return listed(request, await list_users(actor, page), lambda account: account)


@get(
    "/admin/users/{id:uuid}", tags=TAGS, **route("get_user", GetUser, versioned="read", raises=(*ALWAYS, UserNotFound))
)
async def get_user(
    id: FromPath[UUID], request: ApiRequest, actor: Given[Actor], get_user: Given[GetUser]
) -> Response[Account]:
    account = await get_user(actor, UserId(id))
    return single(request, account, account.version)


@post("/admin/users/{id:uuid}/roles", status_code=200, tags=TAGS, **route("grant_role", GrantRole, raises=ONE))
async def grant_role(
    id: FromPath[UUID],
    data: JSONBody[RoleChange],
    actor: Given[Actor],
    grant_role: Given[GrantRole],
    origin: Given[Origin],
) -> Account:
    return await grant_role(actor, UserId(id), data.role, origin)


@delete(
    "/admin/users/{id:uuid}/roles/{role:str}",
    status_code=200,
    tags=TAGS,
    **route("revoke_role", RevokeRole, raises=(*ONE, LastAdmin, WrongState)),
)
async def revoke_role(
    id: FromPath[UUID], role: FromPath[Role], actor: Given[Actor], revoke_role: Given[RevokeRole], origin: Given[Origin]
) -> Account:
    return await revoke_role(actor, UserId(id), role, origin)


@post(
    "/admin/users/{id:uuid}/suspend",
    status_code=200,
    tags=TAGS,
    **route("suspend_user", SuspendUser, raises=(*ONE, LastAdmin, WrongState)),
)
async def suspend_user(
    id: FromPath[UUID], actor: Given[Actor], suspend_user: Given[SuspendUser], origin: Given[Origin]
) -> Account:
    return await suspend_user(actor, UserId(id), origin)


@post(
    "/admin/users/{id:uuid}/restore",
    status_code=200,
    tags=TAGS,
    **route("restore_user", RestoreUser, raises=(*ONE, WrongState)),
)
async def restore_user(
    id: FromPath[UUID], actor: Given[Actor], restore_user: Given[RestoreUser], origin: Given[Origin]
) -> Account:
    return await restore_user(actor, UserId(id), origin)


@delete(
    "/admin/users/{id:uuid}/sessions",
    status_code=200,
    tags=TAGS,
    **route("end_user_sessions", EndUserSessions, raises=ONE),
)
async def end_user_sessions(
    id: FromPath[UUID], actor: Given[Actor], end_user_sessions: Given[EndUserSessions], origin: Given[Origin]
) -> Ended:
    return await end_user_sessions(actor, UserId(id), origin)


@post(
    "/admin/users/{id:uuid}/impersonate",
    tags=TAGS,
    **route("impersonate", Impersonate, idempotent=True, raises=(*ALWAYS, UserNotFound, WrongState)),
)
async def impersonate(
    id: FromPath[UUID], actor: Given[Actor], impersonate: Given[Impersonate], once: Given[Once], origin: Given[Origin]
) -> Impersonated:
    return await once(Impersonated, lambda: impersonate(actor, UserId(id), origin))


@get(
    "/admin/security-events",
    tags=TAGS,
    **route("security_log", SecurityLog, raises=ALWAYS, listing=Listing(filters=("kind", "outcome", "user"))),
)
async def security_log(
    request: ApiRequest, actor: Given[Actor], page: Given[PageRequest], security_log: Given[SecurityLog]
) -> Response[Items[SecurityEvent]]:
    return listed(request, await security_log(actor, page), lambda event: event)


ADMIN = (
    list_users, get_user, grant_role, revoke_role, suspend_user, restore_user, end_user_sessions, impersonate,
    security_log,
)  # fmt: skip
