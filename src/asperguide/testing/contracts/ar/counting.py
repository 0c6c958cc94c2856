"""The law of counters: numbers without gaps, and turns that everybody gets once."""

import asyncio
from datetime import date

from asperguide.ar.model import ContentId
from asperguide.testing.contracts.people import DAY, HOUR, IDS, NOW
from asperguide.testing.contracts.persistence import Persistence
from asperguide.testing.contracts.planning import project as planned
from asperguide.testing.contracts.printing import company, project

TODAY, TOMORROW = date(2031, 5, 17), date(2031, 5, 18)


class CountingContract:
    """Numbers and turns."""

    async def test_contents_come_into_projects_that_their_company_has(self, persistence: Persistence) -> None:
        kept = planned(company())
        await persistence.keep_projects(kept)
        questions = (kept.company, kept.id, True), (company(), kept.id, False), (kept.company, project(), False)
        for of, within, stays in questions:
            asked = persistence.change_ar(lambda uow, of=of, within=within: uow.places.stays(of, within))  # type: ignore[misc]
            assert await asked is stays

    async def test_numbers_begin_at_one_for_each_company_and_day(self, persistence: Persistence) -> None:
        mine, other = company(), company()
        for who, day, expected in (
            (mine, TODAY, 1), (mine, TODAY, 2), (other, TODAY, 1), (mine, TOMORROW, 1), (mine, TODAY, 3),
        ):  # fmt: skip
            assert await persistence.change_ar(lambda uow, who=who, day=day: uow.numbers.next(who, day)) == expected  # type: ignore[misc]

    async def test_a_number_of_a_transaction_that_is_undone_is_given_out_again(self, persistence: Persistence) -> None:
        mine = company()
        for _ in range(2):
            async with persistence.begin_ar() as uow:
                assert await uow.numbers.next(mine, TODAY) == 1
                assert await uow.numbers.next(mine, TODAY) == 2
        assert await persistence.change_ar(lambda uow: uow.numbers.next(mine, TODAY)) == 1

    async def test_numbers_have_no_gaps_however_many_want_one_at_once(self, persistence: Persistence) -> None:
        mine = company()

        async def take(undone: bool) -> int | None:
            async with persistence.begin_ar() as uow:
                number = await uow.numbers.next(mine, TODAY)
                if undone:
                    return None
                await uow.commit()
            return number

        found = await asyncio.gather(*(take(undone=n % 5 == 0) for n in range(50)))
        assert sorted(number for number in found if number is not None) == list(range(1, 41))

    async def test_each_session_has_one_turn_and_keeps_it(self, persistence: Persistence) -> None:
        one, other = ContentId(IDS.new()), ContentId(IDS.new())
        for content, session, turn in (
            (one, "a", 0), (one, "b", 1), (one, "a", 0), (other, "a", 0), (one, "A", 2), (one, "a ", 3), (one, "b", 1),
        ):  # fmt: skip
            taken = await persistence.change_ar(lambda uow, c=content, s=session: uow.turns.take(c, s, NOW))  # type: ignore[misc]
            assert taken == turn, (session, turn)

    async def test_turns_are_exact_however_many_come_at_once(self, persistence: Persistence) -> None:
        one = ContentId(IDS.new())

        async def take(session: str) -> int:
            return await persistence.change_ar(lambda uow: uow.turns.take(one, session, NOW))

        found = await asyncio.gather(*(take(f"session{n % 15}") for n in range(45)))
        assert sorted(set(found)) == list(range(15))
        assert found[:15] == found[15:30] == found[30:]

    async def test_old_sessions_are_forgotten_and_turns_go_on(self, persistence: Persistence) -> None:
        one = ContentId(IDS.new())
        for n in range(5):
            await persistence.change_ar(lambda uow, n=n: uow.turns.take(one, f"s{n}", NOW + n * HOUR))  # type: ignore[misc]
        before = NOW + 3 * HOUR
        counts = [await persistence.change_ar(lambda uow: uow.turns.forget_before(before, 2)) for _ in range(3)]
        assert counts == [2, 1, 0]
        again = [await persistence.change_ar(lambda uow, n=n: uow.turns.take(one, f"s{n}", NOW + DAY)) for n in (3, 0)]  # type: ignore[misc]
        assert again == [3, 5]

    async def test_numbers_of_a_company_that_is_gone_are_forgotten_on_all_days(self, persistence: Persistence) -> None:
        gone, other = company(), company()
        for who, day in ((gone, TODAY), (gone, TOMORROW), (other, TODAY)):
            await persistence.change_ar(lambda uow, who=who, day=day: uow.numbers.next(who, day))  # type: ignore[misc]
        await persistence.change_ar(lambda uow: uow.numbers.forget(gone))
        for who, day, expected in ((gone, TODAY, 1), (gone, TOMORROW, 1), (other, TODAY, 2)):
            assert await persistence.change_ar(lambda uow, who=who, day=day: uow.numbers.next(who, day)) == expected  # type: ignore[misc]

    async def test_turns_of_a_content_that_is_gone_are_forgotten_with_its_sessions(
        self, persistence: Persistence
    ) -> None:
        gone, other = ContentId(IDS.new()), ContentId(IDS.new())
        for content in (gone, other):
            for session in ("a", "b"):
                await persistence.change_ar(lambda uow, c=content, s=session: uow.turns.take(c, s, NOW))  # type: ignore[misc]
        for _ in range(2):
            await persistence.change_ar(lambda uow: uow.turns.forget(gone))
        assert await persistence.change_ar(lambda uow: uow.turns.take(gone, "b", NOW)) == 0
        assert await persistence.change_ar(lambda uow: uow.turns.take(other, "b", NOW)) == 1
        assert await persistence.change_ar(lambda uow: uow.turns.take(other, "c", NOW)) == 2
