"""Who sees a video: whoever may read its file, and whoever has a token from its addresses, until that ends."""

from datetime import UTC, datetime, timedelta
from urllib.parse import parse_qs, urlsplit

import pytest

from asperguide.media import FileChange, FileId, PlaybackTokens, Visibility
from asperguide.media.errors import VideoNotFound
from asperguide.media.playing import ends_at
from asperguide.media.playlists import named_in
from asperguide.testing import World
from tests.unit.media.screening import screened

NOW = datetime(2026, 1, 19, 10, 34, 56, tzinfo=UTC)


def token_in(url: str | None) -> str:
    assert url is not None
    return parse_qs(urlsplit(url).query)["token"][0]


async def test_the_owner_is_told_where_everything_is(world: World) -> None:
    owner = (await world.person("emma")).actor
    file = await screened(world, owner, seconds=13, width=1280, height=720)
    view = await world.container.get_video()(owner, file.id)
    assert [one.name for one in view.renditions] == ["360", "720"]
    assert [one.name for one in view.thumbnails] == ["150x112", "320x240", "640x480"]
    assert view.poster is not None and view.poster.url.startswith(f"/api/v1/videos/{file.id}/thumbnails/poster?token=")
    assert view.hls is not None and view.sprites is not None and view.facts is not None
    assert view.facts.duration == 13 and view.job is not None


async def test_a_player_needs_nothing_but_the_address_of_the_first_playlist(world: World) -> None:
    owner = (await world.person("emma")).actor
    file = await screened(world, owner, seconds=13, width=1280, height=720)
    token = token_in((await world.container.get_video()(owner, file.id)).hls)
    waiting, seen = [f"master.m3u8?token={token}"], set[str]()
    while waiting:
        name, _, query = waiting.pop().partition("?")
        assert query == f"token={token}"
        seen.add(name)
        if name.endswith(".m3u8"):
            waiting += named_in(await world.container.play_playlist()(None, file.id, "hls", name, token))
        else:
            piece = await world.container.play_video()(None, file.id, "hls", name, token)
            async with piece.open() as chunks:
                assert len(b"".join([chunk async for chunk in chunks])) == piece.file.size > 0
    assert len(seen) == 11, "three playlists, and of each of two renditions its beginning and three segments"
    index = await world.container.play_playlist()(None, file.id, "sprite", "sprites.vtt", token)
    assert f"\nsprites.webp?token={token}#xywh=160,0,160,90\n" in index


async def test_without_right_or_token_there_is_no_such_video(world: World) -> None:
    owner, other = (await world.person("emma")).actor, (await world.person("malik")).actor
    file, another = await screened(world, owner), await screened(world, owner)
    token = token_in((await world.container.get_video()(owner, another.id)).hls)
    for actor in (None, other):
        for wrong in ("", "x", token, token.replace(".", ""), "0" * 8 + "." + "A" * 32, "692b6ec0.é" + "A" * 31):
            with pytest.raises(VideoNotFound):
                await world.container.play_video()(actor, file.id, "mp4", "360p.mp4", wrong)
            with pytest.raises(VideoNotFound):
                await world.container.play_playlist()(actor, file.id, "hls", "master.m3u8", wrong)
        with pytest.raises(VideoNotFound):
            await world.container.get_video()(actor, file.id)
    with pytest.raises(VideoNotFound):
        await world.container.get_video()(owner, FileId(world.ids.new()))


async def test_a_token_ends_and_ends_with_the_video(world: World) -> None:
    owner = (await world.person("emma")).actor
    file = await screened(world, owner)
    view = await world.container.get_video()(owner, file.id)
    token = token_in(view.hls)
    assert timedelta(hours=5, minutes=50) <= view.playable_until - world.clock.now() <= timedelta(hours=6)
    await world.advance(hours=5, minutes=49)
    assert await world.container.play_video()(None, file.id, "mp4", "360p.mp4", token)
    await world.container.delete_file()(owner, file.id)
    with pytest.raises(VideoNotFound):
        await world.container.play_video()(None, file.id, "mp4", "360p.mp4", token)
    await world.container.restore_file()(owner, file.id)
    assert await world.container.play_video()(None, file.id, "mp4", "360p.mp4", token)
    await world.advance(minutes=11)
    with pytest.raises(VideoNotFound):
        await world.container.play_video()(None, file.id, "mp4", "360p.mp4", token)


async def test_everybody_sees_a_public_video_and_less_of_it_than_its_owner(world: World) -> None:
    owner = (await world.person("emma")).actor
    file = await screened(world, owner)
    await world.container.update_file()(owner, file.id, FileChange(visibility=Visibility.UNLISTED))
    view = await world.container.get_video()(None, file.id)
    assert view.hls is not None and view.job is None
    assert await world.container.play_video()(None, file.id, "thumbnail", "thumbnail_150x112.webp")


async def test_only_what_was_made_is_shown(world: World) -> None:
    owner = (await world.person("emma")).actor
    file = await screened(world, owner)
    for role, name in (("mp4", "1080p.mp4"), ("hls", "360p.mp4"), ("mp4", "../360p.mp4"), ("mp4", ""), ("", "")):
        with pytest.raises(VideoNotFound):
            await world.container.play_video()(owner, file.id, role, name)
    with pytest.raises(VideoNotFound):
        await world.container.play_playlist()(owner, file.id, "mp4", "360p.mp4")


def test_tokens_fit_their_video_only_and_not_for_long() -> None:
    tokens, others = PlaybackTokens(b"k" * 32), PlaybackTokens(b"o" * 32)
    id, other = FileId(World().ids.new()), FileId(World(seed="other").ids.new())
    token = tokens.make(id, NOW)
    assert tokens.fits(token, id, NOW) and tokens.make(id, NOW + timedelta(minutes=4)) == token
    assert not tokens.fits(token, other, NOW) and not others.fits(token, id, NOW)
    assert ends_at(token) == datetime(2026, 1, 19, 16, 30, tzinfo=UTC)
    assert not tokens.fits(token, id, ends_at(token))
    later = f"{int(ends_at(token).timestamp()) + 600:x}{token[8:]}"
    assert not tokens.fits(later, id, NOW)
