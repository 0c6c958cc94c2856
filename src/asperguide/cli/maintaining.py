"""`maintenance`: ask people to come back later, from the machine itself."""

import json

import msgspec
import rich_click as click

from asperguide.cli.running import run
from asperguide.operations.maintenance import MaintenanceNotice
from asperguide.operations.model import Maintenance
from asperguide.shared.actor import OPERATOR

WORDS = MaintenanceNotice()


@click.group()
def maintenance() -> None:
    """Have every process answer 503 to everything but health and administration, while you work on what is below.

    Each obeys within 5 seconds. Workers take no more jobs meanwhile; what is running goes on to its end.
    """


@maintenance.command()
@click.option("--message", default=WORDS.message, show_default=True, help="What people are told.")
@click.option("--retry-after", default=WORDS.retry_after, show_default=True, help="In how many seconds to try again.")
def on(message: str, retry_after: int) -> None:
    """Begin, or change the words."""
    try:
        notice = msgspec.convert({"message": message, "retry_after": retry_after}, MaintenanceNotice)
    except msgspec.ValidationError as error:
        raise click.UsageError(str(error)) from error
    run(lambda container: container.begin_maintenance()(OPERATOR, notice))
    click.echo("Maintenance: within 5 seconds nobody is served any more. To end it: asperguide maintenance off")


@maintenance.command()
def off() -> None:
    """End it."""
    ended = run(lambda container: container.end_maintenance()(OPERATOR))
    click.echo("Everybody is served again within 5 seconds." if ended else "There was no maintenance.")


@maintenance.command()
@click.option("--json", "as_json", is_flag=True, help="As one JSON object; `null` when there is none.")
def status(as_json: bool) -> None:
    """Say whether it is on; exit code 1 when it is."""
    found = run(lambda container: container.check_maintenance()())
    click.echo(json.dumps(msgspec.to_builtins(found)) if as_json else _in_words(found))
    if found is not None:
        raise SystemExit(1)


def _in_words(found: Maintenance | None) -> str:
    if found is None:
        return "off"
    return f"on since {found.since:%Y-%m-%d %H:%M:%S} UTC: {found.message} (try again after {found.retry_after} s)"
