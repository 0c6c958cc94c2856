"""What somebody does with projects, whichever way they get there: as a library and over REST."""

from abc import ABC, abstractmethod
from collections.abc import Sequence
from typing import Any
from uuid import UUID

from asperguide.container import Container
from asperguide.projects import (
    Access,
    AccessChange,
    AccessView,
    Copying,
    Extension,
    FromTemplate,
    MemberAccess,
    NewCopy,
    NewProject,
    ProjectChange,
    ProjectView,
)
from asperguide.shared.actor import Actor, UserId
from asperguide.shared.pages import PageRequest
from asperguide.shared.tenancy import CompanyId, CompanyRole, ProjectId
from tests.acceptance.letters import plain
from tests.acceptance.rest import Rest, read, read_items


class Planning(ABC):
    """One way to call projects. `token` is the access token of whoever asks."""

    @abstractmethod
    async def plan(self, token: str, company: UUID, new: NewProject) -> ProjectView:
        """Begin a project."""

    @abstractmethod
    async def projects(self, token: str, company: UUID, **filters: str) -> Sequence[ProjectView]:
        """Projects of a company."""

    @abstractmethod
    async def project(self, token: str, id: UUID) -> ProjectView:
        """A project."""

    @abstractmethod
    async def change_project(self, token: str, id: UUID, change: ProjectChange) -> ProjectView:
        """Change a project."""

    @abstractmethod
    async def move(self, token: str, id: UUID, move: str) -> ProjectView:
        """`activate`, `archive` or `restore`."""

    @abstractmethod
    async def extend(self, token: str, id: UUID, days: int) -> ProjectView:
        """Put its end off."""

    @abstractmethod
    async def duplicate(self, token: str, id: UUID, name: str) -> Copying:
        """Make one that is like it."""

    @abstractmethod
    async def use_template(self, token: str, company: UUID, template: UUID, name: str) -> Copying:
        """Make one of a template."""

    @abstractmethod
    async def delete_project(self, token: str, id: UUID) -> None:
        """Delete an empty one."""

    @abstractmethod
    async def delete_with_all(self, token: str, id: UUID) -> UUID:
        """Delete it with everything in it: the job."""

    @abstractmethod
    async def restrict(self, token: str, id: UUID, access: Access) -> AccessView:
        """To whom it is open."""

    @abstractmethod
    async def open_to(self, token: str, id: UUID, user: UUID, role: CompanyRole) -> AccessView:
        """Open it to a member."""

    @abstractmethod
    async def shut_to(self, token: str, id: UUID, user: UUID) -> None:
        """Take somebody off the list."""


class PlanningInProcess(Planning):
    """The container's use cases, called directly."""

    _use: Container

    @abstractmethod
    async def _actor(self, token: str) -> Actor:
        """Whom the token speaks for."""

    async def plan(self, token: str, company: UUID, new: NewProject) -> ProjectView:
        return await self._use.create_project()(await self._actor(token), CompanyId(company), new)

    async def projects(self, token: str, company: UUID, **filters: str) -> Sequence[ProjectView]:
        page = PageRequest(filters=filters, sort="name")
        return (await self._use.list_projects()(await self._actor(token), CompanyId(company), page)).items

    async def project(self, token: str, id: UUID) -> ProjectView:
        return await self._use.get_project()(await self._actor(token), ProjectId(id))

    async def change_project(self, token: str, id: UUID, change: ProjectChange) -> ProjectView:
        return await self._use.update_project()(await self._actor(token), ProjectId(id), change)

    async def move(self, token: str, id: UUID, move: str) -> ProjectView:
        use_case: Any = getattr(self._use, f"{move}_project")()
        moved: ProjectView = await use_case(await self._actor(token), ProjectId(id))
        return moved

    async def extend(self, token: str, id: UUID, days: int) -> ProjectView:
        return await self._use.extend_project()(await self._actor(token), ProjectId(id), Extension(days=days))

    async def duplicate(self, token: str, id: UUID, name: str) -> Copying:
        return await self._use.duplicate_project()(await self._actor(token), ProjectId(id), NewCopy(name=name))

    async def use_template(self, token: str, company: UUID, template: UUID, name: str) -> Copying:
        actor, new = await self._actor(token), FromTemplate(template=template, name=name)
        return await self._use.use_template()(actor, CompanyId(company), new)

    async def delete_project(self, token: str, id: UUID) -> None:
        await self._use.delete_project()(await self._actor(token), ProjectId(id))

    async def delete_with_all(self, token: str, id: UUID) -> UUID:
        return (await self._use.delete_project_with_all()(await self._actor(token), ProjectId(id))).job

    async def restrict(self, token: str, id: UUID, access: Access) -> AccessView:
        actor = await self._actor(token)
        return await self._use.change_access()(actor, ProjectId(id), AccessChange(access=access))

    async def open_to(self, token: str, id: UUID, user: UUID, role: CompanyRole) -> AccessView:
        actor = await self._actor(token)
        return await self._use.list_member()(actor, ProjectId(id), UserId(user), MemberAccess(role=role))

    async def shut_to(self, token: str, id: UUID, user: UUID) -> None:
        await self._use.unlist_member()(await self._actor(token), ProjectId(id), UserId(user))


class PlanningOverHttp(Rest, Planning):
    """Requests to `/api/v1`."""

    async def plan(self, token: str, company: UUID, new: NewProject) -> ProjectView:
        return read(await self._send("POST", f"/companies/{company}/projects", token, json=plain(new)), ProjectView)

    async def projects(self, token: str, company: UUID, **filters: str) -> Sequence[ProjectView]:
        params = {"sort": "name", **{f"filter[{name}]": value for name, value in filters.items()}}
        return read_items(await self._send("GET", f"/companies/{company}/projects", token, params=params), ProjectView)

    async def project(self, token: str, id: UUID) -> ProjectView:
        return read(await self._send("GET", f"/projects/{id}", token), ProjectView)

    async def change_project(self, token: str, id: UUID, change: ProjectChange) -> ProjectView:
        return read(await self._send("PATCH", f"/projects/{id}", token, json=plain(change)), ProjectView)

    async def move(self, token: str, id: UUID, move: str) -> ProjectView:
        return read(await self._send("POST", f"/projects/{id}/{move}", token), ProjectView)

    async def extend(self, token: str, id: UUID, days: int) -> ProjectView:
        return read(await self._send("POST", f"/projects/{id}/extend", token, json={"days": days}), ProjectView)

    async def duplicate(self, token: str, id: UUID, name: str) -> Copying:
        return read(await self._send("POST", f"/projects/{id}/duplicate", token, json={"name": name}), Copying)

    async def use_template(self, token: str, company: UUID, template: UUID, name: str) -> Copying:
        body, where = {"template": str(template), "name": name}, f"/companies/{company}/projects/from-template"
        return read(await self._send("POST", where, token, json=body), Copying)

    async def delete_project(self, token: str, id: UUID) -> None:
        assert (await self._send("DELETE", f"/projects/{id}", token)).status_code == 204

    async def delete_with_all(self, token: str, id: UUID) -> UUID:
        answer = await self._send("DELETE", f"/projects/{id}", token, params={"cascade": "true"})
        assert answer.status_code == 202
        return UUID(answer.headers["location"].rpartition("/")[2])

    async def restrict(self, token: str, id: UUID, access: Access) -> AccessView:
        return read(await self._send("PATCH", f"/projects/{id}/access", token, json={"access": access}), AccessView)

    async def open_to(self, token: str, id: UUID, user: UUID, role: CompanyRole) -> AccessView:
        return read(await self._send("PUT", f"/projects/{id}/access/{user}", token, json={"role": role}), AccessView)

    async def shut_to(self, token: str, id: UUID, user: UUID) -> None:
        await self._send("DELETE", f"/projects/{id}/access/{user}", token)
