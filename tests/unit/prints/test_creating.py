"""Making prints: of uploads, and of files in the same request."""

from collections.abc import AsyncIterator
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from functools import partial
from typing import Any
from uuid import UUID

import pytest

from asperguide.adapters.memory.video_tools import toy_clip
from asperguide.ar.creating import AboutContent, NewContent, SentFile
from asperguide.ar.errors import ContentRightNeeded, InvalidContent, NoSuchProject, ProjectPutAway, StorageFull
from asperguide.ar.events import ContentChanged, ContentHappened
from asperguide.ar.filling_in import For
from asperguide.ar.lasting import Duration
from asperguide.ar.videos import FileId
from asperguide.media.errors import FileNotFound
from asperguide.media.model import OwnerId, Visibility
from asperguide.shared.errors import IdempotencyKeyReused, NotWhileImpersonating
from asperguide.shared.ledger import kind_of
from asperguide.shared.tenancy import CompanyId
from tests.media import in_chunks, png
from tests.prints import PrintShop, state_of
from tests.projects import VIEWER

NOBODY = UUID(int=7)


def part(content: bytes, name: str, *, video: bool = False, media_type: str = "image/png") -> SentFile:
    return SentFile(name=name, media_type=media_type, video=video, chunks=in_chunks(content))


async def parts(*all: SentFile) -> AsyncIterator[SentFile]:
    for one in all:
        yield one


def fields_of(refused: pytest.ExceptionInfo[Any]) -> list[str]:
    return [field.pointer for field in refused.value.fields]


async def test_a_print_of_uploads_is_a_draft_until_its_files_are_looked_at(shop: PrintShop) -> None:
    made = await shop.made(title="Hochzeit", customer=For(name="张伟 O'Neil"), metadata={"frame": "oak"})
    assert state_of(made) == ("draft", "pending", ("marker", "video"))
    assert made.number == f"ORD-{shop.world.clock.now():%Y%m%d}-000001"
    assert (made.title, made.customer.name, made.metadata) == ("Hochzeit", "张伟 O'Neil", {"frame": "oak"})
    assert made.link == f"http://127.0.0.1:5000/view/{made.public_id}"
    assert len(made.public_id) == 22
    await shop.world.settle()
    seen = await shop.seen(made)
    assert state_of(seen) == ("ready", "ready", ())
    assert seen.marker.report is not None
    assert seen.marker.report.width == 640
    (video,) = seen.videos
    assert video.footage is not None
    assert (video.title, video.footage.width, video.footage.media_type) == ("Walzer", 640, "video/mp4")


async def test_a_print_is_called_like_its_photo(shop: PrintShop) -> None:
    photo = await shop.photo(name="Führung durch O'Neil's Garten 张.tar.png")
    made = await shop.c.create_content()(shop.owner.actor, shop.project_id, NewContent(photo=photo))
    assert made.title == "Führung durch O'Neil's Garten 张.tar"
    bare = await shop.photo(641, name=".png")
    made = await shop.c.create_content()(shop.owner.actor, shop.project_id, NewContent(photo=bare))
    assert made.title == ".png"


async def test_numbers_have_no_gaps_and_begin_anew_each_day_of_the_company(shop: PrintShop) -> None:
    shop.settle(time_zone="Pacific/Kiritimati")  # 14 hours ahead
    shop.world.clock.set(datetime(2032, 2, 28, 9, 59, 59, tzinfo=UTC))
    numbers = [(await shop.made(videos=0)).number for _ in range(2)]
    with pytest.raises(InvalidContent):
        await shop.made(videos=0, title="\x07")
    numbers.append((await shop.made(videos=0)).number)
    shop.world.clock.advance(timedelta(seconds=1))
    numbers.append((await shop.made(videos=0)).number)
    assert numbers == ["ORD-20320228-000001", "ORD-20320228-000002", "ORD-20320228-000003", "ORD-20320229-000001"]


async def test_files_become_the_companys_and_count_for_it(shop: PrintShop) -> None:
    editor = await shop.editor()
    photo, film = await shop.photo(by=editor.actor), await shop.film(by=editor.actor)
    await shop.world.settle()
    link = await shop.c.make_link()(editor.actor, photo)
    await shop.c.create_content()(editor.actor, shop.project_id, NewContent(photo=photo, videos=(film,)))
    with pytest.raises(FileNotFound):
        await shop.c.get_file()(editor.actor, photo)
    file = await shop.c.media_reads().file(photo)
    assert (file.owner, file.visibility) == (OwnerId(shop.id), Visibility.PRIVATE)
    assert await shop.c.media_reads().linked(link.token.encode(), shop.world.clock.now()) is None
    assert (await shop.c.media_reads().video(film)).owner == OwnerId(shop.id)
    usage = await shop.usage()
    assert (usage.used_files, usage.reserved_files) == (2, 0)
    assert (await shop.usage(CompanyId(editor.actor.user))).used_files == 0


async def test_files_on_their_way_count_for_the_company_too(shop: PrintShop) -> None:
    await shop.made()
    usage = await shop.usage()
    assert (usage.used_files, usage.reserved_files) == (1, 1)
    await shop.world.settle()
    usage = await shop.usage()
    assert (usage.used_files, usage.reserved_files) == (2, 0)


async def test_the_same_files_can_be_named_again(shop: PrintShop) -> None:
    first = await shop.ready()
    new = NewContent(photo=first.marker.photo, videos=(first.videos[0].file, first.videos[0].file))
    again = await shop.c.create_content()(shop.owner.actor, shop.project_id, new)
    assert again.number.endswith("000002")
    assert len(again.videos) == 2
    assert again.videos[0].footage is not None
    assert (await shop.usage()).used_files == 2


async def test_files_that_do_not_do_are_refused_and_stay_whose_they_are(shop: PrintShop) -> None:
    other = await shop.world.person("malik")
    photo, film, foreign = await shop.photo(), await shop.film(), await shop.photo(641, by=other.actor)
    small, text = await shop.sent(png(10, 10), "p.png", "image/png"), await shop.sent(b"plain words", "p", "text/plain")
    await shop.world.settle()
    for new, wrong in (
        (NewContent(photo=foreign, videos=(film,)), ["#/photo"]),
        (NewContent(photo=NOBODY, videos=(NOBODY, film)), ["#/photo", "#/videos/0"]),
        (NewContent(photo=small), ["#/photo"]),
        (NewContent(photo=text), ["#/photo"]),
        (NewContent(photo=film), ["#/photo"]),
        (NewContent(photo=photo, videos=(film, photo)), ["#/videos/1"]),
    ):
        with pytest.raises(InvalidContent) as refused:
            await shop.c.create_content()(shop.owner.actor, shop.project_id, new)
        assert fields_of(refused) == wrong
    for mine in (photo, film, small, text):
        assert (await shop.c.get_file()(shop.owner.actor, mine)).owner == shop.owner.actor.user
    assert (await shop.usage()).used_files == 0
    assert await shop.c.ar_reads().counts(shop.id, [shop.project_id]) == {}


async def test_what_the_company_has_no_room_for_is_refused(shop: PrintShop) -> None:
    shop.settle(storage_bytes=10)
    photo = await shop.photo()
    with pytest.raises(StorageFull):
        await shop.c.create_content()(shop.owner.actor, shop.project_id, NewContent(photo=photo))
    with pytest.raises(StorageFull):
        await shop.c.create_content_with_files()(
            shop.owner.actor, shop.project_id, AboutContent(), parts(part(png(640, 480), "p.png"))
        )
    assert (await shop.usage()).used_files == 0
    assert (await shop.c.get_file()(shop.owner.actor, photo)).state == "ready"


async def test_deleted_and_refused_and_unfinished_files_are_refused(shop: PrintShop) -> None:
    deleted = await shop.photo()
    await shop.c.delete_file()(shop.owner.actor, deleted)
    broken = await shop.sent(b"\x89PNG\r\n\x1a\n" + bytes(50), "p.png", "image/png")
    for photo in (deleted, broken):
        with pytest.raises(InvalidContent) as refused:
            await shop.c.create_content()(shop.owner.actor, shop.project_id, NewContent(photo=photo))
        assert fields_of(refused) == ["#/photo"]


async def test_a_print_lasts_thirty_years_by_the_calendar_of_its_company(shop: PrintShop) -> None:
    shop.settle(time_zone="Europe/Paris")
    shop.world.clock.set(datetime(2032, 2, 28, 23, 30, tzinfo=UTC))  # the 29th in Paris
    ends = [
        (await shop.made(videos=0, **about)).ends_at
        for about in (
            {}, {"duration": Duration(years=1)}, {"duration": Duration(years=4)}, {"duration": Duration(months=5)},
            {"duration": Duration(years=1, months=1, days=1)}, {"duration": Duration(days=1)},
            {"ends_at": datetime(2033, 1, 1, tzinfo=UTC)},
        )
    ]  # fmt: skip
    assert ends == [
        datetime(2062, 2, 27, 23, 30, tzinfo=UTC), datetime(2033, 2, 27, 23, 30, tzinfo=UTC),
        datetime(2036, 2, 28, 23, 30, tzinfo=UTC), datetime(2032, 7, 28, 22, 30, tzinfo=UTC),
        datetime(2033, 3, 29, 22, 30, tzinfo=UTC), datetime(2032, 2, 29, 23, 30, tzinfo=UTC),
        datetime(2033, 1, 1, tzinfo=UTC),
    ]  # fmt: skip


@pytest.mark.parametrize(
    ("about", "wrong"),
    [
        ({"duration": Duration()}, "#/duration"),
        ({"duration": Duration(years=1), "ends_at": datetime(2099, 1, 1, tzinfo=UTC)}, "#/ends_at"),
        ({"ends_at": datetime(2000, 1, 1, tzinfo=UTC)}, "#/ends_at"),
        ({"ends_at": datetime(9999, 1, 1, tzinfo=UTC)}, "#/ends_at"),
        ({"duration": Duration(years=101)}, "#/duration/years"),
        ({"title": "a\nb"}, "#/title"),
        ({"title": " \t"}, "#/title"),
        ({"title": "x" * 256}, "#/title"),
        ({"title": "\ud800"}, "#"),
        ({"customer": For(name="a\x07")}, "#/customer/name"),
        ({"metadata": {"a": "\0"}}, "#"),
        ({"customer": For(email="nobody")}, "#/customer/email"),
        ({"customer": For(email="a@b")}, None),
        ({"customer": For(phone="<script>")}, "#/customer/phone"),
        ({"customer": For(client=NOBODY)}, "#/customer/client"),
        ({"customer": For(client=NOBODY, name="x")}, "#/customer/client"),
        ({"metadata": {"a b": "x"}}, "#"),
        ({"metadata": {"a": "x" * 501}}, "#/metadata"),
        ({"metadata": {f"a{n}": "x" for n in range(21)}}, "#/metadata"),
    ],
)
async def test_what_is_said_of_a_print_is_checked(shop: PrintShop, about: dict[str, Any], wrong: str | None) -> None:
    if wrong is None:
        await shop.made(videos=0, **about)
        return
    with pytest.raises(InvalidContent) as refused:
        await shop.made(videos=0, **about)
    assert [pointer[: len(wrong)] for pointer in fields_of(refused)] == [wrong]


async def test_a_print_can_be_for_a_client_of_the_company(shop: PrintShop) -> None:
    class Clients(type(shop.companies)):  # type: ignore[misc]
        async def client(self, company: CompanyId, client: UUID) -> str | None:
            return "Siobhán" if client == NOBODY else None

    shop.companies.__class__ = Clients
    made = await shop.made(videos=0, customer=For(client=NOBODY))
    assert (made.customer.client, made.customer.name) == (NOBODY, "")


async def test_strangers_see_no_project_and_viewers_may_not_make_prints(shop: PrintShop) -> None:
    stranger, viewer = await shop.world.person("malik"), await shop.member(VIEWER)
    for by, refusal in ((stranger, NoSuchProject), (viewer, ContentRightNeeded)):
        photo = await shop.photo(by=by.actor)
        with pytest.raises(refusal):
            await shop.c.create_content()(by.actor, shop.project_id, NewContent(photo=photo))
        with pytest.raises(refusal):
            await shop.c.create_content_with_files()(
                by.actor, shop.project_id, AboutContent(), parts(part(png(640, 480), "p.png"))
            )
        assert (await shop.c.get_file()(by.actor, photo)).owner == by.actor.user


async def test_nothing_is_made_in_a_project_that_is_put_away(shop: PrintShop) -> None:
    await shop.c.activate_project()(shop.owner.actor, shop.project_id)
    await shop.c.archive_project()(shop.owner.actor, shop.project_id)
    with pytest.raises(ProjectPutAway):
        await shop.made()


async def test_nobody_gives_files_away_while_acting_for_somebody_else(shop: PrintShop) -> None:
    actor = replace(shop.owner.actor, impersonator=shop.owner.actor.user)
    new = NewContent(photo=await shop.photo())
    with pytest.raises(NotWhileImpersonating):
        await shop.c.create_content()(actor, shop.project_id, new)


async def test_a_print_of_files_in_the_request_has_them_in_their_order(shop: PrintShop) -> None:
    made = await shop.c.create_content_with_files()(
        shop.owner.actor,
        shop.project_id,
        AboutContent(title="Hochzeit"),
        parts(
            part(toy_clip(2), "b.mp4", video=True, media_type="video/mp4"),
            part(png(640, 480), "p.png"),
            part(toy_clip(3), "a.mp4", video=True, media_type=""),
        ),
    )
    await shop.world.settle()
    seen = await shop.seen(made)
    assert state_of(seen) == ("ready", "ready", ())
    assert [video.title for video in seen.videos] == ["b", "a"]
    assert (await shop.usage()).used_files == 3
    assert (await shop.usage(CompanyId(shop.owner.actor.user))).used_files == 0


@pytest.mark.parametrize(
    ("sent", "wrong"),
    [
        ([], "#/photo"),
        ([(b"", "p.png", False)], "#/photo"),
        ([(png(10, 10), "p.png", False)], "#/photo"),
        ([(b"<html><script>", "p.png", False)], "#/photo"),
        ([(png(640, 480), "p.png", False), (png(640, 480), "q.png", False)], "#/photo"),
        ([(png(640, 480), "p.png", True)], "#/videos/0"),
        ([(png(640, 480), "p.png", False), (bytes(16 * 1024 * 1024 + 1), "v.mp4", True)], "#/videos/0"),
        ([(toy_clip(), "v.mp4", False)], "#/photo"),
        ([(png(640, 480), "\x01", False)], "#/photo"),
    ],
)
async def test_files_in_the_request_that_do_not_do_are_refused_and_nothing_is_left(
    shop: PrintShop, sent: list[tuple[bytes, str, bool]], wrong: str
) -> None:
    given = (
        part(content, name, video=video, media_type="video/mp4" if name.endswith("mp4") else "image/png")
        for content, name, video in sent
    )
    with pytest.raises(InvalidContent) as refused:
        await shop.c.create_content_with_files()(shop.owner.actor, shop.project_id, AboutContent(), parts(*given))
    assert fields_of(refused) == [wrong]
    await shop.world.settle()
    assert (await shop.usage()).used_files + (await shop.usage()).reserved_files == 0
    assert [key for key in shop.world.storage.objects if not key.startswith("avatars/")] == []


async def test_a_request_is_the_same_again_if_its_files_are(shop: PrintShop) -> None:
    photo, film = png(640, 480), toy_clip()
    same = [part(photo, "p.png"), part(film, "v.mp4", video=True, media_type="video/mp4")]
    make = shop.c.create_content_with_files()
    made = await make(shop.owner.actor, shop.project_id, AboutContent(), parts(*same))
    await shop.world.settle()
    same_files = partial(shop.c.compare_files(), shop.id, made.marker.photo, [video.file for video in made.videos])
    await same_files(parts(part(photo, "p.png"), part(film, "v.mp4", video=True)))
    for others in (
        [part(png(641, 480), "p.png"), part(film, "v.mp4", video=True)],
        [part(photo, "p.png"), part(toy_clip(9), "v.mp4", video=True)],
        [part(photo, "p.png")],
        [part(photo, "p.png"), part(film, "v.mp4", video=True), part(film, "v.mp4", video=True)],
    ):
        with pytest.raises(IdempotencyKeyReused):
            await same_files(parts(*others))


async def test_a_new_print_is_told_of_once(shop: PrintShop) -> None:
    before = set(shop.world.ledger.rows)
    made = await shop.made(videos=0)
    told = [row.job for id, row in shop.world.ledger.rows.items() if id not in before]
    assert [job.kind for job in told] == [kind_of(ContentChanged), kind_of(ContentHappened)]
    assert str(made.id) in told[0].payload
    assert FileId(made.marker.photo) == made.marker.photo
