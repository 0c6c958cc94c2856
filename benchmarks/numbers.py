"""Ten thousand prints of one company are made at once: their numbers have no gaps, and no two are the same."""

import asyncio
import io
from collections import Counter
from collections.abc import Sequence
from time import perf_counter
from typing import Any

import httpx
from PIL import Image

from benchmarks.figures import Check, Report
from benchmarks.letters import rows
from benchmarks.rigs import Run
from benchmarks.seeding import in_process
from benchmarks.service import Account, Service, service

PRINTS = 10_000
CONNECTIONS = 128
"""On which all requests wait for their turn; each of the two processes has half of them."""
BUSY, TRIES = (503, 409), 20
NUMBERS = "SELECT number FROM ar_contents ORDER BY number"
LAST = "SELECT last FROM ar_numbers"


def numbers(run: Run) -> Report:
    """Ten thousand requests that make a print of the same photo, over two processes on MariaDB."""
    unlimited = {"RATE_LIMIT_USER": "1000000", "WORKER_EMBEDDED": "false"}
    with service(run.folder, run.seed, run.servers, processes=2, **unlimited) as ours:
        (owner,) = in_process(ours, run.seed, 1)
        path, photo = _project(ours, owner)
        began = perf_counter()
        busy = Counter[int]()
        answers = asyncio.run(_make(ours, owner, path, photo, busy))
        took = perf_counter() - began
        return Report(
            "numbers", checks=_judged(answers, [str(n) for (n,) in _kept(run, NUMBERS)], run, took, busy.total())
        )


def _judged(answers: Sequence[httpx.Response], kept: Sequence[str], run: Run, took: float, busy: int) -> list[Check]:
    statuses = Counter(answer.status_code for answer in answers)
    told = sorted(answer.json()["number"] for answer in answers if answer.status_code == 201)
    note = ", ".join(f"{status}: {count}" for status, count in sorted(statuses.items()))
    days = Counter(number[:13] for number in kept)
    wanted = sorted(f"{day}{n:06}" for day, count in days.items() for n in range(1, count + 1))
    return [
        _exactly("answers that are 201", statuses[201], PRINTS, note),
        _exactly("numbers that were told to two", len(told) - len(set(told)), 0),
        _exactly("numbers that are missing between the first and the last of a day", len(set(wanted) - set(kept)), 0),
        _exactly("prints whose number is the one that was told", len(set(told) & set(kept)), PRINTS),
        _exactly("numbers that were counted", sum(int(last) for (last,) in _kept(run, LAST)), len(kept)),
        Check(name="answers that were 503 or 409, after which it was tried again", value=busy),
        Check(name="prints a second", value=PRINTS / took, at_least=None),
    ]


def _kept(run: Run, statement: str) -> Sequence[Sequence[Any]]:
    return [[one.decode() if isinstance(one, bytes) else one for one in row] for row in rows(run.servers, statement)]


def _project(ours: Service, owner: Account) -> tuple[str, str]:
    """Where prints are made, and the photo that they are made of."""

    def post(path: str, **what: Any) -> Any:
        answer = ours.client.post(ours.url(path), headers=owner.bearer, **what)
        answer.raise_for_status()
        return answer.json()

    company = post("/companies", json={"name": "Ten thousand prints"})["id"]
    project = post(f"/companies/{company}/projects", json={"name": "All of them"})["id"]
    content = io.BytesIO()
    Image.effect_noise((640, 480), 64).save(content, "PNG")
    photo = post("/files", files={"file": ("photo.png", content.getvalue(), "image/png")})["id"]
    return f"/projects/{project}/contents", photo


async def _make(ours: Service, owner: Account, path: str, photo: str, busy: Counter[int]) -> Sequence[httpx.Response]:
    """Each is made under a key of its own, and asked for again as long as the service says that it is busy."""
    limits = httpx.Limits(max_connections=CONNECTIONS, max_keepalive_connections=CONNECTIONS)
    async with httpx.AsyncClient(timeout=None, limits=limits, headers=owner.bearer) as client:
        turns = asyncio.Semaphore(CONNECTIONS)  # the client's own queue takes longer the longer it is

        async def made(number: int) -> httpx.Response:
            body, key = {"photo": photo, "title": f"print {number}"}, {"idempotency-key": f"print-{number}"}
            async with turns:
                for _ in range(TRIES):
                    answer = await client.post(ours.url(path, number), json=body, headers=key)
                    if answer.status_code not in BUSY:
                        break
                    busy[answer.status_code] += 1
                    await asyncio.sleep(float(answer.headers.get("retry-after", 1)))
                return answer

        return await asyncio.gather(*(made(number) for number in range(PRINTS)))


def _exactly(name: str, value: float, wanted: float, note: str = "") -> Check:
    return Check(name=name, value=value, at_least=wanted, at_most=wanted, note=note)
