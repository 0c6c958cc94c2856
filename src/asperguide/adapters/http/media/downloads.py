"""Bytes of files: to their owner, to whoever may see them, and to holders of temporary links."""

from typing import Annotated
from uuid import UUID

import msgspec
from litestar import Response
from litestar.params import FromPath, JSONBody, QueryParameter

from asperguide.adapters.http.bodies import ApiRequest
from asperguide.adapters.http.handlers import delete, get, post
from asperguide.adapters.http.media.parts import FILES, ID, READ, READING
from asperguide.adapters.http.media.sending import sent
from asperguide.adapters.http.once import Once
from asperguide.adapters.http.openapi_parts import CREATED, header
from asperguide.adapters.http.preconditions import single, version_of
from asperguide.adapters.http.problems import PreconditionFailed, RangeNotSatisfiable
from asperguide.adapters.http.routes import Given, route
from asperguide.media import (
    FileId,
    FollowLink,
    LinkId,
    LinkToContent,
    LinkView,
    ListLinks,
    MadeLink,
    MakeLink,
    NewLink,
    ReadFile,
    RevokeLink,
)
from asperguide.media.errors import FileNotFound, FileNotReady, LinkNotFound, TooManyLinks
from asperguide.shared.actor import Actor
from asperguide.shared.errors import NotWhileImpersonating, StorageUnavailable

CAN_FAIL = (FileNotFound, FileNotReady, RangeNotSatisfiable, PreconditionFailed, StorageUnavailable)
LINK = {"id": ID, "created_at": "2026-01-19T10:30:00Z", "expires_at": "2026-01-19T11:30:00Z"}
TOKEN = "kq3xJ0m8dD1yTtVh0bqjvC2b7nWmYw5rPzLxgS4uEoA"  # noqa: S105
MADE = {**LINK, "url": f"https://guides.example.org/api/v1/links/{TOKEN}", "token": TOKEN}
MOVED = {307: {"description": "Fetch it there.", "headers": {"Location": header("A signed address of the storage.")}}}

Inline = Annotated[
    bool, QueryParameter(description="Have it shown instead of saved, if it is a picture, a video or a sound.")
]
Redirect = Annotated[
    bool, QueryParameter(description="Be sent to a signed address of the storage (307), good for a few minutes.")
]


class Links(msgspec.Struct, frozen=True, kw_only=True):
    """The links to a file that have not expired."""

    items: tuple[LinkView, ...]


@get(
    "/files/{id:uuid}/content",
    tags=FILES,
    **route(
        "read_file", ReadFile, optional=True, raises=CAN_FAIL, parameters=READING, answers={**READ, **MOVED},
        summary="The bytes of a file",
    ),
)  # fmt: skip
async def read_file(
    id: FromPath[UUID],
    request: ApiRequest,
    read_file: Given[ReadFile],
    link_to_content: Given[LinkToContent],
    inline: Inline = False,
    redirect: Redirect = False,
) -> Response[bytes]:
    actor = request.call.actor
    if redirect:
        signed = await link_to_content(actor, FileId(id), inline=inline)
        return Response(b"", status_code=307, headers={"location": signed.url, "cache-control": "no-store"})
    return sent(request, await read_file(actor, FileId(id)), inline=inline)


@post(
    "/files/{id:uuid}/links",
    tags=FILES,
    **route(
        "make_link", MakeLink, idempotent=True,
        raises=(FileNotFound, FileNotReady, TooManyLinks, NotWhileImpersonating),
        example={"expires_in": 3600}, answer_example=MADE, answers=CREATED,
    ),
)  # fmt: skip
async def make_link(
    id: FromPath[UUID], data: JSONBody[NewLink], actor: Given[Actor], make_link: Given[MakeLink], once: Given[Once]
) -> Response[MadeLink]:
    made = await once(MadeLink, lambda: make_link(actor, FileId(id), data))
    return Response(made, status_code=201, headers={"location": made.url})


@get(
    "/files/{id:uuid}/links",
    tags=FILES,
    **route("list_links", ListLinks, versioned="read", raises=(FileNotFound,), answer_example={"items": [LINK]}),
)
async def list_links(
    id: FromPath[UUID], request: ApiRequest, actor: Given[Actor], list_links: Given[ListLinks]
) -> Response[Links]:
    links = Links(items=tuple(await list_links(actor, FileId(id))))
    return single(request, links, version_of(links))


@delete(
    "/files/{id:uuid}/links/{link:uuid}",
    status_code=204,
    tags=FILES,
    **route("revoke_link", RevokeLink, raises=(FileNotFound, LinkNotFound)),
)
async def revoke_link(
    id: FromPath[UUID], link: FromPath[UUID], actor: Given[Actor], revoke_link: Given[RevokeLink]
) -> None:
    await revoke_link(actor, FileId(id), LinkId(link))


@get(
    "/links/{token:str}",
    tags=FILES,
    **route(
        "follow_link", FollowLink, public=True, lenient=True, raises=(LinkNotFound, *CAN_FAIL), parameters=READING,
        answers=READ, summary="The bytes behind a link",
    ),
)  # fmt: skip
async def follow_link(
    token: FromPath[str], request: ApiRequest, follow_link: Given[FollowLink], inline: Inline = False
) -> Response[bytes]:
    return sent(request, await follow_link(token), inline=inline, by_link=True)


ROUTES = (read_file, make_link, list_links, revoke_link, follow_link)
