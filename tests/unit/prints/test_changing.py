"""Changing prints: what is known of them, their photo, who may see them."""

from datetime import UTC, datetime, timedelta
from typing import Any
from uuid import UUID

import pytest
from msgspec import UNSET

from asperguide.ar.changing import ContentChange, Photo
from asperguide.ar.errors import (
    ContentInWrongState,
    ContentNotFound,
    ContentNotReady,
    ContentRightNeeded,
    InvalidContent,
    ProjectPutAway,
)
from asperguide.ar.filling_in import CustomerChange, For
from asperguide.ar.lasting import Duration
from asperguide.ar.model import ContentId
from asperguide.shared.errors import EditedMeanwhile
from asperguide.shared.pages import PageRequest
from asperguide.shared.tenancy import CompanyId
from tests.media import png
from tests.prints import PrintShop, state_of
from tests.projects import MANAGER, VIEWER

NOBODY = UUID(int=7)
THEN = datetime(2099, 1, 1, tzinfo=UTC)


async def test_a_change_touches_what_it_names(shop: PrintShop) -> None:
    made = await shop.ready(
        title="a", customer=For(name="Ann"), metadata={"a": "1", "b": "2"}, ends_at=THEN, duration=None
    )
    update = shop.c.update_content()
    for change, changed in (
        (ContentChange(title="b"), {"title": "b"}),
        (ContentChange(metadata={"a": None, "c": "3"}), {"metadata": {"b": "2", "c": "3"}}),
        (ContentChange(customer=CustomerChange(phone="+49 30")), {"phone": "+49 30"}),
        (ContentChange(ends_at=datetime(2050, 1, 1, tzinfo=UTC)), {"ends_at": datetime(2050, 1, 1, tzinfo=UTC)}),
        (ContentChange(duration=Duration(days=3)), {"ends_at": shop.world.clock.now() + timedelta(days=3)}),
        (ContentChange(customer=None, metadata=None), {"phone": "", "metadata": {}}),
    ):
        before, made = made, await update(shop.owner.actor, made.id, change)
        assert made == await shop.seen(made)
        assert made.version == before.version + 1
        told = {"title": made.title, "metadata": made.metadata, "ends_at": made.ends_at, "phone": made.customer.phone}
        kept = {
            "title": before.title, "metadata": before.metadata, "ends_at": before.ends_at,
            "phone": before.customer.phone,
        }  # fmt: skip
        assert told == {**kept, **changed}


async def test_of_a_customer_too_what_is_absent_stays(shop: PrintShop) -> None:
    class Clients(type(shop.companies)):  # type: ignore[misc]
        async def client(self, company: CompanyId, client: UUID) -> str | None:
            return "Siobhán" if client == NOBODY else None

    shop.companies.__class__ = Clients
    made = await shop.made(videos=0, customer=For(name="Ann", email="ann@example.org"))
    for change, told in (
        (CustomerChange(phone="+49 30"), (None, "Ann", "+49 30", "ann@example.org")),
        (CustomerChange(), (None, "Ann", "+49 30", "ann@example.org")),
        (CustomerChange(email="", name="Amélie"), (None, "Amélie", "+49 30", "")),
        (CustomerChange(client=NOBODY), (NOBODY, "", "", "")),
        (CustomerChange(), (NOBODY, "", "", "")),
        (CustomerChange(name="张伟"), (None, "张伟", "", "")),
        (CustomerChange(client=None), (None, "张伟", "", "")),
        (CustomerChange(client=NOBODY), (NOBODY, "", "", "")),
        (CustomerChange(client=None), (None, "", "", "")),
    ):
        changed = await shop.c.update_content()(shop.owner.actor, made.id, ContentChange(customer=change))
        customer = changed.customer
        assert (customer.client, customer.name, customer.phone, customer.email) == told
    with pytest.raises(InvalidContent):
        both = ContentChange(customer=CustomerChange(client=NOBODY, name="x"))
        await shop.c.update_content()(shop.owner.actor, made.id, both)


async def test_null_for_an_end_means_thirty_years_from_now(shop: PrintShop) -> None:
    made = await shop.made(videos=0, ends_at=THEN)
    shop.world.clock.set(datetime(2028, 2, 29, 12, tzinfo=UTC))
    for nothing in ({"ends_at": None}, {"duration": None}, {"ends_at": None, "duration": None}):
        change = ContentChange(**nothing)
        changed = await shop.c.update_content()(shop.owner.actor, made.id, change)
        assert changed.ends_at == datetime(2058, 2, 28, 12, tzinfo=UTC)


async def test_a_change_of_nothing_changes_nothing(shop: PrintShop) -> None:
    made = await shop.ready()
    again = await shop.c.update_content()(shop.owner.actor, made.id, ContentChange())
    assert again.version == made.version
    assert ContentChange().title is UNSET


@pytest.mark.parametrize(
    "change",
    [
        ContentChange(title=None),  # type: ignore[arg-type]
        ContentChange(title="a\x00"),
        ContentChange(title=""),
        ContentChange(metadata={f"n{n}": "x" for n in range(21)}),
        ContentChange(metadata={"": "x"}),
        ContentChange(ends_at=datetime(2000, 1, 1, tzinfo=UTC)),
        ContentChange(ends_at=THEN, duration=Duration(days=1)),
        ContentChange(customer=CustomerChange(email="@")),
    ],
)
async def test_what_is_not_acceptable_is_refused(shop: PrintShop, change: ContentChange) -> None:
    made = await shop.made(videos=0)
    with pytest.raises(InvalidContent):
        await shop.c.update_content()(shop.owner.actor, made.id, change)
    assert (await shop.seen(made)).version == made.version


@pytest.mark.parametrize("metadata", [{"a": "x" * 501}, {"a b": "x"}, {"a": 1}])
async def test_metadata_that_will_not_do_is_refused_where_it_is(shop: PrintShop, metadata: Any) -> None:
    made = await shop.made(videos=0)
    with pytest.raises(InvalidContent) as refused:
        await shop.c.update_content()(shop.owner.actor, made.id, ContentChange(metadata=metadata))
    assert [wrong.pointer for wrong in refused.value.fields] == ["#/metadata"]


async def test_too_much_metadata_in_all_is_refused(shop: PrintShop) -> None:
    made = await shop.made(videos=0, metadata={f"n{n}": "x" for n in range(20)})
    with pytest.raises(InvalidContent):
        await shop.c.update_content()(shop.owner.actor, made.id, ContentChange(metadata={"more": "x"}))


async def test_a_stale_version_is_refused_by_every_change(shop: PrintShop) -> None:
    made = await shop.ready()
    photo = await shop.photo(700)
    for call in (
        shop.c.update_content()(shop.owner.actor, made.id, ContentChange(title="x"), made.version - 1),
        shop.c.replace_photo()(shop.owner.actor, made.id, Photo(photo=photo), made.version - 1),
        shop.c.publish_content()(shop.owner.actor, made.id, made.version - 1),
        shop.c.archive_content()(shop.owner.actor, made.id, made.version - 1),
        shop.c.delete_content()(shop.owner.actor, made.id, made.version - 1),
    ):
        with pytest.raises(EditedMeanwhile):
            await call
    assert (await shop.c.get_file()(shop.owner.actor, photo)).owner == shop.owner.actor.user
    assert (await shop.seen(made)).version == made.version


async def test_a_print_is_published_when_it_has_all_it_needs(shop: PrintShop) -> None:
    made = await shop.made()
    with pytest.raises(ContentNotReady) as refused:
        await shop.c.publish_content()(shop.owner.actor, made.id)
    assert [field.pointer for field in refused.value.fields] == ["#/marker", "#/video"]
    await shop.world.settle()
    editor = await shop.editor()
    published = await shop.c.publish_content()(editor.actor, made.id)
    assert (published.state, published.published_at) == ("published", shop.world.clock.now())
    first = published.published_at
    assert (await shop.c.publish_content()(editor.actor, made.id)).version == published.version
    shop.world.clock.advance(timedelta(days=1))
    hidden = await shop.c.unpublish_content()(editor.actor, made.id)
    assert hidden.state == "unpublished"
    again = await shop.c.publish_content()(editor.actor, made.id)
    assert (again.state, again.published_at) == ("published", first)


async def test_a_print_that_was_never_published_cannot_be_taken_back(shop: PrintShop) -> None:
    made = await shop.ready()
    with pytest.raises(ContentInWrongState):
        await shop.c.unpublish_content()(shop.owner.actor, made.id)


async def test_a_print_that_is_over_is_not_published(shop: PrintShop) -> None:
    made = await shop.ready(duration=Duration(days=1))
    shop.world.clock.advance(timedelta(days=1))
    assert (await shop.seen(made)).expired
    with pytest.raises(ContentInWrongState):
        await shop.c.publish_content()(shop.owner.actor, made.id)
    await shop.c.update_content()(shop.owner.actor, made.id, ContentChange(duration=Duration(days=1)))
    assert (await shop.c.publish_content()(shop.owner.actor, made.id)).state == "published"


async def test_what_is_put_away_is_not_changed_any_more(shop: PrintShop) -> None:
    made = await shop.ready()
    archived = await shop.c.archive_content()(shop.owner.actor, made.id)
    assert archived.state == "archived"
    photo = await shop.photo(700)
    for call in (
        shop.c.update_content()(shop.owner.actor, made.id, ContentChange(title="x")),
        shop.c.replace_photo()(shop.owner.actor, made.id, Photo(photo=photo)),
        shop.c.publish_content()(shop.owner.actor, made.id),
        shop.c.unpublish_content()(shop.owner.actor, made.id),
        shop.c.regenerate_media()(shop.owner.actor, made.id),
    ):
        with pytest.raises(ContentInWrongState):
            await call
    assert (await shop.c.get_file()(shop.owner.actor, photo)).owner == shop.owner.actor.user
    await shop.c.delete_content()(shop.owner.actor, made.id)


async def test_a_photo_is_replaced_looked_at_and_the_old_one_is_thrown_away(shop: PrintShop) -> None:
    made = await shop.ready()
    published = await shop.c.publish_content()(shop.owner.actor, made.id)
    shop.world.clock.advance(timedelta(hours=1))
    photo = await shop.photo(700)
    changed = await shop.c.replace_photo()(shop.owner.actor, made.id, Photo(photo=photo), published.version)
    assert state_of(changed) == ("published", "pending", ("marker",))
    await shop.world.settle()
    seen = await shop.seen(made)
    assert state_of(seen) == ("published", "ready", ())
    assert seen.marker.report.width == 700
    assert await shop.c.media_reads().file(made.marker.photo) is None
    assert (await shop.usage()).used_files == 2


async def test_a_photo_is_not_replaced_by_itself(shop: PrintShop) -> None:
    made = await shop.ready()
    shop.world.clock.advance(timedelta(hours=1))
    again = await shop.c.replace_photo()(shop.owner.actor, made.id, Photo(photo=made.marker.photo))
    assert again.version == made.version
    await shop.world.advance(minutes=5)
    assert await shop.c.media_reads().file(made.marker.photo) is not None


async def test_a_ready_print_is_a_draft_again_with_another_photo(shop: PrintShop) -> None:
    made = await shop.ready()
    changed = await shop.c.replace_photo()(shop.owner.actor, made.id, Photo(photo=await shop.photo(700)))
    assert changed.state == "draft"
    small = await shop.sent(png(10, 10), "p.png", "image/png")
    for photo in (small, made.videos[0].file):
        with pytest.raises(InvalidContent) as refused:
            await shop.c.replace_photo()(shop.owner.actor, made.id, Photo(photo=photo))
        assert [field.pointer for field in refused.value.fields] == ["#/photo"]


async def test_rights_are_looked_at_and_strangers_see_nothing(shop: PrintShop) -> None:
    made = await shop.ready()
    photo = await shop.photo(700)
    viewer, editor, manager = await shop.member(VIEWER), await shop.editor(), await shop.member(MANAGER)
    stranger = await shop.world.person("malik")

    def calls(actor: Any, id: ContentId) -> list[Any]:
        return [
            shop.c.update_content()(actor, id, ContentChange(title="x")),
            shop.c.replace_photo()(actor, id, Photo(photo=photo)),
            shop.c.publish_content()(actor, id),
            shop.c.unpublish_content()(actor, id),
            shop.c.regenerate_media()(actor, id),
            shop.c.duplicate_content()(actor, id),
            shop.c.archive_content()(actor, id),
            shop.c.delete_content()(actor, id),
        ]

    for call in calls(viewer.actor, made.id):
        with pytest.raises(ContentRightNeeded):
            await call
    for name in ("archive_content", "delete_content"):
        with pytest.raises(ContentRightNeeded):
            await getattr(shop.c, name)()(editor.actor, made.id)
    nowhere = ContentId(shop.world.ids.new())
    seeing = [shop.c.get_content()(stranger.actor, made.id), shop.c.get_content()(shop.owner.actor, nowhere)]
    for call in (*calls(stranger.actor, made.id), *calls(shop.owner.actor, nowhere), *seeing):
        with pytest.raises(ContentNotFound):
            await call
    assert (await shop.c.get_content()(viewer.actor, made.id)).id == made.id
    assert (await shop.c.archive_content()(manager.actor, made.id)).state == "archived"


async def test_in_a_project_that_is_put_away_prints_are_looked_at_only(shop: PrintShop) -> None:
    made = await shop.ready()
    await shop.c.activate_project()(shop.owner.actor, shop.project_id)
    await shop.c.archive_project()(shop.owner.actor, shop.project_id)
    for call in (
        shop.c.update_content()(shop.owner.actor, made.id, ContentChange(title="x")),
        shop.c.delete_content()(shop.owner.actor, made.id),
        shop.c.duplicate_content()(shop.owner.actor, made.id),
    ):
        with pytest.raises(ProjectPutAway):
            await call
    assert (await shop.seen(made)).title == made.title


async def test_prints_of_a_project_are_listed_by_members(shop: PrintShop) -> None:
    viewer, stranger = await shop.member(VIEWER), await shop.world.person("malik")
    made = [await shop.made(videos=n % 2, title=f"print {n}") for n in range(3)]
    page = await shop.c.list_contents()(viewer.actor, shop.project_id, PageRequest(limit=2, count=True))
    assert [one.id for one in page.items] == [one.id for one in made[::-1][:2]]
    assert page.total == 3
    page = await shop.c.list_contents()(viewer.actor, shop.project_id, PageRequest(filters={"title": "PRINT 1"}))
    assert [one.id for one in page.items] == [made[1].id]
    with pytest.raises(Exception, match="no such project"):
        await shop.c.list_contents()(stranger.actor, shop.project_id)


async def test_advice_is_told_in_a_language(shop: PrintShop) -> None:
    made = await shop.ready()
    get = shop.c.get_content()
    found = [(await get(shop.owner.actor, made.id, language)).marker.report.advice for language in ("en", "fr")]
    assert [one.code for one in found[0]] == [one.code for one in found[1]] != []
    assert found[0][0].text != found[1][0].text
