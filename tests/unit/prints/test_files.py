"""Files of companies, as prints see them, and codes that lead to prints."""

from datetime import timedelta

import pytest

from asperguide.ar.coding import CodeFormat
from asperguide.ar.errors import ContentNotFound, InvalidContent, InvalidVideo
from asperguide.ar.ports import MediaState, Piece
from asperguide.ar.videos import FileId
from asperguide.media.videos import VideoState
from tests.prints import PrintShop


async def test_pieces_of_a_film_can_be_read(shop: PrintShop) -> None:
    made = await shop.ready()
    files, film = shop.c.media_files(), made.videos[0].file
    assert made.videos[0].footage is not None
    for piece, media_type in (
        (Piece.ORIGINAL, "video/mp4"), (Piece.FILM, "video/mp4"), (Piece.POSTER, "image/webp"),
        (Piece.THUMBNAIL, "image/webp"),
    ):  # fmt: skip
        opened = await files.open(shop.id, film, piece)
        assert opened is not None
        assert opened.media_type == media_type
        async with opened.read() as chunks:
            whole = b"".join([chunk async for chunk in chunks])
        async with opened.read(2, 3) as chunks:
            assert b"".join([chunk async for chunk in chunks]) == whole[2:5]
        assert len(whole) == opened.size
        again = await files.open(shop.id, film, piece)
        assert again is not None
        assert again.etag == opened.etag
    opened = await files.open(shop.id, film, Piece.FILM)
    assert opened is not None
    assert opened.size == made.videos[0].footage.size


async def test_what_is_foreign_or_not_made_cannot_be_read(shop: PrintShop) -> None:
    made = await shop.ready()
    files, other = shop.c.media_files(), shop.found()
    assert await files.open(other, made.marker.photo) is None
    assert await files.open(shop.id, FileId(shop.world.ids.new())) is None
    assert await files.open(shop.id, made.marker.photo, Piece.POSTER) is None
    assert await files.known(other, [made.marker.photo]) == {}
    own = await shop.photo(700)
    assert await files.open(shop.id, own) is None
    opened = await files.open(shop.id, made.marker.photo)
    assert opened is not None
    await files.drop(shop.id, [made.marker.photo])
    await shop.world.settle()
    with pytest.raises(ContentNotFound):
        async with opened.read():
            pass


async def test_a_film_shows_another_moment(shop: PrintShop) -> None:
    made = await shop.ready()
    files, film, by = shop.c.media_files(), made.videos[0].file, shop.owner.actor.user
    before = await files.open(shop.id, film, Piece.POSTER)
    job = await files.picture(shop.id, film, 1.5, by, "/there")
    await shop.world.settle()
    done = await shop.c.show_my_job()(shop.owner.actor, job)
    assert (done.state, done.result) == ("done", "/there")
    after = await files.open(shop.id, film, Piece.POSTER)
    assert before is not None
    assert after is not None
    assert before.etag != after.etag
    for company, file in ((shop.found(), film), (shop.id, made.marker.photo), (shop.id, FileId(shop.world.ids.new()))):
        with pytest.raises(InvalidVideo):
            await files.picture(company, file, 1, by, "/there")
        await files.process(company, file, by)


async def test_a_film_that_is_being_processed_shows_another_moment_then(shop: PrintShop) -> None:
    made = await shop.ready()
    files, film, by = shop.c.media_files(), made.videos[0].file, shop.owner.actor.user
    await files.process(shop.id, film, by)
    await files.process(shop.id, film, by)
    await files.picture(shop.id, film, 2, by, "/there")
    assert (await shop.c.media_reads().video(film)).under_way
    await shop.world.settle()
    video = await shop.c.media_reads().video(film)
    assert (video.state, video.poster_at) == (VideoState.READY, 2)


async def test_a_film_that_failed_has_no_moment_to_show(shop: PrintShop) -> None:
    made = await shop.made(videos=0)
    film = await shop.film(spoilt=True)
    await shop.c.media_files().take(shop.owner.actor, shop.companies.facts[shop.id], [film])
    await shop.world.settle()
    with pytest.raises(InvalidVideo):
        await shop.c.media_files().picture(shop.id, film, 1, shop.owner.actor.user, "/there")
    assert made.videos == ()


async def test_states_of_files_are_told(shop: PrintShop) -> None:
    files, company = shop.c.media_files(), shop.companies.facts[shop.id]
    film, sound = await shop.film(), await shop.film(picture=False)
    assert (await files.take(shop.owner.actor, company, [film, film]))[1].state is MediaState.PENDING
    with pytest.raises(InvalidContent):
        await files.take(shop.owner.actor, company, [await shop.sent(b"words", "w.txt", "text/plain")])
    await files.take(shop.owner.actor, company, [sound])
    async with shop.c.media_unit_of_work() as uow:
        file = await uow.files.get(film)
        assert file.awaited is False
    await shop.world.settle()
    known = await files.known(shop.id, [film, sound])
    assert known[film].state is MediaState.READY
    assert known[film].footage is not None


async def test_processing_that_was_cancelled_is_told(shop: PrintShop) -> None:
    made = await shop.made()
    film = made.videos[0].file
    job = shop.c.check_file()
    from asperguide.media.events import FileArrived, VideoProcessingWanted

    await job(FileArrived(file=film))
    async with shop.c.media_unit_of_work() as uow:
        video = await uow.videos.get(film)
        await uow.videos.save(video.cancelled(shop.world.clock.now()))
        await uow.commit()
    known = await shop.c.media_files().known(shop.id, [film])
    assert (known[film].state, known[film].refusal) == (
        MediaState.REFUSED,
        "Nobody wanted it to be processed any more.",
    )
    await shop.c.stop_processing()(VideoProcessingWanted(file=film))
    await shop.world.settle()
    assert (await shop.seen(made)).videos[0].failure == "Nobody wanted it to be processed any more."


async def test_owners_of_files_are_told_in_order(shop: PrintShop) -> None:
    await shop.ready()
    files = shop.c.media_files()
    owners = await files.owners(None, 100)
    assert {shop.id, shop.owner.actor.user} == set(owners)
    assert list(await files.owners(owners[0], 100)) == list(owners[1:])
    shop.world.clock.advance(timedelta(days=1))
    old, cursor = await files.old(shop.id, shop.world.clock.now(), None)
    assert (len(old), cursor) == (2, None)


async def test_a_code_leads_to_the_print(shop: PrintShop) -> None:
    made = await shop.made(videos=0)
    show = shop.c.show_code()
    svg = await show(shop.owner.actor, made.id, CodeFormat.SVG)
    assert (svg.name, svg.media_type) == (f"{made.number}.svg", "image/svg+xml")
    assert made.number.encode() in svg.content
    png = await show(shop.owner.actor, made.id, CodeFormat.PNG)
    assert (png.name, png.content[:8]) == (f"{made.number}.png", b"\x89PNG\r\n\x1a\n")
    assert (await show(shop.owner.actor, made.id, CodeFormat.PNG)).content == png.content
    stranger = await shop.world.person("malik")
    with pytest.raises(ContentNotFound):
        await show(stranger.actor, made.id, CodeFormat.SVG)
