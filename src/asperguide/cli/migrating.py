"""`migrate`: the schema of the database."""

from collections.abc import Iterator
from contextlib import contextmanager

import rich_click as click

from asperguide.adapters.sql import migrations
from asperguide.cli.running import run


@click.group()
def migrate() -> None:
    """Bring the schema of the database to the version of this program, and back."""


@migrate.command()
@click.argument("revision", default="head")
def up(revision: str) -> None:
    """Apply what is missing; safe to start on several machines at once."""
    with _plainly():
        status = run(lambda container: migrations.up(container.database(), revision), on_current_schema=False)
    click.echo(f"The schema is at revision {status.current}.")


@migrate.command()
@click.argument("revision", default="-1")
def down(revision: str) -> None:
    """Take back the last revision, or all after REVISION; what only newer tables held is lost."""
    with _plainly():
        status = run(lambda container: migrations.down(container.database(), revision), on_current_schema=False)
    click.echo(f"The schema is at revision {status.current or 'none'}.")


@migrate.command()
@click.argument("message")
def new(message: str) -> None:
    """Write a new revision from what the row classes declare beyond the database."""
    with _plainly():
        path = run(lambda container: migrations.new(container.database(), message), on_current_schema=False)
    click.echo(path)


@migrate.command()
def check() -> None:
    """Compare the database with what the row classes declare; exit code 1 when they differ."""
    differences = run(lambda container: migrations.check(container.database()), on_current_schema=False)
    for difference in differences:
        click.echo(difference)
    if differences:
        raise SystemExit(1)
    click.echo("The database is what the program declares.")


@migrate.command()
@click.option("--dialect", type=click.Choice(["sqlite", "mysql", "mariadb"]), default="mariadb", show_default=True)
@click.argument("revision", default="head")
def sql(dialect: str, revision: str) -> None:
    """Print the SQL of all revisions instead of running it."""
    with _plainly():
        click.echo(migrations.sql(dialect, revision))


@migrate.command()
def status() -> None:
    """Say where the database stands; exit code 1 when it is not current."""
    found = run(lambda container: migrations.status(container.database()), on_current_schema=False)
    click.echo(f"database: {found.current or 'empty'}\nprogram:  {found.head}")
    try:
        migrations.demand_current(found)
    except migrations.SchemaOutdated as outdated:
        click.echo(outdated.detail)
        raise SystemExit(1) from None


@contextmanager
def _plainly() -> Iterator[None]:
    """What Alembic refuses, such as a revision that there is not, as a sentence; a traceback tells nobody more."""
    from alembic.util import CommandError

    try:
        yield
    except CommandError as refused:
        click.echo(f"asperguide: {refused}. Revisions are 0001 to {migrations.head()}, after base.", err=True)
        raise SystemExit(1) from None
