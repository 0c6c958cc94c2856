"""Companies themselves: founding, seeing, changing and deleting them, their settings, what happened in them."""

from typing import Annotated
from uuid import UUID

from litestar import Response
from litestar.params import FromPath, JSONBody, QueryParameter

from asperguide.adapters.http.answers import Plain
from asperguide.adapters.http.bodies import ApiRequest
from asperguide.adapters.http.companies.parts import (
    CHANGING,
    COMPANIES,
    COMPANY,
    GONE,
    HAPPENING,
    INSIDE,
    NEW,
    SETTINGS,
    SUMMARY,
    VERSIONED,
    created,
)
from asperguide.adapters.http.handlers import delete, get, patch, post
from asperguide.adapters.http.long_work import accepted
from asperguide.adapters.http.once import Once
from asperguide.adapters.http.paging import Items, Listing, listed
from asperguide.adapters.http.preconditions import changing, etag_of, expected_version, single
from asperguide.adapters.http.routes import Given, route
from asperguide.companies import (
    ChangeCompany,
    ChangeCompanySettings,
    CompanyChange,
    CompanyDeleted,
    CompanySummary,
    CompanyView,
    CreateCompany,
    DeleteCompany,
    GetCompany,
    GetCompanySettings,
    HappeningView,
    ListActivity,
    ListCompanies,
    NewCompany,
    SettingsChange,
    SettingsView,
)
from asperguide.companies.errors import (
    CompanyNameTaken,
    CompanyNotEmpty,
    CompanySlugTaken,
    InvalidCompany,
    InvalidCompanySettings,
)
from asperguide.shared.actor import Actor
from asperguide.shared.errors import NotWhileImpersonating
from asperguide.shared.pages import PageRequest
from asperguide.shared.tenancy import CompanyId

TAKEN = (CompanyNameTaken, CompanySlugTaken, InvalidCompany)

Cascade = Annotated[bool, QueryParameter(description="Delete it with everything in it, by a job (202).")]


@post(
    "/companies",
    tags=COMPANIES,
    **route(
        "create_company", CreateCompany, idempotent=True, raises=TAKEN, example=NEW, answer_example=COMPANY,
        answers=VERSIONED,
    ),
)  # fmt: skip
async def create_company(
    data: JSONBody[NewCompany], actor: Given[Actor], create_company: Given[CreateCompany], once: Given[Once]
) -> Response[CompanyView]:
    company = await once(CompanyView, lambda: create_company(actor, data))
    return created(company, f"/companies/{company.id}", etag=etag_of(company.version, company))


@get(
    "/companies",
    tags=COMPANIES,
    **route(
        "list_companies", ListCompanies, listing=Listing(sort=("since", "name"), filters=("role",)),
        answer_example={"items": [SUMMARY], "next_cursor": None},
    ),
)  # fmt: skip
async def list_companies(
    request: ApiRequest, actor: Given[Actor], page: Given[PageRequest], list_companies: Given[ListCompanies]
) -> Response[Items[CompanySummary]]:
    return listed(request, await list_companies(actor, page), lambda company: company)


@get(
    "/companies/{id:uuid}",
    tags=COMPANIES,
    **route("get_company", GetCompany, versioned="read", raises=INSIDE, answer_example=COMPANY),
)
async def get_company(
    id: FromPath[UUID], request: ApiRequest, actor: Given[Actor], get_company: Given[GetCompany]
) -> Response[CompanyView]:
    return _single(request, await get_company(actor, CompanyId(id)))


@patch(
    "/companies/{id:uuid}",
    tags=COMPANIES,
    **route(
        "change_company", ChangeCompany, versioned="optional", raises=(*CHANGING, *TAKEN),
        example={"name": "O'Neil & Daughters", "website": None}, answer_example={**COMPANY, "version": 2},
    ),
)  # fmt: skip
async def change_company(
    id: FromPath[UUID],
    data: JSONBody[CompanyChange],
    request: ApiRequest,
    actor: Given[Actor],
    change_company: Given[ChangeCompany],
) -> Response[CompanyView]:
    return _single(request, await change_company(actor, CompanyId(id), data, expected_version(request)))


@delete(
    "/companies/{id:uuid}",
    status_code=202,
    tags=COMPANIES,
    **route(
        "delete_company", DeleteCompany, long=True, versioned="optional", answers=GONE,
        raises=(*CHANGING, CompanyNotEmpty, NotWhileImpersonating),
    ),
)  # fmt: skip
async def delete_company(
    id: FromPath[UUID],
    request: ApiRequest,
    actor: Given[Actor],
    delete_company: Given[DeleteCompany],
    cascade: Cascade = False,
) -> Response[CompanyDeleted | None]:
    deleted = await delete_company(actor, CompanyId(id), cascade=cascade, version=expected_version(request))
    return accepted(deleted.job, deleted) if cascade else Plain(None, status_code=204)


@get(
    "/companies/{id:uuid}/settings",
    tags=COMPANIES,
    **route("get_company_settings", GetCompanySettings, versioned="read", raises=INSIDE, answer_example=SETTINGS),
)
async def get_company_settings(
    id: FromPath[UUID], request: ApiRequest, actor: Given[Actor], get_company_settings: Given[GetCompanySettings]
) -> Response[SettingsView]:
    settings = await get_company_settings(actor, CompanyId(id))
    return single(request, settings, settings.version)


@patch(
    "/companies/{id:uuid}/settings",
    tags=COMPANIES,
    **route(
        "change_company_settings", ChangeCompanySettings, versioned="optional",
        raises=(*CHANGING, InvalidCompanySettings), example={"time_zone": "Europe/Paris", "accent": None},
        answer_example={**SETTINGS, "version": 2},
    ),
)  # fmt: skip
async def change_company_settings(
    id: FromPath[UUID],
    data: JSONBody[SettingsChange],
    request: ApiRequest,
    actor: Given[Actor],
    change_company_settings: Given[ChangeCompanySettings],
) -> Response[SettingsView]:
    settings = await change_company_settings(actor, CompanyId(id), data, expected_version(request))
    return single(request, settings, settings.version)


@get(
    "/companies/{id:uuid}/activity",
    tags=COMPANIES,
    **route(
        "list_activity", ListActivity, raises=INSIDE, listing=Listing(sort=("at",), filters=("what", "by")),
        answer_example={"items": [HAPPENING], "next_cursor": None},
    ),
)  # fmt: skip
async def list_activity(
    id: FromPath[UUID],
    request: ApiRequest,
    actor: Given[Actor],
    page: Given[PageRequest],
    list_activity: Given[ListActivity],
) -> Response[Items[HappeningView]]:
    return listed(request, await list_activity(actor, CompanyId(id), page), lambda happening: happening)


def _single(request: ApiRequest, company: CompanyView) -> Response[CompanyView]:
    """The role of whoever asks is part of what they see."""
    return changing(request, company, company.version)


ROUTES = (
    create_company,
    list_companies,
    get_company,
    change_company,
    delete_company,
    get_company_settings,
    change_company_settings,
    list_activity,
)
