"""Augmented-reality prints over HTTP."""

from asperguide.adapters.http.ar import markers

ROUTES = markers.ROUTES

__all__ = ["ROUTES"]
