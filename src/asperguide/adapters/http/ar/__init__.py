"""Augmented-reality prints over HTTP."""

from asperguide.adapters.http.ar import codes, contents, markers, rotation, schedules, videos

ROUTES = (
    *contents.ROUTES, *codes.ROUTES, *markers.ROUTES, *videos.ROUTES, *schedules.ROUTES, *rotation.ROUTES,
)  # fmt: skip

__all__ = ["ROUTES"]
