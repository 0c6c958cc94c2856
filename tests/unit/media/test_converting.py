"""Files are made of files: with provenance, within the quota, or refused with the reason."""

import io

import pytest
from PIL import Image

from asperguide.adapters.memory.video_tools import toy_clip
from asperguide.media import Conversion, FileState, Target
from asperguide.media.attempts import OUR_FAULT
from asperguide.media.errors import ConversionImpossible, FileNotFound, QuotaExceeded, ToolsMissing
from asperguide.media.limits import NO_SOUND, UNDECODABLE
from asperguide.settings import Settings
from asperguide.shared.ledger import JobState
from asperguide.testing import World
from tests.unit.media.screening import keys, screened, tools_of, upload

MIB = 1024 * 1024


async def usage(world: World, actor: object) -> tuple[int, int, int, int]:
    """Used bytes and files, reserved bytes and files."""
    quota = await world.container.get_quota()(actor)
    return quota.used_bytes, quota.used_files, quota.reserved_bytes, quota.reserved_files


async def test_a_film_becomes_a_sound_that_names_its_source(world: World) -> None:
    owner = (await world.person("emma")).actor
    film = await screened(world, owner)
    started = await world.container.convert()(owner, film.id, Conversion(to=Target.MP3))
    assert (started.file.state, started.file.name, started.file.source) == (FileState.AWAITING, "Tour.mp3", film.id)
    assert await usage(world, owner) == (film.size, 1, 64 * MIB, 1)
    row = world.ledger.rows[started.job].job
    assert (row.owner, row.result) == (owner.user, f"/api/v1/files/{started.file.id}")
    await world.settle()
    sound = await world.container.get_file()(owner, started.file.id)
    assert (sound.state, sound.media_type, sound.source) == (FileState.READY, "audio/mpeg", film.id)
    assert await usage(world, owner) == (film.size + sound.size, 2, 0, 0)
    readable = await world.container.read_file()(owner, sound.id)
    async with readable.open() as chunks:
        assert len(b"".join([chunk async for chunk in chunks])) == sound.size
    assert world.ledger.rows[started.job].state is JobState.DONE
    assert keys(world, "files/") == sorted([readable.key, (await world.container.read_file()(owner, film.id)).key])


async def test_an_image_becomes_another_image(world: World) -> None:
    owner = (await world.person("emma")).actor
    body = io.BytesIO()
    Image.new("RGB", (60, 40), "teal").save(body, "PNG")
    image = await upload(world, owner, body.getvalue(), "image/png", name="a.b")
    started = await world.container.convert()(owner, image.id, Conversion(to=Target.WEBP))
    assert started.file.name == "a.webp"
    await world.settle()
    made = await world.container.get_file()(owner, started.file.id)
    assert (made.state, made.media_type, made.width, made.height) == (FileState.READY, "image/webp", 60, 40)


async def test_what_makes_no_sense_is_refused_at_once(world: World) -> None:
    owner = (await world.person("emma")).actor
    film = await screened(world, owner)
    sound = await upload(world, owner, toy_clip(picture=False), "audio/mp4", name="Song.m4a")
    text = await upload(world, owner, b"words\n" * 10, "text/plain", name="a.txt")
    await world.settle()
    for source, to in ((film, Target.PNG), (sound, Target.MP4), (sound, Target.GIF), (text, Target.MP3)):
        with pytest.raises(ConversionImpossible):
            await world.container.convert()(owner, source.id, Conversion(to=to))
    assert (await usage(world, owner))[2:] == (0, 0)


async def test_what_turns_out_impossible_is_refused_with_the_reason_and_gives_its_room_back(world: World) -> None:
    owner = (await world.person("emma")).actor
    for clip, to, reason in (
        ({"sound": False}, Target.MP3, NO_SOUND),
        ({"spoilt": True}, Target.WEBM, UNDECODABLE),
    ):
        film = await screened(world, owner, **clip)
        before = await usage(world, owner)
        started = await world.container.convert()(owner, film.id, Conversion(to=to))
        await world.settle()
        made = await world.container.get_file()(owner, started.file.id)
        assert (made.state, made.refusal) == (FileState.REFUSED, reason)
        assert await usage(world, owner) == before


async def test_there_must_be_room(world: World) -> None:
    small = World(Settings(oauth_secret_key="a secret for worlds that nobody lives in", media_quota_mb=50))
    owner = (await small.person("emma")).actor
    film = await screened(small, owner)
    with pytest.raises(QuotaExceeded):
        await small.container.convert()(owner, film.id, Conversion(to=Target.MP3))


async def test_others_files_are_converted_when_they_can_be_read(world: World) -> None:
    owner, other = (await world.person("emma")).actor, (await world.person("malik")).actor
    hidden, shown = await screened(world, owner), await screened(world, owner, visibility="public")
    with pytest.raises(FileNotFound):
        await world.container.convert()(other, hidden.id, Conversion(to=Target.MP3))
    started = await world.container.convert()(other, shown.id, Conversion(to=Target.MP3))
    await world.settle()
    assert (await world.container.get_file()(other, started.file.id)).state is FileState.READY


async def test_a_cancelled_conversion_leaves_a_refused_file_and_its_room(world: World) -> None:
    owner = (await world.person("emma")).actor
    film = await screened(world, owner)
    started = await world.container.convert()(owner, film.id, Conversion(to=Target.MP3))
    await world.container.cancel_my_job()(owner, started.job)
    await world.settle()
    made = await world.container.get_file()(owner, started.file.id)
    assert made.state is FileState.REFUSED and "cancelled" in (made.refusal or "")
    assert await usage(world, owner) == (film.size, 1, 0, 0)


@pytest.mark.expects_error_log
async def test_tools_that_are_missing_end_in_a_refusal_that_says_so(world: World) -> None:
    owner = (await world.person("emma")).actor
    film = await screened(world, owner)

    def broken(*arguments: object) -> object:
        raise ToolsMissing

    tools_of(world).bench = broken  # type: ignore[method-assign, assignment]
    started = await world.container.convert()(owner, film.id, Conversion(to=Target.MP3))
    await world.advance(hours=6)
    made = await world.container.get_file()(owner, started.file.id)
    assert (made.state, made.refusal) == (FileState.REFUSED, OUR_FAULT)
    assert await usage(world, owner) == (film.size, 1, 0, 0)


async def test_what_is_made_of_a_file_that_went_away_is_refused(world: World) -> None:
    owner = (await world.person("emma")).actor
    film = await screened(world, owner)
    started = await world.container.convert()(owner, film.id, Conversion(to=Target.MP3))
    await world.storage.delete(*keys(world, "files/"))
    await world.settle()
    assert (await world.container.get_file()(owner, started.file.id)).state is FileState.REFUSED
    assert (await usage(world, owner))[2:] == (0, 0)


async def test_a_file_that_nobody_awaits_any_more_is_not_made(world: World) -> None:
    owner = (await world.person("emma")).actor
    film = await screened(world, owner)
    started = await world.container.convert()(owner, film.id, Conversion(to=Target.MP3))
    await world.container.delete_file()(owner, started.file.id)
    await world.settle()
    with pytest.raises(FileNotFound):
        await world.container.get_file()(owner, started.file.id)
    assert await usage(world, owner) == (film.size, 1, 0, 0)
    assert len(keys(world, "files/")) == 1
