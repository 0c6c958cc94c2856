"""The spool: logging never waits, memory is bounded, what a sink does not take is tried again, and losses are told."""

import json
import logging
import os
import threading
import time
from collections.abc import Callable, Iterator
from contextlib import suppress

import pytest

from asperguide.adapters.logs import configuring, spool
from asperguide.adapters.logs.rules import LogRules
from asperguide.adapters.logs.spool import Sink, Spool, Unwritten
from asperguide.adapters.logs.streams import Stream
from asperguide.adapters.system import SystemClock
from tests.servers import wait_until


class Recorder(Sink):
    """Keeps lines while `open`; otherwise waits, or refuses all but so many."""

    name = "the recorder"

    def __init__(self) -> None:
        self.lines: list[bytes] = []
        self.open = threading.Event()
        self.open.set()
        self.takes: int | None = None
        self.calls: list[int] = []

    def write(self, lines: list[bytes]) -> None:
        self.calls.append(len(lines))
        self.open.wait()
        if self.takes is None:
            self.lines += lines
            return
        self.lines += lines[: self.takes]
        raise Unwritten(lines[self.takes :], "no more room")


def lost_line(count: int) -> bytes:
    return b"lost %d\n" % count


@pytest.fixture
def sink() -> Iterator[Recorder]:
    """A sink that ends with the test."""
    recorder = Recorder()
    yield recorder
    recorder.open.set()


@pytest.fixture
def spooling(sink: Recorder) -> Iterator[Callable[..., Spool]]:
    """Makes spools that end with the test."""
    made: list[Spool] = []

    def make(**options: float) -> Spool:
        made.append(Spool(sink, lost=lost_line, **{"every": 0.01, "enough": 100, **options}))  # type: ignore[arg-type]
        return made[-1]

    yield make
    sink.takes = None
    sink.open.set()
    spool.close_all(made, 5)


def test_lines_come_in_order_and_in_batches(sink: Recorder, spooling: Callable[..., Spool]) -> None:
    waiting = spooling(every=60, enough=50)
    lines = [b"%d\n" % number for number in range(120)]
    for line in lines:
        waiting.put(line)
    assert waiting.flush(time.monotonic() + 5)
    assert sink.lines == lines
    assert len(sink.calls) <= 4


def test_an_urgent_line_does_not_wait_for_others(sink: Recorder, spooling: Callable[..., Spool]) -> None:
    waiting = spooling(every=60)
    waiting.put(b"calm\n")
    time.sleep(0.05)
    assert sink.lines == []
    waiting.put(b"urgent\n", urgent=True)
    wait_until(lambda: sink.lines == [b"calm\n", b"urgent\n"], 5)


def test_nobody_waits_for_a_sink_that_hangs_and_memory_is_bounded(
    sink: Recorder, spooling: Callable[..., Spool]
) -> None:
    waiting = spooling(most=1000)
    sink.open.clear()
    waiting.put(b"first\n")
    wait_until(lambda: sink.calls, 5)
    began = time.monotonic()
    for number in range(10_000):
        waiting.put(b"%09d\n" % number)
    assert time.monotonic() - began < 2
    sink.open.set()
    assert waiting.flush(time.monotonic() + 5)
    assert sink.lines == [b"first\n", *(b"%09d\n" % number for number in range(99)), b"lost 9901\n"]


def test_a_sink_that_takes_nothing_is_given_the_same_lines_again_and_memory_stays_bounded(
    sink: Recorder, spooling: Callable[..., Spool], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(spool, "PAUSES", (0.01,))
    sink.takes = 0
    waiting = spooling(most=1000)
    for tries in range(1, 6):
        for _ in range(200):
            waiting.put(b"123456789\n")
        wait_until(lambda tries=tries: len(sink.calls) > tries)  # type: ignore[misc]
    assert max(sink.calls) <= 101, "what it may hold, and one line that tells of the others"
    sink.takes = None
    assert waiting.flush(time.monotonic() + 5)
    told = [int(line.split()[1]) for line in sink.lines if line.startswith(b"lost")]
    assert (len(sink.lines) - len(told), sum(told)) == (100, 900)


def test_what_a_sink_does_not_take_is_tried_again_in_order(
    sink: Recorder, spooling: Callable[..., Spool], monkeypatch: pytest.MonkeyPatch, caplog: pytest.LogCaptureFixture
) -> None:
    monkeypatch.setattr(spool, "PAUSES", (0.05,))
    waiting, sink.takes = spooling(), 1
    lines = [b"%d\n" % number for number in range(5)]
    for line in lines:
        waiting.put(line)
    wait_until(lambda: len(sink.calls) >= 2, 5)
    sink.takes = None
    assert waiting.flush(time.monotonic() + 5)
    assert sink.lines == lines
    wait_until(lambda: len(caplog.messages) == 2, 5)
    assert caplog.messages == [
        "log lines cannot be written to the recorder, they wait: no more room",
        "log lines are written to the recorder again",
    ]


def test_a_failing_sink_is_given_pauses(sink: Recorder, spooling: Callable[..., Spool]) -> None:
    waiting, sink.takes = spooling(), 0
    waiting.put(b"line\n")
    time.sleep(0.5)
    assert len(sink.calls) == 1


def test_what_a_sink_says_itself_does_not_come_back_to_it() -> None:
    class Talker(Recorder):
        def write(self, lines: list[bytes]) -> None:
            super().write(lines)
            waiting.put(b"an echo\n")

    sink = Talker()
    waiting = Spool(sink, lost=lost_line, every=0.01, enough=1)
    waiting.put(b"a word\n")
    assert waiting.flush(time.monotonic() + 5)
    spool.close_all([waiting], 5)
    assert sink.lines == [b"a word\n"]


def test_the_end_brings_everything_away(sink: Recorder, spooling: Callable[..., Spool]) -> None:
    waiting = spooling(every=60, enough=10**6)
    for _ in range(1000):
        waiting.put(b"line\n")
    spool.close_all([waiting], 5)
    assert len(sink.lines) == 1000


def test_the_end_waits_no_longer_than_it_may(sink: Recorder, spooling: Callable[..., Spool]) -> None:
    hanging, sink.takes = spooling(), 0
    hanging.put(b"line\n")
    began = time.monotonic()
    spool.close_all([hanging, spooling()], 0.5)
    assert time.monotonic() - began < 2


def test_a_reader_of_standard_error_that_stops_holds_nobody_up() -> None:
    reading, writing = os.pipe()
    waiting = Spool(Stream(writing), lost=lost_line, every=0.01, enough=10, most=200_000)
    for number in range(5000):
        waiting.put(b"%099d\n" % number)
    os.set_blocking(reading, False)
    got = b""

    def numbers() -> list[int]:
        """Of the lines that came, and below zero how many were lost."""
        lines = got[: got.rfind(b"\n") + 1].splitlines()
        return [-int(line[5:]) if line.startswith(b"lost") else int(line) for line in lines]

    def all_are_told() -> bool:
        nonlocal got
        with suppress(BlockingIOError):
            got += os.read(reading, 1 << 20)
        return sum(1 if number >= 0 else -number for number in numbers()) == 5000

    wait_until(all_are_told, 10)
    spool.close_all([waiting], 5)
    os.close(reading)
    os.close(writing)
    kept = [number for number in numbers() if number >= 0]
    assert kept == sorted(set(kept))
    assert min(numbers()) < 0


def test_how_many_lines_were_lost_is_a_line_of_its_own(capfd: pytest.CaptureFixture[str]) -> None:
    with configuring.running(LogRules(), SystemClock()) as logs:
        logs.spools[0]._lost = 7
        logging.getLogger("somebody").warning("and then")
    lines = [json.loads(line) for line in capfd.readouterr().err.splitlines()]
    told = "7 log lines were lost: more came than could be written"
    assert [(line["level"], line["event"]) for line in lines] == [("warning", "and then"), ("warning", told)]
