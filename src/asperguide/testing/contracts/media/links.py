"""The law of temporary links."""

from dataclasses import replace
from datetime import timedelta

from asperguide.media.model import FileState
from asperguide.media.repositories import LinkId
from asperguide.testing.contracts.filing import MINUTE, file, link, owner
from asperguide.testing.contracts.people import HOUR, IDS, NOW
from asperguide.testing.contracts.persistence import Persistence

MOMENT = timedelta(microseconds=1)


class LinksContract:
    """Links: round trip, expiry, order, revocation, housekeeping."""

    async def test_a_link_leads_to_its_file_until_it_expires(self, persistence: Persistence) -> None:
        kept, other, reads = file(owner(), tags=("garden",)), file(owner()), persistence.media_reads
        way = link(kept, digest=b"\x00 \xff" * 10 + b"  ", expires_at=NOW + HOUR)
        await persistence.keep_media(kept, other, way, link(other))
        assert list(await reads.links(kept.id, NOW)) == [way]
        assert await reads.linked(way.digest, NOW + HOUR - MOMENT) == kept
        assert await reads.linked(way.digest, NOW + HOUR) is None
        assert await reads.linked(way.digest[:-1], NOW) is None
        assert list(await reads.links(kept.id, NOW + HOUR)) == []

    async def test_a_link_leads_to_the_file_as_it_is_now(self, persistence: Persistence) -> None:
        kept = file(owner())
        way = link(kept)
        await persistence.keep_media(kept, way)
        await persistence.change_media(lambda uow: uow.files.save(kept.deleted(NOW)))
        found = await persistence.media_reads.linked(way.digest, NOW)
        assert found is not None
        assert (found.state, found.version) == (FileState.DELETED, 2)

    async def test_links_come_newest_first(self, persistence: Persistence) -> None:
        kept = file(owner())
        ways = [link(kept, created_at=NOW + n // 2 * MINUTE, expires_at=NOW + (9 - n) * HOUR) for n in range(6)]
        await persistence.keep_media(kept, *ways)
        expected = sorted(ways, key=lambda way: (way.created_at, way.id), reverse=True)
        assert list(await persistence.media_reads.links(kept.id, NOW)) == expected
        left = [way for way in expected if way.expires_at > NOW + 6 * HOUR]
        assert list(await persistence.media_reads.links(kept.id, NOW + 6 * HOUR)) == left

    async def test_all_links_of_a_file_are_revoked_at_once(self, persistence: Persistence) -> None:
        kept, other = file(owner()), file(owner())
        stays = link(other)
        await persistence.keep_media(kept, other, link(kept), link(kept), stays)
        await persistence.change_media(lambda uow: uow.links.revoke_all(kept.id))
        assert list(await persistence.media_reads.links(kept.id, NOW)) == []
        assert list(await persistence.media_reads.links(other.id, NOW)) == [stays]

    async def test_a_link_is_revoked_once_and_only_as_that_of_its_file(self, persistence: Persistence) -> None:
        kept, other = file(owner()), file(owner())
        way = link(kept)
        await persistence.keep_media(kept, other, way)
        assert not await persistence.change_media(lambda uow: uow.links.remove(way.id, other.id))
        assert not await persistence.change_media(lambda uow: uow.links.remove(LinkId(IDS.new()), kept.id))
        assert await persistence.media_reads.linked(way.digest, NOW) == kept
        async with persistence.begin_media() as uow:
            assert await uow.links.remove(way.id, kept.id)
        assert await persistence.media_reads.linked(way.digest, NOW) == kept
        assert await persistence.change_media(lambda uow: uow.links.remove(way.id, kept.id))
        assert await persistence.media_reads.linked(way.digest, NOW) is None
        assert not await persistence.change_media(lambda uow: uow.links.remove(way.id, kept.id))

    async def test_expired_links_go_in_batches(self, persistence: Persistence) -> None:
        kept = file(owner())
        ways = [link(kept, expires_at=NOW + hours * HOUR) for hours in (5, 1, 4, 2, 3)]
        await persistence.keep_media(kept, *ways)

        async def left() -> list[float]:
            found = await persistence.media_reads.links(kept.id, NOW)
            return sorted((way.expires_at - NOW) / HOUR for way in found)

        assert await persistence.change_media(lambda uow: uow.links.delete_over(NOW + HOUR, 9)) == 0
        assert await persistence.change_media(lambda uow: uow.links.delete_over(NOW + 4 * HOUR, 2)) == 2
        assert len(await left()) == 3
        assert await persistence.change_media(lambda uow: uow.links.delete_over(NOW + 4 * HOUR, 9)) == 1
        assert await left() == [4, 5]

    async def test_a_file_that_is_saved_keeps_its_links(self, persistence: Persistence) -> None:
        kept = file(owner())
        way = link(kept)
        await persistence.keep_media(kept, way)
        saved = await persistence.change_media(lambda uow: uow.files.save(replace(kept, name="new.mp4")))
        assert await persistence.media_reads.linked(way.digest, NOW) == saved
