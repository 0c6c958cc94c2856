"""Who may see a project: every member by their role, or those who are listed."""

from uuid import UUID

from litestar import Response
from litestar.params import FromPath, JSONBody

from asperguide.adapters.http.bodies import ApiRequest
from asperguide.adapters.http.handlers import delete, get, patch, put
from asperguide.adapters.http.preconditions import expected_version, single
from asperguide.adapters.http.projects.parts import ACCESS, ACCESS_TAG, CHANGING, INSIDE
from asperguide.adapters.http.routes import Given, route
from asperguide.projects import (
    AccessChange,
    AccessView,
    ChangeAccess,
    GetAccess,
    ListMember,
    MemberAccess,
    UnlistMember,
)
from asperguide.projects.errors import InvalidAccess, NoSuchMember, TooManyListed
from asperguide.shared.actor import Actor, UserId
from asperguide.shared.tenancy import ProjectId


@get(
    "/projects/{id:uuid}/access",
    tags=ACCESS_TAG,
    **route("get_access", GetAccess, versioned="read", raises=INSIDE, answer_example=ACCESS),
)
async def get_access(
    id: FromPath[UUID], request: ApiRequest, actor: Given[Actor], get_access: Given[GetAccess]
) -> Response[AccessView]:
    access = await get_access(actor, ProjectId(id))
    return single(request, access, access.version)


@patch(
    "/projects/{id:uuid}/access",
    tags=ACCESS_TAG,
    **route(
        "change_access", ChangeAccess, versioned="optional", raises=CHANGING, example={"access": "restricted"},
        answer_example=ACCESS,
    ),
)  # fmt: skip
async def change_access(
    id: FromPath[UUID],
    data: JSONBody[AccessChange],
    request: ApiRequest,
    actor: Given[Actor],
    change_access: Given[ChangeAccess],
) -> Response[AccessView]:
    access = await change_access(actor, ProjectId(id), data, expected_version(request))
    return single(request, access, access.version)


@put(
    "/projects/{id:uuid}/access/{user:uuid}",
    tags=ACCESS_TAG,
    **route(
        "list_member", ListMember, raises=(*CHANGING, NoSuchMember, InvalidAccess, TooManyListed),
        example={"role": "viewer"}, answer_example=ACCESS,
    ),
)  # fmt: skip
async def list_member(
    id: FromPath[UUID],
    user: FromPath[UUID],
    data: JSONBody[MemberAccess],
    request: ApiRequest,
    actor: Given[Actor],
    list_member: Given[ListMember],
) -> Response[AccessView]:
    access = await list_member(actor, ProjectId(id), UserId(user), data)
    return single(request, access, access.version)


@delete(
    "/projects/{id:uuid}/access/{user:uuid}",
    status_code=204,
    tags=ACCESS_TAG,
    **route("unlist_member", UnlistMember, raises=(*CHANGING, NoSuchMember)),
)
async def unlist_member(
    id: FromPath[UUID], user: FromPath[UUID], actor: Given[Actor], unlist_member: Given[UnlistMember]
) -> None:
    await unlist_member(actor, ProjectId(id), UserId(user))


ROUTES = (get_access, change_access, list_member, unlist_member)
