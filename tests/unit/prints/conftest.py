"""A print shop for each test."""

import pytest

from tests.prints import PrintShop


@pytest.fixture
async def shop() -> PrintShop:
    """With a project and an owner."""
    return await PrintShop.opened()
