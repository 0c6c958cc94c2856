"""What viewers cost a database: four statements for what nobody has asked for yet, and then none."""

import asyncio
from collections import Counter
from dataclasses import replace
from datetime import timedelta
from typing import Any

import pytest
from dependency_injector.providers import Object

from asperguide.adapters.memory.cache import MemoryCache
from asperguide.adapters.sql.engine import Database
from asperguide.ar.model import ContentState
from asperguide.ar.rotation import PlaybackMode
from asperguide.ar.unavailable import CompanyInactive, NotPublished, ProjectInactive, Reason
from asperguide.companies import SettingsChange
from asperguide.companies.administering import CompanyAdministration
from asperguide.container import Container
from asperguide.projects import NewProject, ProjectChange
from asperguide.projects.events import ProjectRemovalWanted
from asperguide.shared.actor import Role
from asperguide.shared.tenancy import ProjectId
from asperguide.testing import MovableClock
from asperguide.testing.world import SETTINGS
from tests.contract.test_identity_costs import verbs, watching
from tests.http.sample import ANN
from tests.showcase import change, print_of

DAY, AN_INSTANT = timedelta(days=1), timedelta(microseconds=1)


@pytest.fixture
def container(database: Database, clock: MovableClock) -> Container:
    """The use cases of the service over this database."""
    made = Container(settings=SETTINGS)
    made.database.override(Object(database))
    made.clock.override(Object(clock))
    made.cache.override(Object(MemoryCache(clock)))
    return made


async def test_a_manifest_costs_four_statements_and_then_none(container: Container, database: Database) -> None:
    content = await print_of(container, ANN)
    for expected in (["SELECT"] * 4, [], []):
        with watching(database) as seen:
            sheet = await container.show_manifest()(content.public_id)
        assert (verbs(seen), sheet.manifest.title) == (expected, "Wedding")
    with watching(database) as seen:
        await container.see_print()(content.public_id)
        await container.check_print()(content.public_id)
    assert verbs(seen) == []


async def test_what_is_not_there_costs_one_statement_and_what_cannot_be_there_none(
    container: Container, database: Database
) -> None:
    for id, expected in (("A" * 22, ["SELECT"]), ("x' OR id='2", []), ("A" * 10_000, [])):
        with watching(database) as seen:
            assert not (await container.check_print()(id)).available
        assert verbs(seen) == expected


async def test_every_change_is_in_the_very_next_manifest(container: Container) -> None:
    content = await print_of(container, ANN)
    show = container.show_manifest()
    assert (await show(content.public_id)).manifest.title == "Wedding"
    await change(container, content, title="New")
    assert (await show(content.public_id)).manifest.title == "New"
    await change(container, content, state=ContentState.UNPUBLISHED)
    with pytest.raises(NotPublished):
        await show(content.public_id)
    await change(container, content, state=ContentState.PUBLISHED)
    assert (await show(content.public_id)).manifest.title == "New"


async def test_so_is_every_change_of_the_project_and_the_company(container: Container, clock: MovableClock) -> None:
    content = await print_of(container, ANN)
    show, see = container.show_manifest(), container.see_print()
    assert (await see(content.public_id)).accent is None
    await container.change_company_settings()(ANN, content.company, SettingsChange(accent="#2f6f4e"))
    assert (await see(content.public_id)).accent == "#2f6f4e"
    project = ProjectId(content.project)
    end = clock.now() + timedelta(days=1)
    await container.update_project()(ANN, project, ProjectChange(ends_at=end))
    assert (await show(content.public_id)).until <= end
    await container.archive_project()(ANN, project)
    with pytest.raises(ProjectInactive):
        await show(content.public_id)
    await container.restore_project()(ANN, project)
    assert (await show(content.public_id)).until <= end
    clock.set(end)
    with pytest.raises(ProjectInactive):
        await show(content.public_id)
    await container.extend_project()(ANN, project)
    assert (await show(content.public_id)).until > end


async def test_whatever_is_done_with_a_project_shows_in_the_very_next_answer(
    container: Container, clock: MovableClock
) -> None:
    now, mine = clock.now(), (await print_of(container, ANN)).company
    project = ProjectId((await container.create_project()(ANN, mine, NewProject(name="Draft"))).id)
    id = (await print_of(container, ANN, company=mine, project=project)).public_id

    async def update(**fields: Any) -> None:
        await container.update_project()(ANN, project, ProjectChange(**fields))

    async def seen() -> tuple[Reason | None, str]:
        found = await container.showings().find(id)
        return (await container.check_print()(id)).reason, "" if found is None else found.project.name

    inactive = Reason.PROJECT_INACTIVE
    assert await seen() == (inactive, "Draft")
    await container.activate_project()(ANN, project)
    assert await seen() == (None, "Draft")
    await update(name="Été")
    assert await seen() == (None, "Été")
    for fields, reason in (
        ({"starts_at": now + DAY}, inactive), ({"starts_at": now - 2 * DAY}, None),
        ({"ends_at": now - DAY}, inactive), ({"ends_at": now + DAY}, None),
        ({"template": True}, inactive), ({"template": False}, None),
    ):  # fmt: skip
        await update(**fields)
        assert await seen() == (reason, "Été"), fields
    await container.archive_project()(ANN, project)
    assert await seen() == (inactive, "Été")
    await container.restore_project()(ANN, project)
    assert await seen() == (None, "Été")
    await container.delete_project_with_all()(ANN, project)
    assert await seen() == (Reason.NOT_FOUND, "")
    await container.stop_removing()(ProjectRemovalWanted(project=project, company=mine))
    assert await seen() == (None, "Été")


async def test_a_project_begins_and_ends_at_its_instants_without_any_job(
    container: Container, database: Database, clock: MovableClock
) -> None:
    begins, ends = clock.now() + timedelta(seconds=10), clock.now() + timedelta(seconds=20)
    mine = (await print_of(container, ANN)).company
    new = NewProject(name="Later", starts_at=begins, ends_at=ends)
    project = ProjectId((await container.create_project()(ANN, mine, new)).id)
    await container.activate_project()(ANN, project)
    id = (await print_of(container, ANN, company=mine, project=project)).public_id
    assert (await container.check_print()(id)).reason is Reason.PROJECT_INACTIVE
    with watching(database) as seen:
        for at, reason in (
            (begins - AN_INSTANT, Reason.PROJECT_INACTIVE), (begins, None),
            (ends - AN_INSTANT, None), (ends, Reason.PROJECT_INACTIVE),
        ):  # fmt: skip
            clock.set(at)
            assert (await container.check_print()(id)).reason is reason
    assert verbs(seen) == [], "it is decided from what is known of the project already"


async def test_nothing_of_a_company_is_shown_from_the_moment_on_at_which_it_is_not_active(container: Container) -> None:
    content, boss = await print_of(container, ANN), replace(ANN, roles=(Role.ADMIN,))
    show, administer = container.show_manifest(), container.administer_company()
    await show(content.public_id)
    await administer(boss, content.company, CompanyAdministration(state="inactive"))
    with pytest.raises(CompanyInactive):
        await show(content.public_id)
    await administer(boss, content.company, CompanyAdministration(state="active"))
    await show(content.public_id)


async def test_turns_of_many_sessions_at_once_are_all_different(container: Container) -> None:
    content = await print_of(container, ANN, mode=PlaybackMode.CYCLIC)
    show = container.show_manifest()
    sessions = [f"session-{n}" for n in range(20)]
    got: list[Any] = await asyncio.gather(*(show(content.public_id, session) for session in sessions * 2))
    videos = [sheet.manifest.video.id for sheet in got]
    assert videos[:20] == videos[20:], "whoever comes back has the same"
    assert Counter(videos[:20]) == {content.videos[0].id: 10, content.videos[1].id: 10}
