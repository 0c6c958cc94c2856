"""The worker of a service that is traced: each job is a span below that of the request that caused it."""

from dataclasses import replace
from typing import Any

from asperguide.adapters.jobs.line import Line
from asperguide.adapters.jobs.worker import Worker
from asperguide.adapters.tracing import Attributes, Tracer
from asperguide.shared.ledger import ClaimedJob

UNSUCCESSFUL = ("retried", "dead")


class TracedWorker(Worker):
    """A worker that tells of every job. What a job announces, logs and sends belongs to its span."""

    def __init__(self, *ledger_and_reactions: Any, tracer: Tracer, **rest: Any) -> None:
        super().__init__(*ledger_and_reactions, **rest)
        self._tracer = tracer

    async def _work(self, job: ClaimedJob, line: Line) -> str:
        span = self._tracer.begin(f"process {job.kind}", "consumer", job.traceparent, _about(job))
        outcome = "interrupted"
        try:
            outcome = await super()._work(replace(job, traceparent=span.traceparent or None), line)
        finally:
            error = outcome if outcome in UNSUCCESSFUL else ""
            span.end(attributes={"asperguide.job.outcome": outcome}, error=error)
        return outcome


def _about(job: ClaimedJob) -> Attributes:
    """Names as OpenTelemetry's conventions for messaging have them. The payload may name people."""
    return {
        "messaging.system": "asperguide",
        "messaging.operation.name": "process",
        "messaging.operation.type": "process",
        "messaging.destination.name": job.queue,
        "messaging.message.id": str(job.id),
        "asperguide.job.kind": job.kind,
        "asperguide.job.attempt": job.attempts,
    }
