"""Augmented-reality prints over HTTP, and the page that the public sees of one."""

from asperguide.adapters.http.ar import analytics, markers, view_pages, viewer

ROUTES = (*markers.ROUTES, *viewer.ROUTES, *analytics.ROUTES)
PAGES = view_pages.ROUTES

__all__ = ["PAGES", "ROUTES"]
