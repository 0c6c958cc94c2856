"""Long work that was asked for: how far it is, and ending it."""

from typing import Any
from uuid import UUID

from litestar import Response
from litestar.params import FromPath

from asperguide.adapters.http.bodies import ApiRequest
from asperguide.adapters.http.handlers import delete, get
from asperguide.adapters.http.long_work import SOON
from asperguide.adapters.http.paging import Items, Listing, listed
from asperguide.adapters.http.preconditions import single, version_of
from asperguide.adapters.http.routes import Given, route
from asperguide.operations import CancelMyJob, ListMyJobs, MyJob, MyJobState, ShowMyJob
from asperguide.operations.errors import JobNotCancellable, JobNotFound
from asperguide.shared.actor import Actor
from asperguide.shared.pages import PageRequest

TAGS = ["long work"]
UNDER_WAY = (MyJobState.WAITING, MyJobState.RUNNING)
EXAMPLE: dict[str, Any] = {
    "id": "0199b0e2-7d1c-7c3e-9a57-5f2b8d6e4a10",
    "kind": "identity.export-requested",
    "state": "running",
    "progress": 0.4,
    "result": None,
    "failure": None,
    "created_at": "2026-01-19T10:30:00Z",
    "finished_at": None,
}


@get(
    "/jobs",
    tags=TAGS,
    **route(
        "list_my_jobs", ListMyJobs, answer_example={"items": [EXAMPLE], "next_cursor": None},
        listing=Listing(sort=("created_at",), filters=("state", "kind")),
    ),
)  # fmt: skip
async def list_my_jobs(
    request: ApiRequest, actor: Given[Actor], page: Given[PageRequest], list_my_jobs: Given[ListMyJobs]
) -> Response[Items[MyJob]]:
    return listed(request, await list_my_jobs(actor, page), lambda job: job)


@get(
    "/jobs/{id:uuid}",
    tags=TAGS,
    **route(
        "show_my_job", ShowMyJob, versioned="read", polled=True, raises=(JobNotFound,), answer_example=EXAMPLE,
    ),
)  # fmt: skip
async def show_my_job(
    id: FromPath[UUID], request: ApiRequest, actor: Given[Actor], show_my_job: Given[ShowMyJob]
) -> Response[MyJob]:
    job = await show_my_job(actor, id)
    response = single(request, job, version_of(job))
    if job.state in UNDER_WAY:
        response.headers["retry-after"] = SOON
    return response


@delete("/jobs/{id:uuid}", tags=TAGS, **route("cancel_my_job", CancelMyJob, raises=(JobNotFound, JobNotCancellable)))
async def cancel_my_job(id: FromPath[UUID], actor: Given[Actor], cancel_my_job: Given[CancelMyJob]) -> None:
    await cancel_my_job(actor, id)


MY_JOBS = (list_my_jobs, show_my_job, cancel_my_job)
