"""A fresh service for each test, and somebody who has nothing yet."""

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
    """An access token."""
    return token_of(await api.member())
