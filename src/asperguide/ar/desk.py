"""The way to a content: who somebody is there, before anything is told or done, and a change of it as one story."""

from collections.abc import Callable
from dataclasses import dataclass, replace
from datetime import UTC, datetime, tzinfo
from functools import partial
from typing import TypeVar

from asperguide.ar.days import zone_called
from asperguide.ar.errors import ContentNotFound, ProjectPutAway
from asperguide.ar.events import ContentChanged, FilesLeft
from asperguide.ar.model import Content, ContentId
from asperguide.ar.ports import ArReads
from asperguide.ar.repositories import ArUnitOfWork
from asperguide.ar.rights import Right, must_be_allowed
from asperguide.shared.actor import Actor
from asperguide.shared.errors import EditedMeanwhile
from asperguide.shared.ports import Clock
from asperguide.shared.repeating import until_unhindered
from asperguide.shared.tenancy import CompanyFacts, CompanyId, Projects

V = TypeVar("V")
Change = Callable[[Content, datetime], Content]

LOOKING = (Right.SEE, Right.EXPORT)
"""What may be done where nothing may be changed."""


@dataclass(frozen=True, slots=True, kw_only=True)
class OpenContent:
    """Whose a content is, for those who have the right there; alike for foreign contents and for none ContentNotFound.

    Raises ContentRightNeeded for members without the right, ProjectPutAway for changes where the project is archived.
    """

    reads: ArReads
    projects: Projects

    async def __call__(self, actor: Actor, id: ContentId, right: Right) -> CompanyFacts:
        where = await self.reads.whereabouts(id)
        standing = await self.projects.standing(actor.user, where.project) if where else None
        if where is None or standing is None or standing.project.company.id != where.company:
            raise ContentNotFound
        must_be_allowed(standing.role, right)
        if standing.project.archived and right not in LOOKING:
            raise ProjectPutAway
        return standing.project.company

    async def seen(self, actor: Actor, id: ContentId, right: Right = Right.SEE) -> tuple[CompanyFacts, Content]:
        """The content with its company, for everybody who has the right. Raises ContentNotFound."""
        company = await self(actor, id, right)
        return company, await self.content(company.id, id)

    async def content(self, company: CompanyId, id: ContentId) -> Content:
        """The company's content. Raises ContentNotFound when it has gone meanwhile."""
        if (content := await self.reads.content(company, id)) is None:
            raise ContentNotFound
        return content


@dataclass(frozen=True, slots=True, kw_only=True)
class ChangeContent:
    """Change a content of the company and tell of it, in one transaction, anew when somebody else was faster.

    With `version`, only if it is still that one. What stays as it was is not stored. Raises ContentNotFound,
    EditedMeanwhile, and ContentInWrongState when it has been put away.
    """

    begin: Callable[[], ArUnitOfWork]
    clock: Clock

    async def __call__(
        self, company: CompanyFacts, id: ContentId, change: Change, show: Callable[[Content], V],
        version: int | None = None,
    ) -> V:  # fmt: skip
        transaction = partial(self._change, company, id, change, show, version)
        return await (until_unhindered(transaction) if version is None else transaction())

    async def _change(
        self, company: CompanyFacts, id: ContentId, change: Change, show: Callable[[Content], V], version: int | None
    ) -> V:
        now = self.clock.now()
        async with self.begin() as uow:
            content = await found(uow, company, id, version)
            if (changed := change(content, now)) == content:
                return show(content)
            saved = await uow.contents.save(replace(changed, updated_at=now))
            uow.announce(ContentChanged(content=id, public_id=saved.public_id, company=company.id))
            if left := tuple(file for file in content.files if file not in saved.files):
                uow.announce(FilesLeft(company=company.id, files=left, since=now))
            await uow.commit(view := show(saved))
        return view


async def found(uow: ArUnitOfWork, company: CompanyFacts, id: ContentId, version: int | None = None) -> Content:
    """The company's content as it is in this transaction, to be changed."""
    if (content := await uow.contents.get(company.id, id)) is None:
        raise ContentNotFound
    if version not in (None, content.version):
        raise EditedMeanwhile
    content.must_be_open()
    return content


def zone_at(company: CompanyFacts) -> tzinfo:
    """The zone of the company, UTC if nobody knows of it any more."""
    return zone_called(company.time_zone) or UTC
