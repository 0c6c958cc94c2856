"""Health and doctor: what is well, what is degraded, what is down, and that asking costs nothing."""

import asyncio
from dataclasses import dataclass
from datetime import timedelta
from typing import Any

import pytest

from asperguide.adapters.http.health import Health, RememberedReadiness
from asperguide.operations import CheckReadiness, Examine
from asperguide.shared.ports import Probe
from tests.http.sample import World


@dataclass
class Dependency(Probe):
    """A dependency that is what the test says."""

    name: str = "database"
    required: bool = True
    error: Exception | None = None
    hangs: bool = False
    asked: int = 0

    async def check(self) -> str:
        """Its version, its error, or nothing for ever."""
        self.asked += 1
        if self.hangs:
            await asyncio.Event().wait()
        if self.error:
            raise self.error
        return f"{self.name} 1.0"


@dataclass
class House:
    """The health routes over some dependencies, with a clock for what is remembered."""

    probes: tuple[Dependency, ...]
    draining: bool = False
    seconds: float = 0.0

    def __post_init__(self) -> None:
        check = CheckReadiness(probes=self.probes, draining=lambda: self.draining, timeout=timedelta(milliseconds=20))
        readiness = RememberedReadiness(check, lambda: self.seconds)
        self.world = World(more_routes=[Health], use_cases={"readiness": lambda: readiness})

    async def get(self, path: str) -> Any:
        """The answer of a path."""
        async with self.world.client() as client:
            return await client.get(path)


async def test_all_well_is_ready() -> None:
    house = House((Dependency(), Dependency(name="redis", required=False)))
    answer = await house.get("/health/ready")
    assert (answer.status_code, "retry-after" in answer.headers) == (200, False)
    assert answer.json() == {
        "state": "ready",
        "draining": False,
        "dependencies": [
            {"name": "database", "state": "up", "required": True, "detail": "database 1.0"},
            {"name": "redis", "state": "up", "required": False, "detail": "redis 1.0"},
        ],
    }


async def test_something_optional_down_is_degraded_and_says_nothing_of_the_reason() -> None:
    redis = Dependency(name="redis", required=False, error=RuntimeError("redis://:hunter2@10.0.0.3"))
    answer = await House((Dependency(), redis)).get("/health/ready")
    assert (answer.status_code, answer.json()["state"]) == (200, "degraded")
    assert answer.json()["dependencies"][1] == {"name": "redis", "state": "down", "required": False, "detail": ""}
    assert "hunter2" not in answer.text


@pytest.mark.parametrize("database", [Dependency(error=OSError("gone")), Dependency(hangs=True)])
async def test_the_database_down_or_silent_is_503_while_the_process_lives(database: Dependency) -> None:
    house = House((database,))
    for path in ("/health/ready", "/health", "/health/startup"):
        answer = await house.get(path)
        assert (answer.status_code, answer.headers["retry-after"], answer.json()["state"]) == (503, "5", "down")
    assert (await house.get("/health/live")).json() == {"state": "alive"}
    assert (await house.get("/ping")).text == "pong"


async def test_draining_is_503_at_once_although_readiness_is_remembered() -> None:
    house = House((Dependency(),))
    assert (await house.get("/health")).status_code == 200
    house.draining = True
    answer = await house.get("/health/ready")
    assert (answer.status_code, answer.json()["state"], answer.json()["draining"]) == (503, "down", True)


async def test_a_flood_of_questions_asks_a_dependency_once_a_second() -> None:
    database = Dependency()
    house = House((database,))
    await asyncio.gather(*(house.get("/health") for _ in range(100)))
    assert database.asked == 1
    house.seconds = 0.99
    await house.get("/health")
    assert database.asked == 1
    house.seconds = 1.0
    await house.get("/health")
    assert database.asked == 2


async def test_health_is_never_limited_and_looks_at_no_token() -> None:
    house = House((Dependency(),))
    house.world.database_is_down = True
    async with house.world.client(headers={"authorization": "Bearer cold"}) as client:
        answers = [await client.get("/health/live") for _ in range(200)]
    assert {answer.status_code for answer in answers} == {200}
    assert "ratelimit" not in answers[0].headers
    assert (await house.world.client().head("/health/live")).status_code == 200


async def test_doctor_says_for_each_failure_what_to_do() -> None:
    probes = (
        Dependency(),
        Dependency(name="redis", required=False, error=OSError("refused\nsecond line")),
        Dependency(name="smtp", required=False, hangs=True),
        Dependency(name="moon", required=False, error=ValueError("x" * 1000)),
    )
    found = await Examine(probes=probes, timeout=timedelta(milliseconds=20))()
    database, redis, smtp, moon = found.findings
    assert found.well
    assert (database.well, database.detail, database.advice) == (True, "database 1.0", "")
    assert (redis.well, redis.detail) == (False, "OSError: refused")
    assert "REDIS_HOST" in redis.advice
    assert smtp.detail == "No answer within 0.02 s."
    assert "SMTP_HOST" in smtp.advice
    assert len(moon.detail) < 250
    assert moon.advice


async def test_doctor_is_not_content_without_the_database() -> None:
    found = await Examine(probes=(Dependency(error=OSError("gone")),))()
    assert not found.well
    assert "SQL_HOST" in found.findings[0].advice
