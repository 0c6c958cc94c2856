"""Jobs and queues, for administrators."""

from uuid import UUID

import msgspec
from litestar import Response
from litestar.params import FromPath, JSONBody

from asperguide.adapters.http.bodies import ApiRequest
from asperguide.adapters.http.handlers import get, post
from asperguide.adapters.http.paging import Items, Listing, listed
from asperguide.adapters.http.preconditions import single, version_of
from asperguide.adapters.http.routes import Given, route
from asperguide.operations import (
    CancelJob,
    Job,
    JobInFull,
    ListJobs,
    PauseQueue,
    Pruned,
    PruneJobs,
    Pruning,
    Queue,
    QueueOverview,
    ResumeQueue,
    RetryJob,
    ShowJob,
)
from asperguide.operations.errors import InvalidQueueName, JobKeyTaken, JobNotCancellable, JobNotFound, JobNotRetryable
from asperguide.shared.actor import Actor, Origin
from asperguide.shared.errors import NotWhileImpersonating, RoleNeeded
from asperguide.shared.pages import PageRequest

TAGS = ["operations"]
ALWAYS = (RoleNeeded, NotWhileImpersonating)
EXAMPLE = {
    "id": "0199b0e2-7d1c-7c3e-9a57-5f2b8d6e4a10",
    "kind": "identity.password-changed",
    "queue": "default",
    "priority": 0,
    "state": "dead",
    "run_at": "2026-01-19T10:30:00Z",
    "attempts": 20,
    "max_attempts": 20,
    "progress": None,
    "error": "MailRefused: 550 no such mailbox",
    "worker": "worker-0199b0e2-8f3a-7b11-8c42-2f0d9e6b7a55",
    "leased_until": None,
    "request_id": "0199b0e2-7d1a-7e0f-9d3b-64a1c5f08b27",
    "created_at": "2026-01-18T17:02:11Z",
    "finished_at": "2026-01-19T10:30:02Z",
}
IN_FULL = {
    **EXAMPLE,
    "payload": '{"user":"0199b0e2-7d1c-7c3e-9a57-5f2b8d6e4a10","at":"2026-01-18T17:02:11Z"}',
    "unique_key": None,
    "traceparent": None,
}
QUEUE = {
    "name": "default",
    "waiting": 12,
    "due": 3,
    "running": 4,
    "dead": 1,
    "oldest_due_at": "2026-01-19T10:29:58Z",
    "paused_at": None,
    "paused_by": None,
}


class Queues(msgspec.Struct, frozen=True, kw_only=True):
    """Every queue that has jobs or is paused."""

    items: tuple[Queue, ...]


@get(
    "/admin/jobs",
    tags=TAGS,
    **route(
        "list_jobs", ListJobs, raises=ALWAYS, answer_example={"items": [EXAMPLE], "next_cursor": None},
        listing=Listing(sort=("created_at",), filters=("state", "queue", "kind")),
    ),
)  # fmt: skip
async def list_jobs(
    request: ApiRequest, actor: Given[Actor], page: Given[PageRequest], list_jobs: Given[ListJobs]
) -> Response[Items[Job]]:
    return listed(request, await list_jobs(actor, page), lambda job: job)


@get(
    "/admin/jobs/{id:uuid}",
    tags=TAGS,
    **route("show_job", ShowJob, versioned="read", raises=(*ALWAYS, JobNotFound), answer_example=IN_FULL),
)
async def show_job(
    id: FromPath[UUID], request: ApiRequest, actor: Given[Actor], show_job: Given[ShowJob]
) -> Response[JobInFull]:
    job = await show_job(actor, id)
    return single(request, job, version_of(job))


@post(
    "/admin/jobs/{id:uuid}/retry",
    status_code=200,
    tags=TAGS,
    **route("retry_job", RetryJob, raises=(*ALWAYS, JobNotFound, JobNotRetryable, JobKeyTaken), answer_example=IN_FULL),
)
async def retry_job(
    id: FromPath[UUID], actor: Given[Actor], retry_job: Given[RetryJob], origin: Given[Origin]
) -> JobInFull:
    return await retry_job(actor, id, origin)


@post(
    "/admin/jobs/{id:uuid}/cancel",
    status_code=200,
    tags=TAGS,
    **route("cancel_job", CancelJob, raises=(*ALWAYS, JobNotFound, JobNotCancellable), answer_example=IN_FULL),
)
async def cancel_job(
    id: FromPath[UUID], actor: Given[Actor], cancel_job: Given[CancelJob], origin: Given[Origin]
) -> JobInFull:
    return await cancel_job(actor, id, origin)


@post(
    "/admin/jobs/prune",
    status_code=200,
    tags=TAGS,
    **route(
        "prune_jobs", PruneJobs, raises=ALWAYS, answer_example={"pruned": 412, "more": False},
        example={"before": "2026-01-12T00:00:00Z", "states": ["done", "cancelled"]},
    ),
)  # fmt: skip
async def prune_jobs(
    data: JSONBody[Pruning], actor: Given[Actor], prune_jobs: Given[PruneJobs], origin: Given[Origin]
) -> Pruned:
    return await prune_jobs(actor, data, origin)


@get(
    "/admin/queues",
    tags=TAGS,
    **route("list_queues", QueueOverview, raises=ALWAYS, answer_example={"items": [QUEUE]}),
)
async def list_queues(actor: Given[Actor], queue_overview: Given[QueueOverview]) -> Queues:
    return Queues(items=await queue_overview(actor))


@post(
    "/admin/queues/{queue:str}/pause",
    status_code=200,
    tags=TAGS,
    **route(
        "pause_queue", PauseQueue, raises=(*ALWAYS, InvalidQueueName),
        answer_example={
            **QUEUE, "paused_at": "2026-01-19T10:30:00Z", "paused_by": "0199b0e2-7d1c-7c3e-9a57-5f2b8d6e4a10",
        },
    ),
)  # fmt: skip
async def pause_queue(
    queue: FromPath[str], actor: Given[Actor], pause_queue: Given[PauseQueue], origin: Given[Origin]
) -> Queue:
    return await pause_queue(actor, queue, origin)


@post(
    "/admin/queues/{queue:str}/resume",
    status_code=200,
    tags=TAGS,
    **route("resume_queue", ResumeQueue, raises=(*ALWAYS, InvalidQueueName), answer_example=QUEUE),
)
async def resume_queue(
    queue: FromPath[str], actor: Given[Actor], resume_queue: Given[ResumeQueue], origin: Given[Origin]
) -> Queue:
    return await resume_queue(actor, queue, origin)


JOBS = (list_jobs, show_job, retry_job, cancel_job, prune_jobs, list_queues, pause_queue, resume_queue)
