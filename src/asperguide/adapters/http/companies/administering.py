"""Administration of companies by those who run the service."""

from uuid import UUID

from litestar import Response
from litestar.params import FromPath, JSONBody

from asperguide.adapters.http.bodies import ApiRequest
from asperguide.adapters.http.companies.parts import ACCOUNT
from asperguide.adapters.http.handlers import get, patch
from asperguide.adapters.http.paging import Items, Listing, listed
from asperguide.adapters.http.preconditions import expected_version, single
from asperguide.adapters.http.routes import Given, route
from asperguide.companies import (
    AdministerCompany,
    CompanyAccount,
    CompanyAdministration,
    ListAllCompanies,
    ShowAnyCompany,
)
from asperguide.companies.errors import CompanyNotFound, InvalidCompany
from asperguide.shared.actor import Actor, Origin
from asperguide.shared.errors import EditedMeanwhile, NotWhileImpersonating, RoleNeeded
from asperguide.shared.pages import PageRequest
from asperguide.shared.tenancy import CompanyId

TAGS = ["administration"]
ALWAYS = (RoleNeeded, NotWhileImpersonating)


@get(
    "/admin/companies",
    tags=TAGS,
    **route(
        "list_all_companies", ListAllCompanies, raises=ALWAYS,
        listing=Listing(sort=("created_at",), filters=("state", "tier", "name")),
        answer_example={"items": [ACCOUNT], "next_cursor": None},
    ),
)  # fmt: skip
async def list_all_companies(
    request: ApiRequest, actor: Given[Actor], page: Given[PageRequest], list_all_companies: Given[ListAllCompanies]
) -> Response[Items[CompanyAccount]]:
    return listed(request, await list_all_companies(actor, page), lambda company: company)


@get(
    "/admin/companies/{id:uuid}",
    tags=TAGS,
    **route(
        "show_any_company", ShowAnyCompany, versioned="read", raises=(*ALWAYS, CompanyNotFound),
        answer_example=ACCOUNT,
    ),
)  # fmt: skip
async def show_any_company(
    id: FromPath[UUID], request: ApiRequest, actor: Given[Actor], show_any_company: Given[ShowAnyCompany]
) -> Response[CompanyAccount]:
    company = await show_any_company(actor, CompanyId(id))
    return single(request, company, company.version)


@patch(
    "/admin/companies/{id:uuid}",
    tags=TAGS,
    **route(
        "administer_company", AdministerCompany, versioned="optional",
        raises=(*ALWAYS, CompanyNotFound, InvalidCompany, EditedMeanwhile),
        example={"tier": "pro", "most_projects": 200},
        answer_example={**ACCOUNT, "tier": "pro", "most_projects": 200, "version": 2},
    ),
)  # fmt: skip
async def administer_company(
    id: FromPath[UUID],
    data: JSONBody[CompanyAdministration],
    request: ApiRequest,
    actor: Given[Actor],
    administer_company: Given[AdministerCompany],
    origin: Given[Origin],
) -> Response[CompanyAccount]:
    company = await administer_company(actor, CompanyId(id), data, expected_version(request), origin)
    return single(request, company, company.version)


ROUTES = (list_all_companies, show_any_company, administer_company)
