"""Letters over HTTP: writing, sealing, waiting for, opening and answering them."""

from asperguide.adapters.http.capsules import capsules, drafts, links, recipients

ROUTES = (*drafts.ROUTES, *recipients.ROUTES, *capsules.ROUTES, *links.ROUTES)

__all__ = ["ROUTES"]
