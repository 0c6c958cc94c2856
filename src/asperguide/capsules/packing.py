"""Taking one's letters along: everything that a person may read now, and that there are others."""

from collections.abc import AsyncGenerator, Awaitable, Callable
from dataclasses import dataclass
from datetime import datetime
from functools import partial
from typing import TypeVar

from msgspec import Struct

from asperguide.capsules.drafting import ReadDraft
from asperguide.capsules.ports import CapsuleReads
from asperguide.capsules.reading import ShowCapsule
from asperguide.capsules.views import draft_view
from asperguide.shared.actor import UserId
from asperguide.shared.pages import MAX_LIMIT, Page, PageRequest
from asperguide.shared.ports import Clock

T = TypeVar("T")


@dataclass(frozen=True, slots=True, kw_only=True)
class PackedLetter:
    """A letter, draft or recipient under a name for a file; `what` can be written as JSON."""

    name: str
    at: datetime
    what: object


class PackLetters(Struct, frozen=True, kw_only=True):
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
        async for draft in _all(partial(self.reads.drafts, user)):
            sealed = (await self.reads.sealed((draft.id,))).get(draft.id)
            written = None if sealed is None else self.read.written(sealed)
            if written is not None:
                view = draft_view(draft, written)
                yield PackedLetter(name=f"draft {draft.id}.json", at=draft.updated_at, what=view)

    async def _recipients(self, user: UserId) -> AsyncGenerator[PackedLetter, None]:
        async for one in _all(partial(self.reads.recipients, user)):
            yield PackedLetter(name=f"recipient {one.id}.json", at=one.updated_at, what=one)

    async def _capsules(self, user: UserId) -> AsyncGenerator[PackedLetter, None]:
        """Those that are both from and for the person come once."""
        now = self.clock.now()
        async for sent in _all(lambda page: self.reads.outbox(user, page, now)):
            if (capsule := await self.reads.capsule(sent.id)) is not None:
                view = await self.show(capsule, user)
                yield PackedLetter(name=f"sent {capsule.id}.json", at=capsule.sealed_at, what=view)
        async for got in _all(lambda page: self.reads.inbox(user, page, now)):
            if (capsule := await self.reads.capsule(got.capsule)) is not None and capsule.sender != user:
                view = await self.show(capsule, user)
                yield PackedLetter(name=f"received {capsule.id}.json", at=capsule.sealed_at, what=view)


async def _all(read: Callable[[PageRequest], Awaitable[Page[T]]]) -> AsyncGenerator[T, None]:
    """Everything that a list has, page by page."""
    cursor = None
    while True:
        page = await read(PageRequest(cursor=cursor, limit=MAX_LIMIT))
        for one in page.items:
            yield one
        if (cursor := page.next_cursor) is None:
            return
