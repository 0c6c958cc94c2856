"""Media over HTTP."""

from asperguide.adapters.http.media import downloads, files, tus, uploads

ROUTES = (*uploads.ROUTES, *tus.ROUTES, *files.ROUTES, *downloads.ROUTES)

__all__ = ["ROUTES"]
