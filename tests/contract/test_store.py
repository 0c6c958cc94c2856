"""What goes into a table comes out again, exactly; what may not be there twice is refused by name."""

from dataclasses import dataclass, replace
from datetime import UTC, datetime, timedelta, timezone
from uuid import UUID

import pytest
import sqlalchemy as sa

from asperguide.adapters.sql.engine import Database
from asperguide.adapters.sql.store import to_entity, to_row
from asperguide.shared.errors import EditedMeanwhile
from tests.contract.notes import Colour, Mood, Note, NoteRow, Place, SlugTaken, TitleTaken, note

FULL = {
    "text": 'Žluťoučký kůň ☕ 日本語 \U0001f409 O\'Neil "quoted" \\ % _ \t\r\n trailing ',
    "slug": "a-tour",
    "colour": Colour.BLUE,
    "tags": (Colour.BLUE, Colour.RED),
    "place": Place(name="Nîmes", floors=(-1, 0, 1)),
    "mood": Mood(colour=Colour.BLUE, percent=0),
    "written_at": datetime(2031, 12, 31, 23, 59, 59, 999999, UTC),
    "read_at": datetime(1970, 1, 1, tzinfo=UTC),
    "done": True,
    "version": 7,
}


@pytest.mark.parametrize("fields", [{}, FULL], ids=["mostly None", "full"])
async def test_an_entity_comes_back_equal_and_of_the_same_types(database: Database, fields: dict[str, object]) -> None:
    wanted = note(**fields)
    async with database.writing() as store:
        await store.add(NoteRow, wanted)
    async with database.reading() as store:
        found = await store.get(NoteRow, Note, wanted.id)
    assert found == wanted
    assert [type(getattr(found, name)) for name in Note.__slots__] == [
        type(getattr(wanted, name)) for name in Note.__slots__
    ]


async def test_an_instant_of_another_zone_comes_back_as_the_same_instant_in_utc(database: Database) -> None:
    local = datetime(2031, 6, 1, 12, 0, 0, 5, timezone(timedelta(hours=5, minutes=30)))
    wanted = note(written_at=local)
    async with database.writing() as store:
        await store.add(NoteRow, wanted)
        found = await store.get(NoteRow, Note, wanted.id)
    assert found is not None
    assert found.written_at == local
    assert found.written_at.tzinfo is UTC


async def test_a_naive_datetime_is_refused(database: Database) -> None:
    async with database.writing() as store:
        with pytest.raises(ValueError, match="without a time zone"):
            await store.add(NoteRow, note(written_at=datetime(2031, 1, 1)))


async def test_a_property_fills_a_column_without_a_field(database: Database) -> None:
    async with database.writing() as store:
        await store.add(NoteRow, note(text="seven.."))
        assert await store.scalar(sa.select(NoteRow.length)) == 7


async def test_absence_is_none(database: Database) -> None:
    async with database.reading() as store:
        assert await store.get(NoteRow, Note, UUID(int=1)) is None
        assert await store.all(sa.select(NoteRow.__table__), Note) == []


async def test_a_view_takes_the_columns_it_has_fields_for(database: Database) -> None:
    @dataclass(frozen=True, slots=True, kw_only=True)
    class Heading:
        title: str
        done: bool

    async with database.writing() as store:
        await store.add_all(NoteRow, [note("b"), note("a", done=True)])
        await store.add_all(NoteRow, [])
        found = await store.all(sa.select(NoteRow.__table__).order_by(NoteRow.title), Heading)
    assert found == [Heading(title="a", done=True), Heading(title="b", done=False)]


async def test_saving_raises_the_version_and_changes_only_that_row(database: Database) -> None:
    first, other = note("first"), note("other")
    async with database.writing() as store:
        await store.add_all(NoteRow, [first, other])
        saved = await store.save(NoteRow, replace(first, title="changed"))
        assert saved == replace(first, title="changed", version=2)
        assert await store.get(NoteRow, Note, first.id) == saved
        assert await store.get(NoteRow, Note, other.id) == other


async def test_a_stale_version_is_refused_and_changes_nothing(database: Database) -> None:
    old = note()
    async with database.writing() as store:
        await store.add(NoteRow, old)
        new = await store.save(NoteRow, replace(old, title="new"))
        with pytest.raises(EditedMeanwhile):
            await store.save(NoteRow, replace(old, title="stale"))
        with pytest.raises(EditedMeanwhile):
            await store.save(NoteRow, note("never added"))
        assert await store.all(sa.select(NoteRow.__table__), Note) == [new]


@pytest.mark.parametrize(
    "title", ["Tour", "tour ", "tour", "Töur", "Tour\0", "T'our\" for key 'ix_test_notes_slug'", "x' OR id='2"]
)
async def test_a_unique_violation_has_its_declared_name(database: Database, title: str) -> None:
    async with database.writing() as store:
        await store.add(NoteRow, note(title, slug="one"))
        with pytest.raises(TitleTaken):
            await store.add(NoteRow, note(title, slug="two"))
        with pytest.raises(SlugTaken):
            await store.add(NoteRow, note("another", slug="one"))


async def test_saving_into_a_taken_title_has_its_declared_name(database: Database) -> None:
    one, two = note("one"), note("two")
    async with database.writing() as store:
        await store.add_all(NoteRow, [one, two])
        with pytest.raises(TitleTaken):
            await store.save(NoteRow, replace(two, title="one"))


async def test_keys_differ_by_case_accent_width_and_trailing_space(database: Database) -> None:
    titles = [
        "tour",
        "Tour",
        "töur",
        "to\u0308ur",
        "tour ",
        "tour  ",
        " tour",
        "ｔour",
        "tıour",
        "tiour",
        "0",
        "0.0",
        "",
    ]
    async with database.writing() as store:
        await store.add_all(NoteRow, [note(title) for title in titles])
        for title in titles:
            found = await store.all(sa.select(NoteRow.__table__).where(NoteRow.title == title), Note)
            assert [hit.title for hit in found] == [title]


async def test_keys_sort_by_code_point(database: Database) -> None:
    titles = ["Z", "a", "b", "é", "日", "\U0001f409"]
    async with database.writing() as store:
        await store.add_all(NoteRow, [note(title) for title in reversed(titles)])
        found = await store.all(sa.select(NoteRow.__table__).order_by(NoteRow.title), Note)
    assert [hit.title for hit in found] == titles


async def test_instants_sort_to_the_microsecond(database: Database) -> None:
    start = datetime(2031, 1, 1, 0, 0, 0, 0, UTC)
    instants = [start, start + timedelta(microseconds=1), start + timedelta(seconds=1)]
    async with database.writing() as store:
        await store.add_all(NoteRow, [note(str(at), written_at=at) for at in reversed(instants)])
        late = sa.select(NoteRow.__table__).where(NoteRow.written_at > start).order_by(NoteRow.written_at)
        found = await store.all(late, Note)
    assert [hit.written_at for hit in found] == instants[1:]


async def test_a_refused_insert_leaves_the_transaction_usable(database: Database) -> None:
    async with database.transaction() as store:
        await store.add(NoteRow, note("taken"))
        with pytest.raises(TitleTaken):
            await store.add(NoteRow, note("taken"))
        await store.add(NoteRow, note("free"))
    async with database.reading() as store:
        assert await store.scalar(sa.select(sa.func.count()).select_from(NoteRow.__table__)) == 2


async def test_a_refusal_does_not_quote_what_was_refused(database: Database) -> None:
    async with database.writing() as store:
        await store.add(NoteRow, note("a secret"))
        with pytest.raises(TitleTaken) as refused:
            await store.add(NoteRow, note("a secret"))
        assert refused.value.__cause__ is None
        assert refused.value.__suppress_context__
        with pytest.raises(sa.exc.DBAPIError) as defect:
            await store.execute(sa.text("SELECT nothing FROM nowhere WHERE a = :a"), {"a": "a secret"})
        assert "a secret" not in str(defect.value)


def test_a_row_becomes_the_same_entity_without_a_database() -> None:
    wanted = note(**FULL)
    assert to_entity(to_row(NoteRow, wanted), Note) == wanted
