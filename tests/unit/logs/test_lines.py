"""Log lines: what they hold, in both formats, for every library alike; and that no value can break out of its line."""

import json
import logging
import os
import re
import subprocess
import sys
import warnings
from collections.abc import Callable, Iterator
from datetime import datetime
from pathlib import Path
from typing import Any

import pytest
import structlog
from hypothesis import given
from hypothesis import strategies as st

from asperguide.adapters.logs import configuring
from asperguide.adapters.logs.lines import formatter
from asperguide.adapters.logs.masking import Masking
from asperguide.adapters.logs.rules import LogRules
from asperguide.adapters.system import SystemClock
from asperguide.shared.tracing import Trace, trace
from tests.e2e.service import ERROR_LINE

JSON_LINES = formatter(Masking(), console=False)
CONSOLE = formatter(Masking(), console=True)
COLOURED = formatter(Masking(), console=True, colours=True)
PARENT = "00-0af7651916cd43dd8448eb211c80319c-b7ad6b7169203331-01"


def record(message: str = "hello", *args: object, level: int = logging.INFO, **extra: Any) -> logging.LogRecord:
    found = logging.LogRecord("somebody", level, __file__, 1, message, args, None)
    found.__dict__.update(extra)
    return found


def failed(error: Exception) -> logging.LogRecord:
    try:
        raise error
    except Exception:
        return logging.LogRecord("somebody", logging.ERROR, __file__, 1, "it failed", (), sys.exc_info())


@pytest.fixture
def traced() -> Iterator[None]:
    """A request of somebody, within a job."""
    token = trace.set(Trace(request_id="r-1", traceparent=PARENT, user="u-1", job="j-1", job_kind="identity.mail"))
    yield
    trace.reset(token)


@pytest.fixture
def start(capfd: pytest.CaptureFixture[str]) -> Iterator[Callable[..., Callable[[], str]]]:
    """Starts the log of this process; what it gives tells what was written to standard error since."""

    def begin(**rules: Any) -> Callable[[], str]:
        logs = configuring.start(LogRules(**rules), SystemClock())

        def written() -> str:
            assert logs.flush()
            return capfd.readouterr().err

        return written

    yield begin
    configuring.stop()


def test_a_line_is_one_json_object_with_everything_that_is_known(traced: None) -> None:
    line = json.loads(JSON_LINES.format(record("hello %s", "world", size=3, where=Path("/x"))))
    assert datetime.fromisoformat(line.pop("timestamp")).utcoffset() is not None
    assert list(line.items()) == [
        ("level", "info"), ("logger", "somebody"), ("event", "hello world"), ("request_id", "r-1"),
        ("traceparent", PARENT), ("trace_id", "0af7651916cd43dd8448eb211c80319c"), ("span_id", "b7ad6b7169203331"),
        ("user", "u-1"), ("job", "j-1"), ("job_kind", "identity.mail"), ("process", os.getpid()), ("size", 3),
        ("where", "/x"),
    ]  # fmt: skip


def test_times_are_utc_with_microseconds() -> None:
    found = record()
    found.created = 1893456000.000042
    assert json.loads(JSON_LINES.format(found))["timestamp"] == "2030-01-01T00:00:00.000042Z"


def test_an_exception_is_told_by_type_message_and_stack_without_variables() -> None:
    password = "".join(["hunter", "2"])
    line = json.loads(JSON_LINES.format(failed(ValueError("no good"))))
    assert (line["exception"]["type"], line["exception"]["message"]) == ("ValueError", "no good")
    assert "raise error" in line["exception"]["traceback"]
    assert password not in json.dumps(line)


def test_people_see_a_short_line_in_colours_and_a_stack_below(traced: None) -> None:
    first, *rest = CONSOLE.format(failed(ValueError("no good"))).splitlines()
    assert re.fullmatch(r"\d\d:\d\d:\d\d\.\d{3} \[error +\] it failed \[somebody\] request_id=r-1 .*", first)
    assert PARENT not in first
    assert rest[0] == "  | Traceback (most recent call last):"
    assert rest[-1] == "  | ValueError: no good"
    assert "\x1b[" in COLOURED.format(record())
    assert "\x1b[" not in CONSOLE.format(record())


def test_what_the_suite_calls_an_error_line_is_what_errors_look_like() -> None:
    assert ERROR_LINE.findall(JSON_LINES.format(failed(ValueError("x"))))
    assert ERROR_LINE.findall(JSON_LINES.format(record(level=logging.CRITICAL)))
    assert not ERROR_LINE.findall(JSON_LINES.format(record('"level":"error"', level=logging.WARNING)))


HOSTILE = st.text(st.characters() | st.sampled_from("\n\r\t\x00\x1b\x07\x7f\x85\x9b\u2028\u202e\ud800\U0001f600\\\"'"))


@given(message=HOSTILE, name=HOSTILE, value=HOSTILE | st.lists(HOSTILE) | st.dictionaries(HOSTILE, HOSTILE))
def test_no_value_leaves_its_line_or_commands_a_terminal(message: str, name: str, value: Any) -> None:
    hostile = record("%s", message, **{f"x{name}": value})
    line = JSON_LINES.format(hostile)
    assert line.isprintable()
    assert json.loads(line)["logger"] == "somebody"
    line.encode()
    assert CONSOLE.format(hostile).isprintable()


@given(message=HOSTILE)
def test_an_exception_cannot_forge_a_line_either(message: str) -> None:
    hostile = failed(ValueError(message))
    assert JSON_LINES.format(hostile).isprintable()
    first, *rest = CONSOLE.format(hostile).split("\n")
    assert first.isprintable()
    assert all(row.startswith("  | ") and row.isprintable() for row in rest)


def test_every_library_comes_out_alike(start: Callable[..., Callable[[], str]]) -> None:
    written = start()
    logging.getLogger("uvicorn.error").warning("from uvicorn")
    logging.getLogger("sqlalchemy.engine").warning("from sqlalchemy")
    structlog.get_logger("mine").info("from structlog", code="123456", size=3)
    warnings.warn("from warnings", stacklevel=1)
    lines = [json.loads(line) for line in written().splitlines()]
    assert [line["logger"] for line in lines] == ["uvicorn.error", "sqlalchemy.engine", "mine", "py.warnings"]
    assert (lines[2]["code"], lines[2]["size"]) == ("******", 3)


def test_the_level_and_the_format_are_the_rules(start: Callable[..., Callable[[], str]]) -> None:
    log = logging.getLogger("asperguide.somebody")
    written = start(level=logging.WARNING, format="console")
    log.info("unheard")
    log.warning("heard")
    assert re.fullmatch(r"[\d:.]+ \[warning +\] heard \[asperguide.somebody\]\n", written())
    written = start(level=logging.DEBUG, format="json")
    log.debug("heard")
    logging.getLogger("aiosqlite").debug("a step")
    assert [json.loads(line)["event"] for line in written().splitlines()] == ["heard"]


def test_a_record_that_makes_no_line_is_told_without_its_contents(start: Callable[..., Callable[[], str]]) -> None:
    written = start()
    (handler,) = (one for one in logging.getLogger().handlers if isinstance(one, configuring.Lines))
    handler.handle(record("%d", "hunter2"))
    line = json.loads(written())
    assert (line["logger"], line["event"]) == ("somebody", "a log line cannot be made: TypeError")
    assert "hunter2" not in str(line)


def test_ending_the_log_leaves_logging_as_it_was(start: Callable[..., Callable[[], str]]) -> None:
    root = logging.getLogger()
    before = list(root.handlers), root.level, logging.getLogger("aiosqlite").level
    start(level=logging.DEBUG)
    assert before != (list(root.handlers), root.level, logging.getLogger("aiosqlite").level)
    configuring.stop()
    assert before == (list(root.handlers), root.level, logging.getLogger("aiosqlite").level)


def test_a_forked_child_writes_its_own_lines_and_none_of_its_parents(
    start: Callable[..., Callable[[], str]], tmp_path: Path
) -> None:
    written = start(file=tmp_path / "log")
    logging.getLogger("somebody").info("from the parent")
    if (child := os.fork()) == 0:
        logging.getLogger("somebody").info("from the child")
        configuring.flush()
        os._exit(0)
    assert os.waitpid(child, 0)[1] == 0
    written()
    lines = [json.loads(line) for line in (tmp_path / "log").read_text().splitlines()]
    assert sorted(line["event"] for line in lines if line["logger"] == "somebody") == [
        "from the child",
        "from the parent",
    ]


def test_structlog_is_loaded_without_what_draws_variables_into_tracebacks() -> None:
    code = "import sys; from asperguide.adapters.logs import lines; print(*sys.modules)"
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True)
    loaded = set(done.stdout.split())
    assert "structlog" in loaded
    assert not loaded & {"rich", "rich.traceback", "pygments"}
