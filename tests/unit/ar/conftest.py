"""A print in memory, and those who work at it."""

import pytest

from tests.playing import Studio


@pytest.fixture
async def studio() -> Studio:
    """With the videos a, b and c."""
    made = Studio()
    await made.keep()
    return made
