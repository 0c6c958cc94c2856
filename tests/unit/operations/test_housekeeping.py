"""Forgetting finished jobs and kept answers."""

from asperguide.identity import NewUser, Registered
from asperguide.operations.housekeeping import PruneLedger
from asperguide.shared.ledger import JobState
from asperguide.testing import World
from asperguide.testing.world import PASSWORD


async def test_finished_jobs_are_forgotten_after_a_week() -> None:
    world = World()
    await world.person("siobhan")
    done = {id for id, row in world.ledger.rows.items() if row.state is JobState.DONE}
    assert done
    await world.advance(days=6)
    assert done <= world.ledger.rows.keys()
    await world.advance(days=2)
    assert not done & world.ledger.rows.keys()


async def test_kept_answers_are_forgotten_after_a_day() -> None:
    world = World()
    idempotency = world.container.idempotency()
    new = NewUser(email="siobhan@example.org", username="siobhan", full_name="Siobhán", password=PASSWORD)
    async with idempotency.claim("anybody", "key", b"print", Registered) as kept:
        assert kept is None
        registered = await world.container.register()(new)
    await world.advance(hours=23)
    async with idempotency.claim("anybody", "key", b"print", Registered) as kept:
        assert kept == registered
    await world.advance(hours=2)
    assert await idempotency.prune() == 0  # housekeeping was there before
    async with idempotency.claim("anybody", "key", b"print", Registered) as kept:
        assert kept is None


async def test_more_than_one_batch_is_forgotten_in_one_run() -> None:
    class Full:
        left = 2500

        async def prune(self, *limits: object) -> int:
            count = min(1000, self.left)
            self.left -= count
            return count

    world, ledger = World(), Full()
    prune = PruneLedger(ledger=ledger, idempotency=Full(), clock=world.clock)  # type: ignore[arg-type]
    assert await prune() == 5000
    assert ledger.left == 0
