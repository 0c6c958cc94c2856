"""How far ahead jobs are claimed: more while they are used up soon, none when they are not."""

from datetime import UTC, datetime
from types import SimpleNamespace

import pytest

from asperguide.adapters.jobs import line as module
from asperguide.adapters.jobs.line import MOST_AHEAD, REST_SECONDS, SOON_SECONDS, Line
from asperguide.shared.ledger import ClaimedJob
from asperguide.testing.contracts.people import IDS

NOON = datetime(2031, 5, 17, 12, tzinfo=UTC)


@pytest.fixture
def later(monkeypatch: pytest.MonkeyPatch) -> list[float]:
    """What the monotonic clock shows, as the only entry; to be moved."""
    shown = [1000.0]
    monkeypatch.setattr(module, "time", SimpleNamespace(monotonic=lambda: shown[0]))
    return shown


def jobs(count: int) -> list[ClaimedJob]:
    return [
        ClaimedJob(
            id=IDS.new(), kind="a.kind", payload="{}", queue="default", priority=0, run_at=NOON, attempts=1,
            max_attempts=20, fence=1, request_id=None, traceparent=None, created_at=NOON,
        )
        for _ in range(count)
    ]  # fmt: skip


def fill(line: Line) -> int:
    """Claim what is wanted, and run all of it. How many that was."""
    wanted = line.wanted()
    line.join(jobs(wanted), wanted)
    while line.step() is not None:
        line.busy -= 1
    return wanted


def test_only_so_many_jobs_run_as_there_are_places(later: list[float]) -> None:
    line, two = Line("default", 2), jobs(3)
    line.join(two, 3)
    assert [line.step(), line.step(), line.step()] == [two[0], two[1], None]
    line.busy -= 1
    assert line.step() == two[2]


def test_while_claims_are_used_up_soon_each_is_larger_up_to_a_limit(later: list[float]) -> None:
    line = Line("default", 4)
    assert [fill(line) for _ in range(9)] == [4, 4, 8, 16, 32, 64, 128, 4 + MOST_AHEAD, 4 + MOST_AHEAD]
    later[0] += SOON_SECONDS + 0.1
    assert fill(line) == 4


def test_nothing_is_claimed_while_half_of_what_was_claimed_ahead_still_waits(later: list[float]) -> None:
    line = Line("default", 4)
    assert [fill(line) for _ in range(3)] == [4, 4, 8]
    wanted = line.wanted()
    line.join(jobs(wanted), wanted)
    assert line.wanted() == 0


def test_who_waited_for_too_long_leaves_in_order_and_nobody_is_claimed_ahead(later: list[float]) -> None:
    line = Line("default", 1)
    early, late = jobs(2), jobs(1)
    line.join(early, 9)
    later[0] += 2.0
    line.join(late, 9)
    assert line.leave(1.0) == early
    assert line.leave(1.0) == []
    assert line.leave(0) == late


def test_a_calm_line_that_was_empty_rests_for_a_moment_and_others_never(later: list[float]) -> None:
    eager, calm = Line("default", 1), Line("media", 1, calm=True)
    assert (eager.rest() <= 0, calm.rest() <= 0) == (True, True)
    for line in (eager, calm):
        line.join([], 1)
    assert (eager.rest() <= 0, calm.rest()) == (True, pytest.approx(REST_SECONDS))
    later[0] += REST_SECONDS
    assert calm.rest() <= 0
    calm.join(jobs(1), 1)
    assert calm.rest() <= 0
