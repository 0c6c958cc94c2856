"""Operations over HTTP."""

from asperguide.adapters.http.operations.jobs import JOBS
from asperguide.adapters.http.operations.my_jobs import MY_JOBS
from asperguide.adapters.http.operations.stores import STORE_ROUTES

ROUTES = (*JOBS, *MY_JOBS, *STORE_ROUTES)

__all__ = ["ROUTES"]
