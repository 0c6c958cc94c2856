"""Operations over HTTP."""

from asperguide.adapters.http.operations.jobs import JOBS as ROUTES

__all__ = ["ROUTES"]
