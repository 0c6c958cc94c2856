"""The law of everything that keeps projects: units of work and reads over one place."""

from asperguide.testing.contracts.projects.access import AccessListsContract
from asperguide.testing.contracts.projects.lists import ProjectListsContract
from asperguide.testing.contracts.projects.noticing import NoticesContract
from asperguide.testing.contracts.projects.records import ProjectRecordsContract


class ProjectsContract(ProjectRecordsContract, AccessListsContract, NoticesContract, ProjectListsContract):
    """Give it a fixture `persistence`: a `Persistence` that is empty."""
