"""What is counted and how it is told: Prometheus' own parser reads it back."""

import asyncio
import gc
import itertools
import os
import subprocess
import sys
from collections.abc import AsyncIterator, Callable, Sequence
from datetime import datetime, timedelta
from pathlib import Path

import pytest
from prometheus_client.openmetrics.parser import text_string_to_metric_families as read_openmetrics
from prometheus_client.parser import text_string_to_metric_families as read_text

from asperguide.adapters.measuring import Counter, Family, Histogram, gauge
from asperguide.adapters.memory.ledger import MemoryLedger
from asperguide.adapters.memory.operations import MemoryJobReads
from asperguide.adapters.memory.tables import MemoryDatabase
from asperguide.adapters.memory.watch import MemoryWatch
from asperguide.adapters.prometheus.exposition import Exposition
from asperguide.adapters.prometheus.neighbours import Neighbours
from asperguide.adapters.prometheus.process import ProcessMeasures
from asperguide.adapters.prometheus.shared import SharedFigures
from asperguide.operations import CheckInvariants
from asperguide.operations.model import Queue
from asperguide.shared.errors import DatabaseUnavailable
from asperguide.testing import MovableClock
from asperguide.testing.contracts.ledger import claim, job
from tests.figures import figure
from tests.servers import eventually


def test_a_histogram_counts_what_took_at_most_so_long() -> None:
    histogram = Histogram("h", "Help.", "kind", bounds=(1.0, 2.0))
    for seconds in (0.5, 1.0, 1.5, 9.0):
        histogram.observe(seconds, "a")
    histogram.observe(2.0, "b")
    found = {(s.suffix, s.labels["kind"], s.labels.get("le")): s.value for s in histogram.family().samples}
    assert found["_bucket", "a", "1.0"] == 2
    assert found["_bucket", "a", "2.0"] == 3
    assert found["_bucket", "a", "+Inf"] == found["_count", "a", None] == 4
    assert found["_sum", "a", None] == 12.0
    assert (found["_bucket", "b", "1.0"], found["_count", "b", None]) == (0, 1)


def test_what_is_counted_while_it_is_told_disturbs_nothing() -> None:
    class Name(str):
        """A label whose use counts, as making objects does when it starts a collection of garbage."""

        def __hash__(self) -> int:
            histogram.observe(1.0, f"meanwhile {next(numbers)}")
            return super().__hash__()

    numbers = itertools.count()
    histogram = Histogram("h", "Help.", Name("kind"), bounds=(1.0,))
    histogram.observe(1.0, "before")
    assert [sample.suffix for sample in histogram.family().samples] == ["_bucket", "_bucket", "_count", "_sum"]


def test_a_counter_without_labels_is_there_from_the_start() -> None:
    counter = Counter("c", "Help.")
    assert [sample.value for sample in counter.family().samples] == [0]
    counter.add()
    assert [sample.value for sample in counter.family().samples] == [1]


def test_no_figure_is_told_where_there_is_none() -> None:
    assert list(gauge("g", "Help.", None).samples) == []


class House:
    """Processes that share a folder, as objects of one process."""

    def __init__(self, folder: Path) -> None:
        self.folder = folder
        self.open: list[Neighbours] = []

    async def moves_in(self, value: float) -> Neighbours:
        """A process whose only figure is this."""

        def own() -> list[Family]:
            counted = Counter("rooms", 'A "quoted"\nhelp.', "floor")
            counted.add('é "quoted\\\n')
            return [counted.family(), gauge("value", "A value.", value)]

        neighbour = Neighbours(self.folder, own)
        await neighbour.open()
        self.open.append(neighbour)
        return neighbour


@pytest.fixture
async def house(tmp_path: Path) -> AsyncIterator[House]:
    house = House(tmp_path / "metrics")
    yield house
    for neighbour in house.open:
        await neighbour.close()
    assert list(house.folder.glob("*.sock")) == []


async def nothing() -> Sequence[Family]:
    return [gauge("shared", "The same whoever is asked.", 7)]


async def values(neighbour: Neighbours) -> dict[str, float]:
    text, _ = await Exposition(neighbour, nothing).text()
    (family,) = [family for family in read_text(text.decode()) if family.name == "value"]
    return {sample.labels["process"]: sample.value for sample in family.samples}


async def test_whoever_is_asked_tells_the_figures_of_all(house: House) -> None:
    one, two, three = [await house.moves_in(value) for value in (1.0, 2.0, 3.0)]
    for asked in (one, two, three):
        assert await values(asked) == {"1": 1.0, "2": 2.0, "3": 3.0}


@pytest.mark.parametrize(
    ("accept", "media_type", "read"),
    [
        ("", "text/plain; version=0.0.4; charset=utf-8", read_text),
        ("application/openmetrics-text; version=1.0.0", "application/openmetrics-text", read_openmetrics),
    ],
)
async def test_each_name_is_told_once_and_whole_in_both_formats(
    house: House, accept: str, media_type: str, read: type
) -> None:
    await house.moves_in(1.0)
    text, told = await Exposition(await house.moves_in(2.0), nothing).text(accept)
    families = {family.name: family for family in read(text.decode())}
    assert told.startswith(media_type)
    assert families.keys() == {"rooms", "value", "shared", "asperguide_up"}
    assert len(families["rooms"].samples) == len(families["value"].samples) == 2
    assert {sample.labels["floor"] for sample in families["rooms"].samples} == {'é "quoted\\\n'}
    assert families["shared"].samples[0].labels == {}


async def test_a_number_goes_to_the_successor_and_what_the_dead_left_is_removed(house: House) -> None:
    one, two = await house.moves_in(1.0), await house.moves_in(2.0)
    assert two._lock is not None and two._server is not None
    two._server.close()
    (house.folder / "2.sock").touch()  # as a killed process leaves it
    os.close(two._lock)
    two._lock = two._server = None
    assert await values(one) == {"1": 1.0}
    assert not (house.folder / "2.sock").exists()
    successor = await house.moves_in(9.0)
    assert successor.number == "2"
    assert await values(one) == {"1": 1.0, "2": 9.0}


async def test_a_process_that_hangs_is_told_as_such_and_delays_nobody_for_long(
    house: House, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("asperguide.adapters.prometheus.neighbours.PATIENCE", 0.1)
    asked = await house.moves_in(1.0)
    hanging = (
        "import fcntl, os, socket, sys\n"
        "lock = os.open('2.lock', os.O_RDWR | os.O_CREAT)\n"
        "fcntl.flock(lock, fcntl.LOCK_EX)\n"
        "server = socket.socket(socket.AF_UNIX)\n"
        "server.bind('2.sock')\n"
        "server.listen()\n"
        "print('ready', flush=True)\n"
        "sys.stdin.read()\n"
    )
    with subprocess.Popen(
        [sys.executable, "-c", hanging], cwd=house.folder, stdin=subprocess.PIPE, stdout=subprocess.PIPE
    ) as process:
        assert process.stdout is not None
        await asyncio.to_thread(process.stdout.readline)
        text, _ = await Exposition(asked, nothing).text()
        process.kill()
    (up,) = [family for family in read_text(text.decode()) if family.name == "asperguide_up"]
    assert {sample.labels["process"]: sample.value for sample in up.samples} == {"1": 1.0, "2": 0.0}
    assert await values(asked) == {"1": 1.0}


async def test_a_folder_that_cannot_be_used_leaves_a_process_alone_and_well(
    tmp_path: Path, caplog: pytest.LogCaptureFixture
) -> None:
    (tmp_path / "file").touch()
    alone = await House(tmp_path / "file" / "metrics").moves_in(5.0)
    assert await values(alone) == {"1": 5.0}
    assert "this process alone" in caplog.text
    deep = await House(tmp_path / ("x" * 120)).moves_in(6.0)
    assert await values(deep) == {"1": 6.0}
    await deep.close()


async def test_pauses_and_lag_are_seen_while_it_watches_and_nothing_stays_behind() -> None:
    before = list(gc.callbacks)
    process = ProcessMeasures()
    process.start()
    gc.collect()
    await eventually(lambda: figure(process, "asperguide_event_loop_lag_seconds_count") >= 1)
    process.stop()
    assert gc.callbacks == before
    assert figure(process, "asperguide_gc_pause_seconds_count", generation="2") == 1
    assert figure(process, "process_cpu_seconds_total") > 0
    if sys.platform == "linux":
        assert figure(process, "process_resident_memory_bytes") > 10_000_000
        assert figure(process, "process_open_fds") > 2


class Ledger(MemoryJobReads):
    """Counts how often it was looked at."""

    def __init__(self, clock: MovableClock) -> None:
        self.rows = MemoryLedger(clock)
        super().__init__(self.rows)
        self.looks = 0
        self.error: Exception | None = None

    async def queues(self, now: datetime) -> Sequence[Queue]:
        self.looks += 1
        if self.error:
            raise self.error
        return await super().queues(now)


def shared_figures(ledger: Ledger, clock: MovableClock, seconds: Callable[[], float] = lambda: 0.0) -> SharedFigures:
    watch = MemoryWatch(MemoryDatabase(), ledger.rows)
    return SharedFigures(ledger, CheckInvariants(watch=watch, reads=ledger, clock=clock), clock, seconds)


async def test_the_ledger_tells_how_many_rows_wait_and_for_how_long() -> None:
    clock = MovableClock()
    ledger, age = Ledger(clock), timedelta(minutes=3)
    new = [job(clock, queue="slow", run_at=clock.now() + by) for by in (-age, age, age)]
    await ledger.rows.put([*new, job(clock), job(clock)])
    await claim(ledger.rows)
    found = {family.name: family.samples for family in await shared_figures(ledger, clock).figures()}
    counts = {tuple(sample.labels.values()): sample.value for sample in found["asperguide_ledger_jobs"]}
    assert (counts["slow", "due"], counts["slow", "later"], counts["default", "running"]) == (1, 2, 2)
    ages = {sample.labels["queue"]: sample.value for sample in found["asperguide_ledger_age_seconds"]}
    assert ages == {"slow": 180, "default": 0}


async def test_any_number_of_scrapes_looks_at_the_ledger_once_in_ten_seconds() -> None:
    clock, seconds = MovableClock(), 0.0
    ledger = Ledger(clock)
    shared = shared_figures(ledger, clock, lambda: seconds)
    await asyncio.gather(*(shared.figures() for _ in range(50)))
    assert ledger.looks == 2, "for itself, and for the invariants"
    for seconds, looks in ((9.9, 2), (10.0, 3), (20.0, 4), (60.0, 6)):  # noqa: B007 - the clock of `shared`
        await shared.figures()
        assert ledger.looks == looks


async def test_a_broken_invariant_is_a_figure() -> None:
    clock = MovableClock()
    ledger = Ledger(clock)
    await ledger.rows.put([job(clock, run_at=clock.now() - timedelta(hours=1))])
    (violated,) = [
        f for f in await shared_figures(ledger, clock).figures() if f.name == "asperguide_invariant_violated"
    ]
    found = {sample.labels["invariant"]: sample.value for sample in violated.samples}
    holding = ("leases", "dead-jobs", "sessions", "files", "letters", "views", "schema", "clocks")
    assert found == dict.fromkeys(holding, 0) | {"ledger-age": 1}


async def test_without_a_database_there_are_metrics_all_the_same() -> None:
    clock = MovableClock()
    ledger = Ledger(clock)
    ledger.error = DatabaseUnavailable()
    (readable,) = await shared_figures(ledger, clock).figures()
    assert [(readable.name, sample.value) for sample in readable.samples] == [("asperguide_ledger_readable", 0)]


@pytest.mark.expects_error_log
async def test_a_defect_in_the_ledger_hides_no_other_figure() -> None:
    clock = MovableClock()
    ledger = Ledger(clock)
    ledger.error = LookupError("no such table")
    (readable,) = await shared_figures(ledger, clock).figures()
    assert [(readable.name, sample.value) for sample in readable.samples] == [("asperguide_ledger_readable", 0)]


def test_a_process_without_a_file_to_spare_tells_the_rest_of_its_figures() -> None:
    measure = """
import os, resource
from asperguide.adapters.prometheus.process import ProcessMeasures
measures = ProcessMeasures()
list(measures.measure())
resource.setrlimit(resource.RLIMIT_NOFILE, (0, 0))
print(sum(len(family.samples) for family in measures.measure()))
"""
    done = subprocess.run([sys.executable, "-c", measure], capture_output=True, text=True, check=True)
    assert done.stdout.strip() == "1", "only its processor time"


def test_the_library_is_not_loaded_before_somebody_asks() -> None:
    loaded = "import sys, asperguide.server; print([name for name in sys.modules if 'prometheus_client' in name])"
    done = subprocess.run([sys.executable, "-c", loaded], capture_output=True, text=True, check=True)
    assert done.stdout.strip() == "[]"
