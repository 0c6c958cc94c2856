"""Archives of projects: where they lie, for how long, and who gets at them."""

from datetime import timedelta
from uuid import UUID

from msgspec import Struct

from asperguide.ar.events import ProjectExportWanted
from asperguide.ar.packing_errors import PackedProjectNotFound
from asperguide.ar.packing_format import MEDIA_TYPE
from asperguide.ar.reaching import Reach
from asperguide.ar.rights import Right
from asperguide.shared.actor import Actor, refuse_impersonators
from asperguide.shared.ports import Clock
from asperguide.shared.storage import ObjectStorage, SignedLinks, SignedRequest
from asperguide.shared.tenancy import CompanyId, ProjectId

PACKED = "project-exports/"
KEPT = timedelta(days=7)
FETCHED_WITHIN = timedelta(minutes=5)


def packed_key(company: CompanyId, project: ProjectId, export: UUID) -> str:
    """Where an archive lies."""
    return f"{packed_of(company)}{project}/{export}.zip"


def packed_of(company: CompanyId) -> str:
    """What all archives of a company lie under."""
    return f"{PACKED}{company}/"


def packed_path(project: ProjectId, export: UUID) -> str:
    """Where people ask for it."""
    return f"/api/v1/projects/{project}/exports/{export}"


class OpenProjectExport(Struct, frozen=True, kw_only=True):
    """An archive of a project for whoever may export the project, whoever has asked for it: within 7 days."""

    reach: Reach
    storage: ObjectStorage
    links: SignedLinks
    clock: Clock

    async def __call__(self, actor: Actor, project: ProjectId, export: UUID) -> SignedRequest:
        refuse_impersonators(actor)
        facts = await self.reach.project(actor, project, Right.EXPORT)
        key = packed_key(facts.company.id, project, export)
        found = await self.storage.stat(key)
        if found is None or self.clock.now() >= found.modified_at + KEPT:
            raise PackedProjectNotFound
        name = f"{facts.name[:100]} {found.modified_at:%Y-%m-%d}.zip"
        return await self.links.link(key, FETCHED_WITHIN, name=name, media_type=MEDIA_TYPE)


class PrunePackedProjects(Struct, frozen=True, kw_only=True):
    """Remove archives of projects that were made 7 days ago. How many."""

    storage: ObjectStorage
    clock: Clock

    async def __call__(self) -> int:
        total, before, cursor = 0, self.clock.now() - KEPT, None
        while True:
            page = await self.storage.list(PACKED, cursor=cursor)
            over = [one.key for one in page.objects if one.modified_at <= before]
            await self.storage.delete(*over)
            total += len(over)
            if (cursor := page.next_cursor) is None:
                return total


class DropProjectExport(Struct, frozen=True, kw_only=True):
    """Remove an archive that nobody waits for any more."""

    storage: ObjectStorage

    async def __call__(self, message: ProjectExportWanted, job: UUID | None = None) -> None:
        await self.storage.delete(packed_key(message.company, message.project, message.export))
