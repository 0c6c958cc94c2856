"""Videos become playable, fail with a reason, are tried again, and are cancelled; nothing is left behind."""

import asyncio

import pytest

from asperguide.adapters.memory.video_tools import toy_clip
from asperguide.media import FileState, VideoState
from asperguide.media.attempts import OUR_FAULT
from asperguide.media.errors import ToolsMissing, VideoInWrongState, VideoNotFound
from asperguide.media.limits import UNDECODABLE
from asperguide.media.model import derived_prefix
from asperguide.media.posters import Poster
from asperguide.shared.ledger import JobState
from asperguide.testing import World
from tests.unit.media.screening import keys, screened, tools_of, upload, video_of


async def test_a_video_is_playable_once_the_worker_was_there(world: World) -> None:
    owner = (await world.person("emma")).actor
    file = await screened(world, owner, seconds=13, width=1280, height=720)
    video = await video_of(world, file)
    assert (file.state, file.width, video.state) == (FileState.READY, 1280, VideoState.READY)
    assert {one.role for one in video.made} == {"mp4", "hls", "thumbnail", "poster", "sprite"}
    assert sorted(one.key for one in video.made) == keys(world, derived_prefix(file.id))
    assert all(f"/video/{video.run}/" in one.key for one in video.made)
    job = world.ledger.rows[video.job].job
    assert (job.owner, job.result) == (owner.user, f"/api/v1/videos/{file.id}")
    assert world.ledger.rows[video.job].state is JobState.DONE


async def test_a_sound_is_no_video(world: World) -> None:
    owner = (await world.person("emma")).actor
    file = await upload(world, owner, toy_clip(picture=False), "audio/mp4", name="Song.m4a")
    await world.settle()
    assert (await world.container.get_file()(owner, file.id)).state is FileState.READY
    with pytest.raises(VideoNotFound):
        await world.container.get_video()(owner, file.id)


async def test_what_cannot_be_decoded_has_failed_with_the_reason_and_leaves_nothing(world: World) -> None:
    owner = (await world.person("emma")).actor
    file = await screened(world, owner, spoilt=True)
    video = await video_of(world, file)
    assert (video.state, video.failure, video.made) == (VideoState.FAILED, UNDECODABLE, ())
    assert keys(world, derived_prefix(file.id)) == []
    assert (await world.container.get_video()(owner, file.id)).failure == UNDECODABLE
    assert not [row for row in world.ledger.rows.values() if row.state is not JobState.DONE]


async def test_a_video_is_made_anew_and_the_old_is_shown_until_then(world: World) -> None:
    owner = (await world.person("emma")).actor
    file = await screened(world, owner)
    before = await video_of(world, file)
    job = await world.container.retry_processing()(owner, file.id)
    waiting = await video_of(world, file)
    assert (waiting.state, waiting.made, waiting.job) == (VideoState.WAITING, before.made, job)
    with pytest.raises(VideoInWrongState):
        await world.container.retry_processing()(owner, file.id)
    await world.settle()
    after = await video_of(world, file)
    assert after.state is VideoState.READY and after.run != before.run
    assert sorted(one.key for one in after.made) == keys(world, derived_prefix(file.id)), "nothing is left of the first"


@pytest.mark.expects_error_log
async def test_tools_that_are_missing_are_waited_for_and_given_up_in_the_end(world: World) -> None:
    owner = (await world.person("emma")).actor
    file = await screened(world, owner)
    tools = tools_of(world)
    bench, calls = tools.bench, 0

    def broken(*arguments: object) -> object:
        nonlocal calls
        calls += 1
        raise ToolsMissing

    tools.bench = broken  # type: ignore[method-assign, assignment]
    await world.container.retry_processing()(owner, file.id)
    await world.settle()
    assert (await video_of(world, file)).state is VideoState.PROCESSING
    await world.advance(hours=6)
    video = await video_of(world, file)
    assert (video.state, video.failure, calls) == (VideoState.FAILED, OUR_FAULT, 5)
    tools.bench = bench  # type: ignore[method-assign]
    await world.container.retry_processing()(owner, file.id)
    await world.settle()
    assert (await video_of(world, file)).state is VideoState.READY


async def held_up(world: World) -> "asyncio.Task[int]":
    """The worker, at a film that it cannot go on with."""
    tools = tools_of(world)
    tools.going.clear()
    working = asyncio.create_task(world.settle())
    while not tools.open:
        await asyncio.sleep(0)
    for _ in range(50):
        await asyncio.sleep(0)
    return working


async def test_what_was_cancelled_is_not_shown_and_can_be_tried_again(world: World) -> None:
    owner = (await world.person("emma")).actor
    file = await screened(world, owner)
    before = await video_of(world, file)
    job = await world.container.retry_processing()(owner, file.id)
    working = await held_up(world)
    await world.container.cancel_processing()(owner, file.id)
    assert world.ledger.rows[job].state is JobState.CANCELLED
    tools_of(world).going.set()
    await working
    await world.settle()
    video = await video_of(world, file)
    assert (video.state, video.made) == (VideoState.CANCELLED, before.made)
    assert sorted(one.key for one in video.made) == keys(world, derived_prefix(file.id))
    with pytest.raises(VideoInWrongState):
        await world.container.cancel_processing()(owner, file.id)
    await world.container.retry_processing()(owner, file.id)
    await world.settle()
    assert (await video_of(world, file)).state is VideoState.READY


async def test_cancelling_the_job_cancels_the_video(world: World) -> None:
    owner = (await world.person("emma")).actor
    file = await upload(world, owner, toy_clip())
    await world.container.check_file()(message_of(world))
    video = await video_of(world, file)
    assert video.job is not None
    await world.container.cancel_my_job()(owner, video.job)
    await world.settle()
    assert (await video_of(world, file)).state is VideoState.CANCELLED


async def test_a_film_that_is_deleted_meanwhile_is_finished_for_whoever_restores_it(world: World) -> None:
    owner = (await world.person("emma")).actor
    file = await upload(world, owner, toy_clip())
    working = await held_up(world)
    tools_of(world).going.set()
    await working
    await world.container.delete_file()(owner, file.id)
    with pytest.raises(VideoNotFound):
        await world.container.get_video()(owner, file.id)
    await world.container.restore_file()(owner, file.id)
    assert (await world.container.get_video()(owner, file.id)).state is VideoState.READY
    await world.container.delete_file()(owner, file.id)
    await world.advance(days=8)
    assert keys(world, "") == []


async def test_what_a_worker_left_that_died_is_swept_away_one_day(world: World) -> None:
    owner = (await world.person("emma")).actor
    file = await screened(world, owner)
    left = f"{derived_prefix(file.id)}video/{world.ids.new()}/360p.mp4"
    await world.storage.put(left, b"half a film")
    shown = sorted(one.key for one in (await video_of(world, file)).made)
    await world.advance(hours=47)
    assert keys(world, derived_prefix(file.id)) == sorted([*shown, left])
    await world.advance(hours=49)
    assert keys(world, derived_prefix(file.id)) == shown


async def test_another_moment_is_shown_when_it_is_chosen(world: World) -> None:
    owner = (await world.person("emma")).actor
    file = await screened(world, owner, seconds=20)
    before = await video_of(world, file)
    job = await world.container.set_poster()(owner, file.id, Poster(at=12.5))
    await world.settle()
    after = await video_of(world, file)
    assert world.ledger.rows[job].state is JobState.DONE and after.poster_at == 12.5
    assert [one for one in after.made if one.role == "mp4"] == [one for one in before.made if one.role == "mp4"]
    [poster] = [one for one in after.made if one.role == "poster"]
    async with world.storage.open(poster.key) as opened:
        assert b"at 12.500" in b"".join([chunk async for chunk in opened.chunks])
    assert sorted(one.key for one in after.made) == keys(world, derived_prefix(file.id))
    await world.container.retry_processing()(owner, file.id)
    await world.settle()
    made = (await video_of(world, file)).made
    assert sorted(one.key for one in made) == keys(world, derived_prefix(file.id))


async def test_a_moment_chosen_while_the_film_is_processed_is_the_one_that_is_shown(world: World) -> None:
    owner = (await world.person("emma")).actor
    file = await screened(world, owner, seconds=20)
    job = await world.container.retry_processing()(owner, file.id)
    working = await held_up(world)
    assert await world.container.set_poster()(owner, file.id, Poster(at=7)) == job
    tools_of(world).going.set()
    await working
    await world.settle()
    video = await video_of(world, file)
    [poster] = [one for one in video.made if one.role == "poster"]
    async with world.storage.open(poster.key) as opened:
        assert b"at 7.000" in b"".join([chunk async for chunk in opened.chunks])
    assert sorted(one.key for one in video.made) == keys(world, derived_prefix(file.id))


async def test_others_have_nothing_made_of_my_videos(world: World) -> None:
    owner, other = (await world.person("emma")).actor, (await world.person("malik")).actor
    file = await screened(world, owner, visibility="public")
    for attempt in (
        world.container.retry_processing()(other, file.id),
        world.container.cancel_processing()(other, file.id),
        world.container.set_poster()(other, file.id, Poster(at=1)),
    ):
        with pytest.raises(VideoNotFound):
            await attempt


def message_of(world: World) -> object:
    """The latest arrival that waits in the ledger."""
    import msgspec

    from asperguide.media.events import FileArrived

    row = next(row for row in reversed(world.ledger.rows.values()) if row.job.kind == "media.file-arrived")
    return msgspec.json.decode(row.job.payload, type=FileArrived)
