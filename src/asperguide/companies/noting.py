"""What happened in a company: reading it, and having it written down for other contexts."""

from collections.abc import Callable
from datetime import datetime
from typing import Protocol
from uuid import UUID

from msgspec import Struct

from asperguide.companies.activity import happening
from asperguide.companies.model import Right
from asperguide.companies.ports import Accounts, CompaniesUnitOfWork, CompanyReads
from asperguide.companies.standing import seen
from asperguide.companies.views import HappeningView, happening_view
from asperguide.shared.actor import Actor, UserId
from asperguide.shared.pages import Page, PageRequest
from asperguide.shared.tenancy import CompanyId


class Happened(Protocol):
    """That something happened in a company, as whatever context it happened in announces it.

    `what` is a word of that context's, such as `project-archived`; see `activity.Happening` for the rest.
    """

    @property
    def company(self) -> CompanyId:
        """Where."""
        ...

    @property
    def at(self) -> datetime:
        """When."""
        ...

    @property
    def by(self) -> UserId | None:
        """Who did it; nobody when the service did."""
        ...

    @property
    def what(self) -> str:
        """In a word, up to 64 characters."""
        ...

    @property
    def subject(self) -> UUID | None:
        """What it was done to."""
        ...

    @property
    def detail(self) -> str:
        """What else there is to say, up to 255 characters, nothing personal."""
        ...


class ListActivity(Struct, frozen=True, kw_only=True):
    """What happened in a company of mine, the latest first: who did what when."""

    reads: CompanyReads
    accounts: Accounts

    async def __call__(self, actor: Actor, id: CompanyId, page: PageRequest = PageRequest()) -> Page[HappeningView]:
        await seen(self.reads, actor, id, Right.SEE_ACTIVITY)
        found = await self.reads.activity(id, page)
        people = await self.accounts.known({one.by for one in found.items if one.by is not None})
        items = tuple(happening_view(one, people) for one in found.items)
        return Page(items=items, next_cursor=found.next_cursor, total=found.total)


class NoteActivity(Struct, frozen=True, kw_only=True):
    """Write down what happened elsewhere, under the id of the job: however often it runs, it is one line."""

    begin: Callable[[], CompaniesUnitOfWork]

    async def __call__(self, message: Happened, job: UUID) -> None:
        async with self.begin() as uow:
            company = await uow.companies.locked(message.company)
            if company is not None and not company.is_closing:
                await uow.activity.add(
                    happening(
                        job, message.company, message.at, message.by, message.what, message.subject, message.detail
                    )
                )
            uow.complete(job)
            await uow.commit()
