"""The law of object storages."""

import asyncio
import contextlib
import hashlib
from collections.abc import AsyncIterator, Awaitable, Callable, Sequence
from typing import Any

from asperguide.shared.errors import StorageUnavailable
from asperguide.shared.storage import (
    BINARY,
    ObjectChanged,
    ObjectExists,
    ObjectMissing,
    ObjectStorage,
    Storage,
    StoredObject,
    WrongContent,
)
from asperguide.testing.contracts.checking import raises

MIB = 1024 * 1024
LARGE = bytes(range(251)) * (12 * MIB // 251) + b"the end"
"""More than two parts of any storage, and no whole number of anything."""
BAD_KEYS = (
    *("", "/", "/a", "a/", "a//b", ".", "..", "a/../b", "../a", "a/.", "./a", "a/..", "~", "a b", "a\\b", "a\0", "é"),
    *("a\n", "a?b", "a#b", "a%2e", "a:b", "a" * 256, "a/" * 256 + "a"),
)
GOOD_KEYS = ("a1", "A/b_c-d.e", "..a/b..", "...", "-", "a" * 255, "/".join(["abc"] * 128))


async def flowing(content: bytes, size: int = 100_000) -> AsyncIterator[bytes]:
    """The content as a stream of pieces that fit nowhere."""
    for start in range(0, len(content), size):
        yield content[start : start + size]
        await asyncio.sleep(0)


async def read(
    storage: ObjectStorage, key: str, start: int = 0, length: int | None = None, if_match: str | None = None
) -> bytes:
    """The bytes of an object, or of a part of it."""
    async with storage.open(key, start=start, length=length, if_match=if_match) as opened:
        return b"".join([piece async for piece in opened.chunks])


async def all_keys(storage: ObjectStorage, prefix: str = "", limit: int = 1000) -> list[str]:
    """The keys of every page."""
    found, cursor = list[StoredObject](), None
    while True:
        page = await storage.list(prefix, cursor=cursor, limit=limit)
        assert len(page.objects) <= limit
        found += page.objects
        if (cursor := page.next_cursor) is None:
            return [one.key for one in found]


class StreamBroke(Exception):
    """What a stream of the tests raises."""


async def breaking(content: bytes) -> AsyncIterator[bytes]:
    """The content, then StreamBroke."""
    async for piece in flowing(content):
        yield piece
    raise StreamBroke


class ObjectStorageContract:
    """Give it a fixture `storage` without objects."""

    async def test_what_was_put_is_there_byte_for_byte(self, storage: Storage) -> None:
        everything = bytes(range(256)) * 5000
        for number, content in enumerate((b"", b"x", everything)):
            key, metadata = f"round/{number}", {"made-by": "x = 1; y", "n0": "~"}
            made = await storage.put(key, content, media_type="text/plain; charset=utf-8", metadata=metadata)
            found = await storage.stat(key)
            assert found is not None
            assert (made.key, made.size, made.etag) == (key, len(content), found.etag)
            assert (found.size, found.media_type) == (len(content), "text/plain; charset=utf-8")
            assert (found.metadata, made.metadata) == (metadata, metadata)
            assert abs((found.modified_at - made.modified_at).total_seconds()) < 5
            assert found.modified_at.utcoffset() is not None
            assert await read(storage, key) == content

    async def test_streams_of_any_length_are_kept_whether_it_was_said_or_not(self, storage: Storage) -> None:
        for content in (b"", b"short", LARGE[: 5 * MIB], LARGE):
            for size in (None, len(content)):
                made = await storage.put("stream", flowing(content), size=size)
                assert made.size == len(content)
                assert await read(storage, "stream") == content

    async def test_a_type_that_nobody_named_is_binary(self, storage: Storage) -> None:
        await storage.put("untyped", b"<html>")
        found = await storage.stat("untyped")
        assert found is not None
        assert found.media_type == BINARY

    async def test_a_put_takes_the_place_of_what_was_there_and_its_etag_tells(self, storage: Storage) -> None:
        first = await storage.put("replaced", b"one", media_type="text/plain", metadata={"a": "1"})
        second = await storage.put("replaced", b"two")
        found = await storage.stat("replaced")
        assert found is not None
        assert (found.etag, found.metadata, found.media_type) == (second.etag, {}, BINARY)
        assert first.etag != second.etag
        assert await read(storage, "replaced") == b"two"

    async def test_a_wrong_length_or_checksum_keeps_nothing_and_leaves_what_was_there(self, storage: Storage) -> None:
        await storage.put("old", b"old")
        for content in (b"four", LARGE):
            digest = hashlib.sha256(content).digest()
            lies: list[dict[str, Any]] = [
                {"size": len(content) + 1},
                {"size": len(content) - 1},
                {"sha256": digest[::-1]},
            ]
            for said in lies:
                for key in ("old", "fresh"):
                    with raises(WrongContent):
                        await storage.put(key, flowing(content), **said)
            await storage.put("right", flowing(content), size=len(content), sha256=digest)
            assert await read(storage, "right") == content
        assert await read(storage, "old") == b"old"
        assert await storage.stat("fresh") is None
        assert await storage.open_uploads() == []

    async def test_a_stream_that_raises_keeps_nothing(self, storage: Storage) -> None:
        await storage.put("old", b"old")
        for content in (b"short", LARGE):
            for key in ("old", "fresh"):
                with raises(StreamBroke):
                    await storage.put(key, breaking(content))
        assert await read(storage, "old") == b"old"
        assert await storage.stat("fresh") is None
        await self._no_upload_stays(storage)

    async def test_a_cancelled_put_keeps_nothing_and_the_storage_goes_on(self, storage: Storage) -> None:
        await storage.put("old", b"old")
        for content in (b"short", LARGE):
            stuck = asyncio.Event()

            async def sticking(content: bytes = content, stuck: asyncio.Event = stuck) -> AsyncIterator[bytes]:
                async for piece in flowing(content):
                    yield piece
                stuck.set()
                await asyncio.Event().wait()

            putting = asyncio.create_task(storage.put("old", sticking()))
            await stuck.wait()
            putting.cancel()
            await asyncio.wait([putting])
            assert putting.cancelled()
        assert await read(storage, "old") == b"old"
        await self._no_upload_stays(storage)
        await storage.put("old", flowing(LARGE))
        assert await read(storage, "old") == LARGE

    async def test_parts_of_an_object_can_be_read(self, storage: Storage) -> None:
        await storage.put("ranges", LARGE, media_type="video/mp4")
        size = len(LARGE)
        for start, length in ((0, 1), (0, None), (1, None), (5, 10), (3 * MIB - 1, 2 * MIB + 3), (size - 1, None)):
            wanted = LARGE[start:] if length is None else LARGE[start : start + length]
            assert await read(storage, "ranges", start, length) == wanted
        async with storage.open("ranges", start=size - 3, length=100) as opened:
            assert b"".join([piece async for piece in opened.chunks]) == LARGE[-3:]
            assert (opened.object.size, opened.object.media_type) == (size, "video/mp4")

    async def test_pieces_are_never_larger_than_a_mebibyte(self, storage: Storage) -> None:
        await storage.put("pieces", LARGE)
        async with storage.open("pieces") as opened:
            sizes = [len(piece) async for piece in opened.chunks]
        assert sum(sizes) == len(LARGE)
        assert min(sizes) > 0 and max(sizes) <= MIB

    async def test_a_range_behind_the_end_is_a_value_error(self, storage: Storage) -> None:
        await storage.put("ranges", b"abc")
        await storage.put("empty", b"")
        for key, start, length in (("ranges", 3, None), ("ranges", 99, 1), ("ranges", -1, None), ("ranges", 0, 0)):
            with raises(ValueError):
                await read(storage, key, start, length)
        with raises(ValueError):
            await read(storage, "empty", 1)
        assert await read(storage, "empty") == await read(storage, "empty", 0, 10) == b""

    async def test_what_is_not_there_is_missing(self, storage: Storage) -> None:
        await storage.put("there/a", b"a")
        for key in ("nothing", "there", "there/b", "there/a/b"):
            assert await storage.stat(key) is None
            with raises(ObjectMissing):
                await read(storage, key)
            with raises(ObjectMissing):
                await storage.copy(key, "target")
            await storage.delete(key)
        assert await all_keys(storage) == ["there/a"]

    async def test_what_changed_is_not_read_as_what_was_meant(self, storage: Storage) -> None:
        old = await storage.put("changing", b"old")
        assert await read(storage, "changing", if_match=old.etag) == b"old"
        new = await storage.put("changing", b"new")
        with raises(ObjectChanged):
            await read(storage, "changing", if_match=old.etag)
        with raises(ObjectChanged):
            await storage.copy("changing", "target", if_match=old.etag)
        assert await storage.stat("target") is None
        await storage.copy("changing", "target", if_match=new.etag)
        assert await read(storage, "target") == b"new"

    async def test_an_object_replaced_while_it_is_read_comes_of_one_version_or_not_at_all(
        self, storage: Storage
    ) -> None:
        old, new = LARGE, LARGE[::-1]
        await storage.put("torn", old)
        async with storage.open("torn") as opened:
            got = await anext(opened.chunks)
            await storage.put("torn", new)
            with contextlib.suppress(StorageUnavailable):
                got += b"".join([piece async for piece in opened.chunks])
                assert got == old
        assert old.startswith(got)

    async def test_a_reader_may_leave_early_and_the_storage_goes_on(self, storage: Storage) -> None:
        await storage.put("left", LARGE)
        for _ in range(40):
            async with storage.open("left") as opened:
                assert await anext(opened.chunks)
        async with storage.open("left"):
            pass
        assert await read(storage, "left", 0, 3) == LARGE[:3]

    async def test_a_cancelled_reader_leaves_the_storage_as_it_was(self, storage: Storage) -> None:
        await storage.put("cancelled", LARGE)
        for turns in range(1, 40):
            reading = asyncio.create_task(read(storage, "cancelled"))
            for _ in range(turns):
                await asyncio.sleep(0.0005)
            reading.cancel()
            await asyncio.wait([reading])
        assert await read(storage, "cancelled") == LARGE

    async def test_of_many_that_put_what_is_absent_one_wins(self, storage: Storage) -> None:
        async def put(number: int) -> bool:
            with contextlib.suppress(ObjectExists):
                await storage.put("only", flowing(b"%d" % number), if_absent=True)
                return True
            return False

        won = await asyncio.gather(*(put(number) for number in range(20)))
        assert won.count(True) == 1
        assert await read(storage, "only") == b"%d" % won.index(True)

    async def test_what_is_there_is_not_put_again_and_what_was_deleted_is(self, storage: Storage) -> None:
        for content in (b"short", LARGE):
            await storage.put("new", flowing(content), if_absent=True)
            with raises(ObjectExists):
                await storage.put("new", flowing(content[::-1]), if_absent=True)
            assert await read(storage, "new") == content
            await storage.delete("new")
        await self._no_upload_stays(storage)

    async def test_a_copy_is_the_same_and_of_now(self, storage: Storage) -> None:
        for content in (b"", LARGE):
            await storage.put("from/here", content, media_type="image/png", metadata={"a": "1"})
            made = await storage.copy("from/here", "to/there")
            found = await storage.stat("to/there")
            assert found is not None
            assert (made.key, found.key, made.etag) == ("to/there", "to/there", found.etag)
            assert (found.size, found.media_type, found.metadata) == (len(content), "image/png", {"a": "1"})
            assert await read(storage, "to/there") == content
        await storage.put("from/here", b"changed")
        assert await read(storage, "to/there") == LARGE

    async def test_a_copy_onto_another_takes_its_place(self, storage: Storage) -> None:
        await storage.put("one", b"1", metadata={"of": "one"})
        await storage.put("two", b"2", metadata={"of": "two"})
        await storage.copy("one", "two")
        found = await storage.stat("two")
        assert found is not None
        assert found.metadata == {"of": "one"}
        assert await read(storage, "two") == b"1"

    async def test_many_are_deleted_at_once_and_again(self, storage: Storage) -> None:
        keys = [f"many/{number:04}" for number in range(30)]
        await asyncio.gather(*(storage.put(key, b"") for key in keys))
        await storage.put("kept", b"")
        await storage.delete()
        await storage.delete(*keys, *(f"gone/{number}" for number in range(1200)))
        await storage.delete(*keys)
        assert await all_keys(storage) == ["kept"]

    async def test_listings_are_in_order_and_in_pages(self, storage: Storage) -> None:
        keys = sorted(f"{folder}/{number:03}" for folder in ("a", "a-b", "a.b", "b", "b/c") for number in range(25))
        await asyncio.gather(*(storage.put(key, key.encode()) for key in keys))
        found = await all_keys(storage)
        assert found in (keys, sorted(keys, key=lambda key: key.split("/")))
        assert await all_keys(storage, limit=7) == found
        assert await all_keys(storage, "a/", limit=3) == [key for key in keys if key.startswith("a/")]
        assert await all_keys(storage, "a", limit=10) == [key for key in found if key.startswith("a")]
        assert await all_keys(storage, "a/01") == [key for key in keys if key.startswith("a/01")]
        assert await all_keys(storage, "nothing") == await all_keys(storage, "a/000/") == []
        page = await storage.list("b/c/", limit=1)
        known = await storage.stat("b/c/000")
        assert known is not None
        assert [(one.key, one.size, one.etag) for one in page.objects] == [(known.key, known.size, known.etag)]

    async def test_a_thousand_and_more_are_listed_to_the_last(self, storage: Storage) -> None:
        keys = [f"thousands/{number:05}" for number in range(1203)]
        gate = asyncio.Semaphore(8)

        async def put(key: str) -> None:
            async with gate:
                await storage.put(key, b"")

        await asyncio.gather(*map(put, keys))
        first = await storage.list("thousands/")
        assert len(first.objects) == 1000
        assert first.next_cursor is not None
        assert await all_keys(storage, "thousands/") == keys
        await storage.delete(*keys)
        assert await all_keys(storage) == []

    async def test_with_a_delimiter_folders_are_told_once(self, storage: Storage) -> None:
        keys = ("top", "a/1", "a/2", "a/deep/3", "a-x/1", "b/1", "c/deep/er/1")
        await asyncio.gather(*(storage.put(key, b"") for key in keys))
        for limit in (1, 2, 1000):
            assert await self._folders(storage, "", limit) == (["top"], ["a-x/", "a/", "b/", "c/"])
            assert await self._folders(storage, "a/", limit) == (["a/1", "a/2"], ["a/deep/"])
            assert await self._folders(storage, "a", limit) == ([], ["a-x/", "a/"])
            assert await self._folders(storage, "c/deep/", limit) == ([], ["c/deep/er/"])

    async def test_a_listing_goes_on_while_objects_come_and_go(self, storage: Storage) -> None:
        keys = [f"stable/{number:02}" for number in range(20)]
        await asyncio.gather(*(storage.put(key, b"") for key in keys))
        page = await storage.list("stable/", limit=10)
        await storage.delete(keys[3], keys[9], keys[15])
        await storage.put("stable/00-new", b"")
        rest = await storage.list("stable/", limit=100, cursor=page.next_cursor)
        assert [one.key for one in page.objects] == keys[:10]
        assert [one.key for one in rest.objects if one.key != keys[15]] == [*keys[10:15], *keys[16:]]

    async def test_what_cannot_be_listed_is_a_value_error(self, storage: Storage) -> None:
        for prefix in ("../", "/", "a//b", "a b", "é"):
            with raises(ValueError):
                await storage.list(prefix)
        for limit in (0, 1001):
            with raises(ValueError):
                await storage.list(limit=limit)
        with raises(ValueError):
            await storage.list(delimiter="-")

    async def test_a_bad_key_is_a_value_error_everywhere(self, storage: Storage) -> None:
        await storage.put("good", b"")
        for key in BAD_KEYS:
            for call in _calls(storage, key):
                with raises(ValueError):
                    await call()
        assert await all_keys(storage) == ["good"]

    async def test_every_good_key_is_kept_apart(self, storage: Storage) -> None:
        for key in GOOD_KEYS:
            await storage.put(key, key.encode())
        for key in GOOD_KEYS:
            assert await read(storage, key) == key.encode()
        assert await all_keys(storage) == sorted(GOOD_KEYS)

    async def test_metadata_that_would_not_come_back_is_a_value_error(self, storage: Storage) -> None:
        bad = ({"A": "1"}, {"": "1"}, {"a_b": "1"}, {"a": "é"}, {"a": "1\n"}, {"a": " 1"}, {"a": "x" * 2048})
        for metadata in bad:
            with raises(ValueError):
                await storage.put("about", b"", metadata=metadata)
        for media_type in ("", "text/plain\r\nX: 1", "é/é"):
            with raises(ValueError):
                await storage.put("about", b"", media_type=media_type)
        assert await storage.stat("about") is None

    async def test_many_at_once_do_not_disturb_each_other(self, storage: Storage) -> None:
        contents = {f"crowd/{number}": LARGE[number : number + number * 100_000 + 1] for number in range(30)}
        await asyncio.gather(*(storage.put(key, flowing(content)) for key, content in contents.items()))
        found = await asyncio.gather(*(read(storage, key) for key in contents))
        assert found == list(contents.values())

    async def _folders(self, storage: Storage, prefix: str, limit: int) -> tuple[list[str], list[str]]:
        objects, folders, cursor = list[str](), list[str](), None
        while True:
            page = await storage.list(prefix, delimiter="/", cursor=cursor, limit=limit)
            assert len(page.objects) + len(page.prefixes) <= limit
            objects += [one.key for one in page.objects]
            folders += page.prefixes
            if (cursor := page.next_cursor) is None:
                return objects, sorted(folders)

    async def _no_upload_stays(self, storage: Storage) -> None:
        """What is cleaned up behind one's back is gone soon."""
        for _ in range(500):
            if not await storage.open_uploads():
                return
            await asyncio.sleep(0.01)
        raise AssertionError("an upload in parts was left behind")


class StorageAwayContract:
    """Give it a fixture `away`: a storage that does not answer, is full or lets nobody in."""

    async def test_every_call_says_that_the_storage_is_unavailable(self, away: Storage) -> None:
        for call in _calls(away, "key"):
            with raises(StorageUnavailable) as refusal:
                await call()
            assert refusal.value.retry_after is not None
        for put in (away.put("key", flowing(LARGE)), away.put("key", b"", if_absent=True)):
            with raises(StorageUnavailable):
                await put
        with raises(StorageUnavailable):
            await away.list()


def _calls(storage: Storage, key: str) -> Sequence[Callable[[], Awaitable[object]]]:
    """One call of each kind with this key."""
    return (
        lambda: storage.put(key, b""),
        lambda: read(storage, key),
        lambda: storage.stat(key),
        lambda: storage.copy(key, "good"),
        lambda: storage.copy("good", key),
        lambda: storage.delete(key),
        lambda: storage.start(key),
    )
