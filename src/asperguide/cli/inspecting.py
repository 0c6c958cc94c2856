"""`doctor` and `settings`: is this installation well, and what is it told."""

import json as json_module

import msgspec
import rich_click as click
from rich.console import Console
from rich.markup import escape
from rich.table import Table

from asperguide.cli.running import run
from asperguide.settings import load


@click.command()
@click.option("--json", "as_json", is_flag=True, help="The findings as JSON.")
def doctor(as_json: bool) -> None:
    """Ask every dependency how it is, and say what to do; exit code 1 when something required is not well."""
    found = run(lambda container: container.examine()(), on_current_schema=False)
    if as_json:
        click.echo(json_module.dumps(msgspec.to_builtins(found)))
    else:
        table = Table("", "Dependency", "Found", "What to do")
        for finding in found.findings:
            sign = "[green]ok[/]" if finding.well else "[red]FAILED[/]" if finding.required else "[yellow]missing[/]"
            table.add_row(sign, finding.name, escape(finding.detail), escape(finding.advice))
        Console().print(table)
    if not found.well:
        raise SystemExit(1)


@click.command()
@click.option("--json", "as_json", is_flag=True, help="As one JSON object.")
def settings(as_json: bool) -> None:
    """Show every setting, secrets masked."""
    values = load().redacted()
    if as_json:
        click.echo(json_module.dumps(values))
        return
    for name, value in values.items():
        click.echo(f"{name.upper()}={value}")
