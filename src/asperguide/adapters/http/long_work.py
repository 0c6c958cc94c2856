"""Answers about work that goes on after them: where to ask how far it is, and when."""

from typing import TypeVar
from uuid import UUID

from litestar import Response

T = TypeVar("T")

ACCEPTED = 202
JOBS = "/api/v1/jobs/"
SOON = "1"
"""In how many seconds it is worth asking again."""


def accepted(job: UUID, body: T) -> Response[T]:
    """202 with the place of the job in `Location`. Its route says `long=True`, and `status_code=202`.

    The job has the actor as its owner, and the id is what `announce` gave.
    """
    return Response(body, status_code=ACCEPTED, headers={"location": f"{JOBS}{job}", "retry-after": SOON})
