"""A fresh service for each test, with a company, somebody who owns it, somebody to join it, and somebody else."""

from collections.abc import AsyncIterator
from typing import Any

import pytest

from tests.http.capsules.people import Somebody, expect
from tests.http.identity.api import Api


@pytest.fixture
async def api() -> AsyncIterator[Api]:
    """The whole application over a world of its own."""
    fresh = Api()
    async with fresh.client:
        yield fresh


@pytest.fixture
async def siobhan(api: Api) -> Somebody:
    """Who owns a company."""
    return await Somebody.called(api, "siobhan")


@pytest.fixture
async def amelie(api: Api) -> Somebody:
    """Who is invited."""
    return await Somebody.called(api, "amelie")


@pytest.fixture
async def malik(api: Api) -> Somebody:
    """Whom it is no business of."""
    return await Somebody.called(api, "malik")


@pytest.fixture
async def home(siobhan: Somebody) -> dict[str, Any]:
    """The company."""
    company: dict[str, Any] = expect(201, await siobhan("POST", "/companies", json={"name": "O'Neil & Söhne"}))
    return company


@pytest.fixture
def here(home: dict[str, Any]) -> str:
    """Where the company is."""
    return f"/companies/{home['id']}"
