"""Reports of errors: what arrives at Sentry, what does not, and nobody who waits for it."""

import logging
import time
from collections.abc import Iterator

import pytest

from asperguide.adapters import sentry as adapter
from asperguide.adapters.logs.masking import Masking
from asperguide.adapters.sentry import SentryReports
from asperguide.shared.tracing import Trace, trace
from tests.collecting import Receiver, receiving
from tests.servers import wait_until

pytestmark = pytest.mark.expects_error_log

log = logging.getLogger("somebody")
SECRET = "b3Jn4wq0Zk7fXyT1uLhPc9sVd2mGeRa8"
ADDRESS = "siobhan.o'neil@example.org"


@pytest.fixture
def sentry() -> Iterator[Receiver]:
    with receiving() as server:
        yield server


def reporting(sentry: Receiver) -> SentryReports:
    return SentryReports(
        sentry.dsn, environment="staging", release="asperguide@1", mask=Masking([SECRET]).text
    )  # fmt: skip


def fail() -> None:
    password, who = "-".join(["hunter2", "local"]), ADDRESS
    assert password
    raise ValueError(f"no room for {who} with token=abc and {SECRET}")


def test_an_error_arrives_with_its_stack_and_without_what_is_personal(sentry: Receiver) -> None:
    with reporting(sentry):
        try:
            fail()
        except ValueError as error:
            extra = {"route": "/things/{id}", "password": "-".join(["hunter2", "extra"])}
            log.error("for %s", ADDRESS, exc_info=error, extra=extra)
        log.warning("a warning")
    (report,) = sentry.reports()
    assert (report["level"], report["logger"], report["environment"]) == ("error", "somebody", "staging")
    assert report["logentry"]["formatted"] == "for ******"
    assert report["transaction"] == report["tags"]["route"] == "/things/{id}"
    (told,) = report["exception"]["values"]
    assert (told["type"], told["value"]) == ("ValueError", "no room for ****** with token=****** and ******")
    assert told["stacktrace"]["frames"][-1]["function"] == "fail"
    assert all("vars" not in frame for frame in told["stacktrace"]["frames"])
    for secret in (ADDRESS, SECRET, "-".join(["hunter2", "local"]), "-".join(["hunter2", "extra"])):
        assert secret not in sentry.text_of()


def test_a_report_of_a_job_names_it_and_its_trace(sentry: Receiver) -> None:
    parent = "00-0af7651916cd43dd8448eb211c80319c-b7ad6b7169203331-01"
    token = trace.set(Trace(request_id="r-1", traceparent=parent, job="j-1", job_kind="identity.mail", user="u-1"))
    with reporting(sentry):
        log.error("job %s failed", "j-1")
    trace.reset(token)
    (report,) = sentry.reports()
    assert report["tags"] == {"request_id": "r-1", "job": "j-1", "job_kind": "identity.mail", "trace_id": parent[3:35]}
    assert report["contexts"]["trace"] == {"trace_id": parent[3:35], "span_id": parent[36:52]}
    assert report["fingerprint"] == ["{{ default }}", "identity.mail"]
    assert report["logentry"]["message"] == "job %s failed"
    assert "u-1" not in sentry.text_of()


def test_nobody_waits_for_a_sentry_that_hangs(sentry: Receiver) -> None:
    sentry.open.clear()
    with reporting(sentry):
        began = time.monotonic()
        for number in range(200):
            log.error("error %d", number)
        assert time.monotonic() - began < 10
        ending = time.monotonic()
    assert time.monotonic() - ending < 10
    assert len(sentry.tried) <= 1
    # The thread of the SDK goes on: in later tests, against a server that is gone, if it were left alone.
    sentry.open.set()
    wait_until(lambda: len(sentry.bodies) == adapter.MOST_A_MINUTE)


def test_of_a_flood_a_hundred_reports_a_minute_are_made(sentry: Receiver, monkeypatch: pytest.MonkeyPatch) -> None:
    assert adapter.MOST_A_MINUTE == 100
    monkeypatch.setattr(adapter, "MOST_A_MINUTE", 3)
    now = 1000.0
    monkeypatch.setattr(adapter, "monotonic", lambda: now)
    with reporting(sentry):
        for number in range(10):
            log.error("error %d", number)
        now += 60
        log.error("a minute later")
    assert [report["logentry"]["formatted"] for report in sentry.reports()] == [
        "error 0", "error 1", "error 2", "a minute later",
    ]  # fmt: skip


def test_after_the_end_nothing_is_reported(sentry: Receiver) -> None:
    with reporting(sentry):
        pass
    log.error("later")
    assert sentry.tried == []
