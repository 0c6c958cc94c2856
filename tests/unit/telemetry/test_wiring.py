"""What a process does with settings for collectors: what it sends, what it says, and what a doctor finds."""

import subprocess
import sys
from pathlib import Path

import pytest

from asperguide.adapters.http.tracing import TracedEdge
from asperguide.adapters.jobs.tracing import TracedWorker
from asperguide.adapters.opentelemetry.collector import OtlpCollector
from asperguide.adapters.opentelemetry.probe import CollectorProbe
from asperguide.container import Container
from asperguide.server import build, living, prepare
from asperguide.settings import Settings
from asperguide.worker import worker_of
from tests.collecting import Receiver

KEY = "b3Jn4wq0Zk7fXyT1uLhPc9sVd2mGeRa8"
PACKAGE = "opentelemetry.exporter.otlp.proto.http"

# FastAPI, which the benchmarks install, is imported by dependency-injector and imports OpenTelemetry.
SERVED = """
import asyncio, sys
sys.modules["fastapi"] = None
from asperguide.container import Container
from asperguide.server import build, living, prepare
from asperguide.settings import load

async def serve():
    container = Container(settings=load({}))
    build(container)
    await prepare(container)
    async with living(container, with_worker=True):
        pass

asyncio.run(serve())
packages = {name.partition(".")[0] for name in sys.modules}
print(*(packages & {"opentelemetry", "sentry_sdk", "requests", "google"}))
"""


def container_of(folder: Path, **settings: object) -> Container:
    return Container(settings=Settings(data_dir=folder, oauth_secret_key=KEY, **settings))  # type: ignore[arg-type]


def test_without_a_collector_and_a_sentry_nothing_of_theirs_is_imported(tmp_path: Path) -> None:
    done = subprocess.run([sys.executable, "-c", SERVED], cwd=tmp_path, capture_output=True, text=True, check=True)
    assert done.stdout.split() == []


async def test_without_a_collector_nothing_is_wrapped(tmp_path: Path) -> None:
    container = container_of(tmp_path)
    assert type(build(container)) is TracedEdge.__base__
    assert type(worker_of(container)) is TracedWorker.__base__
    await container.database().close()


async def test_without_its_package_the_service_runs_and_says_what_to_install(
    tmp_path: Path, collector: Receiver, monkeypatch: pytest.MonkeyPatch, caplog: pytest.LogCaptureFixture
) -> None:
    monkeypatch.setitem(sys.modules, PACKAGE, None)
    container = container_of(tmp_path, otel_exporter_otlp_endpoint=collector.url)
    assert not isinstance(build(container), TracedEdge)
    await prepare(container)
    async with living(container, with_worker=False):
        assert "no traces are sent: they need a package: pip install 'asperguide[telemetry]'" in caplog.messages
    assert {path for path, _ in collector.bodies} == {"/v1/metrics"}


async def test_a_process_sends_its_last_figures_when_it_ends_and_nothing_when_told_so(
    tmp_path: Path, collector: Receiver
) -> None:
    silent = {"otel_traces_exporter": "none", "otel_metrics_exporter": "none"}
    for settings in (silent, {}):
        container = container_of(tmp_path, otel_exporter_otlp_endpoint=collector.url, **settings)
        await prepare(container)
        async with living(container, with_worker=False):
            pass
        assert bool(collector.tried) is not bool(settings)
    assert len(collector.metrics()) == 1


async def test_a_doctor_asks_the_collector_for_everything_that_it_is_to_take(
    collector: Receiver, monkeypatch: pytest.MonkeyPatch
) -> None:
    probe = CollectorProbe(OtlpCollector(endpoint=collector.url), {"logs": True, "metrics": False, "traces": True})
    assert await probe.check() == "takes logs, traces"
    assert collector.tried == ["/v1/logs", "/v1/traces"]
    collector.status = 404
    with pytest.raises(RuntimeError, match="it answered 404 to logs"):
        await probe.check()
    monkeypatch.setitem(sys.modules, PACKAGE, None)
    with pytest.raises(RuntimeError, match=r"pip install 'asperguide\[telemetry\]'"):
        await probe.check()


async def test_the_doctor_of_a_service_with_a_collector_looks_at_it(tmp_path: Path, collector: Receiver) -> None:
    container = container_of(tmp_path, otel_exporter_otlp_endpoint=collector.url)
    await prepare(container)
    findings = {one.name: one for one in (await container.examine()()).findings}
    assert (findings["collector"].well, findings["collector"].detail) == (True, "takes logs, metrics, traces")
    collector.status = 401
    findings = {one.name: one for one in (await container.examine()()).findings}
    assert not findings["collector"].well
    assert not findings["collector"].required
    assert "OTEL_EXPORTER_OTLP_ENDPOINT" in findings["collector"].advice
    await container.database().close()
