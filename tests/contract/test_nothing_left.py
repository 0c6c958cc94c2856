"""Nothing is left of prints and companies that are gone, on each kind of persistence, whoever looked at them last."""

from collections.abc import AsyncIterator, Iterable
from datetime import timedelta
from typing import Any

import pytest
import sqlalchemy as sa

from asperguide.adapters.sql import migrations
from asperguide.adapters.sql.engine import Database
from asperguide.ar.analytics import EventKind, Level, NewEvent, NewEvents, Period
from asperguide.ar.content_views import ContentView
from asperguide.ar.model import ContentId
from asperguide.ar.playback import PlaybackChange
from asperguide.ar.rotation import PlaybackMode
from asperguide.ar.scenes import ImagePlane, NewScene
from asperguide.companies import NewClient
from asperguide.projects import NewProject
from asperguide.shared.actor import Origin
from asperguide.shared.tenancy import CompanyRole
from asperguide.testing import World
from tests.companies import enlist
from tests.contract.conftest import opened
from tests.on_databases import WorldOn, pass_time
from tests.packing import Atelier, atelier

BROWSER = Origin(address="192.0.2.7", user_agent="Mozilla/5.0 (X11; Linux x86_64; rv:133.0) Firefox/133.0")
THEIRS = ("companies", "company_", "project", "ar_")
"""What tables of companies, projects and prints begin with."""


class Place:
    """A world, and what is kept in it."""

    def __init__(self, world: World, database: Database | None) -> None:
        self.world, self._database = world, database

    async def rows(self, *names: str) -> list[tuple[str, str]]:
        """Every row of the tables that begin with one of these names, as text in which ids can be found."""
        return [(name, repr(row)) async for name, row in self._rows() if name.startswith(names)]

    async def _rows(self) -> AsyncIterator[tuple[str, Any]]:
        if self._database is None:
            for name, kept in self.world.database.tables.items():
                for row in kept.values():
                    yield name, row
            return
        for table in migrations.metadata().sorted_tables:
            async with self._database.reading() as store:
                found = (await store.execute(sa.select(table))).all()
            for row in found:
                yield table.name, row

    async def naming(self, ids: Iterable[object], *names: str) -> list[tuple[str, str]]:
        """Those of these rows in which one of the ids stands."""
        wanted = [str(id) for id in ids]
        return [row for row in await self.rows(*names) if any(id in row[1] for id in wanted)]

    def objects(self, *ids: object) -> list[str]:
        """The keys of objects in which one of the ids stands."""
        return [key for key in self.world.storage.objects if any(str(id) in key for id in ids)]


@pytest.fixture(params=["memory", "sqlite", "mariadb"])
async def place(request: pytest.FixtureRequest) -> AsyncIterator[Place]:
    """Each kind of persistence."""
    if request.param == "memory":
        yield Place(World(), None)
        return
    async with opened(request.param, request) as database:
        yield Place(WorldOn(database), database)


async def tell(world: World, print: ContentView, session: str, *kinds: EventKind, film: int = 0) -> int:
    """What a viewer of the print did. How many of the events were taken."""
    video = {EventKind.PLAY: print.videos[film].id, EventKind.COMPLETE: print.videos[film].id}
    events = [NewEvent(id=f"event-{kind}", session=session, kind=kind, video=video.get(kind)) for kind in kinds]
    return (await world.container.take_events()(print.public_id, NewEvents(events=tuple(events)), BROWSER)).accepted


async def published(home: Atelier, seed: str, films: int = 2) -> ContentView:
    """A print with a scene that people look at one after the other."""
    c, world = home.world.container, home.world
    project = await home.project(f"Fotos {seed}")
    await c.activate_project()(home.owner, project)
    made = await home.content(project, seed, films)
    await c.put_scene()(
        home.owner, made.id, NewScene(placements=(ImagePlane(file=await home.photo(f"{seed} sticker"), alt="Herz"),))
    )
    await c.set_playback()(home.owner, made.id, PlaybackChange(mode=PlaybackMode.CYCLIC))
    await world.settle()
    await c.publish_content()(home.owner, made.id)
    return made


async def totals(home: Atelier, level: Level, id: Any) -> tuple[int, int, int]:
    """How often something was opened and played, by how many."""
    seen = await home.world.container.show_analytics()(home.owner, level, id, Period())
    return seen.totals.opened, seen.totals.play, seen.totals.sessions


async def test_nothing_is_left_of_a_print_but_what_it_meant_for_its_project_and_company(place: Place) -> None:
    world = place.world
    home = await atelier(world)
    gone, stays = await published(home, "a"), await published(home, "b")
    files = [gone.marker.photo, *(video.file for video in gone.videos)]
    world.clock.advance(timedelta(minutes=5))
    for print in (gone, stays):
        await world.container.show_manifest()(print.public_id, "visit-0001")
        assert await tell(world, print, "visit-0001", EventKind.OPENED, EventKind.PLAY) == 2
    await pass_time(world, timedelta(seconds=6))
    assert await place.naming([gone.id], "ar_counts", "ar_turns", "ar_turn_sessions", "ar_events", "ar_scenes")
    assert await tell(world, gone, "visit-0002", EventKind.OPENED) == 1  # nobody has counted it yet
    await world.container.delete_content()(home.owner, gone.id)
    assert await tell(world, gone, "visit-0003", EventKind.OPENED) == 1  # what is shown may be 5 s old
    async with world.container.ar_unit_of_work() as uow:  # and so may whoever gets a turn
        await uow.turns.take(gone.id, "visit-0003", world.clock.now())
        await uow.commit()
    await pass_time(world, timedelta(minutes=1))
    assert await place.naming([gone.id, gone.public_id, *(video.id for video in gone.videos), *files], "ar_") == []
    assert place.objects(gone.id, *files) == []
    assert await totals(home, Level.PROJECT, gone.project) == (3, 1, 3)
    assert await totals(home, Level.COMPANY, home.company) == (4, 2, 4)
    assert await totals(home, Level.CONTENT, stays.id) == (1, 1, 1)
    assert await place.naming([stays.id], "ar_turns", "ar_turn_sessions", "ar_scenes")


async def test_what_was_counted_of_a_film_goes_with_it_and_stays_for_its_print(place: Place) -> None:
    home = await atelier(place.world)
    made = await published(home, "a")
    gone, stays = (video.id for video in made.videos)
    for film in (0, 1):
        await tell(place.world, made, f"visit-000{film}", EventKind.OPENED, EventKind.PLAY, film=film)
    await place.world.container.remove_film()(home.owner, ContentId(made.id), gone)
    await pass_time(place.world, timedelta(minutes=1))
    assert await place.naming([gone], "ar_counts", "ar_videos", "ar_contents") == []
    assert await place.naming([stays], "ar_counts")
    assert await totals(home, Level.CONTENT, made.id) == (2, 2, 2)


async def test_forgetting_again_changes_nothing(place: Place) -> None:
    world = place.world
    home = await atelier(world)
    gone, stays = await published(home, "a"), await published(home, "b")
    for print in (gone, stays):
        await tell(world, print, "visit-0001", EventKind.OPENED)
    await world.container.delete_content()(home.owner, gone.id)
    await pass_time(world, timedelta(minutes=1))
    before = sorted(row for row in await place.rows("ar_") if row[0] != "ar_folds")
    assert await world.container.forget_views()(home.company, gone.id, [video.id for video in gone.videos]) == 0
    assert sorted(row for row in await place.rows("ar_") if row[0] != "ar_folds") == before


async def test_nothing_is_left_of_a_company_in_any_table_nor_of_its_files(place: Place) -> None:
    world, c = place.world, place.world.container
    home, other = await atelier(world), await atelier(world, "xin")
    made, theirs = await published(home, "a"), await published(other, "b")
    editor = await world.person("malik")
    await enlist(world, home.company, editor, CompanyRole.EDITOR)
    await c.add_client()(home.owner, home.company, NewClient(name="Ann", phone="+35312345678"))
    await c.create_project()(home.owner, home.company, NewProject(name="Leer", tags=("a", "b")))
    await home.exported(made.project)
    for print in (made, theirs):
        await c.show_manifest()(print.public_id, "visit-0001")
        await tell(world, print, "visit-0001", EventKind.OPENED, EventKind.PLAY)
    await pass_time(world, timedelta(minutes=5))
    assert {name for name, _ in await place.naming([home.company], *THEIRS)} >= {
        "companies", "company_members", "company_clients", "company_activity", "projects",
        "project_counts", "ar_contents", "ar_numbers", "ar_counts", "ar_events", "ar_sessions",
    }  # fmt: skip
    await c.delete_company()(home.owner, home.company, cascade=True)
    assert await tell(world, made, "visit-0002", EventKind.OPENED) == 1  # what is shown may be 5 s old
    await pass_time(world, timedelta(hours=3), steps=40)
    ids = [home.company, made.project, made.id, made.public_id, *(video.id for video in made.videos)]
    assert await place.naming(ids, *THEIRS) == []
    assert {name for name, _ in await place.naming([home.company], "media_")} == {"media_usage"}  # of nothing
    assert place.objects(*ids, made.marker.photo, *(video.file for video in made.videos)) == []
    assert await totals(other, Level.COMPANY, other.company) == (1, 1, 1)
    assert await place.naming([other.company], "ar_numbers", "project_counts", "ar_contents")
