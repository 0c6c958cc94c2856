"""Projects over HTTP: planning, copying and removing them, and who may see them."""

from asperguide.adapters.http.projects import access, copies, projects
from asperguide.adapters.http.projects.parts import roles

ROUTES = (*projects.ROUTES, *copies.ROUTES, *access.ROUTES)

__all__ = ["ROUTES", "roles"]
