"""Tables of jobs and queues: what people read of them at a terminal of 80 columns."""

from datetime import UTC, datetime, timedelta
from uuid import UUID

import pytest
from rich.console import Console
from rich.table import Table

from asperguide.cli.job_tables import job_table, queue_table
from asperguide.operations import Job, Queue
from asperguide.shared.ledger import JobState

NOW = datetime(2031, 5, 17, 12, tzinfo=UTC)
ID = UUID("0199b0e2-7d1c-7c3e-9a57-5f2b8d6e4a10")


def job(**fields: object) -> Job:
    """A job that waits."""
    ready = {
        "id": ID, "kind": "identity.verification-requested", "queue": "default", "priority": 0,
        "state": JobState.WAITING, "run_at": NOW, "attempts": 0, "max_attempts": 20, "progress": None, "error": None,
        "worker": None, "leased_until": None, "request_id": None, "created_at": NOW, "finished_at": None,
    }  # fmt: skip
    return Job(**{**ready, **fields})  # type: ignore[arg-type]


def lines(table: Table) -> list[str]:
    """What is printed, without trailing spaces."""
    console = Console(width=80, color_system=None)
    with console.capture() as printed:
        console.print(table)
    return [line.rstrip() for line in printed.get().splitlines()]


@pytest.mark.parametrize(
    ("fields", "when"),
    [
        ({}, "0 s ago"),
        ({"run_at": NOW + timedelta(seconds=59.9)}, "in 59 s"),
        ({"run_at": NOW + timedelta(seconds=60)}, "in 1 min"),
        ({"run_at": NOW - timedelta(minutes=119)}, "1 h ago"),
        ({"run_at": NOW - timedelta(days=9), "finished_at": NOW - timedelta(days=3)}, "3 d ago"),
    ],
)
def test_a_job_says_when_it_is_due_or_was_over(fields: dict[str, object], when: str) -> None:
    (line,) = [line for line in lines(job_table([job(**fields)], NOW)) if "verification" in line]
    assert line.endswith(when)


def test_nothing_of_a_job_is_cut_off_at_80_columns() -> None:
    error = "MailRefused: 550 [red]no such mailbox[/] " + "here " * 30 + "END\nand a second line"
    printed = lines(job_table([job(state=JobState.RUNNING, progress=40, error=error)], NOW))
    text = " ".join(" ".join(printed).split())
    for words in (str(ID), "identity.verification-requested", "running 0/20", "40 %", "[red]no such mailbox[/]", "END"):
        assert words in text
    assert "second line" not in text


def test_a_queue_says_how_long_its_oldest_job_waits_and_it_is_paused() -> None:
    queue = Queue(
        name="slow", waiting=3, due=2, dead=1, oldest_due_at=NOW - timedelta(hours=5), paused_at=NOW - timedelta(days=1)
    )
    (line,) = [line for line in lines(queue_table([queue], NOW)) if "slow" in line]
    assert line.split() == ["slow", "3", "2", "5", "h", "0", "1", "for", "1", "d"]
