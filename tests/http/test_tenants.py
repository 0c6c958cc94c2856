"""What belongs to a company is not there for anybody else: every route that there is, tried by everybody it is not for.

The routes are those of the application, so that new ones are tried as soon as there are any: whoever adds one says in
`PLACES` what stands in its path, or in `PERSONAL` that it is about nothing that belongs to a company.
"""

import re
from collections.abc import AsyncIterator
from dataclasses import dataclass
from typing import Any
from uuid import UUID

import httpx
import pytest
from litestar.handlers import HTTPRouteHandler
from litestar.routes import HTTPRoute

from asperguide.adapters.http.routes import declared_by
from asperguide.adapters.memory.video_tools import toy_clip
from asperguide.server import build
from asperguide.shared.tenancy import CompanyRole
from asperguide.testing import World
from tests.http.capsules.people import Somebody, expect
from tests.http.identity.api import Api
from tests.http.projects.firm import Firm
from tests.media import png

API = "/api/v1"
PERSONAL = frozenset(
    {
        "admin", "capsules", "drafts", "exports", "files", "invitations", "jobs", "links", "markers", "oauth",
        "password", "recipients", "sessions", "uploads", "users", "videos", "viewer",
    }
)  # fmt: skip
"""First words of paths to what belongs to people, to the service, or to whoever holds a token."""
PLACES = {
    "/companies/{id}": "company",
    "/companies/{id}/members/{user}": "member",
    "/companies/{id}/invitations/{invitation}": "invitation",
    "/companies/{id}/clients/{client}": "client",
    "/projects/{id}": "project",
    "/projects/{id}/access/{user}": "listed",
    "/projects/{id}/exports/{export}": "export",
    "/contents/{id}": "content",
    "/contents/{content}": "content",
    "/contents/{id}/videos/{video}": "film",
    "/contents/{content}/videos/{id}": "film",
    "/contents/{id}/schedules/{window}": "window",
}
"""What stands in a path: the name of something that `everything_of` makes in a company."""
BODIES = {"transfer_ownership": "member", "use_template": "template"}
"""Routes whose body names something in the company, which the examples in the documentation cannot know."""
NOTHING: dict[str, dict[str, Any]] = {
    "put_scene": {"placements": []},
    "import_project": {"file": str(UUID(int=1))},
}
"""What is sent where the documentation has an example for everything but the whole."""
NO_ROUTE = 40400


@dataclass(frozen=True)
class Tried:
    """A route below `/api/v1` with a method."""

    method: str
    path: str
    handler: HTTPRouteHandler

    @property
    def name(self) -> str:
        """What the document calls it."""
        return str(self.handler.operation_id)

    @property
    def places(self) -> list[str]:
        """What stands in its path, by the names of PLACES. KeyError for what nobody has said."""
        ends = [found.end() for found in re.finditer(r"\{[^}]*\}", self.path)]
        return [PLACES[self.path[:end]] for end in ends]

    def filled(self, ids: list[str]) -> str:
        """The path with these in their places."""
        rest = iter(ids)
        return re.sub(r"\{[^}]*\}", lambda _: next(rest), self.path)

    def body(self, things: dict[str, str]) -> dict[str, Any]:
        """What to send: the example, made to be about these things. AssertionError when there is none to send."""
        declared = declared_by(self.handler)
        if "data" not in self.handler.parsed_fn_signature.parameters and declared.json is None:
            return {"params": {"month": "2026-01"}} if self.name == "show_calendar" else {}
        example = NOTHING.get(self.name, declared.example)
        assert example is not None, f"{self.name} has no example to send"
        if (named := BODIES.get(self.name)) is not None:
            field = "template" if named == "template" else "user"
            example = {**example, field: things[named]}
        return {"json": example}


def routes() -> list[Tried]:
    """All routes with something in their path that belongs to a company."""
    found = []
    for route in build(World().container).app.routes:
        if not isinstance(route, HTTPRoute) or not route.path_format.startswith(f"{API}/"):
            continue
        path = route.path_format.removeprefix(API)
        if path.split("/")[1] in PERSONAL or "{" not in path:
            continue
        found += [Tried(str(method), path, handler) for method, (handler, _) in route.route_handler_map.items()]
    return sorted(found, key=lambda one: (one.path, one.method))


ROUTES = routes()


@pytest.fixture
async def api() -> AsyncIterator[Api]:
    """The whole application over a world of its own."""
    fresh = Api()
    async with fresh.client:
        yield fresh


async def everything_of(firm: Firm) -> dict[str, str]:
    """The ids of one of each of what a company has."""
    editor, where = await firm.member(CompanyRole.EDITOR), f"/companies/{firm.id}"
    invited = {"email": f"guest-of-{firm.owner.person.username}@example.org", "role": "viewer"}
    client = {"name": "Gráinne", "phone": "+353871234567"}
    project = await firm.project(ends_at=firm.ahead(days=30))
    template = await firm.project("Template", template=True)
    expect(200, await firm.owner("PUT", f"/projects/{project['id']}/access/{editor.id}", json={"role": "viewer"}))
    made = await print_of(firm, project["id"])
    return {
        **made,
        "company": firm.id,
        "member": editor.id,
        "invitation": expect(201, await firm.owner("POST", f"{where}/invitations", json=invited))["id"],
        "client": expect(201, await firm.owner("POST", f"{where}/clients", json=client))["id"],
        "project": project["id"],
        "template": template["id"],
        "listed": editor.id,
    }


async def print_of(firm: Firm, project: str) -> dict[str, str]:
    """A print with a film, a window, rules and a scene."""
    files = [("photo", ("p.png", png(640, 480), "image/png")), ("video", ("v.mp4", toy_clip(), "video/mp4"))]
    content = expect(201, await firm.owner("POST", f"/projects/{project}/contents", files=files))
    where, film = f"/contents/{content['id']}", content["videos"][0]["id"]
    span = {"video": film, "starts_at": firm.ahead(days=1), "ends_at": firm.ahead(days=2)}
    window = expect(201, await firm.owner("POST", f"{where}/schedules", json=span))
    expect(201, await firm.owner("POST", f"{where}/rotation", json={"kind": "fixed", "videos": [film]}))
    expect(200, await firm.owner("PUT", f"{where}/scene", json={"placements": []}))
    asked = expect(202, await firm.owner("POST", f"/projects/{project}/export"))
    await firm.api.world.settle()
    job = await firm.owner.get(f"/jobs/{asked['job']}")
    return {"export": job["result"].rpartition("/")[2], "content": content["id"], "film": film, "window": window["id"]}


def refused(answer: httpx.Response) -> dict[str, Any]:
    """What somebody is told who is told that there is nothing, without what is about the request itself."""
    body: dict[str, Any] = answer.json()
    assert answer.status_code == 404, answer.text
    assert body["internal_code"] != NO_ROUTE, answer.text
    return {name: body[name] for name in body.keys() - {"request_id", "timestamp", "instance"}}


async def tried(one: Tried, by: Somebody, ids: list[str], things: dict[str, str]) -> httpx.Response:
    """The answer to somebody who asks for this of these things."""
    return await by(one.method, one.filled(ids), **one.body(things))


def test_the_table_of_places_is_about_routes_that_there_are() -> None:
    used = {name for one in ROUTES for name in one.places}
    assert used == set(PLACES.values())
    assert {"company", "project"} <= used
    assert set(BODIES) <= {one.name for one in ROUTES}
    assert len(ROUTES) > 35


async def test_whatever_belongs_to_another_company_is_not_there_whoever_asks(api: Api) -> None:
    mine, theirs = await Firm.founded(api, "siobhan"), await Firm.founded(api, "malik", "Other")
    things, own = await everything_of(theirs), await everything_of(mine)
    people = [*[await mine.member(role) for role in CompanyRole], await Somebody.called(api, "nobody")]
    for one in ROUTES:
        absent = [str(UUID(int=n + 1)) for n in range(len(one.places))]
        nothing = refused(await tried(one, mine.owner, absent, own))
        for by in people:
            assert refused(await tried(one, by, [things[name] for name in one.places], things)) == nothing, one
    assert await everything_is_there(theirs, things)


async def test_what_belongs_to_another_company_is_not_there_in_mine_either(api: Api) -> None:
    mine, theirs = await Firm.founded(api, "siobhan"), await Firm.founded(api, "malik", "Other")
    things, own = await everything_of(theirs), await everything_of(mine)
    deep = [one for one in ROUTES if len(one.places) > 1]
    assert deep
    for one in deep:
        ids = [own[one.places[0]], *(things[name] for name in one.places[1:])]
        refused(await tried(one, mine.owner, ids, own))
    use = next(one for one in ROUTES if one.name == "use_template")
    refused(await tried(use, mine.owner, [mine.id], things))
    assert await everything_is_there(theirs, things)


@pytest.mark.parametrize("one", ROUTES, ids=lambda one: one.name)
async def test_what_others_do_not_find_is_there_for_the_owner(api: Api, one: Tried) -> None:
    firm = await Firm.founded(api)
    things = await everything_of(firm)
    answer = await tried(one, firm.owner, [things[name] for name in one.places], things)
    # Examples name files and videos that are not there: 422 says so to nobody who does not find the rest.
    assert answer.status_code in (200, 201, 202, 204, 307, 409, 422, 429), answer.text


async def everything_is_there(firm: Firm, things: dict[str, str]) -> bool:
    """Whether nothing of it has changed."""
    company = await firm.owner.get(f"/companies/{firm.id}")
    members = await firm.owner.get(f"/companies/{firm.id}/members?limit=100")
    projects = await firm.owner.get(f"/companies/{firm.id}/projects")
    listed = await firm.owner.get(f"/projects/{things['project']}/access")
    versions = [one["version"] for one in projects["items"]]
    return (company["version"], len(members["items"]), versions, len(listed["members"])) == (1, 2, [1, 2], 1)
