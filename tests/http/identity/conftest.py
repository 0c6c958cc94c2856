"""A fresh service for each test."""

from collections.abc import AsyncIterator

import pytest

from tests.http.identity.api import Api


@pytest.fixture
async def api() -> AsyncIterator[Api]:
    """The whole application over a world of its own."""
    fresh = Api()
    async with fresh.client:
        yield fresh
