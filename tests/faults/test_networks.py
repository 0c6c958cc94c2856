"""The service while the network to its database or its cache is bad: what it promises, and nothing leaked."""

import asyncio
import time
from collections.abc import AsyncIterator
from dataclasses import dataclass
from random import Random

import httpx
import pytest

from asperguide.testing import TcpProxy
from asperguide.testing.tcp import Bandwidth, Blackhole, Cut, Delay, Reset
from tests.http.bad_input.house import House, Person, settings_on
from tests.servers import MariaDB, RedisServer, eventually

POOL = 4
BOUND_SECONDS = 6.0
"""Connecting takes 3 s at most, a statement 5 s, a place in the pool 2 s; no answer waits for all of them."""


@dataclass(kw_only=True)
class Rig:
    """An application whose database and Redis are behind proxies, and people who use it."""

    house: House
    sql: TcpProxy
    redis: TcpProxy
    people: list[Person]

    async def ask(self, number: int) -> httpx.Response:
        """One request of somebody: reads warm and cold, and writes."""
        who = self.people[number % len(self.people)]
        match number % 4:
            case 0:
                return await self.house.api.get("/users/me", headers=who.headers)
            case 1:
                return await self.house.api.get("/sessions", headers=who.headers)
            case 2:
                return await self.house.api.post("/password/forgot", json={"email": who.email})
            case _:
                return await self.house.api.get(f"/users/username-available?username=nobody{number}")

    async def storm(self, times: int = 24) -> list[httpx.Response]:
        """So many requests at once, each answered within the bound."""
        started = time.monotonic()
        answers = await asyncio.gather(*(self.ask(number) for number in range(times)))
        assert time.monotonic() - started < BOUND_SECONDS + 2
        return answers

    async def whole_again(self) -> None:
        """Everything is answered, and no connection is out or too many."""
        await eventually(lambda: self._all_well(), 10, "it did not recover by itself")
        await eventually(lambda: self.out() == 0, 5, "connections were not given back")
        assert self.sql.connections <= POOL

    def out(self) -> int:
        """Connections that somebody holds."""
        container = self.house.container
        server = container.redis()
        assert server is not None
        held = server.client.connection_pool._in_use_connections
        return int(container.database().engine.pool.checkedout()) + len(held)  # type: ignore[attr-defined]

    @property
    def without_redis(self) -> bool:
        """Whether it has stopped asking Redis."""
        server = self.house.container.redis()
        assert server is not None
        return server.breaker._broken

    async def _all_well(self) -> bool:
        return all(answer.is_success for answer in await self.storm(8)) and not self.without_redis


@pytest.fixture
async def rig(mariadb: MariaDB, schema: str, redis_server: RedisServer) -> AsyncIterator[Rig]:
    async with TcpProxy(mariadb.host, mariadb.port) as sql, TcpProxy(redis_server.host, redis_server.port) as redis:
        settings = settings_on(
            mariadb, schema, sql_port=sql.port, sql_pool_size=POOL, redis_host="127.0.0.1",
            redis_port=redis.port, redis_password=redis_server.password,
        )  # fmt: skip
        house = House(settings=settings)
        yield Rig(house=house, sql=sql, redis=redis, people=[await house.person() for _ in range(2)])
        sql.fault = redis.fault = None
        await house.close()
        await eventually(lambda: sql.connections == redis.connections == 0, 5, "connections outlive the service")


def is_told(answer: httpx.Response) -> bool:
    """Whether it says that there is no database now, and when to come back."""
    return answer.status_code == 503 and int(answer.headers["retry-after"]) >= 1


async def test_a_database_behind_a_broken_network_is_told_as_503_and_taken_back(rig: Rig) -> None:
    for fault in (Reset(), Cut(0), Cut(200), Blackhole()):
        rig.sql.fault = fault
        answers = await rig.storm()
        assert all(answer.is_success or is_told(answer) for answer in answers), fault
        assert any(is_told(answer) for answer in answers), fault
        assert max(answer.elapsed.total_seconds() for answer in answers) < BOUND_SECONDS, fault
        rig.sql.fault = None
        await rig.whole_again()


async def test_a_database_behind_a_slow_network_is_slow(rig: Rig) -> None:
    for fault in (Delay(0.02), Bandwidth(50_000)):
        rig.sql.fault = fault
        answers = await rig.storm()
        assert all(answer.is_success or is_told(answer) for answer in answers), fault
        assert sum(answer.is_success for answer in answers) >= 12, fault
        rig.sql.fault = None
        await rig.whole_again()


async def test_redis_behind_a_bad_network_fails_nothing(rig: Rig) -> None:
    for fault in (Reset(), Cut(50), Blackhole(), Delay(0.4)):
        rig.redis.fault = fault
        answers = await rig.storm()
        assert all(answer.is_success for answer in answers), fault
        assert max(answer.elapsed.total_seconds() for answer in answers) < 4, fault
        assert rig.without_redis, fault
        rig.redis.fault = None
        await rig.whole_again()


async def test_a_third_of_the_clients_giving_up_leaves_nothing_wrong_and_nothing_behind(rig: Rig) -> None:
    rig.sql.fault = rig.redis.fault = Delay(0.003)
    random, right, given_up = Random(7), 0, 0

    async def once(number: int) -> bool:
        answer, who = await rig.ask(number), rig.people[number % len(rig.people)]
        if not answer.is_success:
            return is_told(answer)
        match number % 4:
            case 0:
                return bool(answer.json()["email"] == who.email)
            case 1:
                return sum(session["current"] for session in answer.json()["items"]) == 1
            case 2:
                return answer.status_code == 202
            case _:
                return bool(answer.json()["available"])

    for start in range(0, 320, 16):
        tasks = [asyncio.create_task(once(number)) for number in range(start, start + 16)]
        for task in tasks:
            if random.random() < 0.3:
                asyncio.get_running_loop().call_later(random.uniform(0, 0.06), task.cancel)
        for outcome in await asyncio.gather(*tasks, return_exceptions=True):
            assert outcome is True or isinstance(outcome, asyncio.CancelledError), outcome
            right += outcome is True
            given_up += isinstance(outcome, asyncio.CancelledError)
    assert right > 150
    assert given_up > 40
    rig.sql.fault = rig.redis.fault = None
    await rig.whole_again()
