"""`audit`: what was done to accounts and by administrators, for whoever has to look through it elsewhere."""

import csv
import io
from collections.abc import Callable, Iterable
from dataclasses import fields
from datetime import UTC, datetime
from typing import Any

import msgspec
import rich_click as click

from asperguide.cli.running import run
from asperguide.container import Container
from asperguide.identity.audit import SecurityEvent
from asperguide.shared.actor import OPERATOR
from asperguide.shared.pages import MAX_LIMIT, PageRequest

COLUMNS = tuple(field.name for field in fields(SecurityEvent))
FORMULA = ("=", "+", "-", "@", "\t", "\r", "\n", "\uff1d", "\uff0b", "\uff0d", "\uff20")
"""What a spreadsheet takes for the beginning of a formula, which may send the sheet to whoever wrote the cell.

The last four are wide forms of the first."""


class Moment(click.ParamType[datetime]):
    """A day or a moment in ISO 8601; in UTC unless it says otherwise."""

    name = "moment"

    def convert(self, value: Any, param: click.Parameter | None, ctx: click.Context | None) -> datetime:
        """The moment, a day being its beginning."""
        try:
            moment = datetime.fromisoformat(value)
            return moment.replace(tzinfo=UTC) if moment.tzinfo is None else moment.astimezone(UTC)
        except (ValueError, OverflowError):
            self.fail("a day or a moment, as in 2031-05-17 or 2031-05-17T12:30:00Z", param, ctx)


@click.group()
def audit() -> None:
    """Take the security log out: who did what to whose account, and what operators did."""


@audit.command()
@click.option("--from", "since", type=Moment(), help="The first moment; without it everything since the beginning.")
@click.option("--to", "until", type=Moment(), help="The moment behind the last; without it everything until now.")
@click.option("--format", "form", type=click.Choice(["ndjson", "csv"]), default="ndjson", show_default=True)
def export(since: datetime | None, until: datetime | None, form: str) -> None:
    """Write the events to standard output, the oldest first, one line each, however many there are.

    In CSV what a spreadsheet would take for a formula has an apostrophe in front. There are addresses of people in it.
    """
    line = _json if form == "ndjson" else _cells

    async def work(container: Container) -> None:
        end = until or container.clock().now()
        filters = {"until": end.isoformat(), **({"since": since.isoformat()} if since else {})}
        if form == "csv":
            click.echo(_row(COLUMNS), nl=False)
        await _write(container, filters, line)

    run(work)


async def _write(container: Container, filters: dict[str, str], line: Callable[[SecurityEvent], str]) -> None:
    """Page by page: there is never more than one in memory."""
    cursor: str | None = None
    while True:
        wanted = PageRequest(cursor=cursor, limit=MAX_LIMIT, sort="at", filters=filters)
        page = await container.security_log()(OPERATOR, wanted)
        click.echo("".join(map(line, page.items)), nl=False)
        if (cursor := page.next_cursor) is None:
            return


def _json(event: SecurityEvent) -> str:
    return msgspec.json.encode(event).decode() + "\n"


def _cells(event: SecurityEvent) -> str:
    told: dict[str, str | None] = msgspec.to_builtins(event)
    return _row(_harmless(told[name] or "") for name in COLUMNS)


def _harmless(text: str) -> str:
    return f"'{text}" if text.startswith(FORMULA) else text


def _row(cells: Iterable[str]) -> str:
    """One line of RFC 4180."""
    written = io.StringIO()
    csv.writer(written).writerow(cells)
    return written.getvalue()
