"""Unexpected errors reported to Sentry: what is logged as an error, and of that only what is listed here.

The SDK watches nothing by itself: it would send header fields, bodies, cookies, addresses, variables and every line
that was logged before. What a report holds is put together below, with everything that reads like a secret or an
e-mail address masked.
"""

import logging
import re
from collections.abc import Callable
from time import monotonic
from types import TracebackType
from typing import TYPE_CHECKING, Any, Self

from asperguide.shared.tracing import trace

if TYPE_CHECKING:
    from sentry_sdk import Client

FLUSH_SECONDS = 2.0
MOST_A_MINUTE = 100
ADDRESS = re.compile(r"[^\s@<>\"(),:;\[\]]+@[^\s@<>\"'(),:;\[\]]+")
MASK = "******"

Mask = Callable[[str], str]
"""Gives a text without secrets."""


class SentryReports:
    """Reports errors while the context lasts, from a thread of the SDK: nobody waits for Sentry."""

    def __init__(self, dsn: str, *, environment: str, release: str, mask: Mask) -> None:
        self._dsn, self._environment, self._release, self._mask = dsn, environment, release, mask
        self._reporter: Reporter | None = None

    def __enter__(self) -> Self:
        """Begin."""
        from sentry_sdk import Client

        client = Client(
            self._dsn,
            environment=self._environment,
            release=self._release,
            default_integrations=False,
            auto_enabling_integrations=False,
            include_local_variables=False,
            max_request_body_size="never",
            max_breadcrumbs=0,
            auto_session_tracking=False,
            enable_backpressure_handling=False,
            shutdown_timeout=FLUSH_SECONDS,
        )
        self._reporter = Reporter(client, self._mask)
        logging.getLogger().addHandler(self._reporter)
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, traceback: TracebackType | None
    ) -> None:
        """Send what waits, for 2 s at most."""
        if self._reporter is not None:
            logging.getLogger().removeHandler(self._reporter)
            self._reporter.client.close(FLUSH_SECONDS)
            self._reporter = None


class Reporter(logging.Handler):
    """Makes a report of each record from ERROR on; of a flood a hundred a minute: each takes a millisecond or two."""

    def __init__(self, client: "Client", mask: Mask) -> None:
        super().__init__(logging.ERROR)
        self.client, self._mask = client, mask
        self._left, self._until = 0, 0.0

    def emit(self, record: logging.LogRecord) -> None:
        """Leave the report to the SDK; whatever is wrong with one is no reason to fail whoever logged it."""
        if record.name.startswith("sentry_sdk") or not self._may_report():
            return
        try:
            self.client.capture_event(self._report(record))
        except Exception:
            self.handleError(record)

    def _may_report(self) -> bool:
        now = monotonic()
        if now >= self._until:
            self._left, self._until = MOST_A_MINUTE, now + 60
        self._left -= 1
        return self._left >= 0

    def _report(self, record: logging.LogRecord) -> Any:
        now, route = trace.get(), str(getattr(record, "route", ""))
        tags = {"request_id": now.request_id, "route": route, "job": now.job, "job_kind": now.job_kind}
        report: dict[str, Any] = {
            "level": "fatal" if record.levelno >= logging.CRITICAL else "error",
            "logger": record.name,
            "logentry": {"message": self._harmless(record.msg), "formatted": self._harmless(record.getMessage())},
            "tags": {name: value for name, value in tags.items() if value},
        }
        if route or now.job_kind:
            report["transaction"] = route or now.job_kind
        if now.job_kind:
            report["fingerprint"] = ["{{ default }}", now.job_kind]
        if now.traceparent:
            _, trace_id, span_id, _ = now.traceparent.split("-")
            report["tags"]["trace_id"] = trace_id
            report["contexts"] = {"trace": {"trace_id": trace_id, "span_id": span_id}}
        if record.exc_info and record.exc_info[1] is not None:
            report["exception"] = self._told(record.exc_info[1])
        return report

    def _told(self, error: BaseException) -> Any:
        """The exception and its causes: types, masked messages and stacks."""
        from sentry_sdk.utils import event_from_exception

        event: Any = event_from_exception(error, self.client.options, {"type": "logging", "handled": True})[0]
        told = event["exception"]
        for one in told["values"]:
            one["value"] = self._harmless(one.get("value") or "")
            for frame in (one.get("stacktrace") or {}).get("frames", ()):
                frame.pop("vars", None)
        return told

    def _harmless(self, text: object) -> str:
        return ADDRESS.sub(MASK, self._mask(str(text)))
