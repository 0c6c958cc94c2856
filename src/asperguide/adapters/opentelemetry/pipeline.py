"""OpenTelemetry's SDK as it is used here: sampled, batched, bounded in memory, and sent by a thread.

Nobody waits for the collector. What it does not take is lost, and so is what comes while 1024 spans wait for it. The
log says so once, and how many were lost when it takes spans again.
"""

import logging
import threading
from collections.abc import Callable, Sequence
from functools import lru_cache
from time import monotonic

from opentelemetry import trace
from opentelemetry.context import Context
from opentelemetry.exporter.otlp.proto.http.trace_exporter import OTLPSpanExporter
from opentelemetry.sdk.resources import Resource
from opentelemetry.sdk.trace import ReadableSpan, TracerProvider
from opentelemetry.sdk.trace.export import BatchSpanProcessor, SpanExporter, SpanExportResult
from opentelemetry.sdk.trace.sampling import ParentBased, TraceIdRatioBased

from asperguide.adapters.opentelemetry.collector import PATIENCE_SECONDS, SCOPE, OtlpCollector
from asperguide.adapters.tracing import NOTHING, Attributes, Span

MOST = 1024
BATCH = 256
EVERY_MILLISECONDS = 2000
FLUSH_SECONDS = 3.0
KINDS = {
    "server": trace.SpanKind.SERVER,
    "consumer": trace.SpanKind.CONSUMER,
    "client": trace.SpanKind.CLIENT,
    "internal": trace.SpanKind.INTERNAL,
}

log = logging.getLogger("asperguide.traces")


class Pipeline:
    """From a span that begins to the collector."""

    def __init__(self, collector: OtlpCollector, ratio: float, now: Callable[[], int]) -> None:
        self._now = now
        self._words = _LastWords()
        url = collector.url("traces")
        sending = OTLPSpanExporter(endpoint=url, headers=collector.headers, timeout=PATIENCE_SECONDS)
        self._exit = Exit(sending, url, self._words)
        self._provider = TracerProvider(
            sampler=ParentBased(TraceIdRatioBased(ratio)),
            resource=Resource.create(dict(collector.about)),
            shutdown_on_exit=False,
        )
        self._provider.add_span_processor(Entrance(self._exit))
        self._tracer = self._provider.get_tracer(SCOPE)

    def begin(self, name: str, kind: str, parent: str | None, attributes: Attributes, began: int) -> "Begun":
        """A span that began at that nanosecond since 1970."""
        context = _child_of(parent) if parent else Context()
        return Begun(self._tracer.start_span(name, context, KINDS[kind], attributes, start_time=began), self._now)

    def close(self) -> None:
        """Send what is left, for 3 s at most."""
        ending = threading.Thread(target=self._provider.shutdown, name="end of traces", daemon=True)
        ending.start()
        ending.join(FLUSH_SECONDS)
        self._exit.shut()
        self._words.leave()


class Begun(Span):
    """A span of the SDK that is under way; without a traceparent when the SDK was switched off by its own variables."""

    __slots__ = ("_now", "_span", "traceparent")

    def __init__(self, span: trace.Span, now: Callable[[], int]) -> None:
        self._span, self._now = span, now
        context = span.get_span_context()
        ids = f"{context.trace_id:032x}-{context.span_id:016x}"
        self.traceparent = f"00-{ids}-{context.trace_flags:02x}" if context.is_valid else ""

    def end(self, *, name: str = "", attributes: Attributes = NOTHING, error: str = "") -> None:
        """It ends now."""
        span = self._span
        if not span.is_recording():
            return
        if name:
            span.update_name(name)
        if attributes:
            span.set_attributes(attributes)
        if error:
            span.set_attribute("error.type", error)
            span.set_status(trace.StatusCode.ERROR)
        span.end(self._now())


class Exit(SpanExporter):
    """Sends batches, called by one thread, and says once that it cannot and once that it can again."""

    def __init__(self, sending: SpanExporter, url: str, words: "_LastWords") -> None:
        self._sending, self._url, self._words = sending, url, words
        self._works, self._shut = True, False
        self._lost = self._told = self.gone = self.refused = 0
        self._tell_at = 0.0

    def export(self, spans: Sequence[ReadableSpan]) -> SpanExportResult:
        """Send; what is not taken is lost."""
        self.gone += len(spans)
        result = SpanExportResult.FAILURE if self._shut else self._sending.export(spans)
        works = result is SpanExportResult.SUCCESS
        if not works:
            self._lost += len(spans)
            if self._works:
                log.warning("spans cannot be sent to %s: %s", self._url, self._words.last)
        elif not self._works:
            log.warning("spans are sent to %s again", self._url)
        self._works = works
        if works:
            self._tell_losses()
        return result

    def _tell_losses(self) -> None:
        """How many there were so far, at most once a minute."""
        lost = self._lost + self.refused
        if lost > self._told and monotonic() >= self._tell_at:
            log.warning("%d spans were lost since the start", lost)
            self._told, self._tell_at = lost, monotonic() + 60

    def shut(self) -> None:
        """Send nothing more."""
        self._shut = True

    def shutdown(self) -> None:
        """End what is being tried."""
        self._sending.shutdown()


class Entrance(BatchSpanProcessor):
    """The SDK's batches, without what it does when too many wait: a line in the log for each, from whoever asked."""

    def __init__(self, exit: Exit) -> None:
        super().__init__(
            exit, max_queue_size=MOST, schedule_delay_millis=EVERY_MILLISECONDS, max_export_batch_size=BATCH
        )
        self._exit, self._come = exit, 0

    def on_end(self, span: ReadableSpan) -> None:
        """Wait for the next batch, or be lost."""
        if self._come - self._exit.gone >= MOST:
            self._exit.refused += 1
            return
        self._come += 1
        super().on_end(span)


class _LastWords(logging.Handler):
    """Keeps what the SDK says to itself: it says it for each batch, and as an error, which a lost span is not."""

    def __init__(self) -> None:
        super().__init__()
        self.last = ""
        self._logger = logging.getLogger("opentelemetry")
        self._logger.addHandler(self)
        self._logger.propagate = False

    def emit(self, record: logging.LogRecord) -> None:
        """Remember it."""
        self.last = record.getMessage()

    def leave(self) -> None:
        """Let it speak for itself again."""
        self._logger.removeHandler(self)
        self._logger.propagate = True


@lru_cache(maxsize=512)
def _child_of(traceparent: str) -> Context:
    _, trace_id, span_id, flags = traceparent.split("-")
    sampled = trace.TraceFlags(int(flags, 16))
    context = trace.SpanContext(int(trace_id, 16), int(span_id, 16), is_remote=True, trace_flags=sampled)
    return trace.set_span_in_context(trace.NonRecordingSpan(context), Context())
