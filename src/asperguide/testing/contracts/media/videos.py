"""The law of what is known of videos."""

from dataclasses import replace
from datetime import UTC, datetime

from asperguide.media.model import FileId
from asperguide.media.videos import Derived, Facts, Video, VideoState
from asperguide.shared.errors import EditedMeanwhile
from asperguide.testing.contracts.checking import raises
from asperguide.testing.contracts.filing import file, owner, video
from asperguide.testing.contracts.people import HOUR, IDS, NOW
from asperguide.testing.contracts.persistence import Persistence

FACTS = Facts(
    duration=12.345678901234567, format="mov,mp4", bit_rate=2**40, width=1920, height=1080,
    frame_rate=29.97002997002997, rotation=-90, video_codec="h264", audio_codec="aac", streams=3,
)  # fmt: skip
MADE = (
    Derived(role="mp4", key="derived/x/run/1080.mp4", media_type="video/mp4", size=2**40, width=1920, height=1080),
    Derived(role="sprite", key="derived/x/run/sprite.webp", media_type="image/webp", size=0),
)
FULL = video(
    file(owner()),
    facts=FACTS,
    state=VideoState.FAILED,
    failure="O'Neil's \"clip\" ends too early 🦊",
    poster_at=0.1 + 0.2,
    run=f"{IDS.new()}",
    made=MADE,
    job=IDS.new(),
    created_at=datetime(2031, 1, 2, 3, 4, 5, 999999, UTC),
    updated_at=datetime(2031, 1, 2, 3, 4, 5, 1, UTC),
    version=9,
)


class VideosContract:
    """Videos: round trip and versions."""

    async def test_a_video_comes_back_as_it_went_in(self, persistence: Persistence) -> None:
        plain = video(file(owner()))
        for kept in (FULL, plain, replace(video(file(owner())), facts=Facts(duration=0.0, format=""), poster_at=0.0)):
            await persistence.keep_media(kept)
            async with persistence.begin_media() as uow:
                assert await uow.videos.get(kept.id) == kept
            found = await persistence.media_reads.video(kept.id)
            assert list(await persistence.media_reads.videos([kept.id, FileId(IDS.new())])) == [kept]
            assert found == kept
            assert [type(getattr(found, name)) for name in Video.__slots__] == [
                type(getattr(kept, name)) for name in Video.__slots__
            ]

    async def test_a_video_changes_under_its_version(self, persistence: Persistence) -> None:
        kept = video(file(owner()))
        await persistence.keep_media(kept)
        ready = kept.ready(FACTS, "run", MADE, NOW + HOUR)
        saved = await persistence.change_media(lambda uow: uow.videos.save(ready))
        assert saved == replace(ready, version=2)
        assert await persistence.media_reads.video(kept.id) == saved
        with raises(EditedMeanwhile):
            await persistence.change_media(lambda uow: uow.videos.save(kept.cancelled(NOW)))
        with raises(EditedMeanwhile):
            await persistence.change_media(lambda uow: uow.videos.save(video(file(owner()))))
        assert await persistence.media_reads.video(kept.id) == saved
