"""The law of contents: round trip, versions, whose they are, what shows which file, what caches are told."""

import asyncio
from dataclasses import replace

from asperguide.ar.model import Content, ContentId, Customer, PublicId
from asperguide.ar.ports import Whereabouts
from asperguide.ar.repositories import viewer_key
from asperguide.shared.errors import EditedMeanwhile
from asperguide.shared.tenancy import ClientId
from asperguide.testing.contracts.checking import raises
from asperguide.testing.contracts.people import HOUR, IDS, NOW
from asperguide.testing.contracts.persistence import Persistence
from asperguide.testing.contracts.printing import company, content, file, full, project, video


async def kept(persistence: Persistence, content: Content) -> Content | None:
    """What is committed."""
    return await persistence.ar_reads.content(content.company, content.id)


class ContentsContract:
    """Contents and their videos."""

    async def test_a_content_comes_back_as_it_went_in(self, persistence: Persistence) -> None:
        mine, within = company(), project()
        for one in (full(mine, within), content(mine, within)):
            await persistence.keep_contents(one)
            async with persistence.begin_ar() as uow:
                assert await uow.contents.get(mine, one.id) == one
            assert await kept(persistence, one) == one
            assert await persistence.ar_reads.public(one.public_id) == one
            assert await persistence.ar_reads.whereabouts(one.id) == Whereabouts(company=mine, project=within)

    async def test_what_is_not_there_or_is_foreign_is_none(self, persistence: Persistence) -> None:
        one = full(company(), project())
        await persistence.keep_contents(one)
        reads, other, nobody = persistence.ar_reads, company(), ContentId(IDS.new())
        async with persistence.begin_ar() as uow:
            assert await uow.contents.get(other, one.id) is None
            assert await uow.contents.get(one.company, nobody) is None
        assert await reads.content(other, one.id) is None
        assert await reads.content(one.company, nobody) is None
        assert await reads.whereabouts(nobody) is None
        for strange in (one.public_id.swapcase(), one.public_id + " ", "", "x' OR id='2", "\x00"):
            assert await reads.public(PublicId(strange)) is None, strange

    async def test_titles_are_told_of_what_is_the_companys(self, persistence: Persistence) -> None:
        mine, theirs = full(company(), project()), full(company(), project())
        await persistence.keep_contents(mine, theirs)
        asked = [mine.id, theirs.id, ContentId(IDS.new())]
        assert await persistence.ar_reads.titles(mine.company, asked) == {mine.id: mine.title}
        assert await persistence.ar_reads.titles(mine.company, []) == {}

    async def test_a_content_changes_with_its_videos(self, persistence: Persistence) -> None:
        one = full(company(), project())
        await persistence.keep_contents(one)
        fewer = await self.saved(persistence, replace(one, videos=one.videos[1:], rotation=None, chosen=None))
        more = await self.saved(persistence, replace(fewer, videos=(*fewer.videos, video(2), video(3, title="new"))))
        turned = tuple(each.at(place) for place, each in enumerate(reversed(more.videos)))
        swapped = await self.saved(persistence, replace(more, videos=turned))
        renamed = await self.saved(persistence, replace(swapped, title="new"))
        none = await self.saved(persistence, replace(renamed, videos=()))
        assert (one.version, none.version) == (3, 8)

    async def saved(self, persistence: Persistence, changed: Content) -> Content:
        """What is committed of it now, which is what was saved; it is read first, as whoever changes it does."""

        async def save(uow: object) -> Content:
            assert await uow.contents.get(changed.company, changed.id) is not None  # type: ignore[attr-defined]
            result: Content = await uow.contents.save(changed)  # type: ignore[attr-defined]
            return result

        now = await persistence.change_ar(save)
        assert now == replace(changed, version=changed.version + 1)
        assert await kept(persistence, changed) == now
        return now

    async def test_a_content_can_be_changed_twice_in_a_transaction(self, persistence: Persistence) -> None:
        one = content(company(), project(), videos=(video(0),))
        await persistence.keep_contents(one)
        async with persistence.begin_ar() as uow:
            first = await uow.contents.save(replace(one, videos=(video(0), video(1))))
            last = await uow.contents.save(replace(first, videos=(video(0),)))
            await uow.commit()
        assert await kept(persistence, one) == last

    async def test_a_stale_content_is_refused_for_changes_and_removal(self, persistence: Persistence) -> None:
        one = full(company(), project())
        await persistence.keep_contents(one)
        saved = await self.saved(persistence, replace(one, title="new"))
        for stale in (lambda uow: uow.contents.save(one), lambda uow: uow.contents.remove(one)):
            with raises(EditedMeanwhile):
                await persistence.change_ar(stale)
        assert await kept(persistence, one) == saved

    async def test_a_content_is_removed_with_all_that_it_has(self, persistence: Persistence) -> None:
        one, other = (content(company(), project(), videos=(video(0),)) for _ in range(2))
        await persistence.keep_contents(one, other)
        await persistence.change_ar(lambda uow: uow.turns.take(one.id, "session", NOW))
        await persistence.change_ar(lambda uow: uow.contents.remove(one))
        assert await kept(persistence, one) is None
        assert await kept(persistence, other) == other
        async with persistence.begin_ar() as uow:
            assert await uow.contents.showing(one.videos[0].file) == []
            assert await uow.turns.take(one.id, "other", NOW) == 0

    async def test_caches_forget_what_has_changed_and_nothing_else(self, persistence: Persistence) -> None:
        one, other = (content(company(), project()) for _ in range(2))
        await persistence.keep_contents(one, other)
        assert persistence.purged == {}
        async with persistence.begin_ar() as uow:
            await uow.contents.save(one)
        assert persistence.purged == {}
        saved = await persistence.change_ar(lambda uow: uow.contents.save(one))
        assert persistence.purged == {viewer_key(one.public_id): 2}
        await persistence.change_ar(lambda uow: uow.contents.remove(saved))
        assert persistence.purged == {viewer_key(one.public_id): 3}

    async def test_of_many_who_change_a_content_at_once_each_sees_what_the_others_did(
        self, persistence: Persistence
    ) -> None:
        one = content(company(), project())
        await persistence.keep_contents(one)

        async def film() -> None:
            async with persistence.begin_ar() as uow:
                now = await uow.contents.get(one.company, one.id)
                assert now is not None
                await uow.contents.save(replace(now, videos=(*now.videos, video(len(now.videos)))))
                await uow.commit()

        await asyncio.gather(*(film() for _ in range(8)))
        now = await kept(persistence, one)
        assert now is not None
        assert [each.position for each in now.videos] == list(range(8))

    async def test_what_shows_a_file_is_found_as_photo_and_as_video(self, persistence: Persistence) -> None:
        mine, within, film = company(), project(), file()
        first = content(mine, within, videos=(video(0), video(1, file=film), video(2, file=film)))
        second = content(mine, within, videos=(video(0, file=first.marker.photo),))
        foreign = content(company(), project(), videos=(video(0, file=film),))
        await persistence.keep_contents(first, second, foreign)
        async with persistence.begin_ar() as uow:
            shown = sorted(await uow.contents.showing(film))
            assert shown == sorted([(mine, first.id), (foreign.company, foreign.id)])
            assert sorted(await uow.contents.showing(first.marker.photo)) == sorted(
                [(mine, first.id), (mine, second.id)]
            )
            asked = [film, first.marker.photo, foreign.marker.photo, file(), *(file() for _ in range(40))]
            assert set(await uow.contents.named(mine, asked)) == {film, first.marker.photo}
            assert set(await uow.contents.named(mine, ())) == set()

    async def test_contents_of_a_client_are_found_in_every_project_of_the_company(
        self, persistence: Persistence
    ) -> None:
        mine, client = company(), ClientId(IDS.new())
        theirs = Customer(client=client)
        made = [content(mine, project(), customer=theirs) for _ in range(5)]
        others = content(mine, project(), customer=Customer(client=ClientId(IDS.new()))), content(mine, project())
        await persistence.keep_contents(*made, *others, content(company(), project(), customer=theirs))
        async with persistence.begin_ar() as uow:
            assert set(await uow.contents.of_client(mine, client, 100)) == {one.id for one in made}
            assert len(await uow.contents.of_client(mine, client, 3)) == 3
            assert list(await uow.contents.of_client(mine, ClientId(IDS.new()), 3)) == []

    async def test_contents_of_a_project_are_found_the_oldest_first(self, persistence: Persistence) -> None:
        mine, within = company(), project()
        made = [content(mine, within, created_at=NOW - n * HOUR) for n in range(5)]
        await persistence.keep_contents(*made, content(mine, project()), content(company(), within))
        async with persistence.begin_ar() as uow:
            assert list(await uow.contents.in_project(mine, within, 3)) == [one.id for one in made[::-1][:3]]
            assert len(await uow.contents.in_project(mine, within, 100)) == 5
