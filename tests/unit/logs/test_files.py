"""The log file: rotated, compressed, kept so long, whole with several processes, and alive on a full disk."""

import gzip
import json
import os
import resource
import stat
import subprocess
import sys
from collections.abc import Callable, Iterator
from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest

from asperguide.adapters.logs.files import RotatedFile
from asperguide.adapters.logs.spool import Unwritten
from asperguide.adapters.system import SystemClock
from asperguide.testing import MovableClock
from tests.servers import die_with_parent

NOW = datetime(2031, 1, 1, tzinfo=UTC)


@pytest.fixture
def clock() -> MovableClock:
    return MovableClock()


@pytest.fixture
def opened(tmp_path: Path, clock: MovableClock) -> Callable[..., RotatedFile]:
    """Makes a sink on `asperguide.log`, whose parts have at most 1000 bytes unless told otherwise."""

    def open_(most: int = 1000, keep: timedelta = timedelta(days=90)) -> RotatedFile:
        return RotatedFile(tmp_path / "logs" / "asperguide.log", most=most, keep=keep, clock=clock)

    return open_


def numbered(start: int, stop: int) -> list[bytes]:
    return [b"%098d\n" % number for number in range(start, stop)]


def everything(path: Path) -> list[bytes]:
    """The lines of all parts, the oldest first."""
    parts = sorted(path.parent.glob(f"{path.name}.2*"))
    packed = b"".join(
        gzip.decompress(part.read_bytes()) if part.suffix == ".gz" else part.read_bytes() for part in parts
    )
    return (packed + path.read_bytes()).splitlines(keepends=True)


def test_full_parts_are_compressed_and_none_is_larger_than_it_may_be(
    opened: Callable[..., RotatedFile], tmp_path: Path
) -> None:
    path, sink = tmp_path / "logs" / "asperguide.log", opened()
    for start in range(0, 100, 5):
        sink.write(numbered(start, start + 5))
    sink.write(numbered(100, 200))
    assert everything(path) == numbered(0, 200)
    packed = sorted(path.parent.glob("*.gz"))
    assert len(packed) == len(list(path.parent.glob("asperguide.log.2*"))) == 19
    assert max(len(gzip.decompress(part.read_bytes())) for part in packed) <= 1000
    assert {stat.S_IMODE(part.stat().st_mode) & 0o037 for part in [*packed, path]} == {0}


def test_one_line_that_is_larger_than_a_part_is_still_written(
    opened: Callable[..., RotatedFile], tmp_path: Path
) -> None:
    large = b"x" * 5000 + b"\n"
    opened().write([b"small\n", large, b"small\n"])
    assert everything(tmp_path / "logs" / "asperguide.log") == [b"small\n", large, b"small\n"]


def test_parts_are_removed_when_they_are_older_than_they_may_be(
    opened: Callable[..., RotatedFile], tmp_path: Path, clock: MovableClock
) -> None:
    folder, sink = tmp_path / "logs", opened()
    for start in (0, 10, 20):
        sink.write(numbered(start, start + 10))
    old, young = sorted(folder.glob("*.gz"))
    for part, days in ((old, 91), (young, 89)):
        os.utime(part, ((clock.now() - timedelta(days=days)).timestamp(),) * 2)
    clock.advance(timedelta(hours=1))
    sink.write([b"later\n"])
    assert sorted(folder.glob("*.gz")) == [young]


def test_a_part_that_a_killed_process_left_is_compressed_by_the_next(
    opened: Callable[..., RotatedFile], tmp_path: Path
) -> None:
    folder = tmp_path / "logs"
    folder.mkdir()
    (folder / "asperguide.log.20300101T000000.000000").write_bytes(b"left behind\n")
    (folder / "asperguide.log.20300101T000000.000000.gz.part").write_bytes(b"half")
    opened().write([b"line\n"])
    assert everything(folder / "asperguide.log") == [b"left behind\n", b"line\n"]
    assert not list(folder.glob("*.part"))


def test_half_a_line_that_a_killed_process_left_stays_alone(opened: Callable[..., RotatedFile], tmp_path: Path) -> None:
    path = tmp_path / "logs" / "asperguide.log"
    path.parent.mkdir()
    path.write_bytes(b"whole\nhal")
    opened().write([b"whole\n"])
    assert everything(path) == [b"whole\n", b"hal\n", b"whole\n"]


def test_two_parts_of_the_same_moment_do_not_replace_each_other(
    opened: Callable[..., RotatedFile], tmp_path: Path
) -> None:
    one, other = opened(), opened()  # their clock stands still
    for start in range(0, 60, 10):
        (one if start % 20 else other).write(numbered(start, start + 10))
    assert everything(tmp_path / "logs" / "asperguide.log") == numbered(0, 60)


def test_a_file_that_was_moved_away_by_others_is_made_anew(opened: Callable[..., RotatedFile], tmp_path: Path) -> None:
    path, sink = tmp_path / "logs" / "asperguide.log", opened()
    sink.write([b"one\n"])
    path.rename(tmp_path / "elsewhere")
    sink.write([b"two\n"])
    assert path.read_bytes() == b"two\n"


STORM = """
import logging, sys
from pathlib import Path
from asperguide.adapters.logs import configuring
from asperguide.adapters.logs.rules import LogRules
from asperguide.adapters.system import SystemClock

name, path, count = sys.argv[1], Path(sys.argv[2]), int(sys.argv[3])
log = logging.getLogger("storm")
with configuring.running(LogRules(file=path, file_bytes=200_000), SystemClock()):
    print("ready", flush=True)
    sys.stdin.read()
    for number in range(count):
        log.info("line", extra={"writer": name, "number": number})
"""


def test_three_processes_lose_and_tear_no_line_while_parts_rotate(tmp_path: Path) -> None:
    path, count = tmp_path / "asperguide.log", 3000
    writers = [
        subprocess.Popen(
            [sys.executable, "-c", STORM, str(name), str(path), str(count)],
            stdin=subprocess.PIPE, stdout=subprocess.PIPE, stderr=subprocess.DEVNULL, preexec_fn=die_with_parent,
        )
        for name in range(3)
    ]  # fmt: skip
    assert {writer.stdout.readline() for writer in writers if writer.stdout} == {b"ready\n"}
    for writer in writers:
        assert writer.stdin
        writer.stdin.close()
    assert [writer.wait(60) for writer in writers] == [0] * 3
    found = [json.loads(line) for line in everything(path)]
    for name in range(3):
        assert [line["number"] for line in found if line["writer"] == str(name)] == list(range(count))
    assert len(list(tmp_path.glob("*.gz"))) >= 3


@pytest.fixture
def small_disk() -> Iterator[Callable[[int], None]]:
    """Sets how large files of this process may become, which stands for what is left on the disk."""
    before = resource.getrlimit(resource.RLIMIT_FSIZE)
    yield lambda size: resource.setrlimit(resource.RLIMIT_FSIZE, (size, before[1]))
    resource.setrlimit(resource.RLIMIT_FSIZE, before)


def test_what_does_not_fit_is_taken_back_whole(
    opened: Callable[..., RotatedFile], tmp_path: Path, small_disk: Callable[[int], None]
) -> None:
    path, sink = tmp_path / "logs" / "asperguide.log", opened(most=10**6)
    sink.write(numbered(0, 5))
    small_disk(750)
    with pytest.raises(Unwritten) as refused:
        sink.write(numbered(5, 15))
    assert refused.value.left == numbered(5, 15)
    assert path.read_bytes() == b"".join(numbered(0, 5))
    sink.write(numbered(5, 7))


FULL_DISK = """
import logging, resource, sys
from pathlib import Path
from asperguide.adapters.logs import configuring, spool
from asperguide.adapters.logs.rules import LogRules
from asperguide.adapters.system import SystemClock

spool.PAUSES = (0.05,)
log = logging.getLogger("somebody")
with configuring.running(LogRules(file=Path(sys.argv[1]), format="console"), SystemClock()):
    resource.setrlimit(resource.RLIMIT_FSIZE, (10, resource.RLIM_INFINITY))
    for number in range(20):
        log.info("line %d", number)
        if number == 10:
            sys.stdin.readline()
    resource.setrlimit(resource.RLIMIT_FSIZE, (resource.RLIM_INFINITY, resource.RLIM_INFINITY))
    sys.stdin.readline()
"""


def test_a_full_disk_is_told_once_and_nothing_is_lost_when_there_is_room_again(tmp_path: Path) -> None:
    service = subprocess.Popen(
        [sys.executable, "-c", FULL_DISK, str(tmp_path / "log")],
        stdin=subprocess.PIPE, stderr=subprocess.PIPE, text=True, bufsize=1, preexec_fn=die_with_parent,
    )  # fmt: skip
    assert service.stdin
    assert service.stderr
    printed: list[str] = []
    for words in ("cannot be written", "again"):
        while words not in "".join(printed[-1:]):
            printed.append(service.stderr.readline())
            assert printed[-1], "it ended"
        service.stdin.write("\n")
    assert service.wait(10) == 0
    written = "".join(printed) + service.stderr.read()
    assert written.count("cannot be written") == 1
    assert "File too large" in written
    assert all(f"line {number} " in written for number in range(20))
    events = [json.loads(line)["event"] for line in (tmp_path / "log").read_text().splitlines()]
    assert [event for event in events if event.startswith("line")] == [f"line {number}" for number in range(20)]


def test_a_device_without_room_raises_what_a_full_disk_does(tmp_path: Path) -> None:
    path = tmp_path / "log"
    path.symlink_to("/dev/full")
    sink = RotatedFile(path, most=1000, keep=timedelta(days=1), clock=SystemClock())
    with pytest.raises(Unwritten, match="No space left on device"):
        sink.write([b"line\n"])


def test_a_file_that_cannot_be_opened_leaves_the_lines_waiting(tmp_path: Path) -> None:
    (tmp_path / "log").mkdir()
    sink = RotatedFile(tmp_path / "log", most=1000, keep=timedelta(days=1), clock=SystemClock())
    with pytest.raises(Unwritten, match="directory") as refused:
        sink.write([b"line\n"])
    assert refused.value.left == [b"line\n"]
