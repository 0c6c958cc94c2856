"""What taking projects out, and bringing them in, needs of others: projects themselves, and files on their way."""

from abc import abstractmethod
from collections.abc import AsyncIterator
from contextlib import AbstractAsyncContextManager
from typing import Protocol
from uuid import UUID

from asperguide.ar.packing_format import PackedFile, PackedProject
from asperguide.ar.ports import MediaFile, Opened
from asperguide.ar.videos import FileId
from asperguide.shared.actor import UserId
from asperguide.shared.tenancy import CompanyFacts, CompanyId, ProjectId


class ProjectBooks(Protocol):
    """Projects, as far as they are packed and made of archives. Each change is a transaction of its own."""

    @abstractmethod
    async def described(self, company: CompanyId, id: ProjectId) -> PackedProject | None:
        """What the company's project is like; None when there is no such project (any more)."""
        ...

    @abstractmethod
    async def prepare(self, company: CompanyFacts, id: ProjectId, like: PackedProject, name: str | None) -> bool:
        """Make a project of this id that nobody can see, and that is removed in two days unless it is revealed.

        False, and nothing is made, when it was revealed already; made already it stays as it is. Its own name gets a
        number behind it when it is taken, another `name` does not. Raises what projects refuse: names, periods, too
        many.
        """
        ...

    @abstractmethod
    async def reveal(self, company: CompanyId, id: ProjectId, by: UserId, job: UUID | None) -> None:
        """Let everybody see the prepared project who may, note who has brought it, and end the job: one transaction.

        Raises NoSuchProject when it was discarded.
        """
        ...

    @abstractmethod
    async def discard(self, company: CompanyId, id: ProjectId) -> bool:
        """Have a prepared project removed with all that is in it, at once. False when it is revealed: then it stays."""
        ...


class Content(Protocol):
    """Gives the same bytes each time that it is called."""

    def __call__(self) -> AbstractAsyncContextManager[AsyncIterator[bytes]]:
        """From the first on."""
        ...


class Luggage(Protocol):
    """Archives that people have sent, and files of companies that are made of what is in them."""

    @abstractmethod
    async def archive(self, user: UserId, file: FileId) -> Opened | None:
        """The finished upload of the user, if it is a ZIP archive."""
        ...

    @abstractmethod
    def agrees(self, media_type: str, head: bytes) -> bool:
        """Whether bytes that begin so (the first 64 KiB, or all) are of this type, and of nothing else besides."""
        ...

    @abstractmethod
    async def bring(self, company: CompanyFacts, id: FileId, file: PackedFile, content: Content) -> MediaFile:
        """A new file of the company under this id, within its room; what has come already does not come again.

        It is checked as every other upload is. Raises InvalidContent with the reason when it is refused, StorageFull.
        """
        ...
