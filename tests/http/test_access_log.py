"""The line that each request leaves in the log: what it tells, how loudly, and what it never tells."""

import asyncio
import json
import logging
from collections.abc import Iterator
from typing import Any

import pytest
from litestar import get

from asperguide.adapters.http.routes import public
from asperguide.adapters.logs.lines import formatter
from asperguide.adapters.logs.masking import Masking
from asperguide.shared.tracing import trace
from tests.http.sample import ANN, SIGNED_IN, THING, World, raw

SECRET = "q0Zk7fXyT1uLhPc9sVd2mGeRa8b3Jn4wq0Zk7fXyT1u"
PARENT = "00-0af7651916cd43dd8448eb211c80319c-b7ad6b7169203331-01"


class Written(logging.Handler):
    """Makes lines of records when they are logged, as the service does."""

    def __init__(self) -> None:
        super().__init__()
        self.setFormatter(formatter(Masking(), console=False))
        self.raw: list[str] = []

    def emit(self, record: logging.LogRecord) -> None:
        """Keep the line."""
        self.raw.append(self.format(record))

    @property
    def requests(self) -> list[dict[str, Any]]:
        """The lines about requests."""
        return [line for line in map(json.loads, self.raw) if line["logger"] == "asperguide.access"]


@pytest.fixture
def written() -> Iterator[Written]:
    handler, root = Written(), logging.getLogger()
    level = root.level
    root.addHandler(handler)
    root.setLevel(logging.DEBUG)
    yield handler
    root.removeHandler(handler)
    root.setLevel(level)


async def test_a_request_leaves_one_line_with_all_that_matters(written: Written) -> None:
    headers = {**SIGNED_IN, "x-request-id": "r-1", "traceparent": PARENT}
    async with World().client(headers=headers) as client:
        answer = await client.get(f"/things/{THING}?verbose=yes")
    (line,) = written.requests
    assert 0 < line.pop("ms") < 10_000
    line.pop("timestamp"), line.pop("process")
    assert line == {
        "level": "info", "logger": "asperguide.access", "event": "request", "request_id": "r-1",
        "traceparent": answer.headers["traceparent"], "trace_id": PARENT[3:35],
            "span_id": answer.headers["traceparent"][36:52], "user": str(ANN.user),
        "method": "GET", "path": "/things/{id}", "status": 200, "bytes": len(answer.content), "client": "192.0.2.1",
    }  # fmt: skip


async def test_refusals_leave_a_line_as_well(written: Written) -> None:
    async with World().client() as client:
        await client.get("/nowhere/at/all?token=1")
        await client.post("/who")
        await client.get("/things")
        await client.head("/who")
        await client.options("/things")
    told = [(line["method"], line["path"], line["status"], line["bytes"] > 0) for line in written.requests]
    assert told == [
        ("GET", "/nowhere/at/all", 404, True),
        ("POST", "/who", 405, True),
        ("GET", "/things", 401, True),
        ("HEAD", "/who", 200, False),
        ("OPTIONS", "/things", 204, False),
    ]


async def test_checks_of_health_are_told_at_debug_only(written: Written) -> None:
    async with World().client() as client:
        await client.get("/exempt")
        await client.get("/who")
    assert [(line["path"], line["level"]) for line in written.requests] == [("/exempt", "debug"), ("/who", "info")]


@pytest.mark.parametrize(("slow_seconds", "level"), [(0.02, "warning"), (30.0, "info")])
async def test_a_slow_request_is_a_warning(written: Written, slow_seconds: float, level: str) -> None:
    @get("/slow", opt=public())
    async def slow() -> str:
        await asyncio.sleep(0.05)
        return "done"

    async with World(more_routes=[slow], rules={"slow_seconds": slow_seconds}).client() as client:
        await client.get("/slow")
    assert [line["level"] for line in written.requests] == [level]
    assert written.requests[0]["ms"] >= 50


@pytest.mark.expects_error_log
async def test_nothing_that_a_caller_keeps_secret_is_told(written: Written) -> None:
    headers = {
        "authorization": f"Bearer {SECRET}", "cookie": f"__Host-access={SECRET}; theme={SECRET}",
        "x-csrf-token": SECRET, "referer": f"https://x.example/?code={SECRET}", "user-agent": SECRET,
    }  # fmt: skip
    async with World().client(headers=headers) as client:
        await client.get("/who", params={"code": SECRET})
        await client.post("/open", json={"password": SECRET})
        await client.post(
            "/open", content=f'{{"password": "{SECRET}'.encode(), headers={"content-type": "application/json"}
        )
        await client.post("/form", data={"login": SECRET, "times": SECRET})
        await client.get("/query", params={"number": SECRET})
        await client.get(f"/account/reset/{SECRET}")
        await client.get("/boom")
    assert len(written.requests) == 7
    assert SECRET not in "".join(written.raw)
    assert "hunter2" not in "".join(written.raw).replace('raise RuntimeError(\\"password=', "")


async def test_a_hostile_address_or_method_stays_on_its_line(written: Written) -> None:
    for path in ("/\n{}", "/\x1b[31mred", "/" + "x" * 5000, "/\u2028"):
        await raw(World().app, path=path, method="G\nET" if path == "/\u2028" else "GET")
    assert len(written.requests) == 4
    assert all(line.isprintable() and len(line) < 1000 for line in written.raw)


async def test_a_caller_who_left_is_told_as_such(written: Written) -> None:
    headers = [(b"host", b"x"), (b"content-type", b"application/json"), (b"content-length", b"10")]
    await raw(World().app, path="/open", method="POST", headers=headers, body=[])
    assert [line["status"] for line in written.requests] == [499]


async def test_lines_and_jobs_of_a_request_know_its_id_in_what_a_ledger_can_hold(written: Written) -> None:
    seen = []

    @get("/seen", opt=public())
    async def show() -> None:
        seen.append(trace.get())

    async with World(more_routes=[show]).client() as client:
        await client.get("/seen", headers={"x-request-id": "i" * 128})
    assert [one.request_id for one in seen] == ["i" * 64]
