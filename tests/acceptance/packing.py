"""What members do with archives of projects, and with scenes, whichever way they get there: both drivers."""

from abc import ABC, abstractmethod
from typing import Any
from uuid import UUID

import msgspec

from asperguide.ar.model import ContentId
from asperguide.ar.packing import PackingAsked
from asperguide.ar.scenes import NewScene
from asperguide.ar.staging import SceneView
from asperguide.ar.unpacking import NewImport
from asperguide.projects import ProjectView
from asperguide.shared.actor import Actor
from asperguide.shared.tenancy import CompanyId, ProjectId
from tests.acceptance.in_process import InProcess
from tests.acceptance.over_http import OverHttp
from tests.acceptance.rest import read


class Packing(ABC):
    """One way to call what is about archives and scenes. `token` is the access token of whoever asks."""

    @abstractmethod
    async def export(self, token: str, project: UUID) -> PackingAsked:
        """Have a project packed."""

    @abstractmethod
    async def open(self, token: str, project: UUID, export: UUID) -> str:
        """Where its archive can be fetched."""

    @abstractmethod
    async def bring(self, token: str, company: UUID, new: NewImport) -> PackingAsked:
        """Have a project made of an archive."""

    @abstractmethod
    async def project(self, token: str, project: UUID) -> ProjectView:
        """The project."""

    @abstractmethod
    async def put(self, token: str, content: UUID, new: NewScene, version: int | None = None) -> SceneView:
        """Say what stands over a print."""

    @abstractmethod
    async def scene(self, token: str, content: UUID) -> SceneView:
        """What stands there."""

    @abstractmethod
    async def clear(self, token: str, content: UUID, version: int | None = None) -> None:
        """Nothing."""


class PackingInProcess(Packing):
    """The use cases of the container."""

    def __init__(self, driver: InProcess) -> None:
        self._use = driver.world.container

    async def _actor(self, token: str) -> Actor:
        return await self._use.authenticate()(token)

    async def export(self, token: str, project: UUID) -> PackingAsked:
        return await self._use.export_project()(await self._actor(token), ProjectId(project))

    async def open(self, token: str, project: UUID, export: UUID) -> str:
        return (await self._use.open_project_export()(await self._actor(token), ProjectId(project), export)).url

    async def bring(self, token: str, company: UUID, new: NewImport) -> PackingAsked:
        return await self._use.import_project()(await self._actor(token), CompanyId(company), new)

    async def project(self, token: str, project: UUID) -> ProjectView:
        return await self._use.get_project()(await self._actor(token), ProjectId(project))

    async def put(self, token: str, content: UUID, new: NewScene, version: int | None = None) -> SceneView:
        return await self._use.put_scene()(await self._actor(token), ContentId(content), new, version)

    async def scene(self, token: str, content: UUID) -> SceneView:
        return await self._use.get_scene()(await self._actor(token), ContentId(content))

    async def clear(self, token: str, content: UUID, version: int | None = None) -> None:
        await self._use.remove_scene()(await self._actor(token), ContentId(content), version)


class PackingOverHttp(Packing):
    """A client of `/api/v1`."""

    def __init__(self, driver: OverHttp) -> None:
        self._send = driver._send

    async def export(self, token: str, project: UUID) -> PackingAsked:
        return read(await self._send("POST", f"/projects/{project}/export", token), PackingAsked)

    async def open(self, token: str, project: UUID, export: UUID) -> str:
        return str((await self._send("GET", f"/projects/{project}/exports/{export}", token)).headers["location"])

    async def bring(self, token: str, company: UUID, new: NewImport) -> PackingAsked:
        body = msgspec.to_builtins(new)
        return read(await self._send("POST", f"/companies/{company}/projects/import", token, json=body), PackingAsked)

    async def project(self, token: str, project: UUID) -> ProjectView:
        return read(await self._send("GET", f"/projects/{project}", token), ProjectView)

    async def put(self, token: str, content: UUID, new: NewScene, version: int | None = None) -> SceneView:
        where, body = f"/contents/{content}/scene", msgspec.to_builtins(new)
        return read(await self._send("PUT", where, token, json=body, headers=_if(version)), SceneView)

    async def scene(self, token: str, content: UUID) -> SceneView:
        return read(await self._send("GET", f"/contents/{content}/scene", token), SceneView)

    async def clear(self, token: str, content: UUID, version: int | None = None) -> None:
        await self._send("DELETE", f"/contents/{content}/scene", token, headers=_if(version))


def _if(version: int | None) -> dict[str, Any]:
    return {} if version is None else {"if-match": f'"{version}"'}
