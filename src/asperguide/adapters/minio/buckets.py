"""The buckets of an S3 server."""

from collections.abc import Sequence

from minio.commonconfig import ENABLED, Filter
from minio.error import S3Error
from minio.lifecycleconfig import AbortIncompleteMultipartUpload, LifecycleConfig, Rule

from asperguide.adapters.minio.connection import Connection
from asperguide.shared.storage import BucketAdmin, check_bucket

RULE = "asperguide-abort-uploads"
OURS = {"BucketAlreadyOwnedByYou", "BucketAlreadyExists"}
NO_RULES = {"NotImplemented", "MethodNotAllowed", "InvalidArgument", "MalformedXML"}


class MinioBuckets(BucketAdmin):
    """Asked of the server each time."""

    def __init__(self, connection: Connection) -> None:
        self._connection = connection

    async def create(self, bucket: str) -> bool:
        """Private, as servers make them."""
        check_bucket(bucket)
        return await self._connection.run(lambda: self._create(bucket))

    async def delete(self, bucket: str) -> bool:
        """Servers look themselves whether it is empty."""
        check_bucket(bucket)
        return await self._connection.run(lambda: self._delete(bucket))

    async def exists(self, bucket: str) -> bool:
        """One request."""
        check_bucket(bucket)
        return await self._connection.run(lambda: self._connection.client.bucket_exists(bucket))

    async def list(self) -> Sequence[str]:
        """One request."""
        found = await self._connection.run(self._connection.client.list_buckets)
        return sorted(bucket.name for bucket in found)

    async def abort_uploads_after(self, bucket: str, days: int) -> bool:
        """A rule of the bucket's life cycle; other rules of ours are replaced."""
        check_bucket(bucket)
        return await self._connection.run(lambda: self._set_rule(bucket, days))

    def _create(self, bucket: str) -> bool:
        if self._connection.client.bucket_exists(bucket):
            return False
        try:
            self._connection.client.make_bucket(bucket, location=self._connection.server.region)
        except S3Error as error:
            if error.code in OURS:
                return False
            raise
        return True

    def _delete(self, bucket: str) -> bool:
        try:
            self._connection.client.remove_bucket(bucket)
        except S3Error as error:
            if error.code == "NoSuchBucket":
                return False
            raise
        return True

    def _set_rule(self, bucket: str, days: int) -> bool:
        abort = AbortIncompleteMultipartUpload(days_after_initiation=days)
        rule = Rule(ENABLED, rule_filter=Filter(prefix=""), rule_id=RULE, abort_incomplete_multipart_upload=abort)
        try:
            self._connection.client.set_bucket_lifecycle(bucket, LifecycleConfig([rule]))
        except S3Error as error:
            if error.code in NO_RULES:
                return False
            raise
        return True
