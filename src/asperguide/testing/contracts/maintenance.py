"""The law of the maintenance switch: one at a time, kept with the transaction, seen by everybody."""

from dataclasses import replace

from asperguide.operations.model import Maintenance
from asperguide.shared.actor import UserId
from asperguide.testing.contracts.people import HOUR, IDS
from asperguide.testing.contracts.persistence import Persistence


def notice(persistence: Persistence) -> Maintenance:
    """A maintenance since now."""
    return Maintenance(
        message="Bientôt de retour 🛠", retry_after=300, since=persistence.clock.now(), by=UserId(IDS.new())
    )


async def begin(persistence: Persistence, maintenance: Maintenance) -> None:
    """Committed."""
    async with persistence.begin_operations() as uow:
        await uow.maintenance.begin(maintenance)
        await uow.commit()


async def end(persistence: Persistence) -> bool:
    """Committed; whether there was one."""
    async with persistence.begin_operations() as uow:
        ended = await uow.maintenance.end()
        await uow.commit()
    return ended


class MaintenanceContract:
    """Give it a fixture `persistence`: a `Persistence` with nothing in it."""

    async def test_without_a_maintenance_there_is_none_to_end(self, persistence: Persistence) -> None:
        assert await persistence.maintenance.current() is None
        assert await end(persistence) is False

    async def test_a_maintenance_is_told_as_it_began_until_it_ends(self, persistence: Persistence) -> None:
        maintenance = notice(persistence)
        await begin(persistence, maintenance)
        assert await persistence.maintenance.current() == maintenance
        assert await end(persistence) is True
        assert await persistence.maintenance.current() is None

    async def test_a_later_maintenance_takes_the_place_of_the_first(self, persistence: Persistence) -> None:
        first = notice(persistence)
        second = replace(first, message="Encore", retry_after=60, since=first.since + HOUR)
        await begin(persistence, first)
        await begin(persistence, second)
        assert await persistence.maintenance.current() == second
        await end(persistence)
        assert await persistence.maintenance.current() is None

    async def test_a_maintenance_that_is_not_committed_never_was(self, persistence: Persistence) -> None:
        async with persistence.begin_operations() as uow:
            await uow.maintenance.begin(notice(persistence))
        assert await persistence.maintenance.current() is None
        kept = notice(persistence)
        await begin(persistence, kept)
        async with persistence.begin_operations() as uow:
            assert await uow.maintenance.end() is True
        assert await persistence.maintenance.current() == kept
