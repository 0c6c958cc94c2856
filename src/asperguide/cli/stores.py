"""`storage`: which object stores there are, and whether they keep what they are given."""

import json

import msgspec
import rich_click as click

from asperguide.cli.running import run
from asperguide.shared.actor import OPERATOR


@click.group()
def storage() -> None:
    """Object stores: where the bytes of files lie."""


@storage.command("list")
def list_stores() -> None:
    """Their names, the default first."""
    for name in run(lambda container: container.list_stores()(OPERATOR), on_current_schema=False):
        click.echo(name)


@storage.command("test")
@click.argument("name", default="default")
@click.option("--json", "as_json", is_flag=True, help="As one JSON object.")
def test_store(name: str, as_json: bool) -> None:
    """Put an object into a store, get it back and remove it; exit code 1 when that fails."""
    found = run(lambda container: container.try_store()(OPERATOR, name), on_current_schema=False)
    click.echo(json.dumps(msgspec.to_builtins(found)) if as_json else f"{found.name}: {found.detail}")
    if not found.well:
        raise SystemExit(1)
