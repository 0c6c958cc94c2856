"""What is longer than one part: sent in parts, a few at a time while the next one is collected."""

import asyncio
from collections.abc import AsyncIterator, Mapping
from concurrent.futures import Future, wait
from typing import Any

from asperguide.adapters.content import Intake
from asperguide.adapters.minio.bucket import Bucket
from asperguide.adapters.minio.uploads import aborted, completed, sent_part
from asperguide.shared.storage import MOST_PARTS, Part, WrongContent

AT_ONCE = 3
"""Parts on their way at the same time; with the one being collected they are all that is in memory."""


class Sending:
    """One put in parts. It comes to its end, or the upload is aborted."""

    def __init__(self, bucket: Bucket, path: str, headers: Mapping[str, str], conditions: Mapping[str, str]) -> None:
        self._bucket, self._path, self._headers, self._conditions = bucket, path, headers, conditions
        self._tasks = set[asyncio.Task[Part]]()
        self._threads = set[Future[Any]]()

    async def send(self, intake: Intake, parts: AsyncIterator[bytes]) -> Mapping[str, str]:
        """The server's answer once all is there."""
        upload = await self._bucket.run(self._start, lambda upload: aborted(self._bucket, self._path, upload))
        try:
            sent = await self._send_each(upload, intake, parts)
            intake.finish()
            return await self._bucket.run(
                lambda: completed(self._bucket, self._path, upload, sent, self._conditions), among=self._threads
            )
        except BaseException:
            for task in self._tasks:
                task.cancel()
            self._bucket.connection.later(lambda: self._give_up(upload))
            raise

    def _start(self) -> str:
        once = self._bucket.connection.once
        return once._create_multipart_upload(self._bucket.name, self._path, {**self._headers})

    async def _send_each(self, upload: str, intake: Intake, parts: AsyncIterator[bytes]) -> list[Part]:
        sent, number = list[Part](), 0
        async for piece in parts:
            number += 1
            if number > MOST_PARTS:
                raise WrongContent("more bytes arrived than can be kept without their number being known")
            await taken(self._bucket, intake, piece)
            while len(self._tasks) >= AT_ONCE:
                sent += await self._some()
            self._tasks.add(self._begin(upload, number, piece))
        while self._tasks:
            sent += await self._some()
        return sorted(sent, key=lambda part: part.number)

    async def _some(self) -> list[Part]:
        """Those that are through now. Raises what one of them raised."""
        done, self._tasks = await asyncio.wait(self._tasks, return_when=asyncio.FIRST_COMPLETED)
        return [task.result() for task in done]

    def _begin(self, upload: str, number: int, piece: bytes) -> "asyncio.Task[Part]":
        def send() -> Part:
            return sent_part(self._bucket, self._path, upload, number, piece)

        task = asyncio.create_task(self._bucket.run(send, among=self._threads))
        task.add_done_callback(lambda done: done.cancelled() or done.exception())
        return task

    def _give_up(self, upload: str) -> None:
        """Blocks. What is still on its way would arrive after the upload was aborted, and stay."""
        wait(list(self._threads))
        aborted(self._bucket, self._path, upload)


async def taken(bucket: Bucket, intake: Intake, piece: bytes) -> None:
    """Count the piece; hash it, in a thread, if somebody said what its checksum is."""
    if intake.hashes:
        await bucket.connection.run(lambda: intake.take(piece))
    else:
        intake.take(piece)
