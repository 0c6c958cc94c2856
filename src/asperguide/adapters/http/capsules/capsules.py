"""Capsules: sealing letters, seeing that there are some, opening, answering, taking back and putting off."""

from typing import Annotated, Literal
from uuid import UUID

from litestar import Response
from litestar.params import FromPath, JSONBody, QueryParameter

from asperguide.adapters.http.answers import Plain
from asperguide.adapters.http.bodies import ApiRequest
from asperguide.adapters.http.capsules.parts import (
    CANCELLED,
    CAPSULES,
    LATER,
    LETTER,
    MOVED,
    OPENED,
    POSTPONED,
    PROVEN,
    REFLECTION,
    REPLY,
    SEALING,
    SENT,
    SHUT,
    SUMMARY,
    UNFOLDED,
    created,
)
from asperguide.adapters.http.handlers import get, patch, post, put
from asperguide.adapters.http.once import Once
from asperguide.adapters.http.openapi_parts import CREATED
from asperguide.adapters.http.paging import Items, Listing, listed
from asperguide.adapters.http.preconditions import expected_version, single, version_of
from asperguide.adapters.http.routes import Given, route
from asperguide.capsules import (
    AddresseeId,
    CancelCapsule,
    CapsuleId,
    CapsuleSummary,
    CapsuleView,
    GetCapsule,
    LinkAttachment,
    ListCapsules,
    NewAddress,
    NewCapsule,
    NewReflection,
    NewReply,
    OpenCapsule,
    PeekCapsule,
    PostponeCapsule,
    Postponement,
    ProofView,
    ProveCapsule,
    ReaddressCapsule,
    Reflect,
    ReflectionView,
    ReplyToCapsule,
    ReplyView,
    SealCapsule,
    SealDraft,
    Sealing,
)
from asperguide.capsules.errors import (
    AlreadyReplied,
    AttachmentNotFound,
    CapsuleAlreadySealed,
    CapsuleInWrongState,
    CapsuleNotFound,
    CapsuleStillSealed,
    DraftNotFound,
    EarlyViewNotAllowed,
    InvalidCapsule,
    InvalidRecipient,
    InvalidUnlockTime,
    LetterUnreadable,
    RepliesNotAllowed,
)
from asperguide.shared.actor import Actor
from asperguide.shared.errors import EditedMeanwhile, Forbidden, NotWhileImpersonating, StorageUnavailable
from asperguide.shared.pages import PageRequest

SEE_OTHER = 303
SEALED = (InvalidCapsule, InvalidUnlockTime, NotWhileImpersonating)
READING = (CapsuleNotFound, CapsuleStillSealed, CapsuleInWrongState, LetterUnreadable, NotWhileImpersonating)
DOING = (CapsuleNotFound, CapsuleInWrongState, Forbidden, NotWhileImpersonating)
CHANGING = (*DOING, EditedMeanwhile, LetterUnreadable)

Box = Annotated[Literal["inbox", "outbox"], QueryParameter(description="Capsules for me, or from me.")]


@post(
    "/capsules",
    tags=CAPSULES,
    **route(
        "seal_capsule", SealCapsule, idempotent=True, raises=SEALED, example={**LETTER, **SEALING}, answer_example=SENT,
        answers=CREATED,
    ),
)  # fmt: skip
async def seal_capsule(
    data: JSONBody[NewCapsule], actor: Given[Actor], seal_capsule: Given[SealCapsule], once: Given[Once]
) -> Response[CapsuleView]:
    capsule = await once(CapsuleView, lambda: seal_capsule(actor, data))
    return created(capsule, f"/capsules/{capsule.id}")


@post(
    "/capsules/{id:uuid}/seal",
    tags=CAPSULES,
    **route(
        "seal_draft", SealDraft, idempotent=True, versioned="optional", example=SEALING, answer_example=SENT,
        answers=CREATED, raises=(*SEALED, DraftNotFound, CapsuleAlreadySealed, EditedMeanwhile, LetterUnreadable),
    ),
)  # fmt: skip
async def seal_draft(
    id: FromPath[UUID],
    data: JSONBody[Sealing],
    request: ApiRequest,
    actor: Given[Actor],
    seal_draft: Given[SealDraft],
    once: Given[Once],
) -> Response[CapsuleView]:
    version = expected_version(request)
    capsule = await once(CapsuleView, lambda: seal_draft(actor, CapsuleId(id), data, version))
    return created(capsule, f"/capsules/{capsule.id}")


@get(
    "/capsules",
    tags=CAPSULES,
    **route(
        "list_capsules", ListCapsules, answer_example={"items": [SUMMARY], "next_cursor": None},
        listing=Listing(sort=("sealed_at", "unlocks_at"), filters=("state",), also=("box",)),
    ),
)  # fmt: skip
async def list_capsules(
    request: ApiRequest,
    actor: Given[Actor],
    page: Given[PageRequest],
    list_capsules: Given[ListCapsules],
    box: Box = "inbox",
) -> Response[Items[CapsuleSummary]]:
    return listed(request, await list_capsules(actor, box, page), lambda capsule: capsule)


@get(
    "/capsules/{id:uuid}",
    tags=CAPSULES,
    **route(
        "get_capsule", GetCapsule, versioned="read", raises=(CapsuleNotFound, LetterUnreadable), answer_example=SHUT
    ),
)
async def get_capsule(
    id: FromPath[UUID], request: ApiRequest, actor: Given[Actor], get_capsule: Given[GetCapsule]
) -> Response[CapsuleView]:
    # Nothing but what is shown goes into the ETag: it must not tell that something else has changed.
    capsule = await get_capsule(actor, CapsuleId(id))
    return single(request, capsule, version_of(capsule))


@post(
    "/capsules/{id:uuid}/open",
    status_code=200,
    tags=CAPSULES,
    **route("open_capsule", OpenCapsule, raises=(*CHANGING, CapsuleStillSealed), answer_example=OPENED),
)
async def open_capsule(id: FromPath[UUID], actor: Given[Actor], open_capsule: Given[OpenCapsule]) -> CapsuleView:
    return await open_capsule(actor, CapsuleId(id))


@get(
    "/capsules/{id:uuid}/early-view",
    tags=CAPSULES,
    **route(
        "peek_capsule", PeekCapsule, versioned="read", answer_example=UNFOLDED,
        raises=(*DOING, CapsuleStillSealed, EarlyViewNotAllowed, LetterUnreadable),
    ),
)  # fmt: skip
async def peek_capsule(
    id: FromPath[UUID], request: ApiRequest, actor: Given[Actor], peek_capsule: Given[PeekCapsule]
) -> Response[CapsuleView]:
    capsule = await peek_capsule(actor, CapsuleId(id))
    return single(request, capsule, version_of(capsule))


@post(
    "/capsules/{id:uuid}/cancel",
    status_code=200,
    tags=CAPSULES,
    **route("cancel_capsule", CancelCapsule, raises=CHANGING, answer_example=CANCELLED),
)
async def cancel_capsule(id: FromPath[UUID], actor: Given[Actor], cancel_capsule: Given[CancelCapsule]) -> CapsuleView:
    return await cancel_capsule(actor, CapsuleId(id))


@post(
    "/capsules/{id:uuid}/postpone",
    status_code=200,
    tags=CAPSULES,
    **route(
        "postpone_capsule", PostponeCapsule, raises=(*CHANGING, InvalidUnlockTime), example=LATER,
        answer_example=POSTPONED,
    ),
)  # fmt: skip
async def postpone_capsule(
    id: FromPath[UUID], data: JSONBody[Postponement], actor: Given[Actor], postpone_capsule: Given[PostponeCapsule]
) -> CapsuleView:
    return await postpone_capsule(actor, CapsuleId(id), data)


@patch(
    "/capsules/{id:uuid}/recipients/{recipient:uuid}",
    tags=CAPSULES,
    **route(
        "readdress_capsule", ReaddressCapsule, raises=(*CHANGING, InvalidRecipient),
        example={"email": "siobhan.byrne@example.org"}, answer_example=SENT,
    ),
)  # fmt: skip
async def readdress_capsule(
    id: FromPath[UUID],
    recipient: FromPath[UUID],
    data: JSONBody[NewAddress],
    actor: Given[Actor],
    readdress_capsule: Given[ReaddressCapsule],
) -> CapsuleView:
    return await readdress_capsule(actor, CapsuleId(id), AddresseeId(recipient), data)


@post(
    "/capsules/{id:uuid}/reply",
    tags=CAPSULES,
    **route(
        "reply_to_capsule", ReplyToCapsule, idempotent=True, example={"text": REPLY["text"]}, answer_example=REPLY,
        raises=(*DOING, CapsuleStillSealed, RepliesNotAllowed, AlreadyReplied, InvalidCapsule, EditedMeanwhile),
    ),
)  # fmt: skip
async def reply_to_capsule(
    id: FromPath[UUID],
    data: JSONBody[NewReply],
    actor: Given[Actor],
    reply_to_capsule: Given[ReplyToCapsule],
    once: Given[Once],
) -> ReplyView:
    return await once(ReplyView, lambda: reply_to_capsule(actor, CapsuleId(id), data))


@put(
    "/capsules/{id:uuid}/reflection",
    tags=CAPSULES,
    **route(
        "reflect", Reflect, raises=(*DOING, CapsuleStillSealed, InvalidCapsule),
        example={"text": REFLECTION["text"]}, answer_example=REFLECTION,
    ),
)  # fmt: skip
async def reflect(
    id: FromPath[UUID], data: JSONBody[NewReflection], actor: Given[Actor], reflect: Given[Reflect]
) -> ReflectionView:
    return await reflect(actor, CapsuleId(id), data)


@get(
    "/capsules/{id:uuid}/proof",
    tags=CAPSULES,
    **route("prove_capsule", ProveCapsule, versioned="read", raises=READING, answer_example=PROVEN),
)
async def prove_capsule(
    id: FromPath[UUID], request: ApiRequest, actor: Given[Actor], prove_capsule: Given[ProveCapsule]
) -> Response[ProofView]:
    proof = await prove_capsule(actor, CapsuleId(id))
    return single(request, proof, version_of(proof))


@get(
    "/capsules/{id:uuid}/attachments/{file:uuid}",
    status_code=SEE_OTHER,
    tags=CAPSULES,
    **route(
        "link_attachment", LinkAttachment, answers=MOVED,
        raises=(*READING, AttachmentNotFound, StorageUnavailable),
    ),
)  # fmt: skip
async def link_attachment(
    id: FromPath[UUID], file: FromPath[UUID], actor: Given[Actor], link_attachment: Given[LinkAttachment]
) -> Response[None]:
    signed = await link_attachment(actor, CapsuleId(id), file)
    return Plain(None, status_code=SEE_OTHER, headers={"location": signed.url, "cache-control": "no-store"})


ROUTES = (
    seal_capsule,
    seal_draft,
    list_capsules,
    get_capsule,
    open_capsule,
    peek_capsule,
    cancel_capsule,
    postpone_capsule,
    readdress_capsule,
    reply_to_capsule,
    reflect,
    prove_capsule,
    link_attachment,
)
