"""My files: sending them straight to the storage or through us, finding, sharing, deleting and restoring them."""

import pytest

from asperguide.media import FileState, NewUpload, Transport, Visibility
from asperguide.media.errors import (
    FileNotFound,
    FileNotReady,
    LinkNotFound,
    OffsetMismatch,
    QuotaExceeded,
    TypeRefused,
    UploadIncomplete,
    UploadNotFound,
)
from asperguide.shared.errors import EditedMeanwhile
from tests.acceptance.driver import Driver
from tests.media import PROGRAM, TEXT, long_text, png

MIB = 1024 * 1024


def tour(content: bytes, **about: object) -> NewUpload:
    given = {"name": "Führung O'Neil.png", "size": len(content), "media_type": "image/png", **about}
    return NewUpload(**given)  # type: ignore[arg-type]


async def test_a_file_that_went_straight_to_the_storage_is_ready_when_it_is_finished(driver: Driver) -> None:
    token, content = (await driver.member("siobhan")).access_token, png()
    started = await driver.start_upload(token, tour(content, tags=("garden",)))
    assert (started.file.state, started.upload.transport) == (FileState.AWAITING, Transport.DIRECT)
    with pytest.raises(UploadIncomplete):
        await driver.finish_upload(token, started.upload.id)
    await driver.send(started, content)
    file = await driver.finish_upload(token, started.upload.id)
    assert (file.state, file.name, file.width, file.tags) == (FileState.READY, "Führung O'Neil.png", 40, ("garden",))
    assert await driver.finish_upload(token, started.upload.id) == file
    assert await driver.read(token, file.id) == content


async def test_a_file_in_one_request_is_ready_at_once(driver: Driver) -> None:
    token = (await driver.member("siobhan")).access_token
    file = await driver.upload_small(token, "notes.txt", TEXT)
    assert (file.state, file.media_type) == (FileState.READY, "text/plain")
    assert await driver.read(token, file.id) == TEXT


async def test_a_file_is_sent_in_pieces_that_go_on_where_they_were(driver: Driver) -> None:
    token, content = (await driver.member("siobhan")).access_token, long_text(9 * MIB)
    started = await driver.start_upload(token, tour(content, media_type="text/plain", transport=Transport.TUS))
    id = started.upload.id
    assert (await driver.append(token, id, 0, content[: 3 * MIB])).offset == 3 * MIB
    with pytest.raises(OffsetMismatch):
        await driver.append(token, id, 0, content)
    await driver.append(token, id, 3 * MIB, content[3 * MIB :])
    await driver.world.settle()
    file = await driver.file(token, id)
    assert (file.state, file.size) == (FileState.READY, len(content))
    assert await driver.read(token, id) == content


async def test_what_is_not_what_it_says_is_refused_with_the_reason_and_takes_no_room(driver: Driver) -> None:
    token = (await driver.member("siobhan")).access_token
    file = await driver.upload_small(token, "tour.png", PROGRAM, "image/png")
    assert file.state is FileState.REFUSED
    assert file.refusal
    with pytest.raises(FileNotReady):
        await driver.read(token, file.id)
    assert (await driver.quota(token)).used_bytes == 0
    with pytest.raises(TypeRefused):
        await driver.start_upload(token, tour(b"x", media_type="text/html"))


async def test_files_are_found_changed_and_kept_from_others(driver: Driver) -> None:
    token, other = (await driver.member("siobhan")).access_token, (await driver.member("malik")).access_token
    notes = await driver.upload_small(token, "notes.txt", TEXT)
    await driver.world.advance(seconds=1)
    picture = await driver.upload_small(token, "tour.png", png())
    assert [file.id for file in await driver.files(token)] == [picture.id, notes.id]
    assert [file.id for file in await driver.files(token, type="image")] == [picture.id]
    assert list(await driver.files(other)) == []
    with pytest.raises(FileNotFound):
        await driver.file(other, notes.id)
    with pytest.raises(FileNotFound):
        await driver.read(None, notes.id)
    changed = await driver.change_file(token, notes.id, notes.version, name="Notes.txt", visibility=Visibility.UNLISTED)
    assert (changed.name, await driver.read(None, notes.id)) == ("Notes.txt", TEXT)
    with pytest.raises(EditedMeanwhile):
        await driver.change_file(token, notes.id, notes.version, name="x")
    with pytest.raises(FileNotFound):
        await driver.change_file(other, notes.id, changed.version, name="mine")


async def test_a_link_is_for_whoever_has_it_until_it_is_revoked_or_over(driver: Driver) -> None:
    token = (await driver.member("siobhan")).access_token
    file = await driver.upload_small(token, "notes.txt", TEXT)
    made = await driver.make_link(token, file.id, 3600)
    assert await driver.follow(made.token) == TEXT
    assert [link.id for link in await driver.links(token, file.id)] == [made.id]
    await driver.revoke_link(token, file.id, made.id)
    with pytest.raises(LinkNotFound):
        await driver.follow(made.token)
    short = await driver.make_link(token, file.id, 60)
    await driver.world.advance(minutes=1)
    with pytest.raises(LinkNotFound):
        await driver.follow(short.token)


async def test_a_deleted_file_can_be_restored_for_seven_days(driver: Driver) -> None:
    first = await driver.member("siobhan")
    file = await driver.upload_small(first.access_token, "notes.txt", TEXT)
    lost = await driver.upload_small(first.access_token, "tour.png", png())
    for one in (file, lost):
        await driver.delete_file(first.access_token, one.id)
    with pytest.raises(FileNotReady):
        await driver.read(first.access_token, file.id)
    assert (await driver.quota(first.access_token)).used_files == 2
    await driver.world.advance(days=6)
    token = (await driver.sign_in("siobhan")).access_token
    assert (await driver.restore_file(token, file.id)).state is FileState.READY
    assert await driver.read(token, file.id) == TEXT
    await driver.world.advance(days=2)
    token = (await driver.sign_in("siobhan")).access_token
    with pytest.raises(FileNotFound):
        await driver.file(token, lost.id)
    assert (await driver.quota(token)).used_files == 1


async def test_room_is_set_aside_for_what_is_on_its_way_and_given_back(driver: Driver) -> None:
    token = (await driver.member("siobhan")).access_token
    limit = (await driver.quota(token)).limit_bytes
    largest = tour(b"", size=500 * MIB)
    ids = [(await driver.start_upload(token, largest)).upload.id for _ in range(limit // largest.size)]
    with pytest.raises(QuotaExceeded):
        await driver.start_upload(token, largest)
    await driver.abort_upload(token, ids[0])
    with pytest.raises(UploadNotFound):
        await driver.abort_upload(token, ids[0])
    await driver.start_upload(token, largest)
    assert len(await driver.uploads(token)) == len(ids)
    await driver.world.advance(hours=25)
    quota = await driver.quota((await driver.sign_in("siobhan")).access_token)
    assert (quota.reserved_bytes, quota.reserved_files, quota.used_files) == (0, 0, 0)
