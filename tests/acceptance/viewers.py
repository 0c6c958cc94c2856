"""What somebody with the code of a print sees of it, whichever way they get there: as a library and over REST."""

from abc import ABC, abstractmethod

from asperguide.ar.manifests import Manifest
from asperguide.ar.unavailable import Reason
from asperguide.ar.viewing import Availability
from asperguide.container import Container
from asperguide.shared.actor import Actor
from tests.acceptance.rest import Rest, read


class Viewers(ABC):
    """The steps; nobody signs in but members who look beforehand."""

    @abstractmethod
    async def whether(self, public_id: str) -> Reason | None:
        """Why it cannot be seen, if it cannot."""

    @abstractmethod
    async def manifest(self, public_id: str, session: str | None = None) -> Manifest:
        """What a viewer is told."""

    @abstractmethod
    async def preview(self, token: str, public_id: str) -> Manifest:
        """What a member is told beforehand."""


class ViewersInProcess(Viewers):
    """The container's use cases, called directly."""

    _use: Container

    @abstractmethod
    async def _actor(self, token: str) -> Actor:
        """Whom the token speaks for."""

    async def whether(self, public_id: str) -> Reason | None:
        return (await self._use.check_print()(public_id)).reason

    async def manifest(self, public_id: str, session: str | None = None) -> Manifest:
        return (await self._use.show_manifest()(public_id, session)).manifest

    async def preview(self, token: str, public_id: str) -> Manifest:
        return (await self._use.show_manifest()(public_id, None, await self._actor(token))).manifest


class ViewersOverHttp(Rest, Viewers):
    """The routes."""

    async def whether(self, public_id: str) -> Reason | None:
        return read(await self._send("GET", f"/viewer/{public_id}/check"), Availability).reason

    async def manifest(self, public_id: str, session: str | None = None) -> Manifest:
        query = "" if session is None else f"?session={session}"
        return read(await self._send("GET", f"/viewer/{public_id}/manifest{query}"), Manifest)

    async def preview(self, token: str, public_id: str) -> Manifest:
        return read(await self._send("GET", f"/viewer/{public_id}/manifest?preview", token), Manifest)
