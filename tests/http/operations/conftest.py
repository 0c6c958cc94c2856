"""A fresh service for each test, and somebody who may operate it."""

from collections.abc import AsyncIterator

import pytest

from tests.http.identity.api import Api, token_of


@pytest.fixture
async def api() -> AsyncIterator[Api]:
    """The whole application over a world of its own."""
    fresh = Api()
    async with fresh.client:
        yield fresh


@pytest.fixture
async def token(api: Api) -> str:
    """The access token of an administrator; the jobs that made them one are forgotten."""
    boss = await api.admin()
    api.world.ledger.rows.clear()
    return token_of(boss)
