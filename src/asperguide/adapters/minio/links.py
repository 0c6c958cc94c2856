"""Signed requests to the S3 server itself: nobody is asked to make one, and no byte passes through us."""

from base64 import b64encode
from collections.abc import Mapping
from datetime import timedelta

from minio.datatypes import PostPolicy

from asperguide.adapters.content import check_about, check_number
from asperguide.adapters.minio.bucket import Bucket
from asperguide.adapters.minio.sigv4 import presigned
from asperguide.adapters.signing import disposition
from asperguide.shared.storage import SignedLinks, SignedRequest, check_validity


class MinioLinks(SignedLinks):
    """Signed by ourselves, so that length, type and checksum are part of it; forms by the client library."""

    _bucket: Bucket

    async def link(
        self,
        key: str,
        expires_in: timedelta,
        *,
        name: str | None = None,
        media_type: str | None = None,
        inline: bool = False,
    ) -> SignedRequest:
        """GET from the server."""
        query = {"response-content-disposition": disposition(name, inline=inline)} if name else {}
        if media_type:
            query["response-content-type"] = media_type
        return self._signed("GET", key, expires_in, query, {})

    async def put_link(
        self, key: str, expires_in: timedelta, *, size: int, media_type: str, sha256: bytes | None = None
    ) -> SignedRequest:
        """PUT to the server. The checksum is sent twice, as not every server looks at each."""
        check_about(media_type, None)
        headers, query = {"Content-Type": media_type, "Content-Length": str(size)}, {}
        if sha256 is not None:
            query["X-Amz-Content-Sha256"] = sha256.hex()
            headers["x-amz-checksum-sha256"] = b64encode(sha256).decode()
        return self._signed("PUT", key, expires_in, query, headers)

    async def post_form(
        self, key: str, expires_in: timedelta, *, smallest: int, largest: int, media_type: str
    ) -> SignedRequest:
        """POST a form to the server."""
        check_about(media_type, None)
        path, server = self._bucket.path(key), self._bucket.connection.server
        expires_at = self._bucket.clock.now().replace(microsecond=0) + check_validity(expires_in)
        policy = PostPolicy(self._bucket.name, expires_at)
        policy.add_equals_condition("key", path)
        policy.add_equals_condition("Content-Type", media_type)
        policy.add_content_length_range_condition(smallest, largest)
        signed = self._bucket.connection.client.presigned_post_policy(policy)
        return SignedRequest(
            method="POST",
            url=f"{server.public_origin}/{self._bucket.name}",
            fields={"key": path, "Content-Type": media_type, **signed},
            expires_at=expires_at,
        )

    async def part_link(
        self, key: str, upload: str, number: int, expires_in: timedelta, *, size: int | None = None
    ) -> SignedRequest:
        """PUT a part to the server; without a size it has any that the server takes."""
        query = {"partNumber": str(check_number(number)), "uploadId": upload}
        return self._signed("PUT", key, expires_in, query, {} if size is None else {"Content-Length": str(size)})

    def _signed(
        self, method: str, key: str, expires_in: timedelta, query: Mapping[str, str], headers: Mapping[str, str]
    ) -> SignedRequest:
        server, now = self._bucket.connection.server, self._bucket.clock.now().replace(microsecond=0)
        seconds = int(check_validity(expires_in).total_seconds())
        url = presigned(
            server.credentials,
            method=method,
            origin=server.public_origin,
            path=f"/{self._bucket.name}/{self._bucket.path(key)}",
            query=query,
            headers=headers,
            seconds=seconds,
            now=now,
        )
        return SignedRequest(method=method, url=url, headers=headers, expires_at=now + timedelta(seconds=seconds))
