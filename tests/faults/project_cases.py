"""What use cases of projects are called with when each of their calls fails in turn."""

from collections.abc import Awaitable, Callable
from datetime import timedelta
from typing import Any

from asperguide.companies import NewCompany
from asperguide.companies.events import CompanyRemoved
from asperguide.companies.model import Membership, MembershipId
from asperguide.identity.events import AccountErased
from asperguide.projects import (
    Access,
    AccessChange,
    Extension,
    FromTemplate,
    MemberAccess,
    Move,
    NewCopy,
    NewProject,
    Project,
    ProjectChange,
    ProjectView,
    Right,
)
from asperguide.projects.errors import ProjectNameTaken
from asperguide.projects.events import (
    ContactToTell,
    CopyWanted,
    ProjectEnding,
    ProjectRemovalWanted,
    ProjectRemoved,
)
from asperguide.projects.notices import Stage
from asperguide.projects.ports import ProjectsUnitOfWork
from asperguide.shared.tenancy import CompanyId, CompanyRole
from tests.faults.media_cases import JOB, Case

VIEWER = MemberAccess(role=CompanyRole.VIEWER)


async def company(cast: Any) -> CompanyId:
    """A company of Siobhán's, in which the boss may look at things."""
    c = cast.world.container
    id = (await c.create_company()(cast.siobhan.actor, NewCompany(name="O'Neil & Söhne"))).id
    async with c.companies_unit_of_work() as uow:
        found = await uow.companies.locked(id)
        joined = Membership(
            id=MembershipId(cast.world.ids.new()), company=id, user=cast.boss.actor.user, role=CompanyRole.VIEWER,
            since=cast.world.clock.now(),
        )  # fmt: skip
        await uow.members.add(joined, found)
        await uow.commit()
    return id  # type: ignore[no-any-return]


async def draft(cast: Any, **fields: Any) -> ProjectView:
    """A project that ends in nine days."""
    ends_at = cast.world.clock.now() + timedelta(days=9)
    new = NewProject(**{"name": "Mariage", "ends_at": ends_at, "tags": ("a",), **fields})
    return await cast.world.container.create_project()(cast.siobhan.actor, await company(cast), new)  # type: ignore[no-any-return]


async def active(cast: Any) -> ProjectView:
    """One that is shown."""
    made = await draft(cast)
    return await cast.world.container.activate_project()(cast.siobhan.actor, made.id)  # type: ignore[no-any-return]


async def archived(cast: Any) -> ProjectView:
    """One that was put away."""
    made = await active(cast)
    return await cast.world.container.archive_project()(cast.siobhan.actor, made.id)  # type: ignore[no-any-return]


async def template(cast: Any) -> ProjectView:
    """One to make others of, for which the boss is listed."""
    made = await draft(cast, template=True)
    await cast.world.container.list_member()(cast.siobhan.actor, made.id, cast.boss.actor.user, VIEWER)
    return made


async def listed(cast: Any) -> ProjectView:
    """One for which the boss is listed."""
    made = await draft(cast)
    await cast.world.container.list_member()(cast.siobhan.actor, made.id, cast.boss.actor.user, VIEWER)
    return made


async def going(cast: Any) -> ProjectView:
    """One that is being removed."""
    made = await active(cast)
    await cast.world.container.delete_project_with_all()(cast.siobhan.actor, made.id)
    return made


def mine(make: Callable[[Any], Awaitable[ProjectView]], *more: Any, **options: Any) -> Case:
    """A call by Siobhán about a project, and with more."""

    async def given(cast: Any) -> tuple[Any, ...]:
        return cast.siobhan.actor, (await make(cast)).id, *more

    return given, options


def told(
    message: Callable[[Any, ProjectView], Any], make: Callable[[Any], Awaitable[ProjectView]], **options: Any
) -> Case:
    """A call by a worker about a project."""

    async def given(cast: Any) -> tuple[Any, ...]:
        return message(cast, await make(cast)), JOB

    return given, options


def _of(kind: Any) -> Callable[[Any, ProjectView], Any]:
    return lambda cast, made: kind(project=made.id, company=made.company)


def _ending(cast: Any, made: ProjectView) -> ProjectEnding:
    assert made.ends_at is not None
    return ProjectEnding(
        project=made.id, company=made.company, stage=Stage.NEARING, due_at=made.ends_at - timedelta(days=7),
        ends_at=made.ends_at,
    )  # fmt: skip


def _to_tell(cast: Any, made: ProjectView) -> ContactToTell:
    one = _ending(cast, made)
    return ContactToTell(
        project=one.project, company=one.company, stage=one.stage, due_at=one.due_at, ends_at=one.ends_at,
        user=cast.siobhan.actor.user,
    )  # fmt: skip


def _to_copy(cast: Any, made: ProjectView) -> CopyWanted:
    return CopyWanted(company=made.company, source=made.id, target=made.id, user=cast.siobhan.actor.user)


async def _creating(cast: Any) -> tuple[Any, ...]:
    return cast.siobhan.actor, await company(cast), NewProject(name="Été", tags=("a",))


async def _listing(cast: Any) -> tuple[Any, ...]:
    return cast.boss.actor, (await listed(cast)).company


async def _using(cast: Any) -> tuple[Any, ...]:
    made = await template(cast)
    return cast.siobhan.actor, made.company, FromTemplate(template=made.id, name="Used")


async def _listing_the_boss(cast: Any) -> tuple[Any, ...]:
    return cast.siobhan.actor, (await draft(cast)).id, cast.boss.actor.user, VIEWER


async def _unlisting_the_boss(cast: Any) -> tuple[Any, ...]:
    return cast.siobhan.actor, (await listed(cast)).id, cast.boss.actor.user


async def _entering(cast: Any) -> tuple[Any, ...]:
    return cast.boss.actor.user, (await listed(cast)).id, Right.SEE


async def _adding(cast: Any) -> tuple[Any, ...]:
    made = await draft(cast)
    (project,) = await cast.world.container.project_reads().known([made.id])
    facts = (await cast.world.container.company_standings().known([made.company]))[made.company]
    now = cast.world.clock.now()
    other = Project(
        id=JOB, company=made.company, name="MARIAGE", slug="", starts_at=now, created_at=now, updated_at=now,  # type: ignore[arg-type]
    )  # fmt: skip

    async def finish(uow: ProjectsUnitOfWork, added: Project) -> str:
        return added.slug

    assert project.slug == "mariage"
    return facts, other, finish


async def _copying(cast: Any) -> tuple[Any, ...]:
    made = await template(cast)
    place = await cast.world.container.enter_project()(cast.siobhan.actor.user, made.id, Right.CREATE)
    return cast.siobhan.actor, place, NewCopy(name="Copy")


async def _sweeping(cast: Any) -> tuple[Any, ...]:
    await active(cast)
    cast.world.clock.advance(timedelta(days=2))
    return (JOB,)


async def _sweeping_shortly_before(cast: Any) -> tuple[Any, ...]:
    await active(cast)
    cast.world.clock.advance(timedelta(days=2, seconds=-5))
    return (JOB,)


async def _emptying(cast: Any) -> tuple[Any, ...]:
    return ((await listed(cast)).company,)


async def _gone(cast: Any) -> tuple[Any, ...]:
    await listed(cast)
    return AccountErased(user=cast.boss.actor.user), JOB


PROJECTS: dict[str, list[Case]] = {
    # projects
    "create_project": [(_creating, {"keyed": True})],
    "list_projects": [(_listing, {})],
    "get_project": [mine(draft)],
    "update_project": [mine(active, ProjectChange(name="Other", ends_at=None, tags=("b",)))],
    "extend_project": [mine(active, Extension(days=30), keyed=True)],
    "activate_project": [mine(draft)],
    "archive_project": [mine(active)],
    "restore_project": [mine(archived)],
    "duplicate_project": [mine(template, NewCopy(name="Copy"), keyed=True)],
    "use_template": [(_using, {"keyed": True})],
    "delete_project": [mine(listed, once=True)],
    "delete_project_with_all": [mine(active, once=True)],
    # access
    "get_access": [mine(listed)],
    "change_access": [mine(listed, AccessChange(access=Access.RESTRICTED))],
    "list_member": [(_listing_the_boss, {})],
    "unlist_member": [(_unlisting_the_boss, {"once": True})],
    # in the background
    "sweep_projects": [(_sweeping, {}), (_sweeping_shortly_before, {})],
    "tell_company": [told(_ending, active)],
    "tell_contact": [told(_to_tell, active, once=True)],
    "copy_contents": [told(_to_copy, draft)],
    "remove_project": [told(_of(ProjectRemovalWanted), going)],
    "stop_removing": [told(_of(ProjectRemovalWanted), going)],
    "clear_removed": [told(_of(ProjectRemoved), draft)],
    "remove_some_of_company": [(_emptying, {})],
    "forget_listed": [(_gone, {})],
    "forget_project_count": [told(lambda _, made: CompanyRemoved(company=made.company), draft)],
    # parts of others
    "enter_project": [(_entering, {})],
    "add_project": [(_adding, {"refused": ProjectNameTaken})],
    "copy_project": [(_copying, {"keyed": True})],
    "move_project": [mine(active, Move.ARCHIVE)],
}
