"""Prints out of memory: every change is in the very next answer, in this process and in others."""

import asyncio
from collections.abc import Mapping
from dataclasses import replace
from datetime import timedelta

import msgspec
import pytest

from asperguide.adapters.caching.sheets import KeptSheets
from asperguide.adapters.caching.showings import TTL
from asperguide.adapters.memory.cache import MemoryCache
from asperguide.ar.model import Content, PublicId
from asperguide.ar.repositories import viewer_key
from asperguide.ar.viewer_ports import Showing
from asperguide.shared.ports import Cached
from tests.viewing import COMPANY, ID, NOON, PROJECT, Kept, Process, Stage, shown


class Dead(MemoryCache):
    """Out of reach."""

    async def get(self, key: str) -> Cached | None:
        return None

    async def put(self, key: str, entry: Cached, ttl: timedelta) -> None:
        return

    async def purge(self, versions: Mapping[str, int]) -> None:
        return


async def title(process: Process) -> str:
    """What the process shows."""
    found = await process.showings.find(ID)
    return found.content.title if found else "-"


async def test_a_print_is_read_once_and_then_never_again() -> None:
    stage = Stage()
    first = await stage.process.showings.find(ID)
    assert first is not None and stage.kept.reads == 4
    for _ in range(3):
        assert await stage.process.showings.find(ID) is first
    assert stage.kept.reads == 4


async def test_another_process_has_it_from_the_shared_cache() -> None:
    stage = Stage()
    found = await stage.process.showings.find(ID)
    assert await stage.another().showings.find(ID) == found
    assert stage.kept.reads == 4


async def test_a_change_is_in_the_very_next_answer_of_every_process() -> None:
    stage = Stage()
    processes = stage.process, stage.another(), stage.another()
    for n in range(5):
        for process in processes:
            await title(process)
        await stage.change(processes[n % 3], title=f"title {n}")
        assert [await title(process) for process in processes] == [f"title {n}"] * 3


async def test_so_is_a_change_of_the_project_or_the_company() -> None:
    stage = Stage()
    processes = stage.process, stage.another()
    for name in ("Atelier A", "Atelier B"):
        await stage.change_project(processes[0], company=replace(COMPANY, name=name))
        found = [await process.showings.find(ID) for process in processes]
        assert [one.project.company.name for one in found if one] == [name, name]


async def test_a_change_of_something_else_costs_no_statement() -> None:
    stage = Stage()
    before = await stage.process.showings.find(ID)
    await stage.process.editions.purge({viewer_key(PublicId("A" * 22)): 7, "shown:other": 0})
    assert await stage.process.showings.find(ID) == before
    assert stage.kept.reads == 4


async def test_what_is_not_there_is_asked_for_each_time_and_kept_by_nobody() -> None:
    stage = Stage()
    del stage.kept.contents[ID]
    for n in range(1, 4):
        assert await stage.process.showings.find(ID) is None
        assert stage.kept.reads == n
    stage.kept.contents[ID] = shown()
    assert await title(stage.process) == "Wedding"
    del stage.kept.projects[PROJECT.id]
    await stage.process.editions.purge({"shown:" + COMPANY.id.hex: 0})
    assert await stage.process.showings.find(ID) is None


async def test_a_dead_cache_shows_what_there_is_and_keeps_nothing() -> None:
    stage = Stage()
    process = Process(stage.kept, Dead(stage.clock), stage.clock, stage.turns, stage.files)
    assert await title(process) == "Wedding"
    stage.kept.contents[ID] = replace(shown(), title="New")
    assert await title(process) == "New"
    assert stage.kept.reads == 8


async def test_what_another_release_has_kept_is_read_anew() -> None:
    stage = Stage()
    await stage.cache.put(viewer_key(ID), Cached(version=1, value=b"\xc1 something else"), TTL)
    assert await title(stage.process) == "Wedding"


class Slow(Kept):
    """Answers when it is told to."""

    def __init__(self, of: Kept) -> None:
        super().__init__(of.contents, of.projects, of.members)
        self.asked, self.go = asyncio.Event(), asyncio.Event()

    async def public(self, id: PublicId) -> Content | None:
        found = await super().public(id)
        self.asked.set()
        await self.go.wait()
        return found


async def test_a_read_that_a_change_overtook_is_kept_nowhere() -> None:
    stage = Stage()
    slow = Slow(stage.kept)
    late = Process(slow, stage.cache, stage.clock, stage.turns, stage.files)
    reading = asyncio.create_task(title(late))
    await slow.asked.wait()
    await stage.change(title="New")
    slow.go.set()
    assert await reading == "Wedding", "it was asked for before"
    assert await title(late) == "New"
    assert await title(stage.another()) == "New"


async def test_a_project_that_changed_while_it_was_read_is_read_again() -> None:
    stage = Stage()
    slow = Slow(stage.kept)
    late = Process(slow, stage.cache, stage.clock, stage.turns, stage.files)
    reading = asyncio.create_task(late.showings.find(ID))
    await slow.asked.wait()
    slow.go.set()
    await reading
    await stage.change_project(company=replace(COMPANY, active=False))
    found = await late.showings.find(ID)
    assert found is not None and not found.project.company.active


async def test_everybody_who_waits_shares_one_look_at_the_edition() -> None:
    stage = Stage()
    await title(stage.process)
    asked: list[str] = []
    get = stage.cache.get

    async def counted(key: str) -> Cached | None:
        asked.append(key)
        return await get(key)

    stage.cache.get = counted  # type: ignore[method-assign]
    await asyncio.gather(*(title(stage.process) for _ in range(50)))
    assert asked == ["edition"]


async def test_the_oldest_go_when_there_are_too_many() -> None:
    stage = Stage()
    showings = stage.process.showings
    showings._max_entries = 10
    for n in range(12):
        id = PublicId(f"{n:021d}A")
        stage.kept.contents[id] = shown(public_id=id)
        await showings.find(id)
    assert len(showings._near) <= 11


@pytest.mark.parametrize("most", [1, 10])
def test_sheets_are_kept_for_the_very_print_until_their_time(most: int) -> None:
    stage, sheets = Stage(), KeptSheets(max_entries=most)
    make = msgspec.structs.replace(stage.process.make, sheets=sheets)
    showing = Showing(content=shown(), project=PROJECT)
    sheet = make(showing)
    assert sheets.ready(showing, NOON) is make(showing) is sheet
    assert sheets.ready(Showing(content=shown(), project=PROJECT), NOON) is None, "the same again, read anew"
    assert sheets.ready(showing, sheet.until) is None
    assert sheets.ready(showing, NOON - timedelta(seconds=1)) is None, "the clock was set back"
    make(showing, 3)
    assert sheets.ready(showing, NOON) is sheet, "other turns are not kept"
    others = [Showing(content=shown(public_id=PublicId(f"{n:021d}A")), project=PROJECT) for n in range(30)]
    for other in others:
        make(other)
    assert sum(sheets.ready(other, NOON) is not None for other in others) == most
