"""What administrators of the service do to companies, and what other contexts have written down."""

from datetime import datetime
from typing import Any
from uuid import UUID

import pytest

from asperguide.companies import CompanyAdministration, CompanyState, Tier
from asperguide.companies.errors import CompanyNotFound, InvalidCompany
from asperguide.shared.actor import Actor, Origin, Role, UserId
from asperguide.shared.errors import EditedMeanwhile, NotWhileImpersonating, RoleNeeded
from asperguide.shared.pages import PageRequest
from asperguide.shared.ports import Message
from asperguide.shared.tenancy import CompanyId
from tests.companies import found
from tests.unit.companies.conftest import Home

HOME = Origin(address="192.0.2.7", user_agent="Firefox")


class ProjectArchived(Message, frozen=True, kw_only=True):
    """What another context announces."""

    company: CompanyId
    at: datetime
    by: UserId | None
    what: str = "project-archived"
    subject: UUID | None = None
    detail: str = ""


@pytest.fixture
async def admin(home: Home) -> Actor:
    return (await home.world.person("boss", roles=(Role.ADMIN,))).actor


async def test_administrators_see_all_companies(home: Home, admin: Actor) -> None:
    c = home.world.container
    other = await found(home.world, home.stranger, "Another")
    page = await c.list_all_companies()(admin, PageRequest(count=True))
    assert ({one.id for one in page.items}, page.total) == ({home.id, other.id}, 2)
    named = await c.list_all_companies()(admin, PageRequest(filters={"name": "ANOTHER"}))
    assert [one.id for one in named.items] == [other.id]
    assert (await c.show_any_company()(admin, home.id)).store == "default"
    for id in (CompanyId(UUID(int=7)),):
        with pytest.raises(CompanyNotFound):
            await c.show_any_company()(admin, id)
        with pytest.raises(CompanyNotFound):
            await c.administer_company()(admin, id, CompanyAdministration(tier=Tier.PRO))


async def test_what_a_company_may_have_is_set_and_written_down(home: Home, admin: Actor) -> None:
    c = home.world.container
    change = CompanyAdministration(state="inactive", tier=Tier.PRO, storage_bytes=5, most_projects=7, store="default")
    changed = await c.administer_company()(admin, home.id, change, 1, HOME)
    assert (changed.state, changed.tier, changed.storage_bytes, changed.most_projects, changed.version) == (
        CompanyState.INACTIVE, Tier.PRO, 5, 7, 2,
    )  # fmt: skip
    assert await c.administer_company()(admin, home.id, change) == changed
    with pytest.raises(EditedMeanwhile):
        await c.administer_company()(admin, home.id, CompanyAdministration(tier=Tier.FREE), 1)
    (facts,) = (await c.company_standings().known((home.id,))).values()
    assert (facts.active, facts.storage_bytes, facts.most_projects) == (False, 5, 7)
    (line,) = (await c.security_log()(admin, PageRequest(filters={"kind": "company-administered"}))).items
    assert (line.by, line.address) == (admin.user, "192.0.2.7")
    assert str(home.id) in line.detail and "tier=pro" in line.detail
    (happened, _) = (await c.list_activity()(home.owner.actor, home.id)).items
    assert (happened.what, happened.by) == ("company-administered", None)
    back = await c.administer_company()(admin, home.id, CompanyAdministration(state="active"))
    assert back.state is CompanyState.ACTIVE


@pytest.mark.parametrize(
    "fields",
    [
        {"store": "nowhere"}, {"store": ""}, {"storage_bytes": -1}, {"most_projects": -1}, {"state": "closing"},
        {"tier": "gold"},
    ],
)  # fmt: skip
async def test_what_cannot_be_set_is_refused(home: Home, admin: Actor, fields: dict[str, Any]) -> None:
    with pytest.raises(InvalidCompany) as refused:
        await home.world.container.administer_company()(admin, home.id, CompanyAdministration(**fields))
    assert [wrong.pointer for wrong in refused.value.fields] == [f"#/{next(iter(fields))}"]


async def test_owners_are_no_administrators(home: Home, admin: Actor) -> None:
    c = home.world.container
    acting = Actor(
        user=admin.user, session=admin.session, roles=admin.roles, proved_at=admin.proved_at, impersonator=admin.user
    )
    for actor, refusal in ((home.owner.actor, RoleNeeded), (acting, NotWhileImpersonating)):
        for call in (
            lambda actor=actor: c.list_all_companies()(actor),
            lambda actor=actor: c.show_any_company()(actor, home.id),
            lambda actor=actor: c.administer_company()(actor, home.id, CompanyAdministration(tier=Tier.PRO)),
        ):
            with pytest.raises(refusal):
                await call()


async def test_other_contexts_have_lines_written_once_however_often_a_job_runs(home: Home) -> None:
    c, job = home.world.container, UUID(int=5)
    message = ProjectArchived(
        company=home.id, at=home.world.clock.now(), by=home.editor.actor.user, subject=UUID(int=6), detail="x" * 300
    )
    for _ in range(2):
        await c.note_activity()(message, job)
    lines = (
        await c.list_activity()(home.owner.actor, home.id, PageRequest(filters={"what": "project-archived"}))
    ).items
    assert [(line.id, line.subject, len(line.detail)) for line in lines] == [(job, UUID(int=6), 255)]
    assert lines[0].by is not None and lines[0].by.name == "Editor"


async def test_nothing_is_written_down_about_companies_that_are_gone(home: Home) -> None:
    c = home.world.container
    await c.delete_company()(home.owner.actor, home.id)
    for id in (home.id, CompanyId(UUID(int=7))):
        await c.note_activity()(ProjectArchived(company=id, at=home.world.clock.now(), by=None), UUID(int=5))
    await home.world.settle()
    assert not home.world.database.tables["company_activity"]


async def test_whoever_did_something_and_is_gone_has_no_name(home: Home) -> None:
    c = home.world.container
    message = ProjectArchived(company=home.id, at=home.world.clock.now(), by=UserId(UUID(int=9)))
    await c.note_activity()(message, UUID(int=5))
    page = await c.list_activity()(home.owner.actor, home.id, PageRequest(filters={"by": str(UUID(int=9))}))
    (line,) = page.items
    assert line.by is not None and line.by.name is None
