"""Events of viewers: how many a second one process takes in, and whether any is lost or doubled when it dies.

The process has one core, counts what it took in beside that, and keeps the limits that it comes with: viewers have many
addresses, behind a proxy that is trusted. A figure is of the slowest round; none may have lost or doubled an event.
"""

import asyncio
import os
import time
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from random import Random

import httpx

from benchmarks.figures import Check, Report, Series
from benchmarks.ledger import durable
from benchmarks.processes import Pinned
from benchmarks.rigs import Run
from benchmarks.service import API, DATABASE, serve
from benchmarks.subjects import Web
from benchmarks.view_shop import COMPANY, CONTENT, PROJECT
from benchmarks.views import BROWSERS, Batch, Stored, address, batch, count_all, requests, serving, settings_of

SECONDS = 30
BAR = 2_000
MOST_A_SECOND = {1: 6_000, 20: 1_200}
"""Requests by events in each, more than are answered in a second: none is sent twice."""
CONNECTIONS = 64
ROUNDS = 1
"""Of half a minute each."""
CLIENTS = 16
PAUSES = (0.5, 2.0)
PATIENCE = 60.0
AGAIN = 0.05
"""How often a batch is sent again that was acknowledged already."""


def views(run: Run) -> Report:
    """Half a minute of events, one and twenty in a request, on SQLite and on MariaDB that writes to the disk."""
    report = Report("views")
    durable(run.servers, DATABASE)
    for name in ("SQLite", "MariaDB"):
        for size in MOST_A_SECOND:
            series, checks = _taken_in(run, name, size)
            report.series.append(series)
            report.checks += checks
    return report


def _taken_in(run: Run, name: str, size: int) -> tuple[Series, list[Check]]:
    folder, servers = run.folder / f"{name}-{size}", run.servers if name == "MariaDB" else None
    if servers:
        servers.make_database(DATABASE)
    settings = settings_of(folder, run.seed, servers)
    file = run.requests(f"views-{size}", requests(run.seed, size, MOST_A_SECOND[size] * (SECONDS * ROUNDS + 1)))
    with serving(folder, settings) as (running, ports):
        web = Web(f"{name}, {size} a request", running[0], ports[0], file, CONNECTIONS)
        web.warm()
        warmed = web.position
        series = Series(web.name, [web.measure(SECONDS) for _ in range(ROUNDS)])
        behind = Stored(settings, run.servers).waiting
    load = min(series.loads, key=lambda one: one.rate)
    refused = sum(one.refused + one.broken for one in series.loads)
    acknowledged = sum(one.count - one.refused for one in series.loads) * size
    asyncio.run(count_all(settings))
    stored, sent = Stored(settings, run.servers), web.position * size
    found = stored.events
    return series, [
        Check(
            name=f"{web.name}: events accepted", value=load.rate * size, unit="/s", at_least=BAR,
            note=f"for {SECONDS} s, {load.rate_per_cpu * size:.0f} a processor second, {load.neighbours:.0%} by others"
            f", p99 {load.p99:.0f} ms",
        ),
        _none("answers that were refusals", refused),
        Check(name="events stored", value=found, at_least=acknowledged, at_most=sent, note=f"{sent} sent in all"),
        Check(name="events that were not counted at the end of the load", value=behind),
        *_exact(stored),
        Check(name="requests of the warming up", value=warmed),
    ]  # fmt: skip


def _exact(stored: Stored) -> Sequence[Check]:
    """What was counted is what there is, at every level."""
    events, sessions = stored.events, stored.sessions
    return [
        _none("events that wait for ever", stored.waiting),
        *(
            _none(f"{what} counted otherwise than stored", abs(stored.counted(level, of_sessions) - there))
            for level, named in ((CONTENT, "contents"), (PROJECT, "projects"), (COMPANY, "companies"))
            for what, of_sessions, there in (
                (f"events of {named}", False, events),
                (f"sessions of {named}", True, sessions),
            )
        ),
    ]


def _none(name: str, value: float, note: str = "") -> Check:
    return Check(name=name, value=value, at_least=0, at_most=0, note=note)


@dataclass(kw_only=True)
class Told:
    """What viewers sent and were told."""

    acknowledged: set[bytes] = field(default_factory=set)
    answers: int = 0
    lost: int = 0
    again: int = 0
    wrong: list[str] = field(default_factory=list)
    kills: int = 0


def view_kills(run: Run) -> Report:
    """Viewers send to one embedded server, then to two on MariaDB, that are killed with -9, `VIEW_KILLS` times each.

    A viewer sends the same again until it is acknowledged, and now and then after that.
    """
    kills = int(os.environ.get("VIEW_KILLS", "40"))
    durable(run.servers, DATABASE)
    checks: list[Check] = []
    for name, processes in (("SQLite", 1), ("MariaDB", 2)):
        folder, servers = run.folder / f"{name}-kills", run.servers if name == "MariaDB" else None
        settings, told = settings_of(folder, run.seed, servers), Told()
        with serving(folder, settings, processes) as (running, ports):
            asyncio.run(_live(run, settings, running, ports, told, kills))
        asyncio.run(count_all(settings))
        checks += _verdict(name, told, Stored(settings, run.servers), kills)
    return Report("view-kills", checks=checks)


def _verdict(name: str, told: Told, stored: Stored, kills: int) -> Sequence[Check]:
    digests = stored.digests
    note = f"{told.answers} answers, {told.lost} requests without one, {told.again} batches sent again all the same"
    return [
        Check(name=f"{name}: servers killed", value=told.kills, at_least=kills, note=note),
        Check(name="events acknowledged", value=len(told.acknowledged), at_least=1),
        _none("acknowledged events lost", len(told.acknowledged - digests)),
        _none("events stored that nobody was told of", len(digests - told.acknowledged)),
        _none("events stored twice", stored.events - len(digests)),
        _none("answers that nobody should get", len(told.wrong), "; ".join(told.wrong[:3])),
        *_exact(stored),
    ]


async def _live(
    run: Run, settings: Mapping[str, str], running: list[Pinned], ports: Sequence[int], told: Told, kills: int
) -> None:
    random, over = Random(run.seed), asyncio.Event()
    limits = httpx.Limits(max_keepalive_connections=CLIENTS)
    async with httpx.AsyncClient(timeout=15, limits=limits) as http:
        viewers = [_view(http, ports, told, Random(f"{run.seed} {number}"), over) for number in range(CLIENTS)]
        lives = asyncio.gather(*viewers)
        while told.kills < kills:
            place = random.randrange(len(running))
            await asyncio.to_thread(running[place].answers, ports[place], "/health/live")
            await asyncio.sleep(random.uniform(*PAUSES))
            running[place].process.kill()
            running[place].process.wait()
            running[place] = serve(running[place].log.parent, settings, ports[place])
            told.kills += 1
        over.set()
        await lives


async def _view(http: httpx.AsyncClient, ports: Sequence[int], told: Told, random: Random, over: asyncio.Event) -> None:
    """Batches of some size, each until it is acknowledged."""
    while not over.is_set():
        one = batch(random, random.choice((1, 3, 20)))
        await _send(http, ports, told, random, one)
        told.acknowledged.update(one.digests)
        if random.random() < AGAIN:
            told.again += 1
            await _send(http, ports, told, random, one)


async def _send(http: httpx.AsyncClient, ports: Sequence[int], told: Told, random: Random, one: Batch) -> None:
    end = time.monotonic() + PATIENCE
    headers = {"X-Forwarded-For": address(random.randrange(500)), "User-Agent": random.choice(BROWSERS)}
    while time.monotonic() < end:
        url = f"http://127.0.0.1:{random.choice(ports)}{API}{one.path}"
        try:
            answer = await http.post(url, json={"events": one.events}, headers=headers)
        except httpx.TransportError:
            told.lost += 1
            await asyncio.sleep(0.1)
            continue
        told.answers += 1
        if answer.status_code == 202:
            return
        if answer.status_code != 503:
            told.wrong.append(f"{answer.status_code} {answer.text[:200]}")
        await asyncio.sleep(0.2)
    told.wrong.append(f"no answer in {PATIENCE:g} s")
