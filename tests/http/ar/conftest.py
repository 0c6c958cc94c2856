"""A fresh service for each test, with contents that people look at, and a member of the company that shows them."""

from collections.abc import AsyncIterator

import pytest
from dependency_injector.providers import Object

from tests.http.identity.api import Api, token_of
from tests.views import Showcase


@pytest.fixture
def showcase() -> Showcase:
    """What there is to be looked at."""
    return Showcase()


@pytest.fixture
async def api(showcase: Showcase) -> AsyncIterator[Api]:
    """The whole application over a world of its own."""
    fresh = Api()
    fresh.world.container.watched.override(Object(showcase))
    async with fresh.client:
        yield fresh


@pytest.fixture
async def token(api: Api, showcase: Showcase) -> str:
    """The access token of a member of the first company."""
    shown, person = showcase.add("print-of-ours"), await api.member()
    showcase.join(shown.company, person.actor)
    return token_of(person)


@pytest.fixture
async def stranger(api: Api) -> str:
    """The access token of somebody who is a member nowhere."""
    return token_of(await api.member("malik"))
