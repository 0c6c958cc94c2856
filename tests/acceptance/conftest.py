"""The same scenarios run over every driver."""

from collections.abc import AsyncIterator

import msgspec
import pytest

from asperguide.testing import World
from asperguide.testing.world import SETTINGS
from tests.acceptance.driver import Driver
from tests.acceptance.in_process import InProcess
from tests.acceptance.over_http import OverHttp

PATIENT = msgspec.structs.replace(SETTINGS, rate_limit_anonymous=10_000, rate_limit_credentials=10_000)
"""Limits per client address are HTTP's own matter; here only the account's limits are to be met."""


@pytest.fixture(params=["in process", "over HTTP"])
async def driver(request: pytest.FixtureRequest) -> AsyncIterator[Driver]:
    """A fresh world and one way into it."""
    world = World(PATIENT)
    if request.param == "in process":
        yield InProcess(world)
    else:
        http = OverHttp(world)
        async with http.client:
            yield http
