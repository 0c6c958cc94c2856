"""What a log line holds and how it is written: one JSON object for machines, short coloured text for people.

Whatever a value contains, a line stays one line: JSON escapes control characters, the console shows them escaped.
"""

import json
import logging
import sys
import traceback
from collections.abc import MutableMapping
from datetime import UTC, datetime
from functools import lru_cache
from itertools import chain, islice
from typing import Any

import msgspec

from asperguide.adapters.absent import without
from asperguide.adapters.logs.masking import Masking
from asperguide.shared.tracing import Harmless, trace

# It would import rich to draw tracebacks, with the values of variables in them: secrets, 6 MiB, a tenth of a second.
with without("rich"):
    import structlog
    from structlog.dev import ConsoleRenderer, plain_traceback
    from structlog.stdlib import ProcessorFormatter

Event = MutableMapping[str, Any]
ALWAYS = len(logging.makeLogRecord({}).__dict__)
"""So many attributes a record begins with; what it is given beside comes after them."""
STANDARD = frozenset(logging.makeLogRecord({}).__dict__) | {"message", "asctime", "taskName", "_logger", "_name"}
"""What every record has; all else in a record came by `extra=`."""
HARMLESS = "harmless"
"""Where a record has its `Harmless` values, which are told as they are; anything else of this name is masked."""
KNOWN = STANDARD | {"_record", "_from_structlog", "event"}
FOR_MACHINES = ("process", "traceparent", "trace_id", "span_id")


def formatter(masking: Masking, *, console: bool, colours: bool = False) -> ProcessorFormatter:
    """Makes lines, without the line break, of records of the standard library and of structlog alike."""
    render = _Console(colours) if console else as_json
    return _Formatter(processors=[_Assembly(masking), render])


class _Formatter(ProcessorFormatter):
    """structlog's, without the two copies that it makes of each record of the standard library."""

    def format(self, record: logging.LogRecord) -> str:
        """The line of a record, which stays as it is."""
        if hasattr(record, "_logger"):
            return super().format(record)
        event: Any = {
            "event": record.getMessage(),
            "_record": record,
            "_from_structlog": False,
            "exc_info": record.exc_info,
            "stack_info": record.stack_info,
        }
        for process in self.processors:
            event = process(self.logger, record.levelname, event)
        return str(event)


def adopt_structlog() -> None:
    """Let what is logged with structlog itself go the way of everything else."""
    structlog.configure(
        processors=[structlog.stdlib.filter_by_level, ProcessorFormatter.wrap_for_formatter],
        wrapper_class=structlog.stdlib.BoundLogger,
        logger_factory=structlog.stdlib.LoggerFactory(),
    )


class _Assembly:
    """Puts together what a line tells, in its order, with secrets masked."""

    def __init__(self, masking: Masking) -> None:
        self._masking = masking

    def __call__(self, logger: Any, name: str, event: Event) -> Event:
        record: logging.LogRecord = event["_record"]
        line: dict[str, Any] = {
            "timestamp": _timestamp(record.created),
            "level": record.levelname.lower(),
            "logger": record.name,
            "event": self._masking.text(str(event["event"])),
        }
        _add_context(line)
        line["process"] = record.process
        harmless = record.__dict__.get(HARMLESS)
        if isinstance(harmless, Harmless):
            return {**line, **harmless.values}
        for key, value in chain(event.items(), islice(record.__dict__.items(), ALWAYS, None)):
            if key not in KNOWN:
                line[key if key not in line else f"{key}_"] = self._masking.named(key, value)
        if error := _error_of(event.get("exc_info")):
            line["exception"] = self._told(error)
        if stack := event.get("stack_info"):
            line["stack"] = self._masking.text(stack)
        return line

    def _told(self, error: BaseException) -> dict[str, str]:
        """An exception as its type, its message and its stack, without the values of variables."""
        text = "".join(traceback.format_exception(error)).rstrip()
        message = next(iter(traceback.format_exception_only(error)), "").partition(": ")[2].rstrip()
        return {
            "type": f"{type(error).__module__}.{type(error).__qualname__}".removeprefix("builtins."),
            "message": self._masking.text(message),
            "traceback": self._masking.text(text),
        }


def _timestamp(created: float) -> str:
    """As `datetime.isoformat` makes it, at a third of its cost."""
    seconds, microseconds = divmod(round(created * 1_000_000), 1_000_000)
    return f"{_second(seconds)}.{microseconds:06}Z"


@lru_cache(maxsize=4)
def _second(seconds: int) -> str:
    return datetime.fromtimestamp(seconds, UTC).isoformat()[:19]


def _add_context(line: dict[str, Any]) -> None:
    """The request or job that the line belongs to."""
    now = trace.get()
    if now.request_id:
        line["request_id"] = now.request_id
    if now.traceparent:
        line["traceparent"] = now.traceparent
        line["trace_id"], line["span_id"] = now.traceparent[3:35], now.traceparent[36:52]
    if now.user:
        line["user"] = now.user
    if now.job:
        line["job"], line["job_kind"] = now.job, now.job_kind


def _error_of(exc_info: Any) -> BaseException | None:
    """The exception, given as the standard library or as structlog gives it."""
    if isinstance(exc_info, tuple):
        exc_info = exc_info[1]
    elif exc_info and not isinstance(exc_info, BaseException):
        exc_info = sys.exception()
    return exc_info or None


def as_json(logger: Any, name: str, line: Event) -> str:
    """One JSON object on one line, all characters printable."""
    try:
        text = msgspec.json.encode(line).decode()
    except UnicodeEncodeError:  # half a surrogate pair is no Unicode
        text = json.dumps(line, ensure_ascii=False).encode("utf-8", "replace").decode()
    if text.isprintable():
        return text
    return "".join(one if one.isprintable() else json.dumps(one)[1:-1] for one in text)


class _Console:
    """Text for people: what only machines follow up is left out."""

    def __init__(self, colours: bool) -> None:
        self._render = ConsoleRenderer(
            colors=colours, sort_keys=False, pad_event_to=0, exception_formatter=plain_traceback
        )

    def __call__(self, logger: Any, name: str, line: Event) -> str:
        stacks = [line.pop("stack", ""), line.pop("exception", {}).get("traceback", "")]
        shown = {_printable(key): _printable(value) for key, value in line.items() if key not in FOR_MACHINES}
        shown["timestamp"] = line["timestamp"][11:23]
        text = str(self._render(logger, name, shown))
        return "\n".join([text, *(f"  | {_printable(row)}" for stack in stacks for row in stack.splitlines())])


def _printable(value: Any) -> Any:
    """A text with everything escaped that is not plainly visible; anything else but numbers as such a text."""
    if value is None or isinstance(value, bool | int | float):
        return value
    text = value if isinstance(value, str) else repr(value)
    if text.isprintable():
        return text
    return "".join(one if one.isprintable() else one.encode("unicode_escape").decode() for one in text)
