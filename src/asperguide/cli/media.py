"""`media`: whether files, their bytes and what is counted of them fit together, and putting it right."""

import sys
from collections.abc import Iterator

import msgspec
import rich_click as click
from rich.console import Console
from rich.table import Table

from asperguide.cli.running import run
from asperguide.container import Container
from asperguide.media import Findings, QuotaDifference

SHOWN = 10
"""Things of a kind that the table names; `--json` names more."""


@click.group()
def media() -> None:
    """Look after files and their bytes."""


@media.command()
@click.option("--mend", is_flag=True, help="Put right what does not fit: see docs/operations.md first.")
@click.option("--json", "as_json", is_flag=True, help="One JSON object.")
def reconcile(mend: bool, as_json: bool) -> None:
    """Compare what is stored with what is known. The service may be running meanwhile.

    Ends with 1 when something does not fit and was not put right.
    """

    async def work(container: Container) -> Findings:
        return await container.reconcile()(mend)

    found = run(work)
    if as_json:
        click.echo(msgspec.json.encode(found))
    elif found.clean:
        click.echo(f"Everything fits: {found.objects} objects.")
    else:
        Console().print(_table(found))
    sys.exit(0 if found.clean or found.mended else 1)


def _table(found: Findings) -> Table:
    done = "mended" if found.mended else "found"
    table = Table(title=f"{found.objects} objects were looked at", title_justify="left")
    table.add_column(done)
    table.add_column("count", justify="right")
    table.add_column("which", overflow="fold")
    for name, count, which in _lines(found):
        if count:
            table.add_row(name, str(count), "\n".join([*which[:SHOWN], *(["..."] if count > SHOWN else [])]))
    return table


def _lines(found: Findings) -> Iterator[tuple[str, int, list[str]]]:
    yield f"objects of no file, {found.orphan_bytes} bytes", found.orphans, list(found.orphan_keys)
    yield "uploads in parts of no upload", len(found.stale_uploads), list(found.stale_uploads)
    yield "files without their bytes", len(found.lost), [str(id) for id in found.lost]
    yield "files that nobody checks", len(found.stuck), [str(id) for id in found.stuck]
    yield "owners with wrong quotas", len(found.quotas), [_difference(one) for one in found.quotas]


def _difference(one: QuotaDifference) -> str:
    told, actual = one.counted, one.actual
    return (
        f"{one.owner}: {told.used_files} files of {told.used_bytes} bytes, {told.reserved_bytes} reserved; "
        f"indeed {actual.used_files} of {actual.used_bytes}, {actual.reserved_bytes} reserved"
    )
