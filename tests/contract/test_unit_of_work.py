"""The law of units of work, on each kind of persistence; then what is ours."""

import pytest

from asperguide.shared.errors import DatabaseUnavailable
from asperguide.testing.contracts import Persistence, UnitOfWorkContract
from asperguide.testing.contracts.people import person


class TestUnitsOfWork(UnitOfWorkContract):
    """Each of them."""


async def test_it_says_that_it_is_over_after_the_commit(persistence: Persistence) -> None:
    async with persistence.begin() as uow:
        await uow.commit()
        with pytest.raises(RuntimeError, match="not open"):
            await uow.users.get(person().id)
        with pytest.raises(RuntimeError, match="not open"):
            await uow.commit()


@pytest.mark.parametrize("persistence", ["memory", "sqlite"], indirect=True)
async def test_whoever_waits_too_long_for_others_is_told_to_come_back(
    persistence: Persistence, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("asperguide.adapters.sql.engine.STATEMENT_SECONDS", 0.05)
    monkeypatch.setattr("asperguide.adapters.memory.tables.TURN_SECONDS", 0.05)
    async with persistence.begin():
        with pytest.raises(DatabaseUnavailable) as refused:
            await persistence.keep(person())
    assert refused.value.retry_after is not None
    await persistence.keep(person())
