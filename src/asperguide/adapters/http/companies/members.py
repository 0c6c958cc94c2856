"""Who belongs to a company, and in which role."""

from uuid import UUID

from litestar import Response
from litestar.params import FromPath, JSONBody

from asperguide.adapters.http.bodies import ApiRequest
from asperguide.adapters.http.companies.parts import CHANGING, INSIDE, MEMBER, MEMBERS, SOMEBODY
from asperguide.adapters.http.handlers import delete, get, patch, post
from asperguide.adapters.http.paging import Items, Listing, listed
from asperguide.adapters.http.preconditions import changing, expected_version
from asperguide.adapters.http.routes import Given, route
from asperguide.companies import (
    RIGHTS,
    ChangeRole,
    GetMember,
    LeaveCompany,
    ListMembers,
    MemberView,
    NewOwner,
    NewRole,
    RemoveMember,
    TransferOwnership,
)
from asperguide.companies.errors import InvalidCompany, LastOwner, MemberNotFound
from asperguide.shared.actor import Actor, UserId
from asperguide.shared.errors import NotWhileImpersonating
from asperguide.shared.pages import PageRequest
from asperguide.shared.tenancy import CompanyId, CompanyRole

ONE = (*CHANGING, MemberNotFound, LastOwner, NotWhileImpersonating)


def roles() -> str:
    """The table of rights, as Markdown."""
    head = f"| right | {' | '.join(CompanyRole)} |\n|---|{'---|' * len(CompanyRole)}"
    rows = (
        f"| {right} | {' | '.join('yes' if role in allowed else '' for role in CompanyRole)} |"
        for right, allowed in RIGHTS.items()
    )
    return "\n".join((head, *rows))


@get(
    "/companies/{id:uuid}/members",
    tags=MEMBERS,
    **route(
        "list_members", ListMembers, raises=INSIDE, listing=Listing(sort=("since",), filters=("role",)),
        answer_example={"items": [MEMBER], "next_cursor": None},
    ),
)  # fmt: skip
async def list_members(
    id: FromPath[UUID],
    request: ApiRequest,
    actor: Given[Actor],
    page: Given[PageRequest],
    list_members: Given[ListMembers],
) -> Response[Items[MemberView]]:
    return listed(request, await list_members(actor, CompanyId(id), page), lambda member: member)


@get(
    "/companies/{id:uuid}/members/{user:uuid}",
    tags=MEMBERS,
    **route("get_member", GetMember, versioned="read", raises=(*INSIDE, MemberNotFound), answer_example=MEMBER),
)
async def get_member(
    id: FromPath[UUID],
    user: FromPath[UUID],
    request: ApiRequest,
    actor: Given[Actor],
    get_member: Given[GetMember],
) -> Response[MemberView]:
    member = await get_member(actor, CompanyId(id), UserId(user))
    return changing(request, member, member.version)


@patch(
    "/companies/{id:uuid}/members/{user:uuid}",
    tags=MEMBERS,
    **route(
        "change_role", ChangeRole, versioned="optional", raises=ONE, example={"role": "manager"},
        answer_example={**MEMBER, "role": "manager", "version": 2},
    ),
)  # fmt: skip
async def change_role(
    id: FromPath[UUID],
    user: FromPath[UUID],
    data: JSONBody[NewRole],
    request: ApiRequest,
    actor: Given[Actor],
    change_role: Given[ChangeRole],
) -> Response[MemberView]:
    member = await change_role(actor, CompanyId(id), UserId(user), data, expected_version(request))
    return changing(request, member, member.version)


@delete(
    "/companies/{id:uuid}/members/{user:uuid}",
    status_code=204,
    tags=MEMBERS,
    **route("remove_member", RemoveMember, versioned="optional", raises=ONE),
)
async def remove_member(
    id: FromPath[UUID],
    user: FromPath[UUID],
    request: ApiRequest,
    actor: Given[Actor],
    remove_member: Given[RemoveMember],
) -> None:
    await remove_member(actor, CompanyId(id), UserId(user), expected_version(request))


@post(
    "/companies/{id:uuid}/leave",
    status_code=204,
    tags=MEMBERS,
    **route("leave_company", LeaveCompany, raises=(*CHANGING, LastOwner, NotWhileImpersonating)),
)
async def leave_company(id: FromPath[UUID], actor: Given[Actor], leave_company: Given[LeaveCompany]) -> None:
    await leave_company(actor, CompanyId(id))


@post(
    "/companies/{id:uuid}/owner",
    status_code=200,
    tags=MEMBERS,
    **route(
        "transfer_ownership", TransferOwnership, example={"user": SOMEBODY},
        raises=(*CHANGING, MemberNotFound, InvalidCompany, NotWhileImpersonating),
        answer_example={**MEMBER, "role": "owner", "version": 2},
    ),
)  # fmt: skip
async def transfer_ownership(
    id: FromPath[UUID], data: JSONBody[NewOwner], actor: Given[Actor], transfer_ownership: Given[TransferOwnership]
) -> MemberView:
    return await transfer_ownership(actor, CompanyId(id), data)


ROUTES = (list_members, get_member, change_role, remove_member, leave_company, transfer_ownership)
