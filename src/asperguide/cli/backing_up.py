"""`backup` and `restore`: everything in the database, in one file that any kind of database takes back."""

import json
import os
import sys
from collections.abc import AsyncIterator, Callable, Iterator, Sequence
from contextlib import contextmanager
from importlib.metadata import version
from pathlib import Path
from tempfile import NamedTemporaryFile
from typing import IO, Any

import rich_click as click
from rich.console import Console
from rich.progress import BarColumn, MofNCompleteColumn, Progress, TextColumn, TimeRemainingColumn

from asperguide.adapters.sql import backup as backups
from asperguide.adapters.sql.archive import Archive, ArchiveDamaged, Footer, Kept
from asperguide.adapters.sql.backup import RestoreRefused
from asperguide.cli.running import run
from asperguide.container import Container
from asperguide.shared.errors import StorageUnavailable
from asperguide.shared.storage import Storage

REFUSED, DAMAGED, MISSING = 1, 3, 4
"""Exit codes: the file or the database is not one for this; the file is not whole; the storage lacks objects."""
MOST_NAMED = 20


@click.command()
@click.argument("file", type=click.Path(dir_okay=False, path_type=Path))
@click.option("--without-objects", is_flag=True, help="Do not list what is in the object storage.")
@click.option("--json", "as_json", is_flag=True, help="What was written, as JSON.")
def backup(file: Path, without_objects: bool, as_json: bool) -> None:
    """Write the database to FILE, as it is at one moment, while everything goes on, and list the stored objects.

    The objects themselves are not part of it, nor are settings and the secret that tokens are signed with: keep those
    elsewhere. Exit code 1 when FILE is there already, the schema is not that of this program or the storage is away.
    """

    async def work(container: Container) -> Footer:
        database = container.database()
        with _whole(file) as open_file, _progress("Writing", await backups.count(database)) as told:
            return await backups.dump(
                database, open_file, program=version("asperguide"), now=container.clock().now(), told=told,
                objects=None if without_objects else _kept(container.storage()),
            )  # fmt: skip

    _tell(f"Written to {file}.", file, run(work, on_current_schema=False), as_json)


@click.command()
@click.argument("file", required=False, type=click.Path(exists=True, dir_okay=False, path_type=Path))
@click.option("--replace", is_flag=True, help="Lose everything that is in the database now.")
@click.option("--check", is_flag=True, help="Only read FILE and say whether it is whole.")
@click.option("--objects", is_flag=True, help="Only look whether all objects that FILE lists are in the storage.")
@click.option("--undo", is_flag=True, help="After a restore that was cut off: have what was there before. No FILE.")
@click.option("--json", "as_json", is_flag=True, help="What was read, as JSON.")
def restore(file: Path | None, replace: bool, check: bool, objects: bool, undo: bool, as_json: bool) -> None:
    """Read FILE, made by `backup` on any kind of database, into this database, and migrate it to this program.

    Stop every process before. All or nothing: what was there stays until everything is read. A server whose restore
    was cut off says so, and takes it again, or --undo. Then it is looked whether the storage has the objects that were
    there when FILE was made.
    Exit code 1 when there is something in the database or FILE does not fit it; 3 when FILE is damaged; 4 when all of
    it was read and the storage lacks objects, or is away.
    """
    if (file is None) != undo or replace + check + objects + undo > 1:
        raise click.UsageError("Either FILE, with one option at most, or --undo.")
    try:
        if file is None:
            run(lambda container: backups.undo(container.database()), on_current_schema=False)
            click.echo("What was there before the restore is there again.")
        elif check:
            _tell(f"{file} is whole.", file, Archive(file).check(), as_json)
        elif objects:
            archive = Archive(file)
            _tell(f"{file} is whole.", file, archive.check(), as_json, _missing(archive))
        else:
            archive = Archive(file)
            _tell(f"Read from {file}.", file, _load(archive, replace), as_json, _missing(archive))
    except ArchiveDamaged as damaged:
        click.echo(f"asperguide: {file} is no whole backup: {damaged}", err=True)
        sys.exit(DAMAGED)
    except RestoreRefused as refused:
        click.echo(f"asperguide: {refused}", err=True)
        sys.exit(REFUSED)


def _load(archive: Archive, replace: bool) -> Footer:
    with _progress("Reading", sum(archive.check().rows.values())) as told:
        return run(
            lambda container: backups.load(container.database(), archive, replace=replace, told=told),
            on_current_schema=False,
        )


async def _kept(storage: Storage) -> AsyncIterator[list[Kept]]:
    """Everything in the storage, a page at a time. Raises StorageUnavailable."""
    cursor: str | None = None
    while True:
        page = await storage.list(cursor=cursor)
        yield [Kept(one.key, one.size) for one in page.objects]
        if (cursor := page.next_cursor) is None:
            return


def _missing(archive: Archive) -> list[str]:
    """The keys of listed objects that the storage does not have in that size, of an archive that was checked.

    Ends the command when the storage is away.
    """

    async def there(container: Container) -> set[Kept]:
        return {one async for page in _kept(container.storage()) for one in page}

    if archive.footer is None or not archive.footer.objects:
        return []
    try:
        found = run(there, on_current_schema=False)
    except StorageUnavailable as away:
        click.echo(f"asperguide: the objects could not be looked up: {away.detail}", err=True)
        sys.exit(MISSING)
    return [one.key for one in archive.objects() if one not in found]


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


def _tell(words: str, file: Path, footer: Footer, as_json: bool, missing: Sequence[str] = ()) -> None:
    """Say what the file has, and end with 4 when objects are missing that it lists."""
    rows, size, named = sum(footer.rows.values()), file.stat().st_size, missing[:MOST_NAMED]
    if as_json:
        told: dict[str, Any] = {"file": str(file), "bytes": size, "sha256": footer.sha256}
        told |= {"rows": rows, "tables": footer.rows, "objects": footer.objects}
        click.echo(json.dumps({**told, "missing": len(missing), "missing_keys": list(named)}))
    else:
        listed = "" if footer.objects is None else f", {footer.objects} objects listed"
        click.echo(f"{words} {rows} rows in {len(footer.rows)} tables, {size:,} bytes{listed}.")
        if missing:
            click.echo(f"The storage lacks {len(missing)} of the objects, or has them in another size:", err=True)
            click.echo("".join(f"  {key}\n" for key in named), err=True, nl=False)
    if missing:
        sys.exit(MISSING)
