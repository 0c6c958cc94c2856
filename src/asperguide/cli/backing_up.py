"""`backup` and `restore`: everything in the database, in one file that any kind of database takes back."""

import json
import os
import sys
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from importlib.metadata import version
from pathlib import Path
from tempfile import NamedTemporaryFile
from typing import IO, Any

import rich_click as click
from rich.console import Console
from rich.progress import BarColumn, MofNCompleteColumn, Progress, TextColumn, TimeRemainingColumn

from asperguide.adapters.sql import backup as backups
from asperguide.adapters.sql.archive import Archive, ArchiveDamaged, Footer
from asperguide.adapters.sql.backup import RestoreRefused
from asperguide.cli.running import run
from asperguide.container import Container

REFUSED, DAMAGED = 1, 3
"""Exit codes: the file or the database is not one for this; the file is not whole."""


@click.command()
@click.argument("file", type=click.Path(dir_okay=False, path_type=Path))
@click.option("--json", "as_json", is_flag=True, help="What was written, as JSON.")
def backup(file: Path, as_json: bool) -> None:
    """Write the database to FILE, as it is at one moment, while everything goes on.

    Settings and the secret that tokens are signed with are not part of it: keep those elsewhere.
    Exit code 1 when FILE is there already or the schema is not that of this program.
    """

    async def work(container: Container) -> Footer:
        database = container.database()
        with _whole(file) as open_file, _progress("Writing", await backups.count(database)) as told:
            now = container.clock().now()
            return await backups.dump(database, open_file, program=version("asperguide"), now=now, told=told)

    _tell(f"Written to {file}.", file, run(work, on_current_schema=False), as_json)


@click.command()
@click.argument("file", required=False, type=click.Path(exists=True, dir_okay=False, path_type=Path))
@click.option("--replace", is_flag=True, help="Lose everything that is in the database now.")
@click.option("--check", is_flag=True, help="Only read FILE and say whether it is whole.")
@click.option("--undo", is_flag=True, help="After a restore that was cut off: have what was there before. No FILE.")
@click.option("--json", "as_json", is_flag=True, help="What was read, as JSON.")
def restore(file: Path | None, replace: bool, check: bool, undo: bool, as_json: bool) -> None:
    """Read FILE, made by `backup` on any kind of database, into this database, and migrate it to this program.

    Stop every process before. All or nothing: what was there stays until everything is read. A server whose restore
    was cut off says so, and takes it again, or --undo.
    Exit code 1 when there is something in the database or FILE does not fit it; 3 when FILE is damaged.
    """
    if (file is None) != undo or (undo and (replace or check)):
        raise click.UsageError("Either FILE, or --undo.")
    try:
        if file is None:
            run(lambda container: backups.undo(container.database()), on_current_schema=False)
            click.echo("What was there before the restore is there again.")
        elif check:
            _tell(f"{file} is whole.", file, Archive(file).check(), as_json)
        else:
            _tell(f"Read from {file}.", file, _read(Archive(file), replace), as_json)
    except ArchiveDamaged as damaged:
        click.echo(f"asperguide: {file} is no whole backup: {damaged}", err=True)
        sys.exit(DAMAGED)
    except RestoreRefused as refused:
        click.echo(f"asperguide: {refused}", err=True)
        sys.exit(REFUSED)


def _read(archive: Archive, replace: bool) -> Footer:
    with _progress("Reading", sum(archive.check().rows.values())) as told:
        return run(
            lambda container: backups.load(container.database(), archive, replace=replace, told=told),
            on_current_schema=False,
        )


@contextmanager
def _whole(path: Path) -> Iterator[IO[bytes]]:
    """A file that only its owner can read, and that has its name when everything is in it and on the disk."""
    if path.exists():
        click.echo(f"asperguide: {path} is there already.", err=True)
        sys.exit(REFUSED)
    try:
        # A name of its own: two that write the same backup at once must not write into one file.
        with NamedTemporaryFile(dir=path.parent, prefix=f".{path.name}.", suffix=".partial", delete=False) as file:
            draft = Path(file.name)
            try:
                yield file
                file.flush()
                os.fsync(file.fileno())
                draft.replace(path)
            finally:
                draft.unlink(missing_ok=True)
    except OSError as error:
        click.echo(f"asperguide: {path} cannot be written: {error.strerror or error}", err=True)
        sys.exit(REFUSED)


@contextmanager
def _progress(what: str, total: int) -> Iterator[Callable[[int], None]]:
    """A bar on a terminal; nothing elsewhere."""
    columns = (TextColumn(what), BarColumn(), MofNCompleteColumn(), TextColumn("rows"), TimeRemainingColumn())
    console = Console(stderr=True)
    with Progress(*columns, console=console, transient=True, disable=not console.is_terminal) as progress:
        task = progress.add_task(what, total=total)
        yield lambda rows: progress.advance(task, rows)


def _tell(words: str, file: Path, footer: Footer, as_json: bool) -> None:
    rows = sum(footer.rows.values())
    if as_json:
        told: dict[str, Any] = {"file": str(file), "bytes": file.stat().st_size, "sha256": footer.sha256}
        click.echo(json.dumps({**told, "rows": rows, "tables": footer.rows}))
    else:
        click.echo(f"{words} {rows} rows in {len(footer.rows)} tables, {file.stat().st_size:,} bytes.")
