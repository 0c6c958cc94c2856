"""Taking my data along."""

from uuid import UUID

from litestar import Response
from litestar.params import FromPath, JSONBody

from asperguide.adapters.http.answers import Plain
from asperguide.adapters.http.handlers import get, post
from asperguide.adapters.http.identity.me import PROOF, TAGS
from asperguide.adapters.http.long_work import accepted
from asperguide.adapters.http.once import Once
from asperguide.adapters.http.routes import Given, route
from asperguide.identity import AskForExport, ExportAsked, ExportRequest, OpenExport, OpenMyExport
from asperguide.identity.errors import ExportNotFound, TooManyExports
from asperguide.shared.actor import Actor, Origin
from asperguide.shared.errors import NotWhileImpersonating, StorageUnavailable
from asperguide.shared.storage import SignedRequest

TEMPORARY = 307
WHERE = {"description": "A signed address, good for 5 minutes.", "schema": {"type": "string"}}
MOVED = {TEMPORARY: {"description": "Fetch it there.", "headers": {"Location": WHERE}}}


@post(
    "/users/me/export",
    status_code=202,
    tags=TAGS,
    **route("ask_for_export", AskForExport, idempotent=True, long=True, raises=(TooManyExports, *PROOF)),
)
async def ask_for_export(
    actor: Given[Actor],
    ask_for_export: Given[AskForExport],
    once: Given[Once],
    origin: Given[Origin],
    data: JSONBody[ExportRequest | None] = None,
) -> Response[ExportAsked]:
    asked = await once(ExportAsked, lambda: ask_for_export(actor, data or ExportRequest(), origin))
    return accepted(asked.job, asked)


@get(
    "/users/me/exports/{id:uuid}",
    status_code=TEMPORARY,
    tags=TAGS,
    **route(
        "open_my_export",
        OpenMyExport,
        answers=MOVED,
        raises=(ExportNotFound, NotWhileImpersonating, StorageUnavailable),
    ),
)
async def open_my_export(
    id: FromPath[UUID], actor: Given[Actor], open_my_export: Given[OpenMyExport]
) -> Response[None]:
    return _to(await open_my_export(actor, id))


@get(
    "/exports/{token:str}",
    status_code=TEMPORARY,
    tags=TAGS,
    **route(
        "open_export", OpenExport, public=True, lenient=True, answers=MOVED, raises=(ExportNotFound, StorageUnavailable)
    ),
)
async def open_export(token: FromPath[str], open_export: Given[OpenExport]) -> Response[None]:
    return _to(await open_export(token))


def _to(archive: SignedRequest) -> Response[None]:
    return Plain(None, status_code=TEMPORARY, headers={"location": archive.url, "cache-control": "no-store"})


EXPORTS = (ask_for_export, open_my_export, open_export)
