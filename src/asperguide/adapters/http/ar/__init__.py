"""Augmented-reality prints over HTTP, and the page that the public sees of one."""

from asperguide.adapters.http.ar import (
    analytics,
    codes,
    contents,
    markers,
    packing,
    rotation,
    scenes,
    schedules,
    videos,
    view_pages,
    viewer,
)

ROUTES = (
    *contents.ROUTES, *codes.ROUTES, *markers.ROUTES, *videos.ROUTES, *schedules.ROUTES, *rotation.ROUTES,
    *scenes.ROUTES, *viewer.ROUTES, *analytics.ROUTES, *packing.ROUTES,
)  # fmt: skip
PAGES = view_pages.ROUTES

__all__ = ["PAGES", "ROUTES"]
