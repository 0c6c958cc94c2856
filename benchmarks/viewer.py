"""What viewers ask for: the manifest of a print, warm and cold, beside the framework alone."""

import asyncio
from contextlib import ExitStack
from statistics import median
from typing import Any

import msgspec

from benchmarks.figures import Check, Report, lost, ratio
from benchmarks.load import raw
from benchmarks.peers.bare_manifest import MANIFEST
from benchmarks.rigs import Run
from benchmarks.seeding import container_of
from benchmarks.service import API, Service, service
from benchmarks.subjects import Web, peer

COLD = 2000
"""Prints that are asked for once in a round."""


def manifest(run: Run) -> Report:
    """`GET /viewer/{id}/manifest` on MariaDB and Redis: of one print, and of those that nobody has asked for yet."""
    with ExitStack() as stack:
        ours = stack.enter_context(service(run.folder, run.seed, run.servers, RATE_LIMIT_VIEWS="100000000"))
        ids = asyncio.run(_prints(ours, 1 + COLD * (run.rounds + 1)))
        answer = ours.client.get(ours.url(f"/viewer/{ids[0]}/manifest"))
        one = Web("asperguide manifest", ours.server, ours.port, run.requests("one", [_ask(ids[0])]))
        known = {"If-None-Match": answer.headers["etag"]}
        same = Web("asperguide 304", ours.server, ours.port, run.requests("304", [_ask(ids[0], known)]))
        cold = Web("asperguide cold", ours.server, ours.port, run.requests("cold", map(_ask, ids[1:])), portion=COLD)
        server, port = stack.enter_context(peer("bare_manifest", run.folder, run.servers))
        bare = Web("bare_litestar", server, port, run.requests("bare", [raw("GET", "/users/me")]))
        series = run.turns([one, same, cold, bare])
    mine, unchanged, first, alone = series
    checks = [
        ratio("manifest / bare_litestar", mine, alone, at_least=0.4),
        ratio("304 / bare_litestar", unchanged, alone),
        ratio("cold / bare_litestar", first, alone),
        Check(name="p99 / p50", value=median(load.p99 / load.p50 for load in mine.loads), unit="x", at_most=3),
        _likeness(answer.content),
        lost(*series),
    ]
    return Report("manifest", series, checks)


def _ask(id: str, headers: dict[str, str] | None = None) -> bytes:
    return raw("GET", f"{API}/viewer/{id}/manifest", headers)


def _likeness(answer: bytes) -> Check:
    """Ours may not win by saying less than the peer."""
    theirs = msgspec.json.encode(MANIFEST)
    missing = set(msgspec.json.decode(theirs)) ^ set(msgspec.json.decode(answer))
    note = f"fields that only one has: {', '.join(sorted(missing))}" if missing else ""
    return Check(name="bytes of our answer / the peer's", value=len(answer) / len(theirs), at_least=0.9, note=note)


async def _prints(ours: Service, number: int) -> list[str]:
    """The public ids of so many prints of one project."""
    from asperguide.companies import NewCompany
    from asperguide.projects import NewProject
    from asperguide.shared.actor import Actor, SessionId, UserId
    from asperguide.shared.tenancy import CompanyId, ProjectId

    container: Any = container_of(ours)
    ids, now = container.ids(), container.clock().now()
    actor = Actor(user=UserId(ids.new()), session=SessionId(ids.new()), roles=(), proved_at=now)
    company = CompanyId((await container.create_company()(actor, NewCompany(name="Atelier"))).id)
    project = ProjectId((await container.create_project()(actor, company, NewProject(name="Weddings"))).id)
    await container.activate_project()(actor, project)
    made = [_print(container, actor, company, project, number) for number in range(number)]
    for first in range(0, number, 500):
        async with container.ar_unit_of_work() as uow:
            for one in made[first : first + 500]:
                await uow.contents.add(one)
            await uow.commit()
    await container.database().close()
    return [one.public_id for one in made]


def _print(container: Any, actor: Any, company: Any, project: Any, number: int) -> Any:
    from asperguide.ar.model import Content, ContentId, ContentState, Customer, Marker, MarkerState, public_id
    from asperguide.ar.videos import ContentVideo, FileId, Footage, VideoId

    ids, now = container.ids(), container.clock().now()
    footage = Footage(duration=12.5, width=1280, height=720, media_type="video/mp4", size=2_000_000)
    video = ContentVideo(
        id=VideoId(ids.new()), file=FileId(ids.new()), title="Spring", position=0, footage=footage, created_at=now
    )
    return Content(
        id=ContentId(ids.new()), company=company, project=project, number=f"ORD-20260119-{number:06d}",
        public_id=public_id(ids.secret()), title="Wedding", customer=Customer(name="Gráinne"),
        marker=Marker(photo=FileId(ids.new()), state=MarkerState.READY), videos=(video,), state=ContentState.PUBLISHED,
        ends_at=now.replace(year=now.year + 20), created_by=actor.user, created_at=now, updated_at=now,
    )  # fmt: skip
