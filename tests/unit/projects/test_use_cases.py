"""Projects from one end to the other in a world: who may do what, what is refused, what hangs together."""

import asyncio
from collections import Counter
from collections.abc import Awaitable, Callable
from datetime import timedelta
from typing import Any
from uuid import UUID

import pytest

from asperguide.operations.errors import JobNotFound
from asperguide.projects import (
    Access,
    AccessChange,
    Extension,
    FromTemplate,
    Lifecycle,
    MemberAccess,
    NewCopy,
    NewProject,
    ProjectChange,
    ProjectView,
)
from asperguide.projects.errors import (
    InvalidAccess,
    InvalidProject,
    NoSuchCompany,
    NoSuchMember,
    NotATemplate,
    ProjectInWrongState,
    ProjectNameTaken,
    ProjectNeverEnds,
    ProjectNotEmpty,
    ProjectNotFound,
    ProjectSlugTaken,
    RightNeeded,
    TooManyListed,
    TooManyProjects,
)
from asperguide.projects.events import ProjectRemovalWanted
from asperguide.projects.sharing import MOST_LISTED
from asperguide.shared.errors import DomainError, EditedMeanwhile, InvalidFields
from asperguide.shared.ledger import JobState
from asperguide.shared.pages import PageRequest
from asperguide.shared.tenancy import CompanyRole, ProjectId, ProjectState
from asperguide.testing.world import Person
from tests.projects import EDITOR, MANAGER, OWNER, VIEWER, House

DAY = timedelta(days=1)
NOBODY = UUID(int=7)


async def outcome(call: Awaitable[Any]) -> type[DomainError] | None:
    """Of what kind the refusal is; None when there is none."""
    try:
        await call
    except DomainError as refusal:
        return type(refusal)
    return None


def everything(house: House, one: ProjectView, by: Person) -> dict[str, Callable[[], Awaitable[Any]]]:
    """All that can be asked of a project by its id."""
    c, id, actor = house.world.container, one.id, by.actor
    return {
        "get": lambda: c.get_project()(actor, id),
        "describe": lambda: c.update_project()(actor, id, ProjectChange(description="Other")),
        "plan": lambda: c.update_project()(actor, id, ProjectChange(notify_before_days=3)),
        "activate": lambda: c.activate_project()(actor, id),
        "extend": lambda: c.extend_project()(actor, id),
        "archive": lambda: c.archive_project()(actor, id),
        "restore": lambda: c.restore_project()(actor, id),
        "duplicate": lambda: c.duplicate_project()(actor, id, NewCopy(name=f"Copy of {by.username}")),
        "use": lambda: c.use_template()(actor, house.id, FromTemplate(template=id, name="New")),
        "access": lambda: c.get_access()(actor, id),
        "restrict": lambda: c.change_access()(actor, id, AccessChange(access=Access.INHERIT)),
        "list": lambda: c.list_member()(actor, id, house.people["viewer"].actor.user, MemberAccess(role=VIEWER)),
        "unlist": lambda: c.unlist_member()(actor, id, house.people["viewer"].actor.user),
        "delete": lambda: c.delete_project()(actor, id),
        "delete all": lambda: c.delete_project_with_all()(actor, id),
    }


FOR_LEADERS = {"plan", "activate", "extend", "archive", "restore", "duplicate", "use", "access", "restrict", "list"}
MAY = {
    OWNER: None, MANAGER: None, EDITOR: {"get", "describe"}, VIEWER: {"get"},
}  # fmt: skip


@pytest.mark.parametrize("role", CompanyRole)
async def test_each_role_may_do_so_much_with_a_project(house: House, role: CompanyRole) -> None:
    owner = await house.member(OWNER)
    await house.member(VIEWER)
    by = await house.member(role)
    now = house.world.clock.now()
    one = await house.project(owner, ends_at=now + 30 * DAY, template=True)
    refused = set()
    for name, call in everything(house, one, by).items():
        if await outcome(call()) is RightNeeded:
            refused.add(name)
    allowed = MAY[role]
    names = everything(house, one, by).keys()
    assert refused == (set() if allowed is None else names - allowed)


async def test_strangers_find_nothing_of_a_project_and_of_its_company(house: House) -> None:
    one = await house.project(ends_at=house.world.clock.now() + DAY, template=True)
    stranger = await house.member(OWNER, "malik", company=house.found())
    await house.member(VIEWER)
    for name, call in everything(house, one, stranger).items():
        assert await outcome(call()) is (NoSuchCompany if name == "use" else ProjectNotFound), name
    c = house.world.container
    assert await outcome(c.list_projects()(stranger.actor, house.id)) is NoSuchCompany
    assert await outcome(c.create_project()(stranger.actor, house.id, NewProject(name="Mine"))) is NoSuchCompany
    assert await outcome(c.get_project()(stranger.actor, ProjectId(NOBODY))) is ProjectNotFound


async def test_a_template_of_another_company_of_mine_is_not_found(house: House) -> None:
    owner = await house.member(OWNER)
    other = house.found()
    await house.member(OWNER, company=other)
    theirs = await house.world.container.create_project()(owner.actor, other, NewProject(name="A", template=True))
    use = house.world.container.use_template()
    assert await outcome(use(owner.actor, house.id, FromTemplate(template=theirs.id, name="B"))) is ProjectNotFound
    plain = await house.project(owner)
    assert await outcome(use(owner.actor, house.id, FromTemplate(template=plain.id, name="B"))) is NotATemplate


async def test_a_new_project_is_a_draft_that_begins_now_and_has_no_end(house: House) -> None:
    house.settle(expiry_notice_days=11)
    one = await house.project(name="  Été à   Zürich ", tags=("a", "b", "a"))
    assert (one.name, one.slug, one.state, one.lifecycle) == (
        "Été à Zürich", "ete-a-zurich", ProjectState.DRAFT, Lifecycle.ACTIVE,
    )  # fmt: skip
    assert (one.starts_at, one.ends_at, one.notify_before_days) == (house.world.clock.now(), None, 11)
    assert (one.tags, one.contents, one.role, one.version) == (("a", "b"), 0, OWNER, 1)
    assert one == await house.world.container.get_project()((await house.member(OWNER)).actor, one.id)


async def test_names_that_are_written_alike_get_slugs_of_their_own(house: House) -> None:
    names = ["Éte", "Ete", "ete!", "ETE?", "été.", "(ete)", "ete-", "=ete", "ete+", "[ete]", "日本", "中国"]
    slugs = [(await house.project(name=name)).slug for name in names]
    assert slugs[:9] == ["ete", *(f"ete-{n}" for n in range(2, 10))]
    assert UUID(slugs[9])
    assert slugs[10:] == ["project", "project-2"]


async def test_a_name_or_slug_that_is_taken_is_refused_and_counts_for_nothing(house: House) -> None:
    await house.project(name="Straße", slug="street")
    assert await outcome(house.project(name="STRASSE")) is ProjectNameTaken
    assert await outcome(house.project(name="Other", slug="street")) is ProjectSlugTaken
    two = await house.project(name="Two")
    update, owner = house.world.container.update_project(), await house.member(OWNER)
    assert await outcome(update(owner.actor, two.id, ProjectChange(name="strasse "))) is ProjectNameTaken
    assert await outcome(update(owner.actor, two.id, ProjectChange(slug="street"))) is ProjectSlugTaken
    assert await house.world.container.project_reads().count(house.id) == 2
    renamed = await update(owner.actor, two.id, ProjectChange(name="TWO"))
    assert (renamed.name, renamed.slug) == ("TWO", "two")


async def test_the_last_project_that_a_company_may_have_is_got_by_one_of_those_who_try_at_once(house: House) -> None:
    house.settle(most_projects=3)
    owner, manager = await house.member(OWNER), await house.member(MANAGER)
    calls = [outcome(house.project((owner, manager)[n % 2], f"Project {n}")) for n in range(8)]
    assert Counter(await asyncio.gather(*calls)) == {None: 3, TooManyProjects: 5}
    c = house.world.container
    first = (await c.list_projects()(owner.actor, house.id)).items[0]
    await c.delete_project()(owner.actor, first.id)
    assert [await outcome(house.project(name=name)) for name in ("x", "y")] == [None, TooManyProjects]


async def test_what_is_wrong_with_a_new_project_is_told_by_field(house: House) -> None:
    now = house.world.clock.now()
    wrong: dict[str, dict[str, Any]] = {
        "#/name": {"name": "\u200b"}, "#/ends_at": {"ends_at": now}, "#/tags/0": {"tags": ("a\n",)},
        "#/description": {"description": "x" * 5001}, "#/notify_before_days": {"notify_before_days": 0},
        "#/slug": {"slug": "No Slug"},
    }  # fmt: skip
    for pointer, fields in wrong.items():
        with pytest.raises(InvalidProject) as refused:
            await house.project(**fields)
        assert [one.pointer for one in refused.value.fields] == [pointer]


async def test_a_change_is_made_to_the_version_that_was_read_or_not_at_all(house: House) -> None:
    one, owner = await house.project(), await house.member(OWNER)
    update = house.world.container.update_project()
    second = await update(owner.actor, one.id, ProjectChange(description="Second", tags=("x", "x")), 1)
    assert (second.version, second.tags) == (2, ("x",))
    assert await outcome(update(owner.actor, one.id, ProjectChange(description="Third"), 1)) is EditedMeanwhile
    assert await outcome(house.world.container.delete_project()(owner.actor, one.id, 1)) is EditedMeanwhile
    same = await update(owner.actor, one.id, ProjectChange(description="Second"))
    assert same == second


async def test_changes_at_once_are_all_made(house: House) -> None:
    owner = await house.member(OWNER)
    one = await house.project(owner, ends_at=house.world.clock.now() + 10 * DAY)
    extend = house.world.container.extend_project()
    await asyncio.gather(*(extend(owner.actor, one.id, Extension(days=days)) for days in (1, 2, 3)))
    now = await house.world.container.get_project()(owner.actor, one.id)
    assert now.ends_at == house.world.clock.now() + 16 * DAY


async def test_an_extension_is_thirty_days_on_the_clocks_of_the_company(house: House) -> None:
    house.settle(time_zone="Europe/Paris")
    owner, now = await house.member(OWNER), house.world.clock.now()
    ends_at = now.replace(month=3, day=20, hour=11, minute=0, second=0, microsecond=0, year=now.year + 1)
    one = await house.project(owner, ends_at=ends_at)
    extended = await house.world.container.extend_project()(owner.actor, one.id)
    assert extended.ends_at == ends_at + 30 * DAY - timedelta(hours=1)
    endless = await house.project(owner, "Endless")
    assert await outcome(house.world.container.extend_project()(owner.actor, endless.id)) is ProjectNeverEnds


async def test_a_project_goes_from_draft_to_the_public_and_back_into_the_archive(house: House) -> None:
    one, owner, c = await house.project(), (await house.member(OWNER)).actor, house.world.container
    assert await outcome(c.archive_project()(owner, one.id)) is ProjectInWrongState
    states = [await call(owner, one.id) for call in (c.activate_project(), c.activate_project(), c.archive_project())]
    assert [(state.state, state.version) for state in states] == [("active", 2), ("active", 2), ("archived", 3)]
    for change in (ProjectChange(name="Other"), ProjectChange(tags=("a",))):
        assert await outcome(c.update_project()(owner, one.id, change)) is ProjectInWrongState
    assert (await c.restore_project()(owner, one.id)).state is ProjectState.ACTIVE


async def test_a_project_with_something_in_it_is_deleted_with_all_of_it_or_not_at_all(house: House) -> None:
    owner, c = (await house.member(OWNER)).actor, house.world.container
    one, other = await house.project(), await house.project(name="Other")
    house.contents.held.update({one.id: 120, other.id: 1})
    assert await outcome(c.delete_project()(owner, one.id)) is ProjectNotEmpty
    removing = await c.delete_project_with_all()(owner, one.id)
    assert await outcome(c.get_project()(owner, one.id)) is ProjectNotFound
    assert await outcome(c.delete_project_with_all()(owner, one.id)) is ProjectNotFound
    assert await outcome(house.project(name="Mariage")) is ProjectNameTaken
    assert (await c.show_my_job()(owner, removing.job)).state == JobState.WAITING
    await house.world.settle()
    assert (await c.show_my_job()(owner, removing.job)).state == JobState.DONE
    assert house.contents.removed == [(one.id, 50)] * 3
    assert house.contents.held == {one.id: 0, other.id: 1}
    assert await c.project_reads().count(house.id) == 1
    await house.project(name="Mariage")
    house.contents.held[one.id] = 1
    await house.world.advance(minutes=6)
    assert house.contents.held[one.id] == 0


async def test_a_removal_that_is_called_off_leaves_what_is_left(house: House) -> None:
    owner, c = (await house.member(OWNER)).actor, house.world.container
    one = await house.project(ends_at=house.world.clock.now() + 9 * DAY)
    await c.activate_project()(owner, one.id)
    house.contents.held[one.id] = 5
    removing = await c.delete_project_with_all()(owner, one.id)
    await c.cancel_my_job()(owner, removing.job)
    await house.world.settle()
    back = await c.get_project()(owner, one.id)
    assert (back.state, back.contents, back.version) == (ProjectState.ACTIVE, 5, 4)
    async with c.projects_unit_of_work() as uow:
        assert await uow.notices.next_after(house.world.clock.now()) == house.world.clock.now() + 2 * DAY
    stranger = (await house.member(VIEWER)).actor
    assert await outcome(c.show_my_job()(stranger, removing.job)) is JobNotFound


async def test_a_removal_ends_when_the_project_is_gone_or_is_to_stay(house: House) -> None:
    one, c = await house.project(), house.world.container
    stays = ProjectRemovalWanted(project=one.id, company=house.id)
    await c.remove_project()(stays)
    await c.stop_removing()(stays)
    assert house.contents.removed == []
    gone = ProjectRemovalWanted(project=ProjectId(NOBODY), company=house.id)
    await c.remove_project()(gone)
    await c.stop_removing()(gone)
    assert (await c.project_reads().known([one.id]))[0].version == 1


async def test_all_of_a_companys_projects_go_with_it(house: House) -> None:
    for n in range(3):
        house.contents.held[(await house.project(name=f"Project {n}")).id] = 70
    held = house.world.container.project_holdings()
    assert await held.count(house.id) == 3
    calls = 0
    while not await held.remove_some(house.id):
        calls += 1
    assert calls == 5
    assert await held.count(house.id) == 0
    assert await held.remove_some(house.id)
    assert not any(house.contents.held.values())


async def test_a_copy_is_a_draft_like_the_original_and_gets_its_contents_by_a_job(house: House) -> None:
    owner, c, now = (await house.member(OWNER)).actor, house.world.container, house.world.clock.now()
    viewer = (await house.member(VIEWER)).actor
    one = await house.project(ends_at=now + 40 * DAY, tags=("a",), description="Text")
    house.contents.held[one.id] = 3
    await c.activate_project()(owner, one.id)
    await c.list_member()(owner, one.id, viewer.user, MemberAccess(role=VIEWER))
    await c.change_access()(owner, one.id, AccessChange(access=Access.RESTRICTED))
    house.world.clock.advance(5 * DAY)
    made = await c.duplicate_project()(owner, one.id, NewCopy(name="Copy"))
    copy = made.project
    assert (copy.state, copy.tags, copy.description, copy.access, copy.contents) == (
        ProjectState.DRAFT, ("a",), "Text", Access.RESTRICTED, 0,
    )  # fmt: skip
    assert (copy.starts_at, copy.ends_at, copy.version, copy.slug) == (now + 5 * DAY, now + 45 * DAY, 1, "copy")
    await house.world.settle()
    assert house.contents.copied == [(owner.user, one.id, copy.id)]
    assert (await c.get_project()(viewer, copy.id)).contents == 3
    assert (await c.get_access()(owner, copy.id)).members == (await c.get_access()(owner, one.id)).members
    assert await outcome(c.duplicate_project()(owner, one.id, NewCopy(name="COPY"))) is ProjectNameTaken


async def test_a_project_is_made_of_a_template_and_is_none_itself(house: House) -> None:
    owner, c, now = (await house.member(OWNER)).actor, house.world.container, house.world.clock.now()
    template = await house.project(template=True)
    used = await c.use_template()(owner, house.id, FromTemplate(template=template.id, name="Used", ends_at=now + DAY))
    assert (used.project.template, used.project.ends_at) == (False, now + DAY)
    twin = await c.duplicate_project()(owner, template.id, NewCopy(name="Twin", starts_at=now + DAY))
    assert (twin.project.template, twin.project.starts_at, twin.project.ends_at) == (True, now + DAY, None)
    assert await outcome(c.duplicate_project()(owner, template.id, NewCopy(name="Bad", ends_at=now))) is InvalidProject


async def test_contents_are_copied_only_between_projects_that_are_there(house: House) -> None:
    owner, c = (await house.member(OWNER)).actor, house.world.container
    one = await house.project()
    first = await c.duplicate_project()(owner, one.id, NewCopy(name="First"))
    second = await c.duplicate_project()(owner, one.id, NewCopy(name="Second"))
    await c.delete_project()(owner, first.project.id)
    await c.delete_project_with_all()(owner, second.project.id)
    await house.world.settle()
    assert house.contents.copied == []


async def test_a_restricted_project_is_open_to_leaders_and_to_whom_it_was_opened(house: House) -> None:
    owner, c = await house.member(OWNER), house.world.container
    manager, editor, viewer = [await house.member(role) for role in (MANAGER, EDITOR, VIEWER)]
    one, open_to_all = await house.project(owner, "Secret"), await house.project(owner, "Open")
    await c.change_access()(owner.actor, one.id, AccessChange(access=Access.RESTRICTED))

    async def seen(by: Person) -> list[str]:
        page = await c.list_projects()(by.actor, house.id, PageRequest(sort="name", count=True))
        assert page.total == len(page.items)
        return [f"{item.name} {item.role}" for item in page.items]

    assert await seen(manager) == ["Open manager", "Secret manager"]
    assert [await seen(editor), await seen(viewer)] == [["Open editor"], ["Open viewer"]]
    assert await outcome(c.get_project()(editor.actor, one.id)) is ProjectNotFound
    for who, role in ((editor, VIEWER), (viewer, VIEWER)):
        listed = await c.list_member()(owner.actor, one.id, who.actor.user, MemberAccess(role=role))
    assert {(row.user, row.role) for row in listed.members} == {(who.actor.user, VIEWER) for who in (editor, viewer)}
    assert await seen(editor) == ["Open editor", "Secret viewer"]
    describe = c.update_project()
    assert await outcome(describe(editor.actor, one.id, ProjectChange(description="x"))) is RightNeeded
    await c.list_member()(owner.actor, one.id, editor.actor.user, MemberAccess(role=EDITOR))
    assert (await describe(editor.actor, one.id, ProjectChange(description="x"))).role is EDITOR
    house.companies.roles[house.id, editor.actor.user] = VIEWER
    assert await outcome(describe(editor.actor, one.id, ProjectChange(description="y"))) is RightNeeded
    await c.unlist_member()(manager.actor, one.id, editor.actor.user)
    assert await outcome(c.get_project()(editor.actor, one.id)) is ProjectNotFound
    del house.companies.roles[house.id, viewer.actor.user]
    assert await outcome(c.get_project()(viewer.actor, one.id)) is ProjectNotFound
    assert await outcome(c.get_project()(viewer.actor, open_to_all.id)) is ProjectNotFound


async def test_nobody_is_listed_who_is_no_member_leads_or_would_get_more(house: House) -> None:
    owner, c = await house.member(OWNER), house.world.container
    manager, viewer = await house.member(MANAGER), await house.member(VIEWER)
    stranger = await house.member(EDITOR, "malik", company=house.found())
    one = await house.project(owner)

    async def listing(who: Person, role: CompanyRole) -> type[DomainError] | None:
        return await outcome(c.list_member()(owner.actor, one.id, who.actor.user, MemberAccess(role=role)))

    assert await listing(stranger, VIEWER) is NoSuchMember
    assert [await listing(who, VIEWER) for who in (owner, manager)] == [InvalidAccess] * 2
    assert [await listing(viewer, role) for role in (OWNER, MANAGER, EDITOR)] == [InvalidAccess] * 3
    assert await outcome(c.unlist_member()(owner.actor, one.id, viewer.actor.user)) is NoSuchMember
    assert await listing(viewer, VIEWER) is None
    stale = c.change_access()(owner.actor, one.id, AccessChange(access=Access.RESTRICTED), 1)
    assert await outcome(stale) is EditedMeanwhile
    changed = await c.change_access()(owner.actor, one.id, AccessChange(access=Access.RESTRICTED), 2)
    assert (changed.version, changed.access, len(changed.members)) == (3, Access.RESTRICTED, 1)


async def test_no_more_are_listed_than_may_be(house: House, monkeypatch: pytest.MonkeyPatch) -> None:
    assert MOST_LISTED == 500
    monkeypatch.setattr("asperguide.projects.sharing.MOST_LISTED", 1)
    owner, viewer, editor = [await house.member(role) for role in (OWNER, VIEWER, EDITOR)]
    one, c = await house.project(owner), house.world.container
    for who, refusal in ((viewer, None), (editor, TooManyListed), (viewer, None)):
        call = c.list_member()(owner.actor, one.id, who.actor.user, MemberAccess(role=VIEWER))
        assert await outcome(call) is refusal


async def test_somebody_who_is_no_more_is_on_no_list(house: House, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("asperguide.projects.sharing.BATCH", 2)
    owner, viewer, c = await house.member(OWNER), await house.member(VIEWER), house.world.container
    for n in range(5):
        one = await house.project(owner, f"Project {n}")
        await c.list_member()(owner.actor, one.id, viewer.actor.user, MemberAccess(role=VIEWER))

    class Gone:
        user = viewer.actor.user

    assert await c.forget_listed()(Gone()) == 5
    assert (await c.get_access()(owner.actor, one.id)).members == ()


async def test_a_page_of_projects_tells_how_much_is_in_each_and_refuses_what_it_does_not_know(house: House) -> None:
    owner, c = await house.member(OWNER), house.world.container
    kept = [await house.project(owner, f"Project {n}", tags=("a",) if n else ()) for n in range(3)]
    house.contents.held[kept[1].id] = 7
    page = await c.list_projects()(owner.actor, house.id, PageRequest(limit=2))
    assert [(one.name, one.contents) for one in page.items] == [("Project 2", 0), ("Project 1", 7)]
    rest = await c.list_projects()(owner.actor, house.id, PageRequest(limit=2, cursor=page.next_cursor))
    assert [one.name for one in rest.items] == ["Project 0"]
    tagged = await c.list_projects()(owner.actor, house.id, PageRequest(filters={"tag": "a"}, count=True))
    assert tagged.total == 2
    assert await outcome(c.list_projects()(owner.actor, house.id, PageRequest(sort="slug"))) is InvalidFields
    assert (await c.list_projects()(owner.actor, house.id, PageRequest(filters={"tag": "none"}))).items == ()


async def test_others_are_told_what_somebody_is_in_a_project_and_what_it_is_like(house: House) -> None:
    owner, viewer, c = await house.member(OWNER), await house.member(VIEWER), house.world.container
    one, now = await house.project(owner), house.world.clock.now()
    projects = c.project_standings()
    standing = await projects.standing(viewer.actor.user, one.id)
    assert standing is not None
    assert (standing.role, standing.project.id, standing.project.company.id) == (VIEWER, one.id, house.id)
    assert not standing.project.shows(now)
    await c.activate_project()(owner.actor, one.id)
    known = await projects.known([one.id, ProjectId(NOBODY)])
    assert list(known) == [one.id]
    assert known[one.id].shows(now)
    assert await projects.in_company(house.id) == [one.id]
    await c.change_access()(owner.actor, one.id, AccessChange(access=Access.RESTRICTED))
    assert await projects.standing(viewer.actor.user, one.id) is None
    assert await projects.standing(viewer.actor.user, ProjectId(NOBODY)) is None
    del house.companies.facts[house.id]
    assert await projects.known([one.id]) == {}
    assert await projects.known([]) == {}
