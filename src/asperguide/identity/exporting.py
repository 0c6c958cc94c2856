"""Taking one's data along: asking for everything that is kept of a person, and packing it into one archive."""

from collections.abc import AsyncGenerator, AsyncIterator, Callable
from contextlib import aclosing, suppress
from datetime import datetime, timedelta
from uuid import UUID

import msgspec

from asperguide.identity.audit import SecurityEventKind, event
from asperguide.identity.belongings import Belongings
from asperguide.identity.errors import TooManyExports
from asperguide.identity.events import ExportMade, ExportRequested
from asperguide.identity.exports import MEDIA_TYPE, export_key
from asperguide.identity.model import User
from asperguide.identity.passwords import GivenPassword
from asperguide.identity.ports import IdentityReads, IdentityUnitOfWork, Portraits
from asperguide.identity.proving import ProveOwner
from asperguide.identity.views import LARGEST_PORTRAIT, account_of, session_view
from asperguide.shared.actor import Actor, Origin, UserId
from asperguide.shared.archive import Entry, Names, zipped
from asperguide.shared.errors import EditedMeanwhile
from asperguide.shared.ledger import MEDIA_QUEUE, report_progress
from asperguide.shared.pages import MAX_LIMIT, PageRequest
from asperguide.shared.ports import Clock, Ids, JobOptions
from asperguide.shared.storage import ObjectMissing, ObjectStorage

A_DAY, PER_DAY = timedelta(days=1), 3
TRIES = 5
ALMOST = 99
"""Percent of an archive of which all bytes are there, but not in their place yet."""


class ExportRequest(msgspec.Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """The password, unless it was typed within the last 10 minutes."""

    current_password: GivenPassword | None = None


class ExportAsked(msgspec.Struct, frozen=True, kw_only=True):
    """The job that makes the archive; its result is the archive."""

    job: UUID


class AskForExport(msgspec.Struct, frozen=True, kw_only=True):
    """Have everything packed that is kept of me: my account, devices, security events, files and
    letters, sealed ones from outside.

    A mail tells me when it is done; its link works for 7 days. While one is being packed, asking again leads to that
    one. At most three a day. Needs the current password or a sign-in within the last 10 minutes.
    """

    begin: Callable[[], IdentityUnitOfWork]
    prove: ProveOwner
    clock: Clock
    ids: Ids

    async def __call__(
        self, actor: Actor, asked: ExportRequest = ExportRequest(), origin: Origin = Origin()
    ) -> ExportAsked:
        await self.prove(actor, asked.current_password)
        with suppress(EditedMeanwhile):
            return await self._ask(actor, origin)
        # Somebody else asked at this very moment, and has a job now.
        return await self._ask(actor, origin)

    async def _ask(self, actor: Actor, origin: Origin) -> ExportAsked:
        kind, now, key = SecurityEventKind.EXPORT_ASKED, self.clock.now(), f"export:{actor.user}"
        async with self.begin() as uow:
            if (job := await uow.live_job(key)) is None:
                if await uow.audit.count_since(actor.user, kind, now - A_DAY) >= PER_DAY:
                    raise TooManyExports(retry_after=A_DAY)
                await uow.audit.add(event(self.ids.new(), kind, now, user=actor.user, origin=origin))
                export = self.ids.new()
                options = JobOptions(
                    queue=MEDIA_QUEUE, unique_key=key, max_attempts=TRIES, owner=actor.user,
                    result=f"/api/v1/users/me/exports/{export}",
                )  # fmt: skip
                job = uow.announce(ExportRequested(user=actor.user, export=export), options)
            answer = ExportAsked(job=job)
            await uow.commit(answer)
        return answer


class MakeExport(msgspec.Struct, frozen=True, kw_only=True):
    """Pack what is kept of a person into one archive. It may be made again: it is there whole or not at all."""

    begin: Callable[[], IdentityUnitOfWork]
    reads: IdentityReads
    belongings: Belongings
    portraits: Portraits
    storage: ObjectStorage
    clock: Clock

    async def __call__(self, message: ExportRequested, job: UUID) -> None:
        user = await self.reads.user(message.user)
        if user is not None and user.may_sign_in:
            async with aclosing(zipped(self._entries(user))) as content:
                await self.storage.put(export_key(user.id, message.export), content, media_type=MEDIA_TYPE)
        async with self.begin() as uow:
            now, user = self.clock.now(), await uow.users.get(message.user)
            if user is not None and user.may_sign_in:
                uow.announce(ExportMade(user=user.id, export=message.export, at=now))
            uow.complete(job)
            await uow.commit()

    async def _entries(self, user: User) -> AsyncGenerator[Entry, None]:
        now = self.clock.now()
        sessions = [session_view(one, None) for one in await self.reads.live_sessions(user.id, now)]
        yield _json("profile.json", now, _one(account_of(user)))
        yield _json("sessions.json", now, _one(sessions))
        yield _json("security-events.json", now, _all(self._events(user.id)))
        if user.avatar and (picture := await self.portraits.find(user.id, user.avatar, LARGEST_PORTRAIT)):
            yield Entry(name="avatar.webp", at=user.updated_at, chunks=_whole(picture))
        names, sent, weight = Names(), 0, await self.belongings.weight(user.id)
        async with aclosing(self.belongings.of(user.id)) as things:
            async for thing in things:
                path = f"{thing.folder}/{names(thing.name, '.json')}"
                # What went away while others were packed is not theirs any more.
                with suppress(ObjectMissing):
                    async with thing.open() as chunks:
                        yield Entry(name=path, at=thing.at, chunks=chunks, size=thing.size)
                    if thing.about is not None:
                        yield _json(f"{path}.json", thing.at, _one(thing.about))
                sent += thing.size
                report_progress(min(ALMOST, 100 * sent // max(weight, 1)))

    async def _events(self, user: UserId) -> AsyncIterator[object]:
        cursor = None
        while True:
            page = await self.reads.events(PageRequest(sort="at", cursor=cursor, limit=MAX_LIMIT), user)
            for found in page.items:
                yield found.shown_to(user)
            if (cursor := page.next_cursor) is None:
                return


def _json(name: str, at: datetime, chunks: AsyncIterator[bytes]) -> Entry:
    return Entry(name=name, at=at, chunks=chunks, compressed=True)


async def _whole(content: bytes) -> AsyncIterator[bytes]:
    yield content


async def _one(thing: object) -> AsyncIterator[bytes]:
    yield msgspec.json.format(msgspec.json.encode(thing), indent=2)


async def _all(things: AsyncIterator[object]) -> AsyncIterator[bytes]:
    """A JSON array with one thing a line."""
    before = b"[\n"
    async for thing in things:
        yield before + msgspec.json.encode(thing)
        before = b",\n"
    yield b"[]\n" if before == b"[\n" else b"\n]\n"
