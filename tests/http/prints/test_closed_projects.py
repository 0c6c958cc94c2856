"""Nothing of a restricted project is named to members who are kept out of it, by whatever way round."""

from dataclasses import replace
from typing import Any

import pytest

from asperguide.ar.model import Content, ContentId, PublicId
from asperguide.projects import NewProject
from asperguide.shared.tenancy import CompanyRole, ProjectId
from asperguide.testing.contracts.views import event
from asperguide.testing.world import Person
from tests.companies import enlist
from tests.http.ar.printing import print_in
from tests.http.identity.api import Api, token_of


async def beside(api: Api, owner: Person, other: Content, title: str) -> Content:
    """A content in a further project of the company."""
    container, ids = api.world.container, api.world.ids
    project = await container.create_project()(owner.actor, other.company, NewProject(name=title))
    made = replace(
        other, id=ContentId(ids.new()), project=ProjectId(project.id), title=title, number=title, videos=(),
        public_id=PublicId(ids.secret().hex()[:22]),
    )  # fmt: skip
    async with container.ar_unit_of_work() as uow:
        await uow.contents.add(made)
        await uow.commit()
    return made


async def viewed(api: Api, content: Content, times: int) -> None:
    """So many views of it."""
    day = api.world.clock.now()
    about = {"company": content.company, "project": content.project, "content": content.id}
    await api.world.container.event_log().add(
        [event(day=day.date(), at=day, **about) for _ in range(times)]  # type: ignore[arg-type]
    )


@pytest.mark.parametrize("role", [CompanyRole.EDITOR, CompanyRole.VIEWER])
async def test_what_a_company_shows_of_views_names_no_print_of_a_closed_project(role: CompanyRole) -> None:
    api = Api()
    async with api.client:
        owner, member = await api.member("siobhan"), await api.member("amelie")
        plain = await print_in(api.world.container, owner.actor)
        secret, shared = await beside(api, owner, plain, "Secret"), await beside(api, owner, plain, "Shared")
        for times, content in ((3, plain), (9, secret), (2, shared)):
            await viewed(api, content, times)
        await enlist(api.world, plain.company, member, role)
        for content in (secret, shared):
            access = f"/projects/{content.project}/access"
            changed = await api("PATCH", access, token_of(owner), json={"access": "restricted"})
            assert changed.status_code == 200, changed.text
        listed = f"/projects/{shared.project}/access/{member.actor.user}"
        assert (await api("PUT", listed, token_of(owner), json={"role": "viewer"})).status_code in (200, 201)

        async def top(who: Person) -> tuple[list[Any], int]:
            path = f"/companies/{plain.company}/analytics"
            answer, table = await api("GET", path, token_of(who)), await api("GET", f"{path}.csv", token_of(who))
            assert ("Secret" in answer.text + table.text, str(secret.id) in answer.text + table.text) == (
                who is owner,
                who is owner,
            )
            seen = answer.json()
            return [one["title"] for one in seen["top_contents"]], seen["totals"]["sessions"]

        assert await top(owner) == (["Secret", plain.title, "Shared"], 14)
        assert await top(member) == ([plain.title, "Shared"], 14)
