"""A fresh service for each test, somebody who writes, somebody who is written to, and somebody else."""

from collections.abc import AsyncIterator

import pytest

from tests.http.capsules.people import Somebody
from tests.http.identity.api import Api


@pytest.fixture
async def api() -> AsyncIterator[Api]:
    """The whole application over a world of its own."""
    fresh = Api()
    async with fresh.client:
        yield fresh


@pytest.fixture
async def siobhan(api: Api) -> Somebody:
    """Who writes."""
    return await Somebody.called(api, "siobhan")


@pytest.fixture
async def amelie(api: Api) -> Somebody:
    """Who is written to."""
    return await Somebody.called(api, "amelie")


@pytest.fixture
async def malik(api: Api) -> Somebody:
    """Whom it is no business of."""
    return await Somebody.called(api, "malik")
