"""Scenes over prints: who may say what stands there, what may stand there, and which version of it."""

import math
from dataclasses import replace
from typing import Any
from uuid import UUID

import pytest

from asperguide.ar.errors import (
    ContentInWrongState,
    ContentNotFound,
    ContentRightNeeded,
    InvalidContent,
)
from asperguide.ar.model import ContentId, ContentState
from asperguide.ar.playback import PlaybackChange, SetPlayback
from asperguide.ar.rotation import PlaybackMode
from asperguide.ar.scene_errors import InvalidScene, SceneNotFound
from asperguide.ar.scenes import ImagePlane, LinkSpot, NewScene, Placement, Scene, TextPlane, VideoPlane, leads_outside
from asperguide.ar.shown_scenes import shown
from asperguide.ar.staging import GetScene, PutScene, RemoveScene, SceneView
from asperguide.shared.errors import EditedMeanwhile
from asperguide.shared.tenancy import CompanyRole
from tests.playing import Studio, film, id_of, letters

WORDS = TextPlane(text="Ja!")


class Set(Studio):
    """A studio with a scene to work at."""

    def story(self, kind: type) -> Any:
        """A use case, ready to be called."""
        ports = {"begin": self.begin, "open": self.open, "clock": self.clock, "files": self.shelf}
        ports["reads"] = self.open.reach.reads  # type: ignore[assignment]
        return kind(**{name: ports[name] for name in kind.__slots__ if name in ports})  # type: ignore[attr-defined]

    async def put(self, *placements: Placement, by: Any = None, version: int | None = None) -> SceneView:
        """What stands there then."""
        new = NewScene(placements=placements)
        found: SceneView = await self.story(PutScene)(by or self.editor, self.content.id, new, version)
        return found

    async def seen(self) -> SceneView:
        """As the editor sees it."""
        found: SceneView = await self.story(GetScene)(self.editor, self.content.id)
        return found

    def left(self) -> list[str]:
        """What was told of files that are not shown any more."""
        return [row.job.payload for row in self.ledger.rows.values() if row.job.kind == "ar.files-left"]


@pytest.fixture
async def stage() -> Set:
    """With the videos a, b and c."""
    made = Set()
    await made.keep()
    return made


async def test_what_was_put_over_a_print_stands_there(stage: Set) -> None:
    picture = stage.shelf.put("p", "image/png", None)
    placements = (
        VideoPlane(video=id_of("b"), position=(1.0, 2.0, 3.0)), VideoPlane(), WORDS,
        ImagePlane(file=picture, alt="Herz"),
        LinkSpot(url="https://example.org/a?b=c#d", label="Mehr"),
    )  # fmt: skip
    made = await stage.put(*placements)
    assert (made.placements, made.version) == (placements, 1)
    assert await stage.seen() == made
    assert stage.shelf.taken == [picture]
    assert "ar.content-changed" in stage.told()
    assert (await stage.kept()).version == stage.content.version + 1


async def test_a_scene_has_a_version_of_its_own_that_goes_on(stage: Set) -> None:
    assert (await stage.put(WORDS)).version == 1
    await stage.use(SetPlayback)(stage.editor, stage.content.id, change_of_mode())
    assert (await stage.seen()).version == 1
    assert (await stage.put(WORDS)).version == 1, "nothing has changed"
    assert (await stage.put(VideoPlane(), version=1)).version == 2
    for stale in (1, 3):
        with pytest.raises(EditedMeanwhile):
            await stage.put(WORDS, version=stale)
        with pytest.raises(EditedMeanwhile):
            await stage.story(RemoveScene)(stage.editor, stage.content.id, stale)
    await stage.story(RemoveScene)(stage.editor, stage.content.id, 2)
    with pytest.raises(SceneNotFound):
        await stage.seen()
    with pytest.raises(EditedMeanwhile):
        await stage.put(WORDS, version=3)
    assert (await stage.put(WORDS)).version == 4


async def test_where_nothing_stands_nothing_is_taken_away(stage: Set) -> None:
    with pytest.raises(SceneNotFound):
        await stage.seen()
    with pytest.raises(SceneNotFound):
        await stage.story(RemoveScene)(stage.editor, stage.content.id)
    with pytest.raises(EditedMeanwhile):
        await stage.put(WORDS, version=1)


async def test_pictures_that_are_shown_no_longer_are_told_of(stage: Set) -> None:
    first, second = (stage.shelf.put(letter, "image/png", None) for letter in "pq")
    await stage.put(ImagePlane(file=first), ImagePlane(file=second))
    assert stage.left() == []
    await stage.put(ImagePlane(file=second))
    assert [str(first) in told and str(second) not in told for told in stage.left()] == [True]
    await stage.story(RemoveScene)(stage.editor, stage.content.id)
    assert [str(second) in told for told in stage.left()] == [False, True]


@pytest.mark.parametrize(
    ("placement", "place"),
    [
        (VideoPlane(video=UUID(int=9)), "video"),
        (VideoPlane(position=(math.nan, 0.0, 0.0)), "position/0"),
        (VideoPlane(position=(101.0, 0.0, 0.0)), "position/0"),
        (VideoPlane(position=(math.inf, 0.0, 0.0)), "position/0"),
        (VideoPlane(rotation=(0.0, 0.0, 0.0, 0.0)), "rotation"),
        (VideoPlane(rotation=(1.0, 0.0, 0.0, 1.0)), "rotation"),
        (VideoPlane(scale=(0.0, 1.0, 1.0)), "scale/0"),
        (VideoPlane(scale=(-1.0, 1.0, 1.0)), "scale/0"),
        (TextPlane(text=" "), "text"),
        (TextPlane(text="a" * 2001), "text"),
        (TextPlane(text="a", color="red"), "color"),
        (TextPlane(text="\ud800"), ""),
        (LinkSpot(url="http://example.org", label="a"), "url"),
        (LinkSpot(url="https://example.org", label=""), "label"),
    ],
)
async def test_what_may_not_stand_there_is_refused_with_its_place(stage: Set, placement: Any, place: str) -> None:
    with pytest.raises(InvalidScene) as refused:
        await stage.put(WORDS, placement)
    assert refused.value.fields[0].pointer in (f"#/placements/1/{place}".rstrip("/"), "#")


async def test_no_more_than_fifty_things_stand_there(stage: Set) -> None:
    assert len((await stage.put(*[WORDS] * 50)).placements) == 50
    with pytest.raises(InvalidScene):
        await stage.put(*[WORDS] * 51)


async def test_only_pictures_that_one_has_stand_there(stage: Set) -> None:
    movie = stage.shelf.put("m")
    with pytest.raises(InvalidContent) as refused:
        await stage.put(WORDS, ImagePlane(file=movie))
    assert [field.pointer for field in refused.value.fields] == ["#/placements/1/file"]
    with pytest.raises(InvalidContent):
        await stage.put(ImagePlane(file=UUID(int=12345)))


@pytest.mark.parametrize(
    "url",
    [
        "javascript:alert(1)", "JavaScript:alert(1)", "https:example.org", "https://", "https:///a", "//example.org",
        "https://u:p@example.org", "https://example.org\n", "https://exa mple.org", "https://example.org/<script>",
        "data:text/html,x", "ftp://example.org", "https://[::1", "https://example.org:99999", "https://a\u202eb.org",
        "\thttps://example.org", "https://example.org\\@evil.example", "",
    ],
)  # fmt: skip
def test_links_lead_to_pages_by_https_and_look_like_it(url: str) -> None:
    assert not leads_outside(url)


@pytest.mark.parametrize(
    "url", ["https://example.org", "https://xn--bcher-kva.example:8443/a?b=%20#c", "https://[::1]/"]
)
def test_links_to_pages_are_taken(url: str) -> None:
    assert leads_outside(url)


async def test_quaternions_are_kept_at_length_one(stage: Set) -> None:
    made = await stage.put(VideoPlane(rotation=(0.0, 0.0, 0.7, 0.714)))
    assert math.isclose(math.hypot(*made.placements[0].rotation), 1, abs_tol=1e-12)


async def test_whoever_may_not_change_a_print_may_not_change_its_scene(stage: Set) -> None:
    viewer = stage.people[CompanyRole.VIEWER]
    await stage.put(WORDS)
    assert (await stage.story(GetScene)(viewer, stage.content.id)).version == 1
    for story, more in ((PutScene, (NewScene(placements=()),)), (RemoveScene, ())):
        with pytest.raises(ContentRightNeeded):
            await stage.story(story)(viewer, stage.content.id, *more)
        with pytest.raises(ContentNotFound):
            await stage.story(story)(stage.stranger, stage.content.id, *more)
        with pytest.raises(ContentNotFound):
            await stage.story(story)(stage.editor, ContentId(UUID(int=5)), *more)


async def test_nothing_changes_over_what_was_put_away() -> None:
    stage = Set()
    await stage.keep(replace(stage.content, state=ContentState.ARCHIVED))
    with pytest.raises(ContentInWrongState):
        await stage.put(WORDS)
    with pytest.raises(ContentInWrongState):
        await stage.story(RemoveScene)(stage.editor, stage.content.id)


def test_viewers_are_told_addresses_and_only_of_what_may_play() -> None:
    content = letters("ab")
    fit = {id_of("a"): content.videos[0]}.get
    picture = UUID(int=77)
    scene = scene_of(
        VideoPlane(scale=(2.0, 2.0, 1.0)), VideoPlane(video=id_of("a")), VideoPlane(video=id_of("b")), WORDS,
        ImagePlane(file=picture, alt="Herz"),
    )  # fmt: skip
    told: Any = shown(scene, fit, content.videos[1], lambda part: f"https://x/{part}")
    assert [type(one).__name__ for one in told] == [
        "ShownVideoPlane",
        "ShownVideoPlane",
        "TextPlane",
        "ShownImagePlane",
    ]
    assert [one.id for one in told[:2]] == [id_of("b"), id_of("a")]
    assert told[0].video_url == f"https://x/videos/{id_of('b')}"
    assert told[0].scale == (2.0, 2.0, 1.0)
    assert (told[3].image_url, told[3].alt) == (f"https://x/images/{picture}", "Herz")
    assert (
        shown(scene_of(VideoPlane(video=id_of("b"))), lambda _: film("b", footage=None), content.videos[0], str) == ()
    )


def scene_of(*placements: Placement) -> Any:
    """A scene of these."""
    content = letters("ab")
    return Scene(content=content.id, company=content.company, placements=placements, updated_at=content.created_at)


def change_of_mode() -> Any:
    """A change of the content that is none of its scene."""
    return PlaybackChange(mode=PlaybackMode.CYCLIC)
