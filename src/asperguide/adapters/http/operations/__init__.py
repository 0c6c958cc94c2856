"""Operations over HTTP."""

from asperguide.adapters.http.operations.jobs import JOBS
from asperguide.adapters.http.operations.my_jobs import MY_JOBS

ROUTES = (*JOBS, *MY_JOBS)

__all__ = ["ROUTES"]
