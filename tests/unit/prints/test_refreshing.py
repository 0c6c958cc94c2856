"""What prints know of their files: markers that are looked at, films that are processed, in whatever order."""

from dataclasses import replace
from datetime import timedelta
from typing import Any

import msgspec
import pytest
from dependency_injector.providers import Object

from asperguide.adapters.memory.markers import MemoryMarkerEye
from asperguide.ar.changing import Photo
from asperguide.ar.creating import NewContent
from asperguide.ar.events import ContentChanged, MarkerWanted
from asperguide.ar.markers import Measured
from asperguide.ar.model import MarkerState
from asperguide.media.errors import TooManyImages
from asperguide.media.model import OwnerId
from tests.media import png
from tests.prints import PrintShop, state_of


class Looks(MemoryMarkerEye):
    """Sees fingerprints as tests want them."""

    marks: dict[int, int]

    async def measure(self, content: bytes) -> Measured:
        seen = await super().measure(content)
        return replace(seen, fingerprint=self.marks.get(seen.width, seen.fingerprint))


def looking(shop: PrintShop, **marks: str) -> None:
    eye = Looks(shop.c.images())
    eye.marks = {int(width.removeprefix("w")): int(mark, 16) for width, mark in marks.items()}
    shop.c.marker_eye.override(Object(eye))


async def test_a_film_that_cannot_be_decoded_says_so(shop: PrintShop) -> None:
    seen = await shop.ready()
    failed = await shop.c.create_content()(
        shop.owner.actor, shop.project_id, NewContent(photo=seen.marker.photo, videos=(await shop.film(spoilt=True),))
    )
    await shop.world.settle()
    (video,) = (await shop.seen(failed)).videos
    assert (video.footage, video.failure) == (None, "This cannot be decoded.")
    assert state_of(await shop.seen(failed)) == ("draft", "ready", ("video",))


async def test_a_film_that_is_refused_says_so(shop: PrintShop) -> None:
    for content, words in ((b"\x7fELF" + bytes(99), "type"), (b"\0\0\0\x18ftypisom" + bytes(9), "")):
        film = await shop.sent(content, "v.mp4", "video/mp4")
        photo = await shop.photo()
        made = await shop.c.create_content()(shop.owner.actor, shop.project_id, NewContent(photo=photo, videos=(film,)))
        await shop.world.settle()
        (video,) = (await shop.seen(made)).videos
        assert video.footage is None
        assert video.failure is not None
        assert words in video.failure


async def test_a_film_that_was_settled_before_the_print_was_made_is_known(shop: PrintShop) -> None:
    film, photo = await shop.film(), await shop.photo()
    await shop.world.settle()
    new = NewContent(photo=photo, videos=(film,))
    made = await shop.c.create_content()(shop.owner.actor, shop.project_id, new)
    assert made.videos[0].footage is not None
    assert made.missing == ("marker",)


async def test_what_was_settled_between_taking_and_keeping_is_known_soon(shop: PrintShop) -> None:
    film, photo = await shop.film(), await shop.photo()
    take = shop.c.media_files().take

    class Late:
        """Jobs run after files were taken."""

        async def take(self, *args: Any) -> Any:
            taken = await take(*args)
            await shop.world.settle()
            return taken

    make = shop.c.create_content(files=Late())
    made = await make(shop.owner.actor, shop.project_id, NewContent(photo=photo, videos=(film,)))
    assert made.videos[0].footage is None
    await shop.world.settle()
    assert state_of(await shop.seen(made)) == ("ready", "ready", ())


async def test_a_photo_that_is_another_one_by_the_time_it_was_looked_at_is_looked_at_anew(shop: PrintShop) -> None:
    made = await shop.ready(videos=0)
    refresh, look = shop.c.refresh_content(), shop.c.look_at_marker()

    async def replaced(content: Any, photo: Any) -> Any:
        marker = await look(content, photo)
        await shop.c.replace_photo()(shop.owner.actor, made.id, Photo(photo=await shop.photo(700)))
        return marker

    await msgspec.structs.replace(refresh, look=replaced)(shop.id, made.id, made.marker.photo)
    assert (await shop.seen(made)).marker.state is MarkerState.PENDING
    await shop.world.settle()
    assert (await shop.seen(made)).marker.report.width == 700


async def test_what_is_settled_is_not_looked_at_again(shop: PrintShop) -> None:
    made = await shop.ready()
    message = ContentChanged(content=made.id, public_id=made.public_id, company=shop.id)
    await shop.c.follow_content()(message)
    assert (await shop.seen(made)).version == made.version
    await shop.c.delete_content()(shop.owner.actor, made.id)
    await shop.c.follow_content()(message)
    await shop.c.look_again()(MarkerWanted(company=shop.id, content=made.id, photo=made.marker.photo))


async def test_an_eye_that_is_busy_looks_later(shop: PrintShop) -> None:
    class Busy(MemoryMarkerEye):
        async def measure(self, content: bytes) -> Measured:
            raise TooManyImages

    made = await shop.made()
    shop.c.marker_eye.override(Object(Busy(shop.c.images())))
    with pytest.raises(TooManyImages):
        await shop.c.refresh_content()(shop.id, made.id)
    assert (await shop.seen(made)).marker.state is MarkerState.PENDING
    looking(shop)
    await shop.world.settle()
    assert (await shop.seen(made)).marker.state is MarkerState.READY


async def test_a_marker_that_looks_like_another_one_of_the_company_says_which(shop: PrintShop) -> None:
    looking(shop, w640="0" * 16, w641="f" + "0" * 15, w642="ffe" + "0" * 13, w643="0" * 15 + "1", w644="0" * 14 + "ff")
    first = await shop.ready(width=640, videos=0)
    assert first.marker.twin is None
    near = await shop.ready(width=641, videos=0)
    assert near.marker.twin == first.id
    far = await shop.ready(width=642, videos=0)
    assert far.marker.twin == near.id  # 7 bits from this one, 11 from the first
    nearest = await shop.ready(width=643, videos=0)
    assert nearest.marker.twin == first.id
    other = await shop.ready(width=700, videos=0)
    assert other.marker.twin is None


async def test_of_a_marker_in_another_project_one_is_warned_and_it_is_not_named(shop: PrintShop) -> None:
    looking(shop, w640="0" * 16, w641="0" * 15 + "1", w642="0" * 15 + "3")
    first, here = await shop.ready(width=640, videos=0), shop.project_id
    assert (first.marker.alike, first.marker.twin) == (False, None)
    shop.project_id = (await shop.project(name="Other")).id
    near = await shop.ready(width=641, videos=0)
    assert (near.marker.alike, near.marker.twin) == (True, None)
    shop.project_id = here
    both = await shop.ready(width=642, videos=0)
    assert (both.marker.alike, both.marker.twin) == (True, first.id)  # the other one is nearer
    await shop.c.copy_prints()(shop.owner.actor.user, shop.id, here, near.project)
    copies = (await shop.c.list_contents()(shop.owner.actor, near.project)).items
    assert {(one.marker.alike, one.marker.twin) for one in copies} == {(True, None)}


async def test_what_was_found_before_projects_were_told_apart_is_warned_of_and_not_named(shop: PrintShop) -> None:
    made = await shop.ready(videos=0)
    kept = await shop.kept(made.id)
    assert kept is not None and kept.marker.report is not None
    report = {name: value for name, value in kept.marker.report.items() if name != "alike"}
    async with shop.c.ar_unit_of_work() as uow:
        await uow.contents.save(replace(kept, marker=replace(kept.marker, report=report, twin=shop.world.ids.new())))
        await uow.commit()
    seen = await shop.seen(made)
    assert (seen.marker.alike, seen.marker.twin) == (True, None)


async def test_markers_of_other_companies_are_not_compared(shop: PrintShop) -> None:
    looking(shop, w640="0" * 16)
    first = await shop.ready(width=640, videos=0)
    kept = await shop.kept(first.id)
    assert kept is not None
    async with shop.c.ar_unit_of_work() as uow:
        await uow.contents.add(replace(kept, id=shop.world.ids.new(), company=shop.found(), public_id="x" * 22))
        await uow.commit()
    await shop.c.look_again()(MarkerWanted(company=shop.id, content=first.id, photo=first.marker.photo))
    assert (await shop.seen(first)).marker.twin is None


async def test_a_photo_that_is_gone_is_refused(shop: PrintShop) -> None:
    made = await shop.ready(videos=1)
    await shop.c.media_files().drop(shop.id, [made.marker.photo, made.videos[0].file])
    for file in (made.marker.photo, made.videos[0].file):
        await shop.c.refresh_content()(shop.id, made.id, file)
    seen = await shop.seen(made)
    assert (seen.marker.state, seen.marker.refusal) == (MarkerState.REFUSED, "The photo is gone.")
    assert seen.videos[0].failure == "The video is gone."
    assert seen.missing == ("marker", "video")
    assert seen.state == "draft"


async def test_a_photo_whose_bytes_are_gone_is_refused(shop: PrintShop) -> None:
    made = await shop.made(videos=0)
    file = await shop.c.media_reads().file(made.marker.photo)
    await shop.world.storage.delete(file.key)
    await shop.world.settle()
    assert (await shop.seen(made)).marker.refusal == "The photo is gone."


async def test_a_photo_that_is_too_large_to_be_looked_at_is_refused(shop: PrintShop) -> None:
    made = await shop.made(videos=0)
    async with shop.c.media_unit_of_work() as uow:
        file = await uow.files.get(made.marker.photo)
        await uow.files.save(replace(file, size=50 * 1024 * 1024 + 1))
        await uow.commit()
    await shop.world.settle()
    assert (await shop.seen(made)).marker.refusal == "A photo may have up to 50 MiB."


async def test_a_photo_that_waits_to_be_checked_is_looked_at_when_it_is(shop: PrintShop) -> None:
    shop.c.images().busy = True
    photo = await shop.sent(png(640, 480), "p.png", "image/png")
    assert (await shop.c.get_file()(shop.owner.actor, photo)).state == "quarantined"
    made = await shop.c.create_content()(shop.owner.actor, shop.project_id, NewContent(photo=photo))
    await shop.c.refresh_content()(shop.id, made.id)
    assert (await shop.seen(made)).marker.state is MarkerState.PENDING
    shop.c.images().busy = False
    await shop.world.settle()
    assert (await shop.seen(made)).marker.state is MarkerState.READY


async def test_a_photo_that_turns_out_to_be_none_is_refused(shop: PrintShop) -> None:
    for content, words in ((b"<html>" + bytes(9), ""), (png(10, 10), "300 pixels")):
        shop.c.images().busy = True
        photo = await shop.sent(content, "p.png", "image/png")
        if (await shop.c.get_file()(shop.owner.actor, photo)).state != "quarantined":
            shop.c.images().busy = False
            continue
        made = await shop.c.create_content()(shop.owner.actor, shop.project_id, NewContent(photo=photo))
        shop.c.images().busy = False
        await shop.world.settle()
        seen = await shop.seen(made)
        assert seen.marker.state is MarkerState.REFUSED
        assert seen.marker.refusal is not None
        assert words in seen.marker.refusal


async def test_all_is_done_again_when_somebody_wants_it(shop: PrintShop) -> None:
    made = await shop.ready(videos=2)
    looking(shop, w640="1" * 16)
    shop.world.clock.advance(timedelta(hours=1))
    videos = [await shop.c.media_reads().video(video.file) for video in made.videos]
    again = await shop.c.regenerate_media()(shop.owner.actor, made.id)
    assert state_of(again.content) == ("ready", "ready", ())
    mine = await shop.c.list_my_jobs()(shop.owner.actor)
    assert {job.kind for job in mine.items} == {"ar.marker-wanted", "media.video-processing-wanted"}
    await shop.world.settle()
    done = await shop.c.show_my_job()(shop.owner.actor, again.job)
    assert (done.state, done.result) == ("done", f"/api/v1/contents/{made.id}")
    seen = await shop.seen(made)
    assert seen.marker.report.fingerprint == "1" * 16
    assert state_of(seen) == ("ready", "ready", ())
    for before in videos:
        now = await shop.c.media_reads().video(before.id)
        assert (now.owner, now.state, now.run != before.run) == (OwnerId(shop.id), "ready", True)


async def test_films_of_several_prints_are_known_to_all_of_them(shop: PrintShop) -> None:
    made = await shop.made()
    again = await shop.c.duplicate_content()(shop.owner.actor, made.id)
    await shop.world.settle()
    assert [state_of(await shop.seen(one))[0] for one in (made, again)] == ["ready", "ready"]
