"""Traces, metrics and reports of errors of a running service, as collectors get them, and what is never in them."""

import asyncio
import contextlib
import signal
import sqlite3
from pathlib import Path
from typing import Any

import pytest

from tests.collecting import Receiver, Told
from tests.e2e.conftest import Launch
from tests.e2e.people import PASSWORD, Folder, Smtp, Somebody, api_of, bearer, expect, join, sign_in, somebody
from tests.e2e.service import SECRET, asperguide, on_mariadb, on_redis, on_smtp
from tests.e2e.test_logs import lines_of
from tests.servers import LOCALHOST, MariaDB, RedisServer, eventually
from tests.smtp_server import Certificates, smtp_server

PARENT = "00-0af7651916cd43dd8448eb211c80319c-b7ad6b7169203331-01"
CANARY = "canary-9f3b7c1d5e"
INTERNAL, SERVER, CLIENT, CONSUMER = 1, 2, 3, 5


async def personal(who: Somebody, tokens: dict[str, Any], folder: Path) -> list[str]:
    """What must be in nothing that is sent to anybody but its owner."""
    code = await Folder(folder / "var" / "mails").code_for(who.email)
    known = [who.email, who.full_name, PASSWORD, SECRET, CANARY, code]
    return known + [value for name, value in tokens.items() if name.endswith("_token")]


async def test_a_registration_is_one_trace_from_the_request_to_its_mail(
    tmp_path: Path, launch: Launch, collector: Receiver
) -> None:
    settings = {"OAUTH_SECRET_KEY": SECRET, "OTEL_EXPORTER_OTLP_ENDPOINT": collector.url}
    service = await asyncio.to_thread(launch, "serve", **settings)
    mails = Folder(tmp_path / "var" / "mails")
    async with api_of(service.url) as api:
        who = somebody()
        answer = await api.post("/users", json=who.registration)
        _, trace, request, _ = answer.headers["traceparent"].split("-")
        code = await mails.code_for(who.email)
        await expect(204, api, "POST", "/users/email-verification", json={"code": code})
        tokens = await sign_in(api, who)
        asked = {**bearer(tokens), "traceparent": PARENT, "x-request-id": "r-1"}
        continued = (await api.get("/users/me", headers=asked, params={"canary": CANARY})).headers["traceparent"]
        await api.get("/users/whose-name-is-in-the-path", headers=bearer(tokens))
        await api.get(f"{service.url}/health/ready")
        await api.get(f"{service.url}/metrics")
        # Within the interval of its batches, not at the end alone.
        await eventually(lambda: collector.spans(trace), 20, "no span arrived")
    assert await asyncio.to_thread(service.stop, signal.SIGINT) == 0
    spans = {span.id: span for span in collector.spans(trace)}
    by_name = {span.name: span for span in spans.values()}

    def line(span: Told) -> list[str]:
        """A span and those above it, by name."""
        return [span.name, *(line(spans[span.parent]) if span.parent else [])]

    top = spans[request]
    assert (top.name, top.kind, top.parent, top.failed) == ("POST /api/v1/users", SERVER, "", False)
    assert top.attributes["http.route"] == "/api/v1/users"
    assert (top.attributes["http.request.method"], top.attributes["http.response.status_code"]) == ("POST", 201)
    assert line(by_name["INSERT users"]) == ["INSERT users", "register", top.name]
    assert by_name["INSERT users"].attributes["db.system.name"] == "sqlite"
    assert by_name["INSERT users"].attributes["db.query.text"].startswith("INSERT INTO users (id, email, ")
    job = "process identity.user-registered"
    assert line(by_name["send mail"]) == ["send mail", "send_verification", job, "register", top.name]
    assert [by_name[name].kind for name in ("register", job, "send mail")] == [INTERNAL, CONSUMER, CLIENT]
    attributes = by_name[job].attributes
    assert attributes["asperguide.job.kind"] == "identity.user-registered"
    assert (attributes["messaging.destination.name"], attributes["asperguide.job.attempt"]) == ("default", 1)
    assert attributes["asperguide.job.outcome"] == "done"
    assert all(span.began <= span.ended for span in spans.values())
    told = [record for record in collector.log_records() if record.get("traceId") == trace]
    assert {record["spanId"] for record in told} <= spans.keys()
    assert [record["body"]["stringValue"] for record in told if record["spanId"] == request] == ["request"]
    (read,) = [span for span in collector.spans(PARENT[3:35]) if span.kind == SERVER]
    assert (read.parent, read.id) == (PARENT[36:52], continued[36:52])
    routes = {span.attributes.get("http.route", "") for span in collector.spans() if span.kind == SERVER}
    assert not [route for route in routes if "health" in route or "metrics" in route]
    assert "whose-name-is-in-the-path" not in collector.text_of("/v1/traces")
    for secret in await personal(who, tokens, tmp_path):
        assert secret not in collector.text_of()


async def test_a_trace_goes_on_in_another_process(
    mariadb: MariaDB,
    mariadb_database: str,
    redis_server: RedisServer,
    certificates: Certificates,
    tmp_path: Path,
    launch: Launch,
    collector: Receiver,
) -> None:
    database = on_mariadb(mariadb, mariadb_database)
    assert asperguide("migrate", "up", folder=tmp_path, **database).returncode == 0
    async with smtp_server(starttls=certificates.server, auth=True) as smtp:
        settings = {**database, **on_redis(redis_server), **on_smtp(smtp.port, certificates.ca_file)}
        settings["OTEL_EXPORTER_OTLP_ENDPOINT"] = collector.url
        service = await asyncio.to_thread(launch, "serve", WORKER_EMBEDDED="false", **settings)
        worker = await asyncio.to_thread(launch, "worker", **settings)
        async with api_of(service.url) as api:
            who = somebody()
            answer = await api.post("/users", json=who.registration, headers={"traceparent": PARENT})
            await Smtp(smtp).code_for(who.email)
        assert await asyncio.to_thread(worker.stop) == 0
        assert await asyncio.to_thread(service.stop, signal.SIGINT) == 0
    spans = {span.name: span for span in collector.spans(PARENT[3:35])}
    request, job, mail = spans["POST /api/v1/users"], spans["process identity.user-registered"], spans["send mail"]
    assert (request.parent, request.id) == (PARENT[36:52], answer.headers["traceparent"][36:52])
    assert (spans["register"].parent, job.parent) == (request.id, spans["register"].id)
    assert (spans["send_verification"].parent, mail.parent) == (job.id, spans["send_verification"].id)
    assert mail.attributes == {"network.protocol.name": "smtp", "server.address": LOCALHOST}
    assert spans["INSERT users"].attributes["db.system.name"] == "mariadb"
    assert spans["PUBLISH"].attributes["db.system.name"] == "redis"
    assert who.email not in collector.text_of()


async def test_a_machine_with_only_a_worker_sends_its_figures(
    tmp_path: Path, launch: Launch, collector: Receiver
) -> None:
    """It has no port that Prometheus could ask."""
    settings = {
        "OTEL_EXPORTER_OTLP_ENDPOINT": collector.url,
        "OTEL_METRIC_EXPORT_INTERVAL": 1000,
        "METRICS_ENABLED": "false",
    }
    await asyncio.to_thread(launch, "worker", **settings)
    await eventually(lambda: "asperguide_job_seconds" in names_of(collector), 30, "no figures of jobs arrived")
    assert {"asperguide_ledger_jobs", "process_resident_memory_bytes"} <= names_of(collector)


def names_of(collector: Receiver) -> set[str]:
    """What is told of in the latest metrics."""
    return {
        metric["name"]
        for body in collector.metrics()[-1:]
        for resource in body["resourceMetrics"]
        for scope in resource["scopeMetrics"]
        for metric in scope["metrics"]
    }


@pytest.mark.expects_error_log
async def test_unexpected_errors_are_reported_to_sentry_without_anything_personal(
    tmp_path: Path, launch: Launch, collector: Receiver
) -> None:
    settings = {"OAUTH_SECRET_KEY": SECRET, "SENTRY_DSN": collector.dsn, "OTEL_EXPORTER_OTLP_ENDPOINT": collector.url}
    service = await asyncio.to_thread(launch, "serve", **settings)
    async with api_of(service.url) as api:
        who, tokens = await join(api, Folder(tmp_path / "var" / "mails"))
        await api.post("/users", json={**who.registration, "password": "short"})  # a refusal
        await api.get("/users/me")  # another
        with contextlib.closing(sqlite3.connect(tmp_path / "var" / "asperguide.sqlite3")) as database, database:
            database.execute("DROP TABLE one_time_codes")
            database.execute("DROP TABLE ar_contents")
            database.execute(UNKNOWN_JOB, {"id": bytes(15) + b"\1", "address": who.email})
        headers = {**bearer(tokens), "x-request-id": "r-1", "x-canary": CANARY, "cookie": f"canary={CANARY}"}
        given = {"code": CANARY.ljust(43, "x")}
        shown = await api.get(f"/viewer/{'A' * 22}/manifest", headers=headers, params={"canary": CANARY})
        assert shown.status_code == 500
        await eventually(lambda: len(collector.reports()) >= 2, 20, "not both errors were reported")
        answer = await api.post("/users/email-verification", json=given, headers=headers)
        assert answer.status_code == 500
        await eventually(lambda: len(collector.reports()) >= 3, 20, "not all errors were reported")
    assert await asyncio.to_thread(service.stop, signal.SIGINT) == 0
    reports = {report["logger"]: report for report in collector.reports()}
    assert reports.keys() == {"asperguide.http", "asperguide.jobs"}
    report = reports["asperguide.http"]
    assert report["tags"]["request_id"] == "r-1"
    assert report["tags"]["route"] == report["transaction"] == "/api/v1/users/email-verification"
    assert report["tags"]["trace_id"] == report["contexts"]["trace"]["trace_id"] == answer.headers["traceparent"][3:35]
    assert (report["environment"], report["release"].partition("@")[0]) == ("local", "asperguide")
    assert "no such table: one_time_codes" in report["exception"]["values"][-1]["value"]
    assert report["exception"]["values"][-1]["stacktrace"]["frames"]
    dead = reports["asperguide.jobs"]
    assert dead["tags"]["job"] == "00000000-0000-0000-0000-000000000001"
    assert dead["tags"]["job_kind"] == "canary.unknown"
    assert "user" not in report
    assert "request" not in report
    _, server = [span for span in collector.spans() if span.failed and span.kind == SERVER]
    assert (server.attributes["error.type"], server.attributes["http.response.status_code"]) == ("500", 500)
    assert lines_of(service.printed)
    for secret in await personal(who, tokens, tmp_path):
        assert secret not in collector.text_of()


UNKNOWN_JOB = """
INSERT INTO ledger_jobs (id, kind, payload, queue, priority, state, run_at, attempts, max_attempts, fence, created_at)
SELECT :id, 'canary.unknown', :address, queue, priority, 'waiting', created_at, 0, 1, 0, created_at
FROM ledger_jobs LIMIT 1
"""
