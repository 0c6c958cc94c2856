"""A fresh service for each test, with a company, a project and people who make prints."""

from collections.abc import AsyncIterator

import pytest

from tests.http.identity.api import Api
from tests.http.prints.studio import Studio


@pytest.fixture
async def api() -> AsyncIterator[Api]:
    """The whole application over a world of its own."""
    fresh = Api()
    async with fresh.client:
        yield fresh


@pytest.fixture
async def studio(api: Api) -> Studio:
    """A company with an owner and a project."""
    return await Studio.begun(api)
