"""Drafts: letters that are being written, saved as often as one likes, and sealed."""

from uuid import UUID

from litestar import Response
from litestar.params import FromPath, JSONBody

from asperguide.adapters.http.bodies import ApiRequest
from asperguide.adapters.http.capsules.parts import DRAFT, DRAFTS, LETTER, VERSIONED, created
from asperguide.adapters.http.handlers import delete, get, post, put
from asperguide.adapters.http.once import Once
from asperguide.adapters.http.paging import Items, Listing, listed
from asperguide.adapters.http.preconditions import etag_of, expected_version, required_version, single
from asperguide.adapters.http.routes import Given, route
from asperguide.capsules import (
    CapsuleId,
    CreateDraft,
    DeleteDraft,
    Draft,
    DraftView,
    GetDraft,
    ListDrafts,
    SaveDraft,
)
from asperguide.capsules.errors import CapsuleAlreadySealed, DraftNotFound, InvalidCapsule, LetterUnreadable
from asperguide.shared.actor import Actor
from asperguide.shared.errors import EditedMeanwhile, NotWhileImpersonating
from asperguide.shared.pages import PageRequest

CHANGING = (DraftNotFound, CapsuleAlreadySealed, EditedMeanwhile)
READING = (NotWhileImpersonating, LetterUnreadable)


@post(
    "/drafts",
    tags=DRAFTS,
    **route(
        "create_draft", CreateDraft, idempotent=True, raises=(InvalidCapsule,), example=LETTER, answer_example=DRAFT,
        answers=VERSIONED,
    ),
)  # fmt: skip
async def create_draft(
    actor: Given[Actor],
    create_draft: Given[CreateDraft],
    once: Given[Once],
    data: JSONBody[Draft | None] = None,
) -> Response[DraftView]:
    draft = await once(DraftView, lambda: create_draft(actor, data or Draft()))
    return created(draft, f"/drafts/{draft.id}", etag=etag_of(draft.version))


@get(
    "/drafts",
    tags=DRAFTS,
    **route(
        "list_drafts", ListDrafts, raises=READING, listing=Listing(sort=("updated_at",)),
        answer_example={"items": [DRAFT], "next_cursor": None},
    ),
)  # fmt: skip
async def list_drafts(
    request: ApiRequest, actor: Given[Actor], page: Given[PageRequest], list_drafts: Given[ListDrafts]
) -> Response[Items[DraftView]]:
    return listed(request, await list_drafts(actor, page), lambda draft: draft)


@get(
    "/drafts/{id:uuid}",
    tags=DRAFTS,
    **route("get_draft", GetDraft, versioned="read", raises=(DraftNotFound, *READING), answer_example=DRAFT),
)
async def get_draft(
    id: FromPath[UUID], request: ApiRequest, actor: Given[Actor], get_draft: Given[GetDraft]
) -> Response[DraftView]:
    draft = await get_draft(actor, CapsuleId(id))
    return single(request, draft, draft.version)


@put(
    "/drafts/{id:uuid}",
    tags=DRAFTS,
    **route(
        "save_draft", SaveDraft, versioned="required", raises=(*CHANGING, InvalidCapsule), example=LETTER,
        answer_example={**DRAFT, "version": 2},
    ),
)  # fmt: skip
async def save_draft(
    id: FromPath[UUID],
    data: JSONBody[Draft],
    request: ApiRequest,
    actor: Given[Actor],
    save_draft: Given[SaveDraft],
) -> Response[DraftView]:
    draft = await save_draft(actor, CapsuleId(id), data, required_version(request))
    return single(request, draft, draft.version)


@delete(
    "/drafts/{id:uuid}",
    status_code=204,
    tags=DRAFTS,
    **route("delete_draft", DeleteDraft, versioned="optional", raises=CHANGING),
)
async def delete_draft(
    id: FromPath[UUID], request: ApiRequest, actor: Given[Actor], delete_draft: Given[DeleteDraft]
) -> None:
    await delete_draft(actor, CapsuleId(id), expected_version(request))


ROUTES = (create_draft, list_drafts, get_draft, save_draft, delete_draft)
