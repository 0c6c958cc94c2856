"""What packing a project of 300 MiB costs a worker in memory: on SQLite and a folder."""

import asyncio
import os
import random
import tempfile
import time
from collections.abc import Awaitable, Callable
from hashlib import sha256
from pathlib import Path
from typing import Any

from asperguide.adapters.sql import migrations
from asperguide.ar.model import Content, ContentId, Customer, Marker, public_id
from asperguide.ar.videos import ContentVideo, FileId, VideoId
from asperguide.companies import NewCompany
from asperguide.container import Container
from asperguide.identity import NewAdmin, SignInRequest
from asperguide.media.model import Content as Found
from asperguide.media.model import File, OwnerId, final_key
from asperguide.media.model import FileId as StoredId
from asperguide.projects import NewProject
from asperguide.settings import Settings
from asperguide.shared.actor import Actor
from asperguide.shared.tenancy import CompanyId, ProjectId
from asperguide.worker import worker_of
from benchmarks.figures import Check, Report
from benchmarks.rigs import Run

PASSWORD, SECRET = "quartz-lantern-47-violet", "7Yt-kP0zQ2mVx9LrA4bN8cDe1fGh5iJu6wSaMnBvCxZ"
FILMS, FILM = 10, 30 * 2**20
MB = 1_000_000
EVERY = 0.005


def packing(run: Run) -> Report:
    """One export in a process that has packed a small project before, watched every 5 ms."""
    with tempfile.TemporaryDirectory() as folder:
        return Report("packing", checks=asyncio.run(_measured(Path(folder), run.seed)))


async def _measured(folder: Path, seed: int) -> list[Check]:
    container = Container(settings=Settings(data_dir=folder, oauth_secret_key=SECRET, public_url="http://localhost"))
    await migrations.up(container.database())
    actor = await _somebody(container)
    company = (await container.create_company()(actor, NewCompany(name="Atelier"))).id
    small = await _project(container, actor, company, seed, films=1, size=2**20)
    large = await _project(container, actor, company, seed, films=FILMS, size=FILM)
    await _exported(container, actor, small)
    resident = _resident()
    seconds, grown = await _watched(lambda: _exported(container, actor, large), resident)
    after = _resident() - resident
    await container.database().close()
    return [
        Check(name="packed", value=FILMS * FILM / MB, unit="MB", note=f"in {seconds:.1f} s"),
        Check(name="memory on top while it is packed (resident, peak)", value=grown / MB, unit="MB", at_most=20),
        Check(name="memory on top afterwards (resident)", value=after / MB, unit="MB", at_most=20),
    ]


async def _somebody(container: Container) -> Actor:
    await container.create_admin()(
        NewAdmin(email="boss@example.org", username="boss", full_name="Boss", password=PASSWORD)
    )
    signed_in = await container.sign_in()(SignInRequest(login="boss", password=PASSWORD))
    return await container.authenticate()(signed_in.access_token)


async def _project(
    container: Container, actor: Actor, company: CompanyId, seed: int, *, films: int, size: int
) -> ProjectId:
    """A project with one print of so many films; what is in them nobody looks at."""
    project = (await container.create_project()(actor, company, NewProject(name=f"{films}"))).id
    ids, now = container.ids(), container.clock().now()
    files = [await _file(container, company, seed + n, size) for n in range(films + 1)]
    videos = tuple(
        ContentVideo(id=VideoId(ids.new()), file=FileId(file), title=f"{n}", position=n, created_at=now)
        for n, file in enumerate(files[1:])
    )
    content = Content(
        id=ContentId(ids.new()), company=company, project=project, number=f"ORD-20260101-{films:06}",
        public_id=public_id(ids.secret()), title="Print", customer=Customer(), marker=Marker(photo=FileId(files[0])),
        videos=videos, ends_at=now.replace(year=now.year + 30), created_by=actor.user, created_at=now, updated_at=now,
    )  # fmt: skip
    async with container.ar_unit_of_work() as uow:
        await uow.contents.add(content)
        await uow.commit()
    return project


async def _file(container: Container, company: CompanyId, seed: int, size: int) -> StoredId:
    id, now = StoredId(container.ids().new()), container.clock().now()
    piece = random.Random(seed).randbytes(2**20)
    digest = sha256()
    for _ in range(size // len(piece)):
        digest.update(piece)
    key = final_key(id, digest.digest())

    async def pieces() -> Any:
        for _ in range(size // len(piece)):
            yield piece

    await container.storage().put(key, pieces())
    awaited = File(
        id=id, owner=OwnerId(company), name="film.mp4", key=key, size=size, media_type="video/mp4", created_at=now,
        updated_at=now,
    )  # fmt: skip
    found = Found(media_type="video/mp4", size=size, sha256=digest.digest())
    async with container.media_unit_of_work() as uow:
        await uow.files.add(awaited.accepted(found, key, now))
        await uow.commit()
    return id


async def _exported(container: Container, actor: Actor, project: ProjectId) -> None:
    job = (await container.export_project()(actor, project)).job
    await worker_of(container).run_due()
    told = await container.show_my_job()(actor, job)
    assert told.state == "done", told


async def _watched(work: Callable[[], Awaitable[None]], before: int) -> tuple[float, int]:
    """Seconds, and bytes on top at the highest moment."""
    peak, began = 0, time.perf_counter()
    task = asyncio.ensure_future(work())
    while not task.done():
        await asyncio.sleep(EVERY)
        peak = max(peak, _resident() - before)
    await task
    return time.perf_counter() - began, peak


def _resident() -> int:
    with Path("/proc/self/statm").open() as told:
        return int(told.read().split()[1]) * os.sysconf("SC_PAGE_SIZE")
