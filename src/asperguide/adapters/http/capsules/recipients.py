"""The address book: those whom somebody writes to."""

from uuid import UUID

from litestar import Response
from litestar.params import FromPath, JSONBody

from asperguide.adapters.http.bodies import ApiRequest
from asperguide.adapters.http.capsules.parts import RECIPIENT, RECIPIENTS, TO, VERSIONED, created
from asperguide.adapters.http.handlers import delete, get, patch, post
from asperguide.adapters.http.once import Once
from asperguide.adapters.http.paging import Items, Listing, listed
from asperguide.adapters.http.preconditions import etag_of, expected_version, single
from asperguide.adapters.http.routes import Given, route
from asperguide.capsules import (
    AddRecipient,
    ChangeRecipient,
    GetRecipient,
    ListRecipients,
    NewRecipient,
    Recipient,
    RecipientChange,
    RecipientId,
    RemoveRecipient,
)
from asperguide.capsules.errors import InvalidRecipient, RecipientKnown, RecipientNotFound
from asperguide.shared.actor import Actor
from asperguide.shared.errors import EditedMeanwhile
from asperguide.shared.pages import PageRequest


@post(
    "/recipients",
    tags=RECIPIENTS,
    **route(
        "add_recipient", AddRecipient, idempotent=True, raises=(InvalidRecipient, RecipientKnown),
        example={**TO, "relationship": "sister"}, answer_example=RECIPIENT, answers=VERSIONED,
    ),
)  # fmt: skip
async def add_recipient(
    data: JSONBody[NewRecipient], actor: Given[Actor], add_recipient: Given[AddRecipient], once: Given[Once]
) -> Response[Recipient]:
    recipient = await once(Recipient, lambda: add_recipient(actor, data))
    return created(recipient, f"/recipients/{recipient.id}", etag=etag_of(recipient.version))


@get(
    "/recipients",
    tags=RECIPIENTS,
    **route(
        "list_recipients", ListRecipients, listing=Listing(sort=("created_at", "name")),
        answer_example={"items": [RECIPIENT], "next_cursor": None},
    ),
)  # fmt: skip
async def list_recipients(
    request: ApiRequest, actor: Given[Actor], page: Given[PageRequest], list_recipients: Given[ListRecipients]
) -> Response[Items[Recipient]]:
    return listed(request, await list_recipients(actor, page), lambda recipient: recipient)


@get(
    "/recipients/{id:uuid}",
    tags=RECIPIENTS,
    **route("get_recipient", GetRecipient, versioned="read", raises=(RecipientNotFound,), answer_example=RECIPIENT),
)
async def get_recipient(
    id: FromPath[UUID], request: ApiRequest, actor: Given[Actor], get_recipient: Given[GetRecipient]
) -> Response[Recipient]:
    recipient = await get_recipient(actor, RecipientId(id))
    return single(request, recipient, recipient.version)


@patch(
    "/recipients/{id:uuid}",
    tags=RECIPIENTS,
    **route(
        "change_recipient", ChangeRecipient, versioned="optional",
        raises=(RecipientNotFound, RecipientKnown, InvalidRecipient, EditedMeanwhile),
        example={"name": "Siobhán Byrne", "relationship": None}, answer_example={**RECIPIENT, "version": 2},
    ),
)  # fmt: skip
async def change_recipient(
    id: FromPath[UUID],
    data: JSONBody[RecipientChange],
    request: ApiRequest,
    actor: Given[Actor],
    change_recipient: Given[ChangeRecipient],
) -> Response[Recipient]:
    recipient = await change_recipient(actor, RecipientId(id), data, expected_version(request))
    return single(request, recipient, recipient.version)


@delete(
    "/recipients/{id:uuid}",
    status_code=204,
    tags=RECIPIENTS,
    **route("remove_recipient", RemoveRecipient, versioned="optional", raises=(RecipientNotFound, EditedMeanwhile)),
)
async def remove_recipient(
    id: FromPath[UUID], request: ApiRequest, actor: Given[Actor], remove_recipient: Given[RemoveRecipient]
) -> None:
    await remove_recipient(actor, RecipientId(id), expected_version(request))


ROUTES = (add_recipient, list_recipients, get_recipient, change_recipient, remove_recipient)
