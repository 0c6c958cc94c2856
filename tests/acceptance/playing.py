"""What members do with the videos of a print, whichever way they get there: as a library and over REST."""

from abc import ABC, abstractmethod
from typing import Any
from uuid import UUID

import msgspec

from asperguide.ar.filming import FilmChange, NewFilms, Order
from asperguide.ar.model import ContentId
from asperguide.ar.playback import PlaybackChange
from asperguide.ar.rotating import NewRotation
from asperguide.ar.scheduling import NewWindow, WindowChange
from asperguide.ar.video_views import CalendarView, FilmsView, FilmView, PlaybackView, RotationView, WindowView
from asperguide.ar.videos import VideoId
from asperguide.shared.actor import Actor
from tests.acceptance.in_process import InProcess
from tests.acceptance.over_http import OverHttp
from tests.acceptance.rest import read


class Playing(ABC):
    """One way to call what is about videos of a print. `token` is the access token of whoever asks."""

    @abstractmethod
    async def videos(self, token: str, id: UUID) -> FilmsView:
        """All of them."""

    @abstractmethod
    async def add(self, token: str, id: UUID, new: NewFilms) -> FilmsView:
        """More of them."""

    @abstractmethod
    async def order(self, token: str, id: UUID, *videos: UUID) -> FilmsView:
        """In this order."""

    @abstractmethod
    async def patch(
        self, token: str, id: UUID, video: UUID, change: FilmChange, version: int | None = None
    ) -> FilmView:
        """Change one."""

    @abstractmethod
    async def remove(self, token: str, id: UUID, video: UUID) -> None:
        """One less."""

    @abstractmethod
    async def playback(self, token: str, id: UUID, change: PlaybackChange | None = None) -> PlaybackView:
        """What plays; changed first, if it is to be."""

    @abstractmethod
    async def calendar(self, token: str, id: UUID, month: str) -> CalendarView:
        """A month of it."""

    @abstractmethod
    async def schedule(self, token: str, id: UUID, new: NewWindow) -> WindowView:
        """A new window."""

    @abstractmethod
    async def move(self, token: str, id: UUID, window: UUID, change: WindowChange) -> WindowView:
        """A window, changed."""

    @abstractmethod
    async def unschedule(self, token: str, id: UUID, window: UUID) -> None:
        """One window less."""

    @abstractmethod
    async def rotate(self, token: str, id: UUID, new: NewRotation, *, instead: bool = False) -> RotationView:
        """Rules, instead of others or for the first time."""

    @abstractmethod
    async def stop_rotating(self, token: str, id: UUID) -> None:
        """No rules."""


class PlayingInProcess(Playing):
    """The use cases of the container."""

    def __init__(self, driver: InProcess) -> None:
        self._use = driver.world.container

    async def videos(self, token: str, id: UUID) -> FilmsView:
        return await self._use.list_films()(await self._actor(token), ContentId(id))

    async def add(self, token: str, id: UUID, new: NewFilms) -> FilmsView:
        return await self._use.add_films()(await self._actor(token), ContentId(id), new)

    async def order(self, token: str, id: UUID, *videos: UUID) -> FilmsView:
        return await self._use.order_films()(await self._actor(token), ContentId(id), Order(videos=videos))

    async def patch(
        self, token: str, id: UUID, video: UUID, change: FilmChange, version: int | None = None
    ) -> FilmView:
        actor = await self._actor(token)
        return await self._use.change_film()(actor, ContentId(id), VideoId(video), change, version)

    async def remove(self, token: str, id: UUID, video: UUID) -> None:
        await self._use.remove_film()(await self._actor(token), ContentId(id), VideoId(video))

    async def playback(self, token: str, id: UUID, change: PlaybackChange | None = None) -> PlaybackView:
        actor = await self._actor(token)
        if change is not None:
            return await self._use.set_playback()(actor, ContentId(id), change)
        return await self._use.get_playback()(actor, ContentId(id))

    async def calendar(self, token: str, id: UUID, month: str) -> CalendarView:
        return await self._use.show_calendar()(await self._actor(token), ContentId(id), month)

    async def schedule(self, token: str, id: UUID, new: NewWindow) -> WindowView:
        return await self._use.add_window()(await self._actor(token), ContentId(id), new)

    async def move(self, token: str, id: UUID, window: UUID, change: WindowChange) -> WindowView:
        return await self._use.move_window()(await self._actor(token), ContentId(id), window, change)

    async def unschedule(self, token: str, id: UUID, window: UUID) -> None:
        await self._use.remove_window()(await self._actor(token), ContentId(id), window)

    async def rotate(self, token: str, id: UUID, new: NewRotation, *, instead: bool = False) -> RotationView:
        story = self._use.replace_rotation() if instead else self._use.create_rotation()
        return await story(await self._actor(token), ContentId(id), new)

    async def stop_rotating(self, token: str, id: UUID) -> None:
        await self._use.remove_rotation()(await self._actor(token), ContentId(id))

    async def _actor(self, token: str) -> Actor:
        return await self._use.authenticate()(token)


class PlayingOverHttp(Playing):
    """Requests to `/api/v1`."""

    def __init__(self, driver: OverHttp) -> None:
        self._send = driver._send

    async def videos(self, token: str, id: UUID) -> FilmsView:
        return read(await self._send("GET", f"/contents/{id}/videos", token), FilmsView)

    async def add(self, token: str, id: UUID, new: NewFilms) -> FilmsView:
        return read(await self._send("POST", f"/contents/{id}/videos", token, json=plain(new)), FilmsView)

    async def order(self, token: str, id: UUID, *videos: UUID) -> FilmsView:
        body = {"videos": [str(video) for video in videos]}
        return read(await self._send("PUT", f"/contents/{id}/videos/order", token, json=body), FilmsView)

    async def patch(
        self, token: str, id: UUID, video: UUID, change: FilmChange, version: int | None = None
    ) -> FilmView:
        headers = {} if version is None else {"if-match": f'"{version}"'}
        path = f"/contents/{id}/videos/{video}"
        return read(await self._send("PATCH", path, token, json=plain(change), headers=headers), FilmView)

    async def remove(self, token: str, id: UUID, video: UUID) -> None:
        await self._send("DELETE", f"/contents/{id}/videos/{video}", token)

    async def playback(self, token: str, id: UUID, change: PlaybackChange | None = None) -> PlaybackView:
        path = f"/contents/{id}/playback"
        if change is not None:
            return read(await self._send("PATCH", path, token, json=plain(change)), PlaybackView)
        return read(await self._send("GET", path, token), PlaybackView)

    async def calendar(self, token: str, id: UUID, month: str) -> CalendarView:
        return read(await self._send("GET", f"/contents/{id}/calendar?month={month}", token), CalendarView)

    async def schedule(self, token: str, id: UUID, new: NewWindow) -> WindowView:
        return read(await self._send("POST", f"/contents/{id}/schedules", token, json=plain(new)), WindowView)

    async def move(self, token: str, id: UUID, window: UUID, change: WindowChange) -> WindowView:
        path = f"/contents/{id}/schedules/{window}"
        return read(await self._send("PATCH", path, token, json=plain(change)), WindowView)

    async def unschedule(self, token: str, id: UUID, window: UUID) -> None:
        await self._send("DELETE", f"/contents/{id}/schedules/{window}", token)

    async def rotate(self, token: str, id: UUID, new: NewRotation, *, instead: bool = False) -> RotationView:
        method = "PUT" if instead else "POST"
        return read(await self._send(method, f"/contents/{id}/rotation", token, json=plain(new)), RotationView)

    async def stop_rotating(self, token: str, id: UUID) -> None:
        await self._send("DELETE", f"/contents/{id}/rotation", token)


def plain(command: msgspec.Struct) -> Any:
    """The command as JSON has it."""
    return msgspec.to_builtins(command)
