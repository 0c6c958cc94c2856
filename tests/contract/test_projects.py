"""The law of everything that keeps projects, on each kind of persistence."""

from asperguide.testing.contracts import ProjectsContract


class TestProjects(ProjectsContract):
    """Each of them."""
