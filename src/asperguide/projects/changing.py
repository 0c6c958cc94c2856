"""What a project is called and says, its period and state: changing it, also by a day at a time."""

from collections.abc import Callable
from dataclasses import replace
from functools import partial
from typing import Annotated, Any

import msgspec
from msgspec import UNSET, Meta, Struct, UnsetType

from asperguide.projects.entering import EnterProject, Place, there
from asperguide.projects.errors import InvalidProject
from asperguide.projects.finding import Showing, ShowProject
from asperguide.projects.keeping import keep, note
from asperguide.projects.model import Description, Instant, Move, Name, NoticeDays, Slug, Tags
from asperguide.projects.ports import ProjectsUnitOfWork
from asperguide.projects.rights import Right, demand
from asperguide.projects.views import ProjectView
from asperguide.shared.actor import Actor
from asperguide.shared.commands import checked
from asperguide.shared.naming import tidied
from asperguide.shared.ports import Clock
from asperguide.shared.repeating import until_unhindered
from asperguide.shared.tenancy import ProjectId

Days = Annotated[int, Meta(ge=1, le=3660, description="Days on the clocks of the company.", examples=[30])]
DEEDS = {
    Move.ACTIVATE: "project-activated", Move.ARCHIVE: "project-archived", Move.RESTORE: "project-restored",
}  # fmt: skip
PLANNED = ("starts_at", "ends_at", "notify_before_days", "template")


class ProjectChange(msgspec.Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """A merge patch: absent fields stay, null takes the end away. The slug outlives the name.

    Period, notices and whether it is a template are for owners and managers, the rest is for editors too.
    """

    name: Name | UnsetType = UNSET
    slug: Slug | UnsetType = UNSET
    description: Description | UnsetType = UNSET
    starts_at: Instant | UnsetType = UNSET
    ends_at: Instant | UnsetType | None = UNSET
    notify_before_days: NoticeDays | UnsetType = UNSET
    tags: Tags | UnsetType = UNSET
    template: bool | UnsetType = UNSET


class Extension(msgspec.Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """By how many days."""

    days: Days = 30


A_MONTH = Extension()


class UpdateProject(Struct, frozen=True, kw_only=True):
    """Change a project, unless it is archived. With `version`, only if it is still that one.

    When the end is another one, everything that is to be said before it is said anew.
    """

    begin: Callable[[], ProjectsUnitOfWork]
    enter: EnterProject
    show: ShowProject
    clock: Clock

    async def __call__(
        self, actor: Actor, id: ProjectId, change: ProjectChange, version: int | None = None
    ) -> ProjectView:
        values = _values(checked(change, InvalidProject))
        place = await self.enter(actor.user, id, Right.SEE)
        demand(place.role, Right.PLAN if any(name in values for name in PLANNED) else Right.DESCRIBE)
        showing = await self.show.showing(place)
        return await until_unhindered(partial(self._change, place, values, version, showing))

    async def _change(self, place: Place, values: dict[str, Any], version: int | None, showing: Showing) -> ProjectView:
        now = self.clock.now()
        async with self.begin() as uow:
            project = await there(uow, place, version)
            project.demand_open()
            after = replace(project, **values).checked(now)
            others = [name for name in values if getattr(after, name) != getattr(project, name)]
            note(uow, project, place.user, "project-changed", now, ", ".join(others))
            return await keep(uow, project, after, now, showing)


class MoveProject(Struct, frozen=True, kw_only=True):
    """A project in another state. There already, it stays as it is. Raises ProjectInWrongState."""

    begin: Callable[[], ProjectsUnitOfWork]
    enter: EnterProject
    show: ShowProject
    clock: Clock

    async def __call__(self, actor: Actor, id: ProjectId, move: Move) -> ProjectView:
        place = await self.enter(actor.user, id, Right.PLAN)
        return await until_unhindered(partial(self._move, place, move, await self.show.showing(place)))

    async def _move(self, place: Place, move: Move, showing: Showing) -> ProjectView:
        now = self.clock.now()
        async with self.begin() as uow:
            project = await there(uow, place)
            note(uow, project, place.user, DEEDS[move], now)
            return await keep(uow, project, project.moved(move), now, showing)


class ActivateProject(Struct, frozen=True, kw_only=True):
    """Show what is in a draft of a project, while its period lasts. Active already, it stays so."""

    move: MoveProject

    async def __call__(self, actor: Actor, id: ProjectId) -> ProjectView:
        return await self.move(actor, id, Move.ACTIVATE)


class ArchiveProject(Struct, frozen=True, kw_only=True):
    """Put an active project away: what is in it is shown no more, and cannot be changed. It can be restored."""

    move: MoveProject

    async def __call__(self, actor: Actor, id: ProjectId) -> ProjectView:
        return await self.move(actor, id, Move.ARCHIVE)


class RestoreProject(Struct, frozen=True, kw_only=True):
    """Take an archived project up again: it is active then, within its period."""

    move: MoveProject

    async def __call__(self, actor: Actor, id: ProjectId) -> ProjectView:
        return await self.move(actor, id, Move.RESTORE)


class ExtendProject(Struct, frozen=True, kw_only=True):
    """Put the end of a project off by some days, 30 unless said otherwise, on the clocks of the company.

    One that has ended already goes on from now, for as many days. Notices about the end come again.
    """

    begin: Callable[[], ProjectsUnitOfWork]
    enter: EnterProject
    show: ShowProject
    clock: Clock

    async def __call__(self, actor: Actor, id: ProjectId, by: Extension = A_MONTH) -> ProjectView:
        days = checked(by, InvalidProject).days
        place = await self.enter(actor.user, id, Right.PLAN)
        return await until_unhindered(partial(self._extend, place, days, await self.show.showing(place)))

    async def _extend(self, place: Place, days: int, showing: Showing) -> ProjectView:
        now = self.clock.now()
        async with self.begin() as uow:
            project = await there(uow, place)
            note(uow, project, place.user, "project-extended", now, str(days))
            return await keep(uow, project, project.extended(days, place.company.time_zone, now), now, showing)


def _values(change: ProjectChange) -> dict[str, Any]:
    values = {name: value for name, value in msgspec.structs.asdict(change).items() if value is not UNSET}
    if isinstance(change.name, str):
        values["name"] = tidied(change.name)
    if not isinstance(change.tags, UnsetType):
        values["tags"] = tuple(dict.fromkeys(change.tags))
    return values
