"""Companies over HTTP: founding them, belonging to them, their clients, and administering them."""

from asperguide.adapters.http.companies import administering, clients, companies, invitations, members
from asperguide.adapters.http.companies.members import roles

ROUTES = (*companies.ROUTES, *members.ROUTES, *invitations.ROUTES, *clients.ROUTES, *administering.ROUTES)

__all__ = ["ROUTES", "roles"]
