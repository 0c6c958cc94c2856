"""`jobs`: the ledger, its queues and its schedules, for operators on the machine itself."""

import asyncio
import contextlib
import re
from collections.abc import Awaitable, Callable, Sequence
from datetime import datetime, timedelta
from typing import Any
from uuid import UUID

import msgspec
import rich_click as click
from rich.console import Console
from rich.live import Live
from rich.table import Table

from asperguide.cli.job_tables import Timetable, details, job_table, queue_table, timetable
from asperguide.cli.running import run
from asperguide.container import Container
from asperguide.operations import Job, Pruned, Pruning
from asperguide.shared.actor import OPERATOR
from asperguide.shared.errors import DomainError
from asperguide.shared.ledger import JobState, kind_of
from asperguide.shared.pages import MAX_LIMIT, PageRequest

UNITS = {"s": "seconds", "m": "minutes", "h": "hours", "d": "days", "w": "weeks"}
REFRESH_SECONDS = 1.0

as_json = click.option("--json", "as_json", is_flag=True, help="One JSON object a line.")
ids = click.argument("ids", metavar="ID...", nargs=-1, type=click.UUID)


class Age(click.ParamType[timedelta]):
    """A number and a unit: 90s, 30m, 12h, 7d, 4w."""

    name = "age"

    def convert(self, value: Any, param: click.Parameter | None, ctx: click.Context | None) -> timedelta:
        """The age. Fails with a usage error, exit code 2."""
        found = re.fullmatch(r"(\d{1,5})([smhdw])", str(value))
        if found is None:
            self.fail("give a number and a unit: 90s, 30m, 12h, 7d or 4w", param, ctx)
        return timedelta(**{UNITS[found[2]]: int(found[1])})


@click.group()
def jobs() -> None:
    """See and manage the ledger of jobs, its queues and its schedules."""


@jobs.command("list")
@click.option("--state", type=click.Choice([state.value for state in JobState]), help="Only jobs in this state.")
@click.option("--queue", help="Only jobs of this queue.")
@click.option("--kind", help="Only jobs of this kind, such as identity.password-changed.")
@click.option("--limit", default=20, show_default=True, type=click.IntRange(min=1), help="How many.")
@click.option("--watch", is_flag=True, help="Show them anew every second, until Ctrl+C.")
@as_json
def list_jobs(state: str | None, queue: str | None, kind: str | None, limit: int, watch: bool, as_json: bool) -> None:
    """List jobs, the newest first. What they are about is told by `show`."""
    given = {"state": state, "queue": queue, "kind": kind}
    filters = {name: value for name, value in given.items() if value is not None}

    async def show(container: Container) -> Table:
        return job_table(await _jobs(container, filters, limit), container.clock().now())

    if as_json:
        _print_json(run(lambda container: _jobs(container, filters, limit)))
    elif watch:
        with contextlib.suppress(KeyboardInterrupt):
            run(lambda container: _watch(container, show))
    else:
        Console().print(run(show))


@jobs.command()
@click.argument("id", type=click.UUID)
@as_json
def show(id: UUID, as_json: bool) -> None:
    """Show one job with its message, which may name people."""
    job = run(lambda container: container.show_job()(OPERATOR, id))
    if as_json:
        _print_json([job])
    else:
        Console().print(details(job))


@jobs.command()
@ids
@click.option("--dead", is_flag=True, help="Every dead job, of this queue and kind if given.")
@click.option("--queue", help="With --dead: only jobs of this queue.")
@click.option("--kind", help="With --dead: only jobs of this kind.")
def retry(ids: tuple[UUID, ...], dead: bool, queue: str | None, kind: str | None) -> None:
    """Make jobs that wait, are dead or were cancelled due at once; exit code 1 when one was not to be retried."""
    if bool(ids) == dead or ((queue or kind) and not dead):
        raise click.UsageError("Name jobs, or say --dead with or without --queue and --kind.")
    given = {"state": JobState.DEAD.value, "queue": queue, "kind": kind}
    filters = {name: value for name, value in given.items() if value is not None}

    async def work(container: Container) -> int:
        wanted = [job.id for job in await _jobs(container, filters)] if dead else ids
        return await _each(wanted, lambda job: container.retry_job()(OPERATOR, job), "due now")

    _end(run(work))


@jobs.command()
@ids
def cancel(ids: tuple[UUID, ...]) -> None:
    """End jobs that wait or run; exit code 1 when one was over.

    A running job is stopped within 10 seconds; what it did until then stays done.
    """
    if not ids:
        raise click.UsageError("Name at least one job.")
    _end(run(lambda container: _each(ids, lambda job: container.cancel_job()(OPERATOR, job), "cancelled")))


@jobs.command()
@click.argument("queue")
def pause(queue: str) -> None:
    """Have all workers take no more jobs of a queue; what runs goes on. Holds until `resume`."""
    found = run(lambda container: container.pause_queue()(OPERATOR, queue))
    click.echo(f"{queue} is paused; {found.waiting} jobs wait, {found.running} still run.")


@jobs.command()
@click.argument("queue")
def resume(queue: str) -> None:
    """Let workers take jobs of a queue again."""
    found = run(lambda container: container.resume_queue()(OPERATOR, queue))
    click.echo(f"{queue} goes on; {found.due} jobs are due.")


@jobs.command()
@click.option("--older-than", type=Age(), default="7d", show_default=True, help="Since when they are over.")
@click.option(
    "--state", "states", type=click.Choice(["done", "cancelled", "dead"]), multiple=True,
    default=("done", "cancelled"), show_default=True, help="May be given more than once.",
)  # fmt: skip
def prune(older_than: timedelta, states: tuple[Any, ...]) -> None:
    """Forget jobs that are over. Dead ones only when asked for: they stay until somebody has looked at them."""

    async def work(container: Container) -> int:
        wanted = Pruning(before=container.clock().now() - older_than, states=states)
        forgotten, last = 0, Pruned(pruned=0, more=True)
        while last.more:
            last = await container.prune_jobs()(OPERATOR, wanted)
            forgotten += last.pruned
        return forgotten

    click.echo(f"{run(work)} jobs are forgotten.")


@jobs.command()
@as_json
def queues(as_json: bool) -> None:
    """Show how full each queue is and whether it is paused."""

    async def work(container: Container) -> tuple[Any, datetime]:
        return await container.queue_overview()(OPERATOR), container.clock().now()

    found, now = run(work)
    if as_json:
        _print_json(found)
    else:
        Console().print(queue_table(found, now))


@jobs.command()
@click.option("--runs", default=3, show_default=True, type=click.IntRange(1, 100), help="How many due times to show.")
@as_json
def schedules(runs: int, as_json: bool) -> None:
    """Show what the clock asks for: when each schedule is due next, and how its last job went."""
    from asperguide.worker import schedules_of

    async def work(container: Container) -> tuple[list[Timetable], datetime, bool]:
        found, now = list[Timetable](), container.clock().now()
        for schedule in schedules_of(container.settings()):
            due, next = now, list[datetime]()
            for _ in range(runs):
                next.append(due := schedule.next_due(due))
            kind = kind_of(type(schedule.message))
            last = await _jobs(container, {"kind": kind}, 1)
            found.append(Timetable(name=schedule.name, kind=kind, next=tuple(next), last=last[0] if last else None))
        return found, now, container.settings().enable_crons

    found, now, on = run(work)
    if as_json:
        _print_json(found)
        return
    Console().print(timetable(found, now))
    if not on:
        click.echo(
            "ENABLE_CRONS is off here: with these settings only `asperguide scheduler` puts them into the ledger."
        )


async def _jobs(container: Container, filters: dict[str, str], limit: int | None = None) -> list[Job]:
    """The newest jobs, page by page; all without a limit."""
    found: list[Job] = []
    cursor: str | None = None
    while limit is None or len(found) < limit:
        wanted = MAX_LIMIT if limit is None else min(limit - len(found), MAX_LIMIT)
        page = await container.list_jobs()(OPERATOR, PageRequest(cursor=cursor, limit=wanted, filters=filters))
        found.extend(page.items)
        if (cursor := page.next_cursor) is None:
            break
    return found


async def _watch(container: Container, show: Callable[[Container], Awaitable[Table]]) -> None:
    """Draw over what was drawn, every second; what is no terminal gets it once."""
    console = Console()
    if not console.is_terminal:
        console.print(await show(container))
        return
    with Live(console=console, auto_refresh=False) as live:
        while True:
            live.update(await show(container), refresh=True)
            await asyncio.sleep(REFRESH_SECONDS)


async def _each(ids: Sequence[UUID], do: Callable[[UUID], Awaitable[object]], done: str) -> int:
    """Do it to each and say how it went. How many were refused."""
    refused = 0
    for id in ids:
        try:
            await do(id)
        except DomainError as error:
            refused += 1
            click.echo(f"{id}: {error.detail}", err=True)
        else:
            click.echo(f"{id}: {done}")
    click.echo(f"{len(ids) - refused} of {len(ids)} jobs.")
    return refused


def _end(refused: int) -> None:
    if refused:
        raise SystemExit(1)


def _print_json(things: Sequence[object]) -> None:
    for thing in things:
        click.echo(msgspec.json.encode(thing).decode())
