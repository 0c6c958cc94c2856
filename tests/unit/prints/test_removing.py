"""Deleting prints, and what becomes of their files."""

from dataclasses import replace
from datetime import timedelta
from typing import Any

import msgspec
import pytest

from asperguide.ar.creating import NewContent
from asperguide.ar.errors import ContentNotFound
from asperguide.ar.events import FilesLeft
from asperguide.ar.rotation import DateRule, Rotation, RotationKind
from asperguide.ar.videos import FileId, Window
from asperguide.media.model import FileState
from asperguide.shared.tenancy import CompanyId
from tests.prints import PrintShop
from tests.projects import OWNER


async def files_there(shop: PrintShop, *files: FileId) -> list[bool]:
    return [await shop.c.media_reads().file(file) is not None for file in files]


async def test_a_print_is_deleted_with_its_files_objects_and_what_they_count_for(shop: PrintShop) -> None:
    made = await shop.ready(videos=2)
    shop.world.clock.advance(timedelta(minutes=2))
    await shop.c.delete_content()(shop.owner.actor, made.id, made.version)
    await shop.world.settle()
    with pytest.raises(ContentNotFound):
        await shop.seen(made)
    usage = await shop.usage()
    assert (usage.used_bytes, usage.used_files, usage.reserved_files) == (0, 0, 0)
    assert [key for key in shop.world.storage.objects if not key.startswith("avatars/")] == []
    assert await shop.c.ar_reads().public(made.public_id) is None


async def test_files_that_were_just_taken_stay_for_a_minute(shop: PrintShop) -> None:
    made = await shop.ready(videos=0)
    await shop.c.delete_content()(shop.owner.actor, made.id)
    await shop.world.settle()
    assert await files_there(shop, made.marker.photo) == [True]
    await shop.world.advance(minutes=3)
    assert await files_there(shop, made.marker.photo) == [False]


async def test_files_that_were_taken_again_meanwhile_stay(shop: PrintShop) -> None:
    made = await shop.ready()
    await shop.c.delete_content()(shop.owner.actor, made.id)
    new = NewContent(photo=made.marker.photo, videos=(made.videos[0].file,))
    again = await shop.c.create_content()(shop.owner.actor, shop.project_id, new)
    await shop.world.advance(days=2)
    assert await files_there(shop, made.marker.photo, made.videos[0].file) == [True, True]
    assert (await shop.seen(again)).missing == ()


async def test_a_file_that_is_taken_while_the_last_print_of_it_goes_is_there_for_the_next(shop: PrintShop) -> None:
    made = await shop.ready(videos=0)
    shop.world.clock.advance(timedelta(hours=1))
    take = shop.c.media_files().take

    class Slow:
        """The print is deleted, and jobs run, between taking and keeping."""

        async def take(self, *args: Any) -> Any:
            taken = await take(*args)
            await shop.c.delete_content()(shop.owner.actor, made.id)
            await shop.world.settle()
            return taken

    new = NewContent(photo=made.marker.photo)
    again = await shop.c.create_content(files=Slow())(shop.owner.actor, shop.project_id, new)
    await shop.world.advance(days=2)
    assert await files_there(shop, made.marker.photo) == [True]
    assert (await shop.seen(again)).marker.state == "ready"


async def test_files_stay_until_no_print_shows_them(shop: PrintShop) -> None:
    made = await shop.ready()
    copy = await shop.c.duplicate_content()(shop.owner.actor, made.id)
    shop.world.clock.advance(timedelta(minutes=2))
    await shop.c.delete_content()(shop.owner.actor, made.id)
    await shop.world.settle()
    assert await files_there(shop, made.marker.photo, made.videos[0].file) == [True, True]
    await shop.c.delete_content()(shop.owner.actor, copy.id)
    await shop.world.settle()
    assert await files_there(shop, made.marker.photo, made.videos[0].file) == [False, False]


async def test_deleting_twice_finds_nothing(shop: PrintShop) -> None:
    made = await shop.ready()
    await shop.c.delete_content()(shop.owner.actor, made.id)
    with pytest.raises(ContentNotFound):
        await shop.c.delete_content()(shop.owner.actor, made.id)


async def test_prints_of_a_project_are_removed_some_at_a_time(shop: PrintShop) -> None:
    for _ in range(5):
        await shop.made(videos=0)
    contents = shop.c.contents()
    assert dict(await contents.counts(shop.id, [shop.project_id])) == {shop.project_id: 5}
    assert not await contents.remove_some(shop.found(), shop.project_id, 2) or True
    assert dict(await contents.counts(shop.id, [shop.project_id])) == {shop.project_id: 5}
    assert [await contents.remove_some(shop.id, shop.project_id, 2) for _ in range(4)] == [False, False, True, True]
    await shop.world.advance(minutes=3)
    assert (await shop.usage()).used_files == 0


async def test_what_somebody_else_removed_first_does_not_matter(shop: PrintShop) -> None:
    made = await shop.made(videos=0)
    await shop.c.delete_content()(shop.owner.actor, made.id)
    await shop.c.remove_some_contents()._remove(shop.id, made.id)


async def test_what_a_crash_has_left_is_swept_after_a_day(shop: PrintShop) -> None:
    made = await shop.ready()
    other = shop.found()
    left, foreign, own = await shop.photo(700), await shop.photo(701), await shop.photo(702)
    await shop.c.media_files().take(shop.owner.actor, shop.companies.facts[shop.id], [left])
    await shop.c.media_files().take(shop.owner.actor, shop.companies.facts[other], [foreign])
    many = [await shop.photo(800 + n) for n in range(105)]
    await shop.c.media_files().take(shop.owner.actor, shop.companies.facts[shop.id], many)
    await shop.world.advance(hours=20)
    assert await files_there(shop, left, foreign) == [True, True]
    await shop.c.media_files().take(shop.owner.actor, shop.companies.facts[shop.id], many[:1])
    shop.world.clock.advance(timedelta(hours=5))
    assert await shop.c.sweep_files()() == 106
    assert await files_there(shop, left, foreign, own, many[0], many[-1]) == [False, False, True, True, False]
    assert (await shop.seen(made)).missing == ()
    assert await files_there(shop, made.marker.photo, made.videos[0].file) == [True, True]
    await shop.usage()


async def test_files_of_people_and_of_companies_that_are_gone_are_not_swept(shop: PrintShop) -> None:
    gone = shop.found()
    file = await shop.photo(700)
    await shop.c.media_files().take(shop.owner.actor, shop.companies.facts[gone], [file])
    del shop.companies.facts[gone]
    own = await shop.photo(701)
    await shop.world.advance(days=3)
    assert await files_there(shop, file, own) == [True, True]


async def test_only_files_of_the_company_are_dropped(shop: PrintShop) -> None:
    made, own = await shop.ready(videos=0), await shop.photo(700)
    other = shop.found()
    shop.world.clock.advance(timedelta(hours=1))
    message = FilesLeft(company=other, files=(made.marker.photo, own), since=shop.world.clock.now())
    await shop.c.drop_left_files()(message)
    assert await files_there(shop, made.marker.photo, own) == [True, True]
    await shop.c.drop_left_files()(FilesLeft(company=other, files=(), since=shop.world.clock.now()))


async def test_files_on_their_way_are_dropped_too(shop: PrintShop) -> None:
    film, photo = await shop.film(), await shop.photo()
    await shop.c.media_files().take(shop.owner.actor, shop.companies.facts[shop.id], [film, photo])
    assert (await shop.c.media_reads().file(film)).state is FileState.QUARANTINED
    kept = await shop.c.media_files().drop(shop.id, [film, photo, film])
    assert list(kept) == []
    await shop.world.settle()
    usage = await shop.usage()
    assert (usage.used_files, usage.reserved_files) == (0, 0)


async def test_view_sessions_are_forgotten_after_a_month(shop: PrintShop) -> None:
    made = await shop.ready(videos=0)
    async with shop.c.ar_unit_of_work() as uow:
        for n in range(1001):
            await uow.turns.take(made.id, f"session{n}", shop.world.clock.now())
        await uow.commit()
    shop.world.clock.advance(timedelta(days=30))
    assert await shop.c.forget_sessions()() == 0
    shop.world.clock.advance(timedelta(microseconds=1))
    assert await shop.c.forget_sessions()() == 1001


async def test_a_copy_shares_files_and_nothing_else(shop: PrintShop) -> None:
    made = await shop.ready(videos=2, metadata={"frame": "oak"})
    await shop.c.publish_content()(shop.owner.actor, made.id)
    kept = await shop.kept(made.id)
    assert kept is not None
    async with shop.c.ar_unit_of_work() as uow:
        await uow.contents.save(replace(kept, chosen=kept.videos[1].id))
        await uow.commit()
    shop.world.clock.advance(timedelta(days=1))
    editor = await shop.editor()
    copy = await shop.c.duplicate_content()(editor.actor, made.id)
    assert (copy.state, copy.source, copy.created_by) == ("ready", made.id, editor.actor.user)
    assert copy.number == f"ORD-{shop.world.clock.now():%Y%m%d}-000001"
    assert (copy.public_id != made.public_id, copy.metadata, copy.ends_at) == (True, made.metadata, made.ends_at)
    assert [video.file for video in copy.videos] == [video.file for video in made.videos]
    assert not {video.id for video in copy.videos} & {video.id for video in made.videos}
    assert copy.chosen == copy.videos[1].id
    assert copy.published_at is None
    assert (await shop.usage()).used_files == 3


async def test_a_copy_of_what_is_over_lasts_thirty_years(shop: PrintShop) -> None:
    made = await shop.ready(videos=0)
    kept = await shop.kept(made.id)
    assert kept is not None
    async with shop.c.ar_unit_of_work() as uow:
        await uow.contents.save(replace(kept, ends_at=shop.world.clock.now()))
        await uow.commit()
    copy = await shop.c.duplicate_content()(shop.owner.actor, made.id)
    assert copy.ends_at.year == shop.world.clock.now().year + 30


async def test_prints_of_a_project_are_copied_once(shop: PrintShop) -> None:
    made = [await shop.ready(videos=1, width=600 + n) for n in range(3)]
    target = (await shop.project(name="Copy")).id
    user = shop.owner.actor.user
    contents = shop.c.contents()
    await shop.c.copy_content()(user, shop.companies.facts[shop.id], made[1].id, target)
    for _ in range(2):
        await contents.copy(user, shop.id, shop.project_id, target)
    page = await shop.c.list_contents()(shop.owner.actor, target)
    assert sorted(one.source for one in page.items) == sorted(one.id for one in made)
    await contents.copy(user, CompanyId(shop.world.ids.new()), shop.project_id, target)
    assert (await contents.counts(shop.id, [target]))[target] == 3


async def test_what_is_deleted_while_a_project_is_copied_is_left_out(shop: PrintShop) -> None:
    made = await shop.ready()
    await shop.member(OWNER)
    target = (await shop.project(name="Copy")).id
    copies = shop.c.copy_prints()

    async def gone(*args: Any) -> Any:
        await shop.c.delete_content()(shop.owner.actor, made.id)
        return await shop.c.copy_content()(*args)

    await msgspec.structs.replace(copies, copy=gone)(shop.owner.actor.user, shop.id, shop.project_id, target)
    assert await shop.c.ar_reads().counts(shop.id, [target]) == {}


async def test_rules_of_a_copy_are_about_its_own_videos(shop: PrintShop) -> None:
    made = await shop.ready(videos=2)
    kept = await shop.kept(made.id)
    assert kept is not None
    first, second = kept.videos
    window = Window(id=shop.world.ids.new(), starts_at=kept.created_at, ends_at=kept.ends_at)
    rules = Rotation(
        dates=(DateRule(day=kept.created_at.date(), video=second.id),), kind=RotationKind.FIXED, videos=(first.id,)
    )
    async with shop.c.ar_unit_of_work() as uow:
        await uow.contents.save(replace(kept, rotation=rules, videos=(replace(first, windows=(window,)), second)))
        await uow.commit()
    view = await shop.c.duplicate_content()(shop.owner.actor, made.id)
    copy = await shop.kept(view.id)
    assert copy is not None
    assert copy.rotation is not None
    assert copy.rotation.videos == (copy.videos[0].id,)
    assert copy.rotation.dates[0].video == copy.videos[1].id
    (copied,) = copy.videos[0].windows
    assert (copied.id != window.id, copied.starts_at) == (True, window.starts_at)
