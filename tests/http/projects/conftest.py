"""A fresh service for each test, with a company and its owner."""

from collections.abc import AsyncIterator

import pytest

from tests.http.identity.api import Api
from tests.http.projects.firm import Firm


@pytest.fixture
async def api() -> AsyncIterator[Api]:
    """The whole application over a world of its own."""
    fresh = Api()
    async with fresh.client:
        yield fresh


@pytest.fixture
async def firm(api: Api) -> Firm:
    """A company with an owner and nobody else."""
    return await Firm.founded(api)
