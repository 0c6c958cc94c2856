"""Invitations into a company: for those who invite, and for those who have the link out of a mail.

What such a link ends with is a secret: nothing but the pattern of the address is logged, traced or counted.
"""

from uuid import UUID

from litestar import Response
from litestar.params import FromPath, JSONBody

from asperguide.adapters.http.answers import Plain
from asperguide.adapters.http.bodies import ApiRequest
from asperguide.adapters.http.companies.parts import (
    CHANGING,
    INSIDE,
    INVITATION,
    INVITED,
    INVITING,
    JOINED,
    MEMBERS,
    created,
)
from asperguide.adapters.http.handlers import delete, get, post
from asperguide.adapters.http.once import Once
from asperguide.adapters.http.openapi_parts import CREATED
from asperguide.adapters.http.paging import Items, Listing, listed
from asperguide.adapters.http.routes import Given, route
from asperguide.companies import (
    AcceptInvitation,
    DeclineInvitation,
    InvitationId,
    InvitationView,
    InvitedView,
    InviteMember,
    Joined,
    ListInvitations,
    NewInvitation,
    ResendInvitation,
    RevokeInvitation,
    ShowInvitation,
)
from asperguide.companies.errors import (
    AlreadyInvited,
    AlreadyMember,
    InvalidInvitation,
    InvitationForAnother,
    InvitationNotFound,
    InvitationOver,
    InvitedJustNow,
    TooManyInvitations,
)
from asperguide.shared.actor import Actor
from asperguide.shared.errors import EditedMeanwhile, NotWhileImpersonating
from asperguide.shared.pages import PageRequest
from asperguide.shared.tenancy import CompanyId

ANSWERING = (InvitationNotFound, InvitationOver, EditedMeanwhile)
ONE = (*CHANGING, InvitationNotFound, InvitationOver, NotWhileImpersonating)


@post(
    "/companies/{id:uuid}/invitations",
    tags=MEMBERS,
    **route(
        "invite_member", InviteMember, idempotent=True, example=INVITING, answer_example=INVITATION, answers=CREATED,
        raises=(
            *CHANGING, AlreadyMember, AlreadyInvited, TooManyInvitations, InvalidInvitation, NotWhileImpersonating,
        ),
    ),
)  # fmt: skip
async def invite_member(
    id: FromPath[UUID],
    data: JSONBody[NewInvitation],
    actor: Given[Actor],
    invite_member: Given[InviteMember],
    once: Given[Once],
) -> Response[InvitationView]:
    invitation = await once(InvitationView, lambda: invite_member(actor, CompanyId(id), data))
    return created(invitation, f"/companies/{id}/invitations")


@get(
    "/companies/{id:uuid}/invitations",
    tags=MEMBERS,
    **route(
        "list_invitations", ListInvitations, raises=INSIDE, listing=Listing(sort=("created_at",), filters=("state",)),
        answer_example={"items": [INVITATION], "next_cursor": None},
    ),
)  # fmt: skip
async def list_invitations(
    id: FromPath[UUID],
    request: ApiRequest,
    actor: Given[Actor],
    page: Given[PageRequest],
    list_invitations: Given[ListInvitations],
) -> Response[Items[InvitationView]]:
    return listed(request, await list_invitations(actor, CompanyId(id), page), lambda invitation: invitation)


@post(
    "/companies/{id:uuid}/invitations/{invitation:uuid}/resend",
    status_code=200,
    tags=MEMBERS,
    **route(
        "resend_invitation",
        ResendInvitation,
        raises=(*ONE, InvitedJustNow, TooManyInvitations),
        answer_example=INVITATION,
    ),
)
async def resend_invitation(
    id: FromPath[UUID],
    invitation: FromPath[UUID],
    actor: Given[Actor],
    resend_invitation: Given[ResendInvitation],
) -> InvitationView:
    return await resend_invitation(actor, CompanyId(id), InvitationId(invitation))


@delete(
    "/companies/{id:uuid}/invitations/{invitation:uuid}",
    status_code=204,
    tags=MEMBERS,
    **route("revoke_invitation", RevokeInvitation, raises=ONE),
)
async def revoke_invitation(
    id: FromPath[UUID],
    invitation: FromPath[UUID],
    actor: Given[Actor],
    revoke_invitation: Given[RevokeInvitation],
) -> None:
    await revoke_invitation(actor, CompanyId(id), InvitationId(invitation))


@get(
    "/invitations/{token:str}",
    tags=MEMBERS,
    **route(
        "show_invitation", ShowInvitation, public=True, raises=(InvitationNotFound, InvitationOver),
        answer_example=INVITED,
    ),
)  # fmt: skip
async def show_invitation(token: FromPath[str], show_invitation: Given[ShowInvitation]) -> Response[InvitedView]:
    return Plain(await show_invitation(token), headers={"cache-control": "no-store"})


@post(
    "/invitations/{token:str}/accept",
    status_code=200,
    tags=MEMBERS,
    **route(
        "accept_invitation", AcceptInvitation, answer_example=JOINED,
        raises=(*ANSWERING, InvitationForAnother, AlreadyMember, NotWhileImpersonating),
    ),
)  # fmt: skip
async def accept_invitation(
    token: FromPath[str], actor: Given[Actor], accept_invitation: Given[AcceptInvitation]
) -> Joined:
    return await accept_invitation(actor, token)


@post(
    "/invitations/{token:str}/decline",
    status_code=204,
    tags=MEMBERS,
    **route("decline_invitation", DeclineInvitation, public=True, raises=ANSWERING),
)
async def decline_invitation(token: FromPath[str], decline_invitation: Given[DeclineInvitation]) -> None:
    await decline_invitation(token)


ROUTES = (
    invite_member,
    list_invitations,
    resend_invitation,
    revoke_invitation,
    show_invitation,
    accept_invitation,
    decline_invitation,
)
