"""Manifests: what is in them, how long they stay the same, and whose turn it is."""

import asyncio
from collections import Counter
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from typing import Any
from uuid import UUID

import msgspec
import pytest
from hypothesis import given
from hypothesis import strategies as st

from asperguide.ar.manifests import Manifest, chosen_since, days_left
from asperguide.ar.model import ContentState
from asperguide.ar.ports import Piece
from asperguide.ar.rotation import PlaybackMode, RotationKind
from asperguide.ar.unavailable import InvalidSession, NoPlayableVideo, NotPublished
from asperguide.ar.viewer_ports import Showing
from asperguide.shared.errors import NotFound
from tests.http.sample import ANN
from tests.playing import film, id_of, letter_of, rotation, window
from tests.viewing import COMPANY, ID, MARKER, NOON, PROJECT, URL, Stage, shown

AT = f"{URL}/api/v1/viewer/{ID}"
HOUR, DAY = timedelta(hours=1), timedelta(days=1)


def staged(*videos: Any, **different: Any) -> Stage:
    """A stage with this print."""
    stage = Stage()
    stage.kept.contents[ID] = shown(*videos, **different)
    return stage


async def letter(stage: Stage, session: str | None = None) -> str:
    """The letter of the video that plays."""
    return letter_of((await stage.process.show_manifest(ID, session)).manifest.video.id)


async def test_a_manifest_tells_all_that_a_viewer_needs() -> None:
    stage = staged(film("a", title="Spring", ends_at=NOON + 3 * DAY - HOUR), title="Wedding")
    sheet = await stage.process.show_manifest(ID)
    assert msgspec.to_builtins(sheet.manifest) == {
        "manifest_version": 1, "unique_id": ID, "order_number": "ORD-20260101-000001", "title": "Wedding",
        "marker_image_url": f"{AT}/marker", "photo_url": f"{AT}/photo", "expires_at": "2056-01-01T00:00:00Z",
        "status": "published",
        "video": {
            "id": str(id_of("a")), "title": "Spring", "video_url": f"{AT}/videos/{id_of('a')}",
            "thumbnail_url": f"{AT}/videos/{id_of('a')}/thumbnail", "duration": 12.5, "width": 1280, "height": 720,
            "mime_type": "video/mp4", "selection_source": "first", "expires_in_days": 3,
            "selected_at": "2026-01-01T00:00:00Z",
        },
    }  # fmt: skip
    assert msgspec.json.decode(sheet.body, type=Manifest) == sheet.manifest


async def test_nothing_of_the_customer_is_in_it() -> None:
    customer = {"name": "Gráinne Ní Mháille", "phone": "+353861234567", "email": "grainne@example.org"}
    stage = staged(metadata={"note": "secret"}, customer=replace(shown().customer, **customer))
    body = (await stage.process.show_manifest(ID)).body.decode()
    showing = await stage.process.showings.find(ID)
    for secret in (*customer.values(), "secret"):
        assert secret not in body and secret not in repr(showing)


async def test_the_same_manifest_has_the_same_name_until_something_changes() -> None:
    stage = staged(film("a"), film("b", 1), rotation=rotation(RotationKind.DAILY_CYCLE, "ab"))
    stage.clock.set(datetime(2026, 4, 11, 8, tzinfo=UTC))
    first = await stage.process.show_manifest(ID)
    stage.clock.set(datetime(2026, 4, 11, 21, 59, 59, tzinfo=UTC))
    assert (await stage.another().show_manifest(ID)).etag == first.etag
    assert first.until == datetime(2026, 4, 11, 22, tzinfo=UTC), "midnight in Paris"
    stage.clock.set(first.until)
    after = await stage.process.show_manifest(ID)
    assert after.manifest.video.id != first.manifest.video.id
    assert after.manifest.video.selected_at == first.until


@pytest.mark.parametrize(
    ("ends_in", "days", "until"),
    [(30 * DAY, 30, DAY), (30 * DAY + HOUR, 31, HOUR), (HOUR, 1, HOUR), (DAY, 1, DAY), (None, None, None)],
)
async def test_days_that_are_left_are_told_as_they_pass(
    ends_in: timedelta | None, days: int | None, until: timedelta | None
) -> None:
    stage = staged(film("a", ends_at=NOON + ends_in if ends_in else None), film("b", 1))
    sheet = await stage.process.show_manifest(ID)
    assert sheet.manifest.video.expires_in_days == days
    assert sheet.until == (NOON + until if until else shown().ends_at)


@given(st.integers(1, 10**10), st.integers(0, 10**10))
def test_a_day_is_left_until_the_very_end(left: int, passed: int) -> None:
    video = film("a", ends_at=NOON + timedelta(microseconds=left))
    found = days_left(video, NOON)
    assert found is not None and (found - 1) * DAY < timedelta(microseconds=left) <= found * DAY
    assert days_left(video, NOON + timedelta(microseconds=left + passed)) == 0


def test_the_choice_is_as_old_as_the_last_thing_that_could_have_changed_it() -> None:
    begun, over = NOON - 3 * HOUR, NOON - HOUR
    content = shown(film("a"), film("b", 1, windows=(window(begun, over),), ends_at=NOON + DAY))
    assert chosen_since(content, NOON, UTC) == over
    assert chosen_since(content, NOON - 2 * HOUR, UTC) == begun
    assert chosen_since(replace(content, updated_at=NOON - timedelta(minutes=1)), NOON, UTC) > over
    assert chosen_since(content, content.created_at - DAY, UTC) == content.created_at - DAY, "a clock that is wrong"


async def test_a_project_that_ends_sooner_ends_the_manifest_too() -> None:
    stage = Stage()
    await stage.change_project(ends_at=NOON + HOUR)
    assert (await stage.process.show_manifest(ID)).until == NOON + HOUR


@pytest.mark.parametrize(
    ("mode", "expected"),
    [(PlaybackMode.CYCLIC, "abcab"), (PlaybackMode.SEQUENTIAL, "abccc"), (PlaybackMode.FIRST, "aaaaa")],
)  # fmt: skip
async def test_each_view_session_gets_the_next_video(mode: PlaybackMode, expected: str) -> None:
    stage = staged(film("a"), film("b", 1), film("c", 2), mode=mode)
    assert "".join([await letter(stage, f"session-{n}") for n in range(5)]) == expected
    assert await letter(stage, "session-1") == expected[1], "again the same"
    assert await letter(stage) == "a", "without a session the first"


async def test_a_turn_is_only_taken_where_it_decides() -> None:
    stage = staged(film("a"), film("b", 1), mode=PlaybackMode.CYCLIC, chosen=id_of("b"))
    assert await letter(stage, "session-1") == "b"
    assert stage.turns.given == {}


async def test_many_sessions_at_once_share_the_videos_evenly() -> None:
    stage = staged(film("a"), film("b", 1), mode=PlaybackMode.CYCLIC)
    got = await asyncio.gather(*(letter(stage, f"session-{n}") for n in range(100)))
    assert Counter(got) == {"a": 50, "b": 50}


@pytest.mark.parametrize(
    "session", ["", "short", "x" * 65, "with space!", "a' OR 1=1 --", "ünïcödé-session", "abcdefgh\n"]
)
async def test_sessions_are_of_few_characters(session: str) -> None:
    stage = staged(film("a"), film("b", 1), mode=PlaybackMode.CYCLIC)
    with pytest.raises(InvalidSession):
        await stage.process.show_manifest(ID, session)


async def test_a_preview_takes_no_turn_and_leads_to_previews() -> None:
    stage = staged(film("a"), mode=PlaybackMode.CYCLIC, state=ContentState.READY)
    stage.kept.members.add(ANN.user)
    with pytest.raises(NotPublished):
        await stage.process.show_manifest(ID)
    manifest = (await stage.process.show_manifest(ID, "session-1", ANN)).manifest
    assert (manifest.status, stage.turns.given) == ("ready", {})
    assert manifest.photo_url.endswith("/photo?preview=true")
    with pytest.raises(NotPublished):
        await stage.process.show_manifest(ID)


async def test_a_preview_of_what_is_published_does_not_stand_in_for_it() -> None:
    stage = Stage()
    stage.kept.members.add(ANN.user)
    assert "preview" in (await stage.process.show_manifest(ID, None, ANN)).body.decode()
    assert "preview" not in (await stage.process.show_manifest(ID)).body.decode()


async def test_what_ended_while_it_was_looked_up_is_not_chosen() -> None:
    stage = Stage()
    showing = Showing(content=shown(film("a", ends_at=NOON)), project=PROJECT)
    with pytest.raises(NoPlayableVideo):
        stage.process.make(showing)


async def test_a_page_tells_by_whom_and_what() -> None:
    stage = Stage()
    page = await stage.process.see_print(ID)
    assert (page.company, page.accent, page.locale, page.reason) == (COMPANY.name, COMPANY.accent, "fr", None)
    assert page.manifest == (await stage.process.show_manifest(ID)).manifest
    await stage.change(state=ContentState.UNPUBLISHED)
    page = await stage.process.see_print(ID)
    assert (page.reason, page.manifest, page.company) == ("not_published", None, "")


async def test_bytes_are_there_as_long_as_the_print_can_be_seen() -> None:
    stage = staged(film("a"), film("b", 1, active=False))
    stage.files.put(id_of("a"), "film", "video/mp4", b"moving")
    stage.files.put(id_of("b"), "film", "video/mp4", b"off")
    stage.files.put(MARKER.photo, "image/webp", "image/webp", b"still")
    assert (await stage.process.show_video(ID, id_of("a"), Piece.FILM)).size == 6
    assert (await stage.process.show_photo(ID, 1280, "image/webp")).size == 5
    for id, piece in ((id_of("b"), Piece.FILM), (UUID(int=1), Piece.FILM), (id_of("a"), Piece.POSTER)):
        with pytest.raises(NotFound):
            await stage.process.show_video(ID, id, piece)
    with pytest.raises(NotFound):
        await stage.process.show_photo(ID, 1280, "image/jpeg")
    await stage.change(state=ContentState.UNPUBLISHED)
    with pytest.raises(NotPublished):
        await stage.process.show_video(ID, id_of("a"), Piece.FILM)
    with pytest.raises(NotPublished):
        await stage.process.show_photo(ID, 1280, "image/webp")
