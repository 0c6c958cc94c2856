"""What showing prints to the public needs: what is known of each, and their pictures made small."""

from abc import abstractmethod
from dataclasses import dataclass
from datetime import UTC, datetime, tzinfo
from typing import Protocol

from asperguide.ar.days import zone_called
from asperguide.ar.manifests import Sheet
from asperguide.ar.model import Content, PublicId
from asperguide.ar.ports import Opened
from asperguide.ar.scenes import Scene
from asperguide.ar.videos import FileId
from asperguide.shared.tenancy import CompanyId, ProjectFacts


@dataclass(frozen=True, slots=True, kw_only=True)
class Showing:
    """A print with whose it is: all that decides whether and how it is shown, and nothing of its customer."""

    content: Content
    project: ProjectFacts
    scene: Scene | None = None

    @property
    def zone(self) -> tzinfo:
        """Where the company's days begin."""
        return zone_called(self.project.company.time_zone) or UTC


class Showings(Protocol):
    """Prints as the public is shown them, without customer, metadata and report."""

    @abstractmethod
    async def find(self, id: PublicId) -> Showing | None:
        """The latest there is of it: every change that was acknowledged before this was asked is in it.

        None when there is no such print, or no such project any more. At most four statements; none, and the same
        object again, as long as nothing of it has changed.
        """
        ...


class Sheets(Protocol):
    """Manifests that were made already. It may forget at any time."""

    @abstractmethod
    def ready(self, showing: Showing, now: datetime) -> Sheet | None:
        """What was kept for this very object, while it is good."""
        ...

    @abstractmethod
    def keep(self, showing: Showing, sheet: Sheet, now: datetime) -> None:
        """Keep what was made now for whoever asks next."""
        ...


class Pictures(Protocol):
    """Pictures of companies, in sizes for the public: upright, and with nothing in them but what can be seen."""

    @abstractmethod
    async def picture(self, company: CompanyId, file: FileId, longest: int, media_type: str) -> Opened | None:
        """The company's picture with a longer side of at most so many pixels; None when it has no such picture.

        `media_type` is `image/jpeg` or `image/webp`. Raises TooManyImages of media when too much has to be made.
        """
        ...
