"""Videos of a print: brought in, changed, ordered and removed, by those who may."""

import asyncio
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from typing import Any
from uuid import UUID

import pytest

from asperguide.ar.errors import (
    ContentInWrongState,
    ContentNotFound,
    ContentRightNeeded,
    ContentVideoNotFound,
    InvalidContent,
    InvalidVideo,
    ProjectPutAway,
    TooManyVideos,
    VideoInUse,
)
from asperguide.ar.filming import (
    AddFilms,
    ChangeFilm,
    FilmChange,
    ListFilms,
    NewFilm,
    NewFilms,
    Order,
    OrderFilms,
    RemoveFilm,
)
from asperguide.ar.model import ContentState, MarkerState
from asperguide.ar.reel import with_videos
from asperguide.ar.rotation import DateRule, RotationKind
from asperguide.ar.videos import VideoState
from asperguide.shared.errors import EditedMeanwhile
from asperguide.shared.tenancy import CompanyRole, ProjectState
from tests.playing import COMPANY, Studio, film, id_of, letter_of, letters, rotation, window

CHANGED, LEFT, GONE = "ar.content-changed", "ar.files-left", "ar.videos-removed"


def new(*letters: str, **fields: Any) -> NewFilms:
    return NewFilms(videos=tuple(NewFilm(file=id_of(letter), **fields) for letter in letters))


async def titles(studio: Studio) -> str:
    return " ".join(one.title for one in (await studio.use(ListFilms)(studio.editor, studio.content.id)).items)


async def test_videos_are_listed_by_position_with_what_they_are_now(studio: Studio) -> None:
    ends = studio.clock.now() + timedelta(days=7)
    shown = letters("abc", videos=(film("a", 2, active=False), film("b", 1, ends_at=ends), film("c", 0, footage=None)))
    async with studio.begin() as uow:
        await uow.contents.save(shown)
        await uow.commit()
    seen = await studio.use(ListFilms)(studio.people[CompanyRole.VIEWER], shown.id)
    assert [(one.title, one.state) for one in seen.items] == [
        ("c", VideoState.ACTIVE), ("b", VideoState.EXPIRING), ("a", VideoState.INACTIVE),
    ]  # fmt: skip
    assert (seen.version, seen.items[0].footage) == (2, None)


async def test_new_videos_come_behind_the_others_and_are_the_company_s(studio: Studio) -> None:
    studio.shelf.put("x")
    studio.shelf.put("y", footage=None)
    added = await studio.use(AddFilms)(
        studio.editor, studio.content.id, new("x", "y", "x", weight=7, subscription="1y")
    )
    assert [(one.title, one.position, one.weight) for one in added.items] == [
        ("x", 3, 7), ("y", 4, 7), ("x", 5, 7),
    ]  # fmt: skip
    assert {one.ends_at for one in added.items} == {datetime(2027, 5, 6, 12, tzinfo=UTC)}
    assert len({one.id for one in added.items}) == 3
    assert studio.shelf.taken == [id_of("x"), id_of("y")]
    assert (await titles(studio), studio.told()) == ("a b c x y x", [CHANGED])


async def test_a_draft_that_gets_a_video_is_ready_and_one_that_loses_its_last_is_a_draft(studio: Studio) -> None:
    marked = replace(studio.content, videos=(), marker=replace(studio.content.marker, state=MarkerState.READY))
    async with studio.begin() as uow:
        await uow.contents.save(marked)
        await uow.commit()
    studio.shelf.put("x")
    added = await studio.use(AddFilms)(studio.editor, marked.id, new("x"))
    assert (await studio.kept()).state is ContentState.READY
    await studio.use(RemoveFilm)(studio.editor, marked.id, added.items[0].id)
    assert (await studio.kept()).state is ContentState.DRAFT


async def test_nothing_is_taken_for_a_content_that_is_full_or_put_away(studio: Studio) -> None:
    studio.shelf.put("x")
    await studio.keep(full := letters("".join(map(chr, range(1000, 1050))), id=UUID(int=70)))
    with pytest.raises(TooManyVideos):
        await studio.use(AddFilms)(studio.editor, full.id, new("x"))
    await studio.keep(away := letters("a", id=UUID(int=71), state=ContentState.ARCHIVED))
    with pytest.raises(ContentInWrongState):
        await studio.use(AddFilms)(studio.editor, away.id, new("x"))
    assert studio.shelf.taken == []


def test_a_content_has_no_room_for_more_than_fifty() -> None:
    full = with_videos(letters("ab"), [film(chr(1000 + n)) for n in range(48)])
    assert [one.position for one in full.videos] == list(range(50))
    with pytest.raises(TooManyVideos):
        with_videos(full, [film("z")])


async def test_what_has_gone_meanwhile_is_not_found(studio: Studio) -> None:
    with pytest.raises(ContentNotFound):
        await studio.open.content(COMPANY.id, UUID(int=5))
    with pytest.raises(ContentNotFound):
        await studio.change(COMPANY, UUID(int=5), lambda content, _: content, lambda content: content)


async def test_ten_who_add_at_once_do_not_exceed_what_a_content_has_room_for(studio: Studio) -> None:
    studio.shelf.put("x")
    await studio.keep(almost := letters("".join(map(chr, range(1000, 1047))), id=UUID(int=70)))
    add = studio.use(AddFilms)
    calls = (add(studio.editor, almost.id, new("x")) for _ in range(10))
    done = await asyncio.gather(*calls, return_exceptions=True)
    assert len([one for one in done if not isinstance(one, BaseException)]) == 3
    assert {type(one) for one in done if isinstance(one, BaseException)} <= {TooManyVideos, EditedMeanwhile}


@pytest.mark.parametrize(
    ("bad", "error"),
    [
        (new("z"), InvalidContent),
        (new("p"), InvalidContent),
        (new("x", title="a\x07b"), InvalidContent),
        (new("x", title="a\0b"), InvalidVideo),
        (new("x", weight=0), InvalidVideo),
        (new("x", weight=101), InvalidVideo),
        (new("x", title=""), InvalidVideo),
        (new("x", title=" \t"), InvalidVideo),
        (new("x", title="x" * 256), InvalidVideo),
        (new("x", title="\ud800"), InvalidVideo),
        (new("x", ends_at=datetime(2026, 5, 6, tzinfo=UTC)), InvalidVideo),
        (new(), InvalidVideo),
        (new(*"x" * 21), InvalidVideo),
    ],
)
async def test_what_is_no_video_or_not_acceptable_is_refused(
    studio: Studio, bad: NewFilms, error: type[Exception]
) -> None:
    studio.shelf.put("x")
    studio.shelf.put("p", "image/png")
    with pytest.raises(error):
        await studio.use(AddFilms)(studio.editor, studio.content.id, bad)
    assert (await titles(studio), studio.told()) == ("a b c", [])


async def test_a_file_that_will_not_do_is_named_by_its_place(studio: Studio) -> None:
    studio.shelf.put("x")
    studio.shelf.put("p", "image/png")
    with pytest.raises(InvalidContent) as error:
        await studio.use(AddFilms)(studio.editor, studio.content.id, new("x", "x", "p", "p"))
    assert [field.pointer for field in error.value.fields] == ["#/videos/2/file"]
    with pytest.raises(InvalidContent) as error:
        await studio.use(AddFilms)(studio.editor, studio.content.id, new("x", "x", "z", "y"))
    assert [field.pointer for field in error.value.fields] == ["#/videos/2/file", "#/videos/3/file"]
    assert studio.shelf.taken == []


async def test_a_video_is_changed_as_far_as_it_is_said(studio: Studio) -> None:
    change, id = studio.use(ChangeFilm), studio.content.id
    named = await change(studio.editor, id, id_of("b"), FilmChange(title="张伟 O'Neil"))
    assert (named.title, named.active, named.weight, named.ends_at) == ("张伟 O'Neil", True, 1, None)
    off = await change(studio.editor, id, id_of("b"), FilmChange(active=False, weight=100, subscription="2y"))
    assert (off.state, off.weight, off.version) == (VideoState.INACTIVE, 100, 3)
    endless = await change(studio.editor, id, id_of("b"), FilmChange(ends_at=None))
    assert (endless.ends_at, endless.active) == (None, False)
    assert studio.told() == [CHANGED] * 3


async def test_what_stays_as_it_was_is_not_stored(studio: Studio) -> None:
    same = await studio.use(ChangeFilm)(studio.editor, studio.content.id, id_of("b"), FilmChange(title="b"))
    assert (same.version, studio.told()) == (1, [])


async def test_an_order_names_every_video_once(studio: Studio) -> None:
    order, id = studio.use(OrderFilms), studio.content.id
    turned = await order(studio.editor, id, Order(videos=tuple(map(id_of, "cab"))))
    assert ("".join(one.title for one in turned.items), turned.version) == ("cab", 2)
    for wrong in ("ca", "cabb", "cabd", "", "aab"):
        with pytest.raises(InvalidVideo):
            await order(studio.editor, id, Order(videos=tuple(map(id_of, wrong))))
    assert await titles(studio) == "c a b"


async def test_a_video_goes_with_its_windows_and_its_file(studio: Studio) -> None:
    now = studio.clock.now()
    shown = replace(
        studio.content, chosen=id_of("b"),
        videos=(film("a"), film("b", 1, windows=(window(now, now + timedelta(1)),)), film("c", 2)),
    )  # fmt: skip
    async with studio.begin() as uow:
        await uow.contents.save(shown)
        await uow.commit()
    await studio.use(RemoveFilm)(studio.editor, shown.id, id_of("b"))
    kept = await studio.kept()
    assert [(letter_of(one.id), one.position) for one in kept.videos] == [("a", 0), ("c", 1)]
    assert kept.chosen is None
    assert studio.told() == [CHANGED, LEFT, GONE]


async def test_a_file_that_another_video_shows_too_has_not_left(studio: Studio) -> None:
    twice = replace(studio.content, videos=(film("a"), replace(film("b", 1), file=id_of("a"))))
    async with studio.begin() as uow:
        await uow.contents.save(twice)
        await uow.commit()
    await studio.use(RemoveFilm)(studio.editor, twice.id, id_of("b"))
    assert studio.told() == [CHANGED, GONE]


@pytest.mark.parametrize(
    "rules",
    [
        rotation(RotationKind.FIXED, "b"),
        rotation(RotationKind.RANDOM_DAILY, "ab"),
        rotation(None, dates=(DateRule(day=datetime(2020, 1, 1).date(), video=id_of("b")),)),
    ],
)
async def test_what_a_rule_names_stays(rules: Any) -> None:
    studio = Studio(rotation=rules)
    await studio.keep()
    with pytest.raises(VideoInUse):
        await studio.use(RemoveFilm)(studio.editor, studio.content.id, id_of("b"))
    await studio.use(RemoveFilm)(studio.editor, studio.content.id, id_of("c"))


async def test_with_a_version_only_that_one_is_changed(studio: Studio) -> None:
    id, name = studio.content.id, FilmChange(title="new")
    with pytest.raises(EditedMeanwhile):
        await studio.use(ChangeFilm)(studio.editor, id, id_of("a"), name, 2)
    with pytest.raises(EditedMeanwhile):
        await studio.use(OrderFilms)(studio.editor, id, Order(videos=tuple(map(id_of, "cab"))), 2)
    with pytest.raises(EditedMeanwhile):
        await studio.use(RemoveFilm)(studio.editor, id, id_of("a"), 2)
    await studio.use(ChangeFilm)(studio.editor, id, id_of("a"), name, 1)
    await studio.use(RemoveFilm)(studio.editor, id, id_of("a"), 2)


async def test_videos_that_there_are_not_are_not_found(studio: Studio) -> None:
    with pytest.raises(ContentVideoNotFound):
        await studio.use(ChangeFilm)(studio.editor, studio.content.id, id_of("z"), FilmChange(title="z"))
    with pytest.raises(ContentVideoNotFound):
        await studio.use(RemoveFilm)(studio.editor, studio.content.id, id_of("z"))


async def test_each_role_may_do_what_it_may_and_strangers_see_nothing(studio: Studio) -> None:
    id, order = studio.content.id, Order(videos=tuple(map(id_of, "abc")))
    for role, actor in studio.people.items():
        await studio.use(ListFilms)(actor, id)
        if role is CompanyRole.VIEWER:
            with pytest.raises(ContentRightNeeded):
                await studio.use(OrderFilms)(actor, id, order)
        else:
            await studio.use(OrderFilms)(actor, id, order)
    for call in (
        studio.use(ListFilms)(studio.stranger, id),
        studio.use(OrderFilms)(studio.stranger, id, order),
        studio.use(AddFilms)(studio.stranger, id, new("x")),
        studio.use(ChangeFilm)(studio.stranger, id, id_of("a"), FilmChange(title="z")),
        studio.use(RemoveFilm)(studio.stranger, id, id_of("a")),
        studio.use(ListFilms)(studio.editor, UUID(int=12345)),
    ):
        with pytest.raises(ContentNotFound):
            await call


async def test_in_a_project_that_is_put_away_videos_can_only_be_looked_at(studio: Studio) -> None:
    studio.projects.project = replace(studio.projects.project, state=ProjectState.ARCHIVED)
    await studio.use(ListFilms)(studio.editor, studio.content.id)
    with pytest.raises(ProjectPutAway):
        await studio.use(RemoveFilm)(studio.editor, studio.content.id, id_of("a"))
