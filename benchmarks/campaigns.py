"""Campaigns: not how fast, but whether exactness survives many clients and several processes."""

import asyncio
from collections import Counter
from random import Random

import httpx

from benchmarks.figures import Check, Report
from benchmarks.rigs import Run
from benchmarks.service import Account, Service, service

STORM_ROUNDS = 200
STORM_WIDTH = 20
GUESSES = 1000
VERIFIED_AT_MOST = 10
LIMIT = 300
LIMIT_READERS = 5
LIMIT_PRESSURE = 4
AT_ONCE = 32


def refresh_storm(run: Run) -> Report:
    """Twenty parallel refreshes of one token, two hundred times, over three processes."""
    with service(run.folder, run.seed, run.servers, processes=3) as ours:
        account = ours.signed_in(ours.new_account(run.seed))
        statuses, successors, last = asyncio.run(_storm(ours, account.refresh_token))
        alive = ours.client.get(ours.url("/users/me"), headers={"Authorization": f"Bearer {last}"}).status_code
    rounds_with_one = sum(1 for found in successors if found == 1)
    failures = sum(count for status, count in statuses.items() if status >= 500)
    refused = sum(count for status, count in statuses.items() if 400 <= status < 500)
    note = ", ".join(f"{status}: {count}" for status, count in sorted(statuses.items()))
    checks = [
        _exactly("rounds with exactly one successor", rounds_with_one, STORM_ROUNDS),
        _exactly("refreshes answered with a refusal", refused, 0, note),
        _exactly("refreshes answered with 5xx", failures, 0),
        _exactly("status of a read with the last access token", alive, 200),
    ]
    return Report("refresh-storm", checks=checks)


async def _storm(ours: Service, token: str) -> tuple[Counter[int], list[int], str]:
    statuses: Counter[int] = Counter()
    successors: list[int] = []
    access = ""
    async with _client() as client:
        for _ in range(STORM_ROUNDS):
            body = {"refresh_token": token}
            posts = (client.post(ours.url("/sessions/refresh", n), json=body) for n in range(STORM_WIDTH))
            answers = await asyncio.gather(*posts)
            statuses.update(answer.status_code for answer in answers)
            given = [answer.json() for answer in answers if answer.is_success]
            successors.append(len({answer["refresh_token"] for answer in given}))
            if not given:
                break
            token, access = given[-1]["refresh_token"], given[-1]["access_token"]
    return statuses, successors, access


def guessing(run: Run) -> Report:
    """A thousand wrong passwords for one account, from forged addresses, over four processes."""
    with service(run.folder, run.seed, run.servers, processes=4) as ours:
        account = ours.new_account(run.seed)
        statuses = asyncio.run(_guess(ours, account, Random(run.seed)))
        afterwards = httpx.post(ours.url("/sessions"), json=account.credentials(), timeout=30).status_code
    others = sum(count for status, count in statuses.items() if status not in (401, 429))
    note = ", ".join(f"{status}: {count}" for status, count in sorted(statuses.items()))
    checks = [
        Check(name="guesses verified", value=statuses[401], at_least=1, at_most=VERIFIED_AT_MOST, note=note),
        _exactly("answers that are neither 401 nor 429", others, 0),
        _exactly("status of a stranger's right password afterwards", afterwards, 429),
    ]
    return Report("guessing", checks=checks)


async def _guess(ours: Service, account: Account, random: Random) -> Counter[int]:
    gate = asyncio.Semaphore(AT_ONCE)

    async def guess(number: int) -> int:
        forged = ".".join(str(random.randrange(1, 255)) for _ in range(4))
        headers = {"X-Forwarded-For": forged, "X-Real-IP": forged, "Forwarded": f"for={forged}"}
        body = account.credentials(f"wrong guess {number:04d}")
        async with gate:
            return (await client.post(ours.url("/sessions", number), json=body, headers=headers)).status_code

    async with _client() as client:
        return Counter(await asyncio.gather(*(guess(number) for number in range(GUESSES))))


def limit(run: Run) -> Report:
    """A budget of N reads a minute, pressed four times as hard over four processes, admits N."""
    settings = {"RATE_LIMIT_USER": str(LIMIT)}
    with service(run.folder, run.seed, run.servers, processes=4, **settings) as ours:
        readers = [ours.signed_in(ours.new_account(run.seed)) for _ in range(LIMIT_READERS)]
        seen = [asyncio.run(_press(ours, reader)) for reader in readers]
    admitted = [statuses[200] for statuses in seen]
    others = sum(count for one in seen for status, count in one.items() if status not in (200, 429))
    checks = [
        Check(name="fewest reads admitted", value=min(admitted), at_least=LIMIT, at_most=LIMIT, note=f"{admitted}"),
        Check(name="most reads admitted", value=max(admitted), at_least=LIMIT, at_most=LIMIT),
        _exactly("answers that are neither 200 nor 429", others, 0),
    ]
    return Report("limit", checks=checks)


async def _press(ours: Service, reader: Account) -> Counter[int]:
    gate = asyncio.Semaphore(AT_ONCE)

    async def read(number: int) -> int:
        async with gate:
            return (await client.get(ours.url("/users/me", number), headers=reader.bearer)).status_code

    async with _client() as client:
        return Counter(await asyncio.gather(*(read(number) for number in range(LIMIT * LIMIT_PRESSURE))))


def _client() -> httpx.AsyncClient:
    limits = httpx.Limits(max_connections=AT_ONCE, max_keepalive_connections=AT_ONCE)
    return httpx.AsyncClient(timeout=60, limits=limits)


def _exactly(name: str, value: float, wanted: float, note: str = "") -> Check:
    return Check(name=name, value=value, at_least=wanted, at_most=wanted, note=note)
