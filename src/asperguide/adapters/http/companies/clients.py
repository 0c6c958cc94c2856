"""The clients of a company: adding, finding, changing, erasing them, and taking them along as a table."""

from uuid import UUID

from litestar import Response
from litestar.params import FromPath, JSONBody

from asperguide.adapters.http.bodies import ApiRequest
from asperguide.adapters.http.companies.parts import ADDED, CHANGING, CLIENT, CLIENTS, INSIDE, VERSIONED, created
from asperguide.adapters.http.handlers import delete, get, patch, post
from asperguide.adapters.http.once import Once
from asperguide.adapters.http.paging import Items, Listing, listed
from asperguide.adapters.http.preconditions import etag_of, expected_version, single
from asperguide.adapters.http.routes import Given, route
from asperguide.adapters.http.tables import TABLE, TableResponse
from asperguide.companies import (
    AddClient,
    ChangeClient,
    Client,
    ClientChange,
    EraseClient,
    ExportClients,
    GetClient,
    ListClients,
    NewClient,
)
from asperguide.companies.errors import ClientNotFound, ClientPhoneTaken, InvalidClient
from asperguide.shared.actor import Actor
from asperguide.shared.pages import PageRequest
from asperguide.shared.tenancy import ClientId, CompanyId

KEPT = (ClientPhoneTaken, InvalidClient)


@post(
    "/companies/{id:uuid}/clients",
    tags=CLIENTS,
    **route(
        "add_client", AddClient, idempotent=True, raises=(*CHANGING, *KEPT), example=ADDED, answer_example=CLIENT,
        answers=VERSIONED,
    ),
)  # fmt: skip
async def add_client(
    id: FromPath[UUID],
    data: JSONBody[NewClient],
    actor: Given[Actor],
    add_client: Given[AddClient],
    once: Given[Once],
) -> Response[Client]:
    client = await once(Client, lambda: add_client(actor, CompanyId(id), data))
    return created(client, f"/companies/{id}/clients/{client.id}", etag=etag_of(client.version))


@get(
    "/companies/{id:uuid}/clients",
    tags=CLIENTS,
    **route(
        "list_clients", ListClients, raises=INSIDE, listing=Listing(sort=("name", "created_at"), filters=("search",)),
        answer_example={"items": [CLIENT], "next_cursor": None},
    ),
)  # fmt: skip
async def list_clients(
    id: FromPath[UUID],
    request: ApiRequest,
    actor: Given[Actor],
    page: Given[PageRequest],
    list_clients: Given[ListClients],
) -> Response[Items[Client]]:
    return listed(request, await list_clients(actor, CompanyId(id), page), lambda client: client)


@get(
    "/companies/{id:uuid}/clients/export",
    tags=CLIENTS,
    **route("export_clients", ExportClients, raises=CHANGING, answers=TABLE),
)
async def export_clients(
    id: FromPath[UUID], actor: Given[Actor], export_clients: Given[ExportClients]
) -> Response[bytes]:
    export = await export_clients(actor, CompanyId(id))
    return TableResponse(export.name, export.rows)


@get(
    "/companies/{id:uuid}/clients/{client:uuid}",
    tags=CLIENTS,
    **route("get_client", GetClient, versioned="read", raises=(*INSIDE, ClientNotFound), answer_example=CLIENT),
)
async def get_client(
    id: FromPath[UUID],
    client: FromPath[UUID],
    request: ApiRequest,
    actor: Given[Actor],
    get_client: Given[GetClient],
) -> Response[Client]:
    found = await get_client(actor, CompanyId(id), ClientId(client))
    return single(request, found, found.version)


@patch(
    "/companies/{id:uuid}/clients/{client:uuid}",
    tags=CLIENTS,
    **route(
        "change_client", ChangeClient, versioned="optional", raises=(*CHANGING, ClientNotFound, *KEPT),
        example={"phone": None}, answer_example={**CLIENT, "phone": None, "version": 2},
    ),
)  # fmt: skip
async def change_client(
    id: FromPath[UUID],
    client: FromPath[UUID],
    data: JSONBody[ClientChange],
    request: ApiRequest,
    actor: Given[Actor],
    change_client: Given[ChangeClient],
) -> Response[Client]:
    changed = await change_client(actor, CompanyId(id), ClientId(client), data, expected_version(request))
    return single(request, changed, changed.version)


@delete(
    "/companies/{id:uuid}/clients/{client:uuid}",
    status_code=204,
    tags=CLIENTS,
    **route("erase_client", EraseClient, versioned="optional", raises=(*CHANGING, ClientNotFound)),
)
async def erase_client(
    id: FromPath[UUID],
    client: FromPath[UUID],
    request: ApiRequest,
    actor: Given[Actor],
    erase_client: Given[EraseClient],
) -> None:
    await erase_client(actor, CompanyId(id), ClientId(client), expected_version(request))


ROUTES = (add_client, list_clients, export_clients, get_client, change_client, erase_client)
