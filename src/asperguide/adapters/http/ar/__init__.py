"""Augmented-reality prints over HTTP."""

from asperguide.adapters.http.ar import markers, rotation, schedules, videos

ROUTES = (*markers.ROUTES, *videos.ROUTES, *schedules.ROUTES, *rotation.ROUTES)

__all__ = ["ROUTES"]
