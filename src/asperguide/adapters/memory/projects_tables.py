"""What projects keep in memory."""

from dataclasses import dataclass

from asperguide.adapters.memory.tables import Table
from asperguide.projects.errors import ProjectNameTaken, ProjectSlugTaken
from asperguide.projects.model import Listed, Project
from asperguide.projects.notices import Notice
from asperguide.shared.tenancy import CompanyId


@dataclass(frozen=True, slots=True, kw_only=True)
class Count:
    """How many projects a company has."""

    company: CompanyId
    projects: int


PROJECTS = Table(
    name="projects",
    entity=Project,
    unique={("company", "name_key"): ProjectNameTaken, ("company", "slug"): ProjectSlugTaken},
)
LISTS = Table(name="project_lists", entity=Listed, key="place")
COUNTS = Table(name="project_counts", entity=Count, key="company")
NOTICES = Table(name="project_notices", entity=Notice, key="project")
