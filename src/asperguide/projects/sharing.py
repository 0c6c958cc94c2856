"""Who may see a project, and do what in it: every member by their role, or only those who are listed."""

from collections.abc import Callable
from dataclasses import replace
from functools import partial
from typing import Protocol
from uuid import UUID

import msgspec

from asperguide.projects.entering import EnterProject, Place, there
from asperguide.projects.errors import InvalidAccess, NoSuchMember, TooManyListed
from asperguide.projects.keeping import note
from asperguide.projects.model import Listed, Project
from asperguide.projects.ports import ProjectReads, ProjectsUnitOfWork
from asperguide.projects.rights import RANKS, UNRESTRICTED, Access, Right
from asperguide.projects.views import AccessView, access_view
from asperguide.shared.actor import Actor, UserId
from asperguide.shared.errors import FieldError
from asperguide.shared.ports import Clock
from asperguide.shared.repeating import until_unhindered
from asperguide.shared.tenancy import Companies, CompanyRole, ProjectId

MOST_LISTED = 500
BATCH = 500


class AccessChange(msgspec.Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """Whether every member has access by their role, or only those who are listed, and owners and managers."""

    access: Access


class MemberAccess(msgspec.Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """What somebody is in the project: at most what they are in the company."""

    role: CompanyRole


class GetAccess(msgspec.Struct, frozen=True, kw_only=True):
    """Who has access to a project."""

    enter: EnterProject
    reads: ProjectReads

    async def __call__(self, actor: Actor, id: ProjectId) -> AccessView:
        place = await self.enter(actor.user, id, Right.SHARE)
        return access_view(place.project, await self.reads.access(place.company.id, id))


class ChangeAccess(msgspec.Struct, frozen=True, kw_only=True):
    """Open a project to every member, or only to those who are listed. Who is listed stays so.

    With `version`, only if the project is still that one.
    """

    begin: Callable[[], ProjectsUnitOfWork]
    enter: EnterProject
    clock: Clock

    async def __call__(
        self, actor: Actor, id: ProjectId, change: AccessChange, version: int | None = None
    ) -> AccessView:
        place = await self.enter(actor.user, id, Right.SHARE)
        return await until_unhindered(partial(self._change, place, change.access, version))

    async def _change(self, place: Place, access: Access, version: int | None) -> AccessView:
        async with self.begin() as uow:
            project = await there(uow, place, version)
            return await changed(uow, place, replace(project, access=access), self.clock)


class ListMember(msgspec.Struct, frozen=True, kw_only=True):
    """Have a restricted project open to a member, in their role or a lower one. Again, it changes the role."""

    begin: Callable[[], ProjectsUnitOfWork]
    enter: EnterProject
    companies: Companies
    clock: Clock

    async def __call__(self, actor: Actor, id: ProjectId, user: UserId, given: MemberAccess) -> AccessView:
        place = await self.enter(actor.user, id, Right.SHARE)
        if (standing := await self.companies.standing(user, place.company.id)) is None:
            raise NoSuchMember
        _check(standing.role, given.role)
        listed = Listed(project=id, company=place.company.id, user=user, role=given.role)
        return await until_unhindered(partial(self._list, place, listed))

    async def _list(self, place: Place, listed: Listed) -> AccessView:
        async with self.begin() as uow:
            project = await there(uow, place)
            known = await uow.lists.all(listed.company, listed.project)
            if listed.user not in {one.user for one in known} and len(known) >= MOST_LISTED:
                raise TooManyListed
            await uow.lists.put(listed)
            return await changed(uow, place, project, self.clock)


class UnlistMember(msgspec.Struct, frozen=True, kw_only=True):
    """Take a member off the list of a project, whose it is no more once it is restricted."""

    begin: Callable[[], ProjectsUnitOfWork]
    enter: EnterProject
    clock: Clock

    async def __call__(self, actor: Actor, id: ProjectId, user: UserId) -> AccessView:
        place = await self.enter(actor.user, id, Right.SHARE)
        return await until_unhindered(partial(self._unlist, place, user))

    async def _unlist(self, place: Place, user: UserId) -> AccessView:
        async with self.begin() as uow:
            project = await there(uow, place)
            if not await uow.lists.remove(project.company, project.id, user):
                raise NoSuchMember
            return await changed(uow, place, project, self.clock)


class Gone(Protocol):
    """That a user is no more, as whoever kept them announces it."""

    @property
    def user(self) -> UserId:
        """Who it was."""
        ...


class ForgetListed(msgspec.Struct, frozen=True, kw_only=True):
    """Take somebody who is gone off all lists. How many there were."""

    begin: Callable[[], ProjectsUnitOfWork]

    async def __call__(self, message: Gone, job: UUID | None = None) -> int:
        total = 0
        while True:
            async with self.begin() as uow:
                count = await uow.lists.forget(message.user, BATCH)
                if count < BATCH:
                    uow.complete(job)
                await uow.commit()
            total += count
            if count < BATCH:
                return total


async def changed(uow: ProjectsUnitOfWork, place: Place, project: Project, clock: Clock) -> AccessView:
    """Store the project as a new version, whoever is listed being part of it, and commit."""
    now = clock.now()
    saved = await uow.projects.save(replace(project, updated_at=now))
    note(uow, saved, place.user, "project-access-changed", now)
    view = access_view(saved, await uow.lists.all(saved.company, saved.id))
    await uow.commit(view)
    return view


def _check(role: CompanyRole, given: CompanyRole) -> None:
    if role in UNRESTRICTED:
        raise InvalidAccess(fields=(_wrong("Owners and managers have access to every project."),))
    if RANKS[given] < RANKS[role]:
        raise InvalidAccess(fields=(_wrong("At most the role that they have in the company."),))


def _wrong(detail: str) -> FieldError:
    return FieldError(pointer="#/role", code="NOT_ALLOWED", detail=detail)
