"""Projects: planned, shown, extended, copied, put away and removed; and who may see them."""

from datetime import timedelta

import pytest

from asperguide.companies import CompanyAdministration, CompanyView, NewCompany
from asperguide.operations import MyJobState
from asperguide.projects import Access, Lifecycle, NewProject, ProjectChange, ProjectView
from asperguide.projects.errors import (
    InvalidAccess,
    NoSuchCompany,
    NotATemplate,
    ProjectInWrongState,
    ProjectNameTaken,
    ProjectNeverEnds,
    ProjectNotFound,
    RightNeeded,
    TooManyProjects,
)
from asperguide.shared.tenancy import ProjectState
from tests.acceptance.driver import Driver, address
from tests.acceptance.test_companies import EDITOR, VIEWER, join, member

DAY = timedelta(days=1)
DEEDS = ("restored", "archived", "changed", "extended", "activated", "created")


async def agency(driver: Driver) -> tuple[str, CompanyView]:
    """The token of somebody who owns a company, and that."""
    token, _ = await member(driver, "siobhan")
    return token, await driver.found(token, NewCompany(name="O'Neil & Söhne"))


async def wedding(driver: Driver, token: str, company: CompanyView, days: float = 30) -> ProjectView:
    """A project that ends in so many days."""
    ends_at = driver.world.clock.now() + days * DAY
    return await driver.plan(token, company.id, NewProject(name="Mariage", ends_at=ends_at, tags=("wedding",)))


async def test_a_project_is_planned_shown_extended_and_put_away(driver: Driver) -> None:
    token, company = await agency(driver)
    one = await wedding(driver, token, company)
    assert one.ends_at is not None
    assert (one.state, one.lifecycle, one.slug) == (ProjectState.DRAFT, Lifecycle.ACTIVE, "mariage")
    with pytest.raises(ProjectInWrongState):
        await driver.move(token, one.id, "archive")
    assert (await driver.move(token, one.id, "activate")).state is ProjectState.ACTIVE
    assert (await driver.extend(token, one.id, 5)).ends_at == one.ends_at + 5 * DAY
    endless = await driver.change_project(token, one.id, ProjectChange(ends_at=None, description="For ever."))
    with pytest.raises(ProjectNeverEnds):
        await driver.extend(token, one.id, 5)
    assert await driver.project(token, one.id) == endless
    assert (await driver.move(token, one.id, "archive")).state is ProjectState.ARCHIVED
    with pytest.raises(ProjectInWrongState):
        await driver.change_project(token, one.id, ProjectChange(name="Other"))
    assert (await driver.move(token, one.id, "restore")).state is ProjectState.ACTIVE
    await driver.world.settle()
    deeds = [one.what for one in await driver.happened(token, company.id) if one.what.startswith("project-")]
    assert deeds == [f"project-{what}" for what in DEEDS]
    assert [found.id for found in await driver.projects(token, company.id, tag="wedding", state="active")] == [one.id]
    assert not await driver.projects(token, company.id, lifecycle="expired")


async def test_those_who_lead_are_told_before_the_end_and_at_it(driver: Driver) -> None:
    token, company = await agency(driver)
    one = await wedding(driver, token, company)
    await driver.move(token, one.id, "activate")
    await driver.world.advance(days=31)
    told = [mail.key.partition(":")[0] for mail in driver.world.mails if str(one.id) in mail.key]
    assert told == ["project-ending", "project-last-day", "project-ended"]
    assert {mail.to for mail in driver.world.mails if str(one.id) in mail.key} == {address("siobhan")}


async def test_a_project_is_open_to_whom_it_is_opened(driver: Driver) -> None:
    token, company = await agency(driver)
    one = await wedding(driver, token, company)
    niamh, id = await member(driver, "niamh")
    with pytest.raises(ProjectNotFound):
        await driver.project(niamh, one.id)
    with pytest.raises(NoSuchCompany):
        await driver.projects(niamh, company.id)
    await join(driver, token, company, niamh, address("niamh"), EDITOR)
    assert (await driver.project(niamh, one.id)).role is EDITOR
    with pytest.raises(RightNeeded):
        await driver.extend(niamh, one.id, 1)
    assert (await driver.restrict(token, one.id, Access.RESTRICTED)).members == ()
    with pytest.raises(ProjectNotFound):
        await driver.project(niamh, one.id)
    assert not await driver.projects(niamh, company.id)
    with pytest.raises(InvalidAccess):
        await driver.open_to(token, one.id, (await driver.me(token)).id, VIEWER)
    await driver.open_to(token, one.id, id, VIEWER)
    assert [found.role for found in await driver.projects(niamh, company.id)] == [VIEWER]
    await driver.shut_to(token, one.id, id)
    with pytest.raises(ProjectNotFound):
        await driver.project(niamh, one.id)


async def test_projects_are_made_of_others(driver: Driver) -> None:
    token, company = await agency(driver)
    one = await wedding(driver, token, company)
    copy = await driver.duplicate(token, one.id, "Copy")
    assert (copy.project.tags, copy.project.state) == (("wedding",), ProjectState.DRAFT)
    with pytest.raises(ProjectNameTaken):
        await driver.duplicate(token, one.id, "COPY")
    with pytest.raises(NotATemplate):
        await driver.use_template(token, company.id, one.id, "Used")
    await driver.change_project(token, one.id, ProjectChange(template=True))
    used = await driver.use_template(token, company.id, one.id, "Used")
    assert not used.project.template
    await driver.world.settle()
    assert (await driver.job(token, used.job)).state is MyJobState.DONE
    assert [found.name for found in await driver.projects(token, company.id)] == ["Copy", "Mariage", "Used"]


async def test_a_deleted_project_leaves_its_place_to_another(driver: Driver) -> None:
    token, company = await agency(driver)
    boss = (await driver.admin()).access_token
    await driver.administer(boss, company.id, CompanyAdministration(most_projects=1))
    one = await wedding(driver, token, company)
    with pytest.raises(TooManyProjects):
        await driver.plan(token, company.id, NewProject(name="Other"))
    await driver.delete_project(token, one.id)
    other = await driver.plan(token, company.id, NewProject(name="Other"))
    job = await driver.delete_with_all(token, other.id)
    with pytest.raises(ProjectNotFound):
        await driver.project(token, other.id)
    await driver.world.settle()
    assert (await driver.job(token, job)).state is MyJobState.DONE
    assert (await driver.plan(token, company.id, NewProject(name="Other"))).slug == "other"
