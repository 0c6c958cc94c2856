"""One migrated schema per pytest process; every test brings people of its own."""

from collections.abc import AsyncIterator, Callable
from typing import Any

import pytest

from tests.http.bad_input.house import House, schema, settings_on
from tests.servers import MariaDB

__all__ = ["schema"]


@pytest.fixture
async def build_house(mariadb: MariaDB, schema: str) -> AsyncIterator[Callable[..., House]]:
    """Makes applications with these settings."""
    built: list[House] = []

    def build(**changes: Any) -> House:
        built.append(House(settings=settings_on(mariadb, schema, **changes)))
        return built[-1]

    yield build
    for house in built:
        await house.close()


@pytest.fixture
def house(build_house: Callable[..., House]) -> House:
    """The application as it is by default."""
    return build_house()
