"""Jobs, queues and schedules as tables that 80 columns are enough for; times are UTC."""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta

from rich.box import SIMPLE_HEAD
from rich.markup import escape
from rich.table import Column, Table

from asperguide.operations import Job, JobInFull, Queue
from asperguide.shared.ledger import JobState

ID_WIDTH = 36
COLOURS = {
    JobState.WAITING: "yellow",
    JobState.RUNNING: "cyan",
    JobState.DONE: "green",
    JobState.DEAD: "red",
    JobState.CANCELLED: "dim",
}
UNITS = (
    ("d", timedelta(days=1)),
    ("h", timedelta(hours=1)),
    ("min", timedelta(minutes=1)),
    ("s", timedelta(seconds=1)),
)


@dataclass(frozen=True, slots=True, kw_only=True)
class Timetable:
    """When a schedule is due next, and the newest job of its kind."""

    name: str
    kind: str
    next: tuple[datetime, ...]
    last: Job | None


def job_table(jobs: Iterable[Job], now: datetime) -> Table:
    """A job's kind and id, below them why it failed last; its state and tries; when it is due or was over."""
    table = _table(Column("Job", min_width=ID_WIDTH), "Queue", "State", "When")
    for job in jobs:
        error = f"\n[red]{escape(_first_line(job.error))}[/]" if job.error else ""
        progress = f"\n{job.progress} %" if job.state is JobState.RUNNING and job.progress is not None else ""
        table.add_row(
            f"{escape(job.kind)}\n[dim]{job.id}[/]{error}",
            escape(job.queue),
            f"{_state(job)} {job.attempts}/{job.max_attempts}{progress}",
            _relative(job.finished_at or job.run_at, now),
        )
    return table


def details(job: JobInFull) -> Table:
    """Everything about one job, one line a fact."""
    table = Table(show_header=False)
    for name in job.__dataclass_fields__:
        value = getattr(job, name)
        shown = _state(job) if name == "state" else _time(value) if isinstance(value, datetime) else _text(value)
        table.add_row(name.replace("_", " "), shown)
    return table


def queue_table(queues: Iterable[Queue], now: datetime) -> Table:
    """How full each queue is, how long its oldest due job waits, and for how long it has been paused."""
    table = _table("Queue", "Waiting", "Due", "Oldest", "Running", "Dead", "Paused")
    for queue in queues:
        dead = f"[red]{queue.dead}[/]" if queue.dead else "0"
        oldest = _span(now - queue.oldest_due_at) if queue.oldest_due_at else ""
        paused = f"[yellow]for {_span(now - queue.paused_at)}[/]" if queue.paused_at else ""
        table.add_row(escape(queue.name), str(queue.waiting), str(queue.due), oldest, str(queue.running), dead, paused)
    return table


def timetable(schedules: Sequence[Timetable], now: datetime) -> Table:
    """When each schedule is due next, and how its newest job went."""
    table = _table("Schedule", "Next", "", "Last job")
    for schedule in schedules:
        last = schedule.last
        table.add_row(
            escape(schedule.name),
            "\n".join(map(_time, schedule.next)),
            "\n".join(_relative(at, now) for at in schedule.next),
            f"{_state(last)} {_relative(last.finished_at or last.run_at, now)}" if last else "",
        )
    return table


def _table(*columns: Column | str) -> Table:
    table = Table(*columns, box=SIMPLE_HEAD, pad_edge=False)
    for column in table.columns:
        column.overflow = "fold"
    return table


def _state(job: Job) -> str:
    return f"[{COLOURS[job.state]}]{job.state}[/]"


def _time(at: datetime) -> str:
    return f"{at:%Y-%m-%d %H:%M:%S}"


def _relative(at: datetime, now: datetime) -> str:
    return f"in {_span(at - now)}" if at > now else f"{_span(now - at)} ago"


def _span(span: timedelta) -> str:
    """The length in the largest unit that fits."""
    unit, length = next(((unit, length) for unit, length in UNITS if span >= length), UNITS[-1])
    return f"{max(span // length, 0)} {unit}"


def _text(value: object) -> str:
    return "" if value is None else escape(str(value))


def _first_line(text: str | None) -> str:
    return next(iter((text or "").splitlines()), "")
