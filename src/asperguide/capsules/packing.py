"""Taking one's letters along: everything that a person may read now, and that there are others."""

from collections.abc import AsyncGenerator
from dataclasses import dataclass
from datetime import datetime

from asperguide.capsules.drafting import ReadDraft
from asperguide.capsules.ports import CapsuleReads
from asperguide.capsules.reading import ShowCapsule
from asperguide.capsules.views import draft_view
from asperguide.shared.actor import UserId
from asperguide.shared.pages import MAX_LIMIT, PageRequest
from asperguide.shared.ports import Clock


@dataclass(frozen=True, slots=True, kw_only=True)
class PackedLetter:
    """A letter, draft or recipient under a name for a file; `what` can be written as JSON."""

    name: str
    at: datetime
    what: object


@dataclass(frozen=True, slots=True, kw_only=True)
class PackLetters:
    """Everything of a person here, read one by one: sealed letters only from outside, as everywhere."""

    reads: CapsuleReads
    read: ReadDraft
    show: ShowCapsule
    clock: Clock

    async def __call__(self, user: UserId) -> AsyncGenerator[PackedLetter, None]:
        async for one in self._drafts(user):
            yield one
        async for one in self._recipients(user):
            yield one
        async for one in self._capsules(user):
            yield one

    async def _drafts(self, user: UserId) -> AsyncGenerator[PackedLetter, None]:
        cursor = None
        while True:
            page = await self.reads.drafts(user, PageRequest(cursor=cursor, limit=MAX_LIMIT))
            sealed = await self.reads.sealed([draft.id for draft in page.items])
            for draft in page.items:
                written = self.read.written(sealed[draft.id]) if draft.id in sealed else None
                if written is not None:
                    view = draft_view(draft, written)
                    yield PackedLetter(name=f"draft {draft.id}.json", at=draft.updated_at, what=view)
            if (cursor := page.next_cursor) is None:
                return

    async def _recipients(self, user: UserId) -> AsyncGenerator[PackedLetter, None]:
        cursor = None
        while True:
            page = await self.reads.recipients(user, PageRequest(cursor=cursor, limit=MAX_LIMIT))
            for one in page.items:
                yield PackedLetter(name=f"recipient {one.id}.json", at=one.updated_at, what=one)
            if (cursor := page.next_cursor) is None:
                return

    async def _capsules(self, user: UserId) -> AsyncGenerator[PackedLetter, None]:
        """Those that are both from and for the person come once."""
        cursor, now = None, self.clock.now()
        while True:
            sent = await self.reads.outbox(user, PageRequest(cursor=cursor, limit=MAX_LIMIT), now)
            for one in sent.items:
                if (capsule := await self.reads.capsule(one.id)) is not None:
                    view = await self.show(capsule, user)
                    yield PackedLetter(name=f"sent {capsule.id}.json", at=capsule.sealed_at, what=view)
            if (cursor := sent.next_cursor) is None:
                break
        while True:
            got = await self.reads.inbox(user, PageRequest(cursor=cursor, limit=MAX_LIMIT), now)
            for arrival in got.items:
                if (capsule := await self.reads.capsule(arrival.capsule)) is not None and capsule.sender != user:
                    view = await self.show(capsule, user)
                    yield PackedLetter(name=f"received {capsule.id}.json", at=capsule.sealed_at, what=view)
            if (cursor := got.next_cursor) is None:
                return
