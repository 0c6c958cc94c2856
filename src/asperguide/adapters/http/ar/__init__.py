"""Augmented-reality prints over HTTP."""

from asperguide.adapters.http.ar import codes, contents, markers

ROUTES = (*contents.ROUTES, *codes.ROUTES, *markers.ROUTES)

__all__ = ["ROUTES"]
