"""The law of bucket administration."""

from asperguide.shared.storage import BucketAdmin, BucketNotEmpty
from asperguide.testing.contracts.checking import raises

BAD_BUCKETS = ("", "ab", "a" * 64, "Upper", "under_score", "-start", "end-", "dot.dot", "a/b", "é" * 5, "a b c")


class BucketAdminContract:
    """Give it fixtures `buckets` and `full_bucket`, the name of one that holds an object."""

    async def test_buckets_come_and_go(self, buckets: BucketAdmin, full_bucket: str) -> None:
        name = "contract-comes-and-goes"
        assert not await buckets.exists(name)
        assert await buckets.create(name)
        assert not await buckets.create(name)
        assert await buckets.exists(name)
        names = await buckets.list()
        assert list(names) == sorted(names)
        assert {name, full_bucket} <= set(names)
        assert await buckets.delete(name)
        assert not await buckets.delete(name)
        assert not await buckets.exists(name)
        assert name not in await buckets.list()

    async def test_a_bucket_with_objects_stays(self, buckets: BucketAdmin, full_bucket: str) -> None:
        with raises(BucketNotEmpty):
            await buckets.delete(full_bucket)
        assert await buckets.exists(full_bucket)

    async def test_a_bad_name_is_a_value_error(self, buckets: BucketAdmin) -> None:
        for name in BAD_BUCKETS:
            for call in (buckets.create, buckets.delete, buckets.exists):
                with raises(ValueError):
                    await call(name)
            with raises(ValueError):
                await buckets.abort_uploads_after(name, 1)

    async def test_a_rule_for_old_uploads_is_kept_or_said_to_be_unknown(
        self, buckets: BucketAdmin, full_bucket: str
    ) -> None:
        assert await buckets.abort_uploads_after(full_bucket, 1) in (True, False)
        assert await buckets.exists(full_bucket)
