"""Videos that come in one request: all of them or none, and nothing is left of those that are refused."""

from collections.abc import AsyncIterator
from uuid import UUID

import msgspec
import pytest

from asperguide.ar.creating import SentFile
from asperguide.ar.errors import ContentInWrongState, ContentNotFound, InvalidContent, TooManyVideos
from asperguide.ar.filming import ListFilms
from asperguide.ar.model import Content, ContentState
from asperguide.ar.sending_films import AddSentFilms, CompareSentFilms
from asperguide.shared.errors import EditedMeanwhile, IdempotencyKeyReused
from tests.playing import Studio, id_of, letters

FILM = "video/mp4"


async def chunks(text: str) -> AsyncIterator[bytes]:
    yield text.encode()


async def parts(*files: tuple[str, str, bool]) -> AsyncIterator[SentFile]:
    for name, media_type, video in files:
        yield SentFile(name=name, media_type=media_type, video=video, chunks=chunks(name))


async def titles(studio: Studio) -> list[str]:
    return [one.title for one in (await studio.use(ListFilms)(studio.editor, studio.content.id)).items]


async def test_videos_come_behind_the_others_in_their_order(studio: Studio) -> None:
    added = await studio.use(AddSentFilms)(
        studio.editor, studio.content.id, parts(("y.mp4", FILM, True), ("x.mp4", FILM, True))
    )
    assert [(one.title, one.position, one.file) for one in added.items] == [
        ("y", 3, id_of("y")), ("x", 4, id_of("x")),
    ]  # fmt: skip
    assert (await titles(studio), added.version) == (["a", "b", "c", "y", "x"], 2)


@pytest.mark.parametrize(
    ("last", "pointer"),
    [
        (("p.png", "image/png", True), "#/videos/1"),
        (("p.png", "image/png", False), "#/videos/1"),
        (("h.html", "text/html", True), "#/videos/1"),
    ],
)
async def test_of_what_is_refused_nothing_is_left(studio: Studio, last: tuple[str, str, bool], pointer: str) -> None:
    with pytest.raises(InvalidContent) as error:
        await studio.use(AddSentFilms)(studio.editor, studio.content.id, parts(("x.mp4", FILM, True), last))
    assert [field.pointer for field in error.value.fields] == [pointer]
    assert (await titles(studio), studio.shelf.files) == (["a", "b", "c"], {})


async def test_at_least_one_and_at_most_twenty(studio: Studio) -> None:
    add, id = studio.use(AddSentFilms), studio.content.id
    for many in (0, 21):
        with pytest.raises(InvalidContent):
            await add(studio.editor, id, parts(*((f"{chr(1000 + n)}.mp4", FILM, True) for n in range(many))))
    assert studio.shelf.files == {}
    added = await add(studio.editor, id, parts(*((f"{chr(1000 + n)}.mp4", FILM, True) for n in range(20))))
    assert len(added.items) == 20


async def test_nothing_is_read_for_what_is_full_put_away_or_foreign(studio: Studio) -> None:
    await studio.keep(full := letters("".join(map(chr, range(1000, 1050))), id=UUID(int=70)))
    await studio.keep(away := letters("a", id=UUID(int=71), state=ContentState.ARCHIVED))
    for who, id, error in (
        (studio.editor, full.id, TooManyVideos),
        (studio.editor, away.id, ContentInWrongState),
        (studio.stranger, studio.content.id, ContentNotFound),
    ):
        with pytest.raises(error):
            await studio.use(AddSentFilms)(who, id, parts(("x.mp4", FILM, True)))
    assert studio.shelf.files == {}


async def test_what_the_print_has_all_the_same_stays(studio: Studio) -> None:
    class Late(type(studio.change)):  # type: ignore[misc]
        """Says that it did not work although it did."""

        async def __call__(self, *args: object, **more: object) -> None:
            await super().__call__(*args, **more)
            raise EditedMeanwhile

    add = msgspec.structs.replace(studio.use(AddSentFilms), change=Late(begin=studio.begin, clock=studio.clock))
    with pytest.raises(EditedMeanwhile):
        await add(studio.editor, studio.content.id, parts(("x.mp4", FILM, True)))
    kept: Content = await studio.kept()
    assert id_of("x") in kept.files and id_of("x") in studio.shelf.files


async def test_a_repeated_request_is_the_same_only_with_the_same_files(studio: Studio) -> None:
    add, compare, id = studio.use(AddSentFilms), studio.use(CompareSentFilms), studio.content.id
    x, y = ("x.mp4", FILM, True), ("y.mp4", FILM, True)
    added = [film.file for film in (await add(studio.editor, id, parts(x, y))).items]
    await compare(studio.editor, id, added, parts(x, y))
    for others in ((x,), (y, x), (x, y, x), (x, ("z.mp4", FILM, True)), ()):
        with pytest.raises(IdempotencyKeyReused):
            await compare(studio.editor, id, added, parts(*others))
    studio.shelf.files.clear()
    await compare(studio.editor, id, added, parts(y, x))
