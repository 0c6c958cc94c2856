"""The kill campaign of files: servers and workers die with -9 while files are sent in every way; then all is looked up.

Clients behave as good clients do: they repeat what got no answer, begin under idempotency keys, and ask how far they
are before they go on. When all is quiet, three days pass, and what is stored is compared with what is known.
"""

import asyncio
import base64
import hashlib
import time
from collections import Counter
from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import timedelta
from random import Random
from typing import Any

import httpx
from dependency_injector.providers import Object

from asperguide.adapters.system import SystemClock
from asperguide.container import Container
from asperguide.media.reconciling import Findings
from asperguide.server import close
from asperguide.settings import load
from asperguide.testing import MovableClock
from asperguide.worker import worker_of
from benchmarks.chaos import WORKERS, Fleet, fleet, is_to_be_repeated, wait_until_quiet
from benchmarks.figures import Check, Report
from benchmarks.objects import Objects, objects
from benchmarks.rigs import Run
from benchmarks.service import DATABASE, Account, Service

UPLOADS = 100
CLIENTS = 8
PAUSES = (0.5, 2.0)
PATIENCE, SETTLED = 120.0, 400.0
"""Seconds for an answer, and for a file that has arrived to be ready."""
MIB = 1024 * 1024
SIZES = {"small": 3 * MIB, "direct": 5 * MIB, "multipart": 19 * MIB, "tus": 21 * MIB}
PIECE = 3 * MIB
"""Bytes that one request of tus sends."""

LATER = timedelta(days=3)
WITH_BYTES = "SELECT LOWER(HEX(id)), `key`, size FROM files WHERE state IN ('ready', 'deleted')"
DIFFERENT = """
SELECT COUNT(*) FROM media_usage u LEFT JOIN (
    SELECT owner, SUM(state IN ('ready', 'deleted')) AS files, SUM(IF(state IN ('ready', 'deleted'), size, 0)) AS bytes,
    SUM(state IN ('awaiting', 'quarantined', 'checking')) AS awaited FROM files GROUP BY owner) f ON f.owner = u.owner
WHERE u.used_files <> COALESCE(f.files, 0) OR u.used_bytes <> COALESCE(f.bytes, 0)
    OR u.reserved_files <> COALESCE(f.awaited, 0)"""


@dataclass(kw_only=True)
class Sent:
    """What clients were told."""

    answers: Counter[str] = field(default_factory=Counter)
    files: dict[str, str] = field(default_factory=dict)
    ways: Counter[str] = field(default_factory=Counter)
    wrong: list[str] = field(default_factory=list)
    kills: Counter[str] = field(default_factory=Counter)


def media_kills(run: Run) -> Report:
    """A hundred files, by every way, through two servers and two workers on MariaDB, Redis and S3 that are killed."""
    sent, random = Sent(), Random(run.seed)
    with objects(run.folder) as store, fleet(run, run.servers, MEDIA_CONCURRENCY="2", **store.settings) as ours:
        account = ours.service.signed_in(ours.service.new_account(run.seed))
        asyncio.run(_live(run, ours, account, sent, random))
        recovered = wait_until_quiet(run.servers)
        first, last = asyncio.run(_reconciled(ours.service))
        lost = [file for file, digest in sent.files.items() if not _is_there(ours.service, account, file, digest)]
        missing, orphans, different = _looked_up(run, store)
    ways = ", ".join(f"{way}: {count}" for way, count in sorted(sent.ways.items()))
    answers = ", ".join(f"{word}: {count}" for word, count in sorted(sent.answers.items()))
    kills = ", ".join(f"{name}: {count}" for name, count in sorted(sent.kills.items()))
    return Report(
        "media-kills",
        checks=[
            Check(name="kills", value=sent.kills.total(), at_least=1, note=kills),
            Check(name="files sent", value=len(sent.files), at_least=UPLOADS, at_most=UPLOADS, note=ways),
            Check(name="requests", value=sum(sent.answers.values()), note=answers),
            Check(name="from the last kill until no job is left", value=recovered, unit="s"),
            _none("answers that nobody should get", len(sent.wrong), "; ".join(sent.wrong[:3])),
            _none("acknowledged files that are gone or changed", len(lost), "; ".join(lost[:3])),
            Check(name="orphans that reconciling found", value=first.orphans, note=f"{first.objects} objects"),
            _none("lost files and quota differences before it", len(first.lost) + len(first.quotas), str(first.quotas)),
            _none("anything found by reconciling again", 0 if last.clean else 1, "" if last.clean else str(last)),
            _none("objects without a row, seen from outside", len(orphans), "; ".join(orphans[:3])),
            _none("rows without an object, seen from outside", len(missing), "; ".join(missing[:3])),
            _none("owners whose quota is not exact", different),
        ],
    )


def _none(name: str, value: float, note: str = "") -> Check:
    return Check(name=name, value=value, at_least=0, at_most=0, note=note)


async def _live(run: Run, ours: Fleet, account: Account, sent: Sent, random: Random) -> None:
    waiting, places = list(range(UPLOADS)), len(ours.service.servers) + WORKERS

    async def send(client: "Client") -> None:
        while waiting:
            await client.send(waiting.pop())

    limits = httpx.Limits(max_keepalive_connections=CLIENTS)
    async with httpx.AsyncClient(timeout=15, limits=limits) as http:
        clients = [Client(http, ours.service, account, sent, Random(f"{run.seed} {n}")) for n in range(CLIENTS)]
        sending = asyncio.gather(*(send(client) for client in clients))
        while not sending.done():
            await asyncio.sleep(random.uniform(*PAUSES))
            sent.kills[ours.kill(random.randrange(places))] += 1
        await sending
    for server, port in zip(ours.service.servers, ours.service.ports, strict=True):
        await asyncio.to_thread(server.answers, port, "/health/ready")


class Client:
    """Somebody who sends one file after the other, each in another way."""

    def __init__(self, http: httpx.AsyncClient, ours: Service, account: Account, sent: Sent, random: Random) -> None:
        self._http, self._ours, self._account, self._sent, self._random = http, ours, account, sent, random

    async def send(self, number: int) -> None:
        """One file, and wait until it is ready; sent anew when the service gave it up."""
        way = self._random.choice(list(SIZES))
        content = b"%PDF-1.7\n" + self._random.randbytes(SIZES[way] - self._random.randrange(MIB))
        file = await getattr(self, f"_{way}")(f"file-{number}", content)
        if file is None:
            return
        if (state := await self._end(file)) != "ready":
            self._sent.wrong.append(f"{way} {number} ended as {state}")
            return
        self._sent.ways[way] += 1
        self._sent.files[file] = hashlib.sha256(content).hexdigest()

    async def _small(self, name: str, content: bytes) -> str | None:
        headers = {"Content-Type": "application/pdf", "Idempotency-Key": name}
        answer = await self._ask("PUT", f"/files?name={name}.pdf", {200, 201, 202}, content=content, headers=headers)
        return None if answer is None else str(answer.json()["id"])

    async def _direct(self, name: str, content: bytes) -> str | None:
        started = await self._start(name, content, "direct")
        if started is None:
            return None
        by = started["send"]
        put = await self._http.request(by["method"], by["url"], headers=by["headers"], content=content)
        put.raise_for_status()
        return await self._finish(started["upload"]["id"])

    async def _multipart(self, name: str, content: bytes) -> str | None:
        started = await self._start(name, content, "multipart")
        if started is None:
            return None
        id, size = started["upload"]["id"], started["upload"]["part_size"]
        numbers = list(range(1, -(-len(content) // size) + 1))
        links = await self._ask("POST", f"/uploads/{id}/parts", {200}, json={"numbers": numbers})
        if links is None:
            return None
        told = links.json()
        for link in told if isinstance(told, list) else told["items"]:
            part = content[(link["number"] - 1) * size : link["number"] * size]
            put = await self._http.request(link["method"], link["url"], headers=link["headers"], content=part)
            put.raise_for_status()
        return await self._finish(id)

    async def _tus(self, name: str, content: bytes) -> str | None:
        metadata = ",".join(
            f"{key} {base64.b64encode(value.encode()).decode()}"
            for key, value in {"filename": f"{name}.pdf", "filetype": "application/pdf"}.items()
        )
        start = {"Upload-Length": str(len(content)), "Upload-Metadata": metadata, "Idempotency-Key": name}
        begun = await self._ask("POST", "/uploads/tus", {201}, headers={**start, "Tus-Resumable": "1.0.0"})
        if begun is None:
            return None
        id = begun.headers["location"].rpartition("/")[2]
        end = time.monotonic() + PATIENCE
        while time.monotonic() < end:
            told = await self._ask("HEAD", f"/uploads/tus/{id}", {200, 204}, headers={"Tus-Resumable": "1.0.0"})
            if told is None:
                return None
            offset = int(told.headers["upload-offset"])
            if offset == len(content):
                return id
            await self._append(id, offset, content[offset : offset + PIECE])
        return None

    async def _append(self, id: str, offset: int, piece: bytes) -> None:
        """Send a piece; how that went is asked for afterwards."""
        headers = {"Content-Type": "application/offset+octet-stream", "Upload-Offset": str(offset)}
        try:
            url = self._ours.url(f"/uploads/tus/{id}", self._random.randrange(2))
            fields = {**self._account.bearer, **headers, "Tus-Resumable": "1.0.0"}
            answer = await self._http.patch(url, content=piece, headers=fields)
        except httpx.TransportError as error:
            self._sent.answers[type(error).__name__] += 1
            return
        self._sent.answers[str(answer.status_code)] += 1
        if answer.status_code not in (204, 409, 503):
            self._sent.wrong.append(f"PATCH: {answer.status_code} {answer.text[:200]}")

    async def _start(self, name: str, content: bytes, transport: str) -> Mapping[str, Any] | None:
        digest = hashlib.sha256(content).hexdigest()
        body = {"name": f"{name}.pdf", "size": len(content), "media_type": "application/pdf", "sha256": digest}
        headers = {"Idempotency-Key": name}
        answer = await self._ask("POST", "/uploads", {201}, json={**body, "transport": transport}, headers=headers)
        return None if answer is None else answer.json()

    async def _finish(self, id: str) -> str | None:
        answer = await self._ask("POST", f"/uploads/{id}/complete", {200, 202})
        return None if answer is None else str(answer.json()["id"])

    async def _end(self, file: str) -> str:
        """The state that the file stays in, or was last in: a check that is killed waits for its lease each time."""
        end, state = time.monotonic() + SETTLED, "unknown"
        while time.monotonic() < end and state not in ("ready", "refused"):
            await asyncio.sleep(0.1)
            if (answer := await self._ask("GET", f"/files/{file}", {200})) is None:
                break
            state = str(answer.json()["state"])
        return state

    async def _ask(self, method: str, path: str, good: set[int], **request: Any) -> httpx.Response | None:
        """Repeat until there is an answer that counts; None, and noted as wrong, when there is none in time."""
        end = time.monotonic() + PATIENCE
        request["headers"] = {**self._account.bearer, **request.get("headers", {})}
        while time.monotonic() < end:
            try:
                answer = await self._http.request(method, self._ours.url(path, self._random.randrange(2)), **request)
            except httpx.TransportError as error:
                self._sent.answers[type(error).__name__] += 1
                await asyncio.sleep(0.1)
                continue
            self._sent.answers[str(answer.status_code)] += 1
            if answer.status_code in good:
                return answer
            if not is_to_be_repeated(answer):
                self._sent.wrong.append(f"{method} {path}: {answer.status_code} {answer.text[:200]}")
                return None
            await asyncio.sleep(0.3)
        self._sent.wrong.append(f"{method} {path}: no answer in {PATIENCE:g} s")
        return None


async def _reconciled(ours: Service) -> tuple[Findings, Findings]:
    """What is found when three days have passed, and what is found once more after that was mended."""
    container = Container(settings=load(environ=ours.settings))
    clock = MovableClock(SystemClock().now() + LATER)
    try:
        with container.clock.override(Object(clock)):
            await container.expire_uploads()()
            worker = worker_of(container)
            await worker.run_due()
            first = await container.reconcile()(mend=True)
            await worker.run_due()
            return first, await container.reconcile()()
    finally:
        await close(container)


def _is_there(ours: Service, account: Account, file: str, digest: str) -> bool:
    got = ours.client.get(ours.url(f"/files/{file}/content"), headers=account.bearer)
    return got.status_code == 200 and hashlib.sha256(got.content).hexdigest() == digest


def _looked_up(run: Run, store: Objects) -> tuple[list[str], list[str], int]:
    """Rows without objects, objects without rows, and owners whose quota is not exact, by other means than ours."""
    with run.servers.connect(DATABASE) as connection, connection.cursor() as cursor:
        cursor.execute(WITH_BYTES)
        keys = {_text(key) for _, key, _ in cursor.fetchall()}
        cursor.execute(DIFFERENT)
        ((different,),) = cursor.fetchall()
    bucket = store.settings["BUCKET_NAME"]
    stored = {str(found.object_name) for found in store.client().list_objects(bucket, recursive=True)}
    return sorted(keys - stored), sorted(stored - keys), int(different)


def _text(value: Any) -> str:
    return value.decode() if isinstance(value, bytes) else str(value)
