"""The law of uploads in parts."""

import asyncio
from datetime import timedelta

import httpx

from asperguide.shared.storage import SMALLEST_PART, Part, Storage, UploadMissing, WrongContent
from asperguide.testing.contracts.checking import PassTime, raises
from asperguide.testing.contracts.storage import BAD_KEYS, read
from asperguide.testing.contracts.storage_links import HOUR, make, refused

FIRST, SECOND, LAST = (bytes([number]) * SMALLEST_PART for number in (1, 2, 3))
LAST = LAST[:1000]
KEY = "parted/object"


class PartedUploadsContract:
    """Give it fixtures `storage` without objects, `http`, a client that reaches it, and `pass_time` for its clock.

    Of two versions of a part that arrive within a second, `parts` may tell either.
    """

    async def test_parts_become_an_object_when_they_are_completed(self, storage: Storage) -> None:
        await storage.put(KEY, b"old")
        upload = await storage.start(KEY, media_type="video/mp4", metadata={"a": "1"})
        parts = [await storage.put_part(KEY, upload, n, content) for n, content in ((1, FIRST), (2, SECOND), (3, LAST))]
        assert await storage.parts(KEY, upload) == parts
        assert [(part.number, part.size) for part in parts] == [(1, len(FIRST)), (2, len(SECOND)), (3, len(LAST))]
        assert await read(storage, KEY) == b"old"
        made = await storage.complete(KEY, upload, parts)
        found = await storage.stat(KEY)
        assert found is not None
        assert (made.key, made.etag, made.size) == (KEY, found.etag, found.size)
        assert (found.size, found.media_type) == (len(FIRST + SECOND + LAST), "video/mp4")
        assert found.metadata == {"a": "1"}
        assert await read(storage, KEY) == FIRST + SECOND + LAST
        assert await read(storage, KEY, len(FIRST) - 1, 2) == b"\x01\x02"

    async def test_parts_come_in_any_order_at_once_and_again(self, storage: Storage, pass_time: PassTime) -> None:
        upload = await storage.start(KEY)
        await storage.put_part(KEY, upload, 7, b"replaced")
        await pass_time(timedelta(seconds=1))
        third, first = await asyncio.gather(
            storage.put_part(KEY, upload, 7, LAST), storage.put_part(KEY, upload, 2, FIRST)
        )
        assert await storage.parts(KEY, upload) == [first, third]
        await storage.complete(KEY, upload, [third, first])
        assert await read(storage, KEY) == FIRST + LAST

    async def test_one_part_of_any_size_is_enough(self, storage: Storage) -> None:
        for content in (b"x", FIRST):
            upload = await storage.start(KEY)
            await storage.complete(KEY, upload, [await storage.put_part(KEY, upload, 1, content)])
            assert await read(storage, KEY) == content

    async def test_parts_may_be_left_out(self, storage: Storage) -> None:
        upload = await storage.start(KEY)
        for number, content in ((1, FIRST), (2, SECOND), (3, LAST)):
            await storage.put_part(KEY, upload, number, content)
        first, _, last = await storage.parts(KEY, upload)
        await storage.complete(KEY, upload, [first, last])
        assert await read(storage, KEY) == FIRST + LAST

    async def test_what_does_not_fit_together_is_refused_and_can_be_mended(self, storage: Storage) -> None:
        upload = await storage.start(KEY)
        first = await storage.put_part(KEY, upload, 1, FIRST)
        small = await storage.put_part(KEY, upload, 2, b"small")
        last = await storage.put_part(KEY, upload, 3, LAST)
        replaced = Part(number=1, etag="0" * len(first.etag), size=first.size)
        missing = Part(number=4, etag=first.etag, size=1)
        for parts in ([first, small, last], [replaced, last], [first, missing], [first, first], []):
            with raises(WrongContent):
                await storage.complete(KEY, upload, parts)
        assert await storage.stat(KEY) is None
        await storage.complete(KEY, upload, [first, last])
        assert await read(storage, KEY) == FIRST + LAST

    async def test_an_upload_that_is_over_is_missing(self, storage: Storage) -> None:
        completed, aborted = await storage.start(KEY), await storage.start(KEY)
        part = await storage.put_part(KEY, completed, 1, b"x")
        await storage.put_part(KEY, aborted, 1, b"y")
        await storage.complete(KEY, completed, [part])
        for _ in range(2):
            await storage.abort(KEY, aborted)
            await storage.abort(KEY, completed)
        for upload in (completed, aborted, "0" * 32, "no-such-upload"):
            with raises(UploadMissing):
                await storage.put_part(KEY, upload, 1, b"x")
            with raises(UploadMissing):
                await storage.parts(KEY, upload)
            with raises(UploadMissing):
                await storage.complete(KEY, upload, [part])
        assert await read(storage, KEY) == b"x"

    async def test_open_uploads_are_told_by_prefix(self, storage: Storage) -> None:
        assert await storage.open_uploads() == []
        first = await storage.start("open/a/1")
        second = await storage.start("open/a/2")
        third = await storage.start("open/b/1")
        found = await storage.open_uploads("open/")
        assert {(one.key, one.id) for one in found} == {
            ("open/a/1", first), ("open/a/2", second), ("open/b/1", third)
        }  # fmt: skip
        assert [one.started_at for one in found] == sorted(one.started_at for one in found)
        assert {one.id for one in await storage.open_uploads("open/a/")} == {first, second}
        assert {one.id for one in await storage.open_uploads("open/a/2")} == {second}
        assert await storage.open_uploads("elsewhere/") == []
        await storage.abort("open/a/1", first)
        await storage.complete("open/a/2", second, [await storage.put_part("open/a/2", second, 1, b"")])
        assert {one.id for one in await storage.open_uploads()} == {third}
        await storage.abort("open/b/1", third)

    async def test_numbers_and_keys_are_checked(self, storage: Storage) -> None:
        upload = await storage.start(KEY)
        for number in (0, -1, 10_001):
            with raises(ValueError):
                await storage.put_part(KEY, upload, number, b"")
            with raises(ValueError):
                await storage.part_link(KEY, upload, number, HOUR)
        for key in BAD_KEYS:
            with raises(ValueError):
                await storage.put_part(key, upload, 1, b"")
            with raises(ValueError):
                await storage.parts(key, upload)
            with raises(ValueError):
                await storage.abort(key, upload)
        await storage.abort(KEY, upload)

    async def test_others_bring_parts_by_their_links(self, storage: Storage, http: httpx.AsyncClient) -> None:
        upload = await storage.start(KEY, media_type="video/mp4")
        for number, content in ((2, LAST), (1, FIRST)):
            for size in (None, len(content)):
                signed = await storage.part_link(KEY, upload, number, timedelta(minutes=5), size=size)
                answer = await make(http, signed, content)
                assert answer.status_code == 200, answer.text
                assert answer.headers["etag"].strip('"')
        parts = await storage.parts(KEY, upload)
        assert [(part.number, part.size) for part in parts] == [(1, len(FIRST)), (2, len(LAST))]
        assert parts[0].etag == answer.headers["etag"].strip('"')
        await storage.complete(KEY, upload, parts)
        assert await read(storage, KEY) == FIRST + LAST

    async def test_a_link_to_a_part_is_for_that_part_and_that_size(
        self, storage: Storage, http: httpx.AsyncClient
    ) -> None:
        upload = await storage.start(KEY)
        signed = await storage.part_link(KEY, upload, 1, HOUR, size=3)
        for content in (b"ab", b"abcd"):
            lie = {"Content-Length": str(len(content))}
            assert await refused(http, signed, content, only=lie)
        assert await storage.parts(KEY, upload) == []
        await storage.abort(KEY, upload)
        assert await refused(http, signed, b"abc")
        assert await storage.stat(KEY) is None
