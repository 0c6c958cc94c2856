"""Augmented-reality prints over HTTP."""

from asperguide.adapters.http.ar import markers, scenes

ROUTES = (*markers.ROUTES, *scenes.ROUTES)

__all__ = ["ROUTES"]
