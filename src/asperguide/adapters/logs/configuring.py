"""Starting and ending the log of a process: one handler for everything that is logged, whoever logs it."""

import atexit
import logging
import os
import sys
import time
from collections.abc import Iterator
from contextlib import contextmanager

from asperguide.adapters.logs.files import RotatedFile
from asperguide.adapters.logs.lines import adopt_structlog, formatter
from asperguide.adapters.logs.masking import Masking
from asperguide.adapters.logs.rules import LogRules
from asperguide.adapters.logs.spool import Sink, Spool, close_all
from asperguide.adapters.logs.streams import STANDARD_ERROR, Stream
from asperguide.adapters.signals import for_last_words
from asperguide.shared.ports import Clock

FLUSH_SECONDS = 10.0
GATHER_SECONDS = 0.05
ENOUGH = 500
CHATTY = (
    "aiosqlite",
    "alembic",
    "aiosmtplib",
    "apscheduler",
    "asyncio",
    "httpcore",
    "httpx",
    "urllib3",
    "uvicorn.error",
)
"""Libraries that tell every step of theirs: only their warnings count."""


UNUSED = ("logThreads", "logMultiprocessing", "logAsyncioTasks")
"""What `logging` finds out for each record and no line tells; these are its own switches for that."""


class Lines(logging.Handler):
    """Makes a line of each record, where it is logged, and leaves it to spools to bring it away."""

    def __init__(self, formatter: logging.Formatter) -> None:
        super().__init__()
        self.setFormatter(formatter)
        self.spools: list[Spool] = []

    def emit(self, record: logging.LogRecord) -> None:
        """Spool the line; a record of which none can be made is told about without its contents."""
        try:
            line = self._line(record)
        except Exception as error:
            told = {**record.__dict__, "msg": "a log line cannot be made: %s", "args": (type(error).__name__,)}
            line = self._line(logging.makeLogRecord({**told, "exc_info": None, "stack_info": None}))
        for spool in self.spools:
            spool.put(line, urgent=record.levelno >= logging.ERROR)

    def lost(self, count: int) -> bytes:
        """The line that tells how many were lost."""
        told = {"name": "asperguide.logs", "levelno": logging.WARNING, "levelname": "WARNING"}
        record = logging.makeLogRecord({**told, "msg": "%d log lines were lost: more came than could be written"})
        record.args = (count,)
        return self._line(record)

    def _line(self, record: logging.LogRecord) -> bytes:
        return self.format(record).encode() + b"\n"


class Logs:
    """The log of this process while it runs."""

    def __init__(self, rules: LogRules, clock: Clock) -> None:
        masking = Masking(rules.secrets)
        self._machines = Lines(formatter(masking, console=False))
        self._handlers = [self._machines]
        self.spools: list[Spool] = []
        self.patience = FLUSH_SECONDS
        terminal = os.isatty(STANDARD_ERROR)
        if rules.format == "console" or (rules.format == "auto" and terminal):
            people = Lines(formatter(masking, console=True, colours=terminal and "NO_COLOR" not in os.environ))
            self._handlers.append(people)
            self._add(people, Stream())
        else:
            self._add(self._machines, Stream())
        if rules.file is not None:
            most, keep = rules.file_bytes, rules.file_keep
            self._add(self._machines, RotatedFile(rules.file, most=most, keep=keep, clock=clock))
        for collector in rules.collectors:
            from asperguide.adapters.logs.shipping import shipper

            self._add(self._machines, shipper(collector), every=collector.every, enough=collector.batch_size)
        self._handlers = [handler for handler in self._handlers if handler.spools]
        self._before = self._take_over(rules.level)

    def flush(self, seconds: float = FLUSH_SECONDS) -> bool:
        """Wait at most so long until every sink has what was logged; whether they have."""
        deadline = time.monotonic() + for_last_words(seconds)
        return all(spool.flush(deadline) for spool in self.spools)

    def close(self) -> None:
        """Log no more, and bring away what was logged, within 10 s, and within what the process has left."""
        root = logging.getLogger()
        for handler in self._handlers:
            root.removeHandler(handler)
        for name, level in self._before.items():
            logging.getLogger(name).setLevel(level)
        for name in UNUSED:
            setattr(logging, name, True)
        logging.captureWarnings(False)
        close_all(self.spools, for_last_words(self.patience))
        self.spools = []

    def _add(self, handler: Lines, sink: Sink, *, every: float = GATHER_SECONDS, enough: int = ENOUGH) -> None:
        spool = Spool(sink, lost=handler.lost, every=every, enough=enough)
        handler.spools.append(spool)
        self.spools.append(spool)

    def _take_over(self, level: int) -> dict[str, int]:
        """Receive what everybody logs. The levels that loggers had before, by name; the root's is empty."""
        levels = {"": level, **dict.fromkeys(CHATTY, logging.WARNING)}
        before = {name: logging.getLogger(name).level for name in levels}
        for name, new in levels.items():
            logging.getLogger(name).setLevel(new)
        for handler in self._handlers:
            logging.getLogger().addHandler(handler)
        for name in UNUSED:
            setattr(logging, name, False)
        logging.captureWarnings(True)
        adopt_structlog()
        return before


_running: Logs | None = None


def start(rules: LogRules, clock: Clock) -> Logs:
    """Begin the log of this process, in the place of one that was begun before; it ends with the process."""
    global _running
    stop()
    _running = Logs(rules, clock)
    return _running


def stop() -> None:
    """End the log of this process, if there is one."""
    global _running
    ending, _running = _running, None
    if ending is not None:
        ending.close()


def flush() -> None:
    """Bring away what was logged so far, before this process ends; what takes 10 s is not waited for again."""
    if _running is not None and not _running.flush():
        _running.patience = 0.0


@contextmanager
def running(rules: LogRules, clock: Clock) -> Iterator[Logs]:
    """The log of this process during the context."""
    logs = start(rules, clock)
    try:
        yield logs
    finally:
        stop()


def _begin_in_child() -> None:
    if _running is not None:
        for spool in _running.spools:
            spool.start()


atexit.register(stop)
if sys.platform != "win32":
    os.register_at_fork(after_in_child=_begin_in_child)
