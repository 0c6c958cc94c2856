"""Prints over HTTP, and the page that the public sees of one."""

from asperguide.adapters.http.ar import view_pages, viewer

ROUTES = (*viewer.ROUTES,)
PAGES = (*view_pages.ROUTES,)
