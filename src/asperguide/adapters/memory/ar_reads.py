"""Reads of prints in memory: what is committed."""

from collections import Counter
from collections.abc import Collection, Mapping, Sequence

from asperguide.adapters.memory.ar_tables import CONTENTS, SCENES
from asperguide.adapters.memory.paging import page_of
from asperguide.adapters.memory.tables import MemoryDatabase
from asperguide.ar import listing
from asperguide.ar.model import Content, ContentId, PublicId
from asperguide.ar.ports import ArReads, Whereabouts
from asperguide.ar.scenes import Scene
from asperguide.shared.pages import Page, PageRequest
from asperguide.shared.tenancy import CompanyId, ProjectId


class MemoryArReads(ArReads):
    """Looks through the committed rows."""

    def __init__(self, database: MemoryDatabase) -> None:
        self._database = database

    async def whereabouts(self, id: ContentId) -> Whereabouts | None:
        """By id."""
        found = self._database.rows(CONTENTS).get(id)
        return None if found is None else Whereabouts(company=found.company, project=found.project)

    async def content(self, company: CompanyId, id: ContentId) -> Content | None:
        """By id."""
        found = self._database.rows(CONTENTS).get(id)
        return found if found is not None and found.company == company else None

    async def public(self, id: PublicId) -> Content | None:
        """By public id."""
        return self._database.rows(CONTENTS).first(lambda content: content.public_id == id)

    async def shown(self, id: PublicId) -> tuple[Content, Scene | None] | None:
        """By public id, and the scene by the content's."""
        content = await self.public(id)
        return None if content is None else (content, await self.scene(content.company, content.id))

    async def contents(self, company: CompanyId, project: ProjectId, page: PageRequest) -> Page[Content]:
        """Every content of the project is looked at."""
        found = self._of(company, project)
        return page_of(
            found,
            listing.CONTENTS.read(page, company, project),
            {
                "state": lambda content, state: content.state is state,
                "client": lambda content, client: content.customer.client == client,
                "customer": lambda content, key: content.customer.key.startswith(key),
                "title": lambda content, key: content.title_key.startswith(key),
                "number": lambda content, number: content.number.startswith(number),
                "grade": lambda content, grade: content.marker.grade == grade,
                "ends_before": lambda content, instant: content.ends_at < instant,
            },
        )

    async def titles(self, company: CompanyId, contents: Collection[ContentId]) -> Mapping[ContentId, str]:
        """Every content is looked at."""
        mine = self._database.rows(CONTENTS).all(lambda content: content.company == company and content.id in contents)
        return {content.id: content.title for content in mine}

    async def counts(self, company: CompanyId, projects: Collection[ProjectId]) -> Mapping[ProjectId, int]:
        """Counted."""
        mine = self._database.rows(CONTENTS).all(lambda content: content.company == company)
        return Counter(content.project for content in mine if content.project in projects)

    async def fingerprints(self, company: CompanyId, limit: int) -> Sequence[tuple[ContentId, int]]:
        """In the order of ids."""
        mine = self._database.rows(CONTENTS).all(lambda content: content.company == company)
        marks = [(one.id, one.marker.fingerprint) for one in mine if one.marker.fingerprint is not None]
        return sorted(marks, reverse=True)[:limit]

    async def scene(self, company: CompanyId, content: ContentId) -> Scene | None:
        """By id."""
        found = self._database.rows(SCENES).get(content)
        return found if found is not None and found.company == company else None

    async def copied(self, company: CompanyId, project: ProjectId) -> Collection[ContentId]:
        """Every content of the project is looked at."""
        return {content.source for content in self._of(company, project) if content.source is not None}

    def _of(self, company: CompanyId, project: ProjectId) -> list[Content]:
        return self._database.rows(CONTENTS).all(
            lambda content: content.company == company and content.project == project
        )
