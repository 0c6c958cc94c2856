"""Media over HTTP."""

from asperguide.adapters.http.media import downloads, files, images, tus, uploads, videos

ROUTES = (*uploads.ROUTES, *tus.ROUTES, *files.ROUTES, *downloads.ROUTES, *images.ROUTES, *videos.ROUTES)

__all__ = ["ROUTES"]
