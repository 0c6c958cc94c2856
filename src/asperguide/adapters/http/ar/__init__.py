"""Augmented-reality prints over HTTP."""

from asperguide.adapters.http.ar import markers, packing, scenes

ROUTES = (*markers.ROUTES, *scenes.ROUTES, *packing.ROUTES)

__all__ = ["ROUTES"]
