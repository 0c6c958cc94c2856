"""What members do with prints, whichever way they get there: as a library and over REST."""

from abc import ABC, abstractmethod
from collections.abc import AsyncIterator, Sequence
from uuid import UUID

import msgspec

from asperguide.ar.changing import ContentChange
from asperguide.ar.content_views import ContentView
from asperguide.ar.creating import AboutContent, NewContent, SentFile
from asperguide.ar.model import ContentId
from asperguide.shared.actor import Actor
from asperguide.shared.pages import PageRequest
from asperguide.shared.tenancy import ProjectId
from tests.acceptance.in_process import InProcess
from tests.acceptance.over_http import OverHttp
from tests.acceptance.rest import read, read_items
from tests.media import in_chunks

STEPS = ("publish", "unpublish", "archive", "duplicate")


class Prints(ABC):
    """One way to call what is about prints. `token` is the access token of whoever asks."""

    @abstractmethod
    async def make(self, token: str, project: UUID, new: NewContent) -> ContentView:
        """A print of finished uploads."""

    @abstractmethod
    async def send(self, token: str, project: UUID, title: str, photo: bytes, *videos: bytes) -> ContentView:
        """A print of files in the request."""

    @abstractmethod
    async def see(self, token: str, id: UUID) -> ContentView:
        """The print."""

    @abstractmethod
    async def all(self, token: str, project: UUID, title: str) -> Sequence[ContentView]:
        """Those of the project whose titles begin so."""

    @abstractmethod
    async def change(self, token: str, id: UUID, change: ContentChange, version: int | None = None) -> ContentView:
        """Change it."""

    @abstractmethod
    async def step(self, token: str, id: UUID, name: str) -> ContentView:
        """One of STEPS."""

    @abstractmethod
    async def delete(self, token: str, id: UUID) -> None:
        """Delete it."""


class PrintsInProcess(Prints):
    """The use cases of the container."""

    def __init__(self, driver: InProcess) -> None:
        self._use = driver.world.container

    async def make(self, token: str, project: UUID, new: NewContent) -> ContentView:
        return await self._use.create_content()(await self._actor(token), ProjectId(project), new)

    async def send(self, token: str, project: UUID, title: str, photo: bytes, *videos: bytes) -> ContentView:
        actor, about = await self._actor(token), AboutContent(title=title)
        return await self._use.create_content_with_files()(actor, ProjectId(project), about, _sent(photo, *videos))

    async def see(self, token: str, id: UUID) -> ContentView:
        return await self._use.get_content()(await self._actor(token), ContentId(id))

    async def all(self, token: str, project: UUID, title: str) -> Sequence[ContentView]:
        page = PageRequest(sort="title", filters={"title": title})
        return (await self._use.list_contents()(await self._actor(token), ProjectId(project), page)).items

    async def change(self, token: str, id: UUID, change: ContentChange, version: int | None = None) -> ContentView:
        return await self._use.update_content()(await self._actor(token), ContentId(id), change, version)

    async def step(self, token: str, id: UUID, name: str) -> ContentView:
        steps = (
            self._use.publish_content, self._use.unpublish_content, self._use.archive_content,
            self._use.duplicate_content,
        )  # fmt: skip
        return await steps[STEPS.index(name)]()(await self._actor(token), ContentId(id))

    async def delete(self, token: str, id: UUID) -> None:
        await self._use.delete_content()(await self._actor(token), ContentId(id))

    async def _actor(self, token: str) -> Actor:
        return await self._use.authenticate()(token)


class PrintsOverHttp(Prints):
    """Requests to `/api/v1`."""

    def __init__(self, driver: OverHttp) -> None:
        self._send = driver._send

    async def make(self, token: str, project: UUID, new: NewContent) -> ContentView:
        return read(
            await self._send("POST", f"/projects/{project}/contents", token, json=msgspec.to_builtins(new)), ContentView
        )

    async def send(self, token: str, project: UUID, title: str, photo: bytes, *videos: bytes) -> ContentView:
        films = [("video", (f"{n}.mp4", video, "video/mp4")) for n, video in enumerate(videos)]
        files, where = [("photo", ("p.png", photo, "image/png")), *films], f"/projects/{project}/contents"
        return read(await self._send("POST", where, token, files=files, data={"title": title}), ContentView)

    async def see(self, token: str, id: UUID) -> ContentView:
        return read(await self._send("GET", f"/contents/{id}", token), ContentView)

    async def all(self, token: str, project: UUID, title: str) -> Sequence[ContentView]:
        query = {"sort": "title", "filter[title]": title}
        return read_items(await self._send("GET", f"/projects/{project}/contents", token, params=query), ContentView)

    async def change(self, token: str, id: UUID, change: ContentChange, version: int | None = None) -> ContentView:
        headers = {} if version is None else {"if-match": f'"{version}"'}
        body = msgspec.to_builtins(change)
        return read(await self._send("PATCH", f"/contents/{id}", token, json=body, headers=headers), ContentView)

    async def step(self, token: str, id: UUID, name: str) -> ContentView:
        return read(await self._send("POST", f"/contents/{id}/{name}", token), ContentView)

    async def delete(self, token: str, id: UUID) -> None:
        await self._send("DELETE", f"/contents/{id}", token)


async def _sent(photo: bytes, *videos: bytes) -> AsyncIterator[SentFile]:
    yield SentFile(name="p.png", media_type="image/png", video=False, chunks=in_chunks(photo))
    for n, video in enumerate(videos):
        yield SentFile(name=f"{n}.mp4", media_type="video/mp4", video=True, chunks=in_chunks(video))
