"""Pages of companies, projects, prints and clients on MariaDB: in every order, with every filter, and however deep."""

import asyncio
import time
from collections.abc import Awaitable, Callable, Mapping, Sequence
from dataclasses import dataclass
from datetime import timedelta
from statistics import median
from typing import Any, TypeAlias

from dependency_injector.providers import Object

from asperguide.adapters.sql.engine import Database
from asperguide.container import Container
from asperguide.server import close
from asperguide.settings import load
from asperguide.shared.pages import Page, PageRequest
from benchmarks.figures import Check, Report
from benchmarks.jobs import opened
from benchmarks.ledger import database
from benchmarks.letter_pages import Counted, Taken
from benchmarks.prints import CLIENTS, COMPANIES, CONTENTS, OPEN, PROJECTS, Agency, fill
from benchmarks.rigs import Run
from benchmarks.service import DATABASE
from benchmarks.views import settings_of

BAR = 20.0
"""Milliseconds."""
EVERY = 5
"""Pages of 100, one after the other, between two that are timed."""
TRIES, MOST_TRIES = 3, 20
"""How often a page is asked for, at least, and while it is slow: what others on the machine do passes."""

Filters: TypeAlias = Mapping[str, str]
Read: TypeAlias = Callable[[PageRequest], Awaitable[Page[Any]]]


@dataclass(frozen=True, slots=True, kw_only=True)
class Shelf:
    """A list as the use case gives it: what it is asked for by name, and how many statements a page may take."""

    name: str
    read: Read
    sorts: Sequence[str]
    filters: Mapping[str, Filters]
    statements: Sequence[int]
    size: int


@dataclass(frozen=True, slots=True, kw_only=True)
class Walked:
    """What the timed pages of a list took in one order, and how many things were passed."""

    sort: str
    taken: Sequence[Taken]
    things: int

    @property
    def slowest(self) -> float:
        """Milliseconds at the database."""
        return max(one.database for one in self.taken)


def print_pages(run: Run) -> Report:
    """A page of 20 at every five hundredth place; of several times the least."""
    url = database(run.servers, DATABASE)
    settings = settings_of(run.folder, run.seed, run.servers)
    return Report("print-pages", checks=asyncio.run(_measured(url, settings)))


async def _measured(url: str, settings: Mapping[str, str]) -> list[Check]:
    bare = opened(url)
    counted, container = Counted(bare), Container(settings=load(environ=settings))
    with container.database.override(Object(Database(bare.engine, counted))):
        try:
            return [check for shelf in _shelves(container, await fill(bare)) for check in await _shelf(shelf, counted)]
        finally:
            await close(container)


async def _shelf(shelf: Shelf, counted: Counted) -> list[Check]:
    await _walked(shelf, counted, shelf.sorts[0], {})  # does not count: nothing of it is in memory yet
    walked = {
        name: [await _walked(shelf, counted, sort, filters) for sort in shelf.sorts]
        for name, filters in shelf.filters.items()
    }
    return [*(_slowest(f"{shelf.name}, {name}", walks) for name, walks in walked.items()), *_same(shelf, walked)]


async def _walked(shelf: Shelf, counted: Counted, sort: str, filters: Filters) -> Walked:
    taken, cursor, page, things = list[Taken](), None, 0, 0
    while cursor is not None or not page:
        if page % EVERY == 0:
            wanted = PageRequest(cursor=cursor, limit=20, sort=sort, filters=filters)
            taken.append(await _least(shelf, counted, wanted))
        found = await shelf.read(PageRequest(cursor=cursor, limit=100, sort=sort, filters=filters))
        page, things, cursor = page + 1, things + len(found.items), found.next_cursor
    return Walked(sort=sort, taken=taken, things=things)


async def _least(shelf: Shelf, counted: Counted, wanted: PageRequest) -> Taken:
    least = await _timed(shelf, counted, wanted)
    for number in range(1, MOST_TRIES):
        if number >= TRIES and least.database <= BAR / 2:
            break
        least = min(least, await _timed(shelf, counted, wanted), key=lambda one: one.database)
    return least


async def _timed(shelf: Shelf, counted: Counted, wanted: PageRequest) -> Taken:
    counted.seconds.clear()
    began = time.perf_counter()
    await shelf.read(wanted)
    whole, seconds = time.perf_counter() - began, counted.seconds
    return Taken(statements=len(seconds), database=sum(seconds) * 1000, whole=whole * 1000)


def _slowest(name: str, walks: Sequence[Walked]) -> Check:
    """In any order, at any depth."""
    slowest, pages = max(walks, key=lambda one: one.slowest), [one for walk in walks for one in walk.taken]
    note = (
        f"at {len(pages)} places of {slowest.things} in {len(walks)} orders, "
        f"median {median(one.database for one in pages):.1f} ms, slowest by {slowest.sort}; "
        f"{max(one.whole for one in pages):.1f} ms with Python's part"
    )
    return Check(name=f"{name}: slowest page", value=slowest.slowest, unit="ms", at_most=BAR, note=note)


def _same(shelf: Shelf, walked: Mapping[str, Sequence[Walked]]) -> Sequence[Check]:
    """However deep a page is, it takes as many statements; whatever the order is, everything is in it."""
    pages = [one for walks in walked.values() for walk in walks if walk.things for one in walk.taken]
    apart = sum(max(one.things for one in walks) - min(one.things for one in walks) for walks in walked.values())
    numbers = " or ".join(map(str, shelf.statements))
    return [
        _exactly(f"{shelf.name}: in any order", min(one.things for one in walked["all"]), shelf.size),
        _exactly(f"{shelf.name}: in some orders only, with filters", apart, 0),
        _exactly(
            f"{shelf.name}: pages of other than {numbers} statements",
            sum(one.statements not in shelf.statements for one in pages), 0,
        ),
    ]  # fmt: skip


def _exactly(name: str, value: float, wanted: float) -> Check:
    return Check(name=name, value=value, at_least=wanted, at_most=wanted)


def _both_ways(*sorts: str) -> Sequence[str]:
    return [*sorts, *(f"-{sort}" for sort in sorts)]


def _shelves(container: Container, agency: Agency) -> Sequence[Shelf]:
    """Each list, and of its filters some that many meet, some that few do, and some that nothing does."""
    return [
        Shelf(
            name="my companies", read=lambda page: container.list_companies()(agency.owner, page),
            sorts=_both_ways("since", "name"), statements=[2], size=COMPANIES,
            filters={
                "all": {}, "of a common role": {"role": "viewer"}, "of a rare role": {"role": "editor"},
                "of a role in none": {"role": "manager"},
            },
        ),
        Shelf(
            name="prints", read=lambda page: container.list_contents()(agency.owner, agency.project, page),
            sorts=_both_ways("created_at", "title", "number", "ends_at"), statements=[4], size=CONTENTS,
            filters=_of_contents(agency),
        ),
        Shelf(
            name="projects of an owner",
            read=lambda page: container.list_projects()(agency.owner, agency.company, page),
            sorts=_both_ways("created_at", "name", "ends_at"), statements=[3], filters=_OF_PROJECTS, size=PROJECTS,
        ),
        Shelf(
            name="projects of an editor",
            read=lambda page: container.list_projects()(agency.editor, agency.company, page),
            sorts=_both_ways("created_at", "name", "ends_at"), statements=[3, 4], filters=_OF_PROJECTS, size=OPEN,
        ),
        Shelf(
            name="clients", read=lambda page: container.list_clients()(agency.owner, agency.company, page),
            sorts=_both_ways("name", "created_at"), statements=[2], size=CLIENTS,
            filters={
                "all": {}, "name that all have": {"search": "client"}, "name of a hundred": {"search": "client 042"},
                "name of one": {"search": "client 04242"}, "phone that all have": {"search": "+353 1"},
                "phone of one": {"search": "+353100004242"}, "address that all have": {"search": "person"},
                "address of one": {"search": "person04242@"}, "what nobody has": {"search": "nowhere"},
            },
        ),
    ]  # fmt: skip


_OF_PROJECTS: Mapping[str, Filters] = {
    "all": {}, "active": {"state": "active"}, "put away": {"state": "archived"}, "in draft": {"state": "draft"},
    "running": {"lifecycle": "active"}, "expiring": {"lifecycle": "expiring"}, "expired": {"lifecycle": "expired"},
    "upcoming": {"lifecycle": "upcoming"}, "a tag that all have": {"tag": "wedding"}, "a rare tag": {"tag": "rare"},
    "a tag that none has": {"tag": "nowhere"}, "templates": {"template": "true"}, "no templates": {"template": "false"},
    "a name that all have": {"name": "wedding"}, "a name that few have": {"name": "042"},
    "a name that none has": {"name": "nowhere"}, "some of all": {"state": "active", "name": "1", "tag": "spring-7"},
}  # fmt: skip


def _of_contents(agency: Agency) -> Mapping[str, Filters]:
    soon, late = agency.now + timedelta(days=20), agency.now + timedelta(days=2000)
    return {
        "all": {}, "published": {"state": "published"}, "put away": {"state": "archived"},
        "in no state": {"state": "unpublished"}, "of a good grade": {"grade": "good"},
        "of a poor grade": {"grade": "poor"}, "of no grade": {"grade": "fair"},
        "a title that all have": {"title": "Print"}, "a title of a hundred": {"title": "Print 42"},
        "a title of one": {"title": "Print 4242"},
        "a title of none": {"title": "nowhere"}, "a customer that all have": {"customer": "somebody"},
        "a customer of one": {"customer": "Somebody 04242"}, "a customer of none": {"customer": "nobody"},
        "a client": {"client": str(agency.client)}, "a client of none": {"client": str(agency.company)},
        "a number that all have": {"number": "ORD-2026"}, "a number of one": {"number": "ORD-20260119-004242"},
        "a number of none": {"number": "ORD-1999"}, "over soon": {"ends_before": soon.isoformat()},
        "over late": {"ends_before": late.isoformat()},
        "some of all": {"state": "published", "grade": "good", "title": "Print 4", "customer": "somebody 0"},
        "nothing of all": {"state": "archived", "grade": "poor", "customer": "somebody"},
    }  # fmt: skip
