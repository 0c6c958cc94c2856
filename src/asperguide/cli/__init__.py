"""The `asperguide` command. Each command's module is imported when it is called: `serve` must start fast."""

import sys

import click

from asperguide.settings import SettingsRefused
from asperguide.shared.errors import DomainError

COMMANDS = {
    "serve": "asperguide.cli.serving:serve",
    "worker": "asperguide.cli.serving:worker",
    "scheduler": "asperguide.cli.serving:scheduler",
    "migrate": "asperguide.cli.migrating:migrate",
    "backup": "asperguide.cli.backing_up:backup",
    "restore": "asperguide.cli.backing_up:restore",
    "maintenance": "asperguide.cli.maintaining:maintenance",
    "users": "asperguide.cli.users:users",
    "audit": "asperguide.cli.auditing:audit",
    "jobs": "asperguide.cli.jobs:jobs",
    "storage": "asperguide.cli.stores:storage",
    "media": "asperguide.cli.media:media",
    "doctor": "asperguide.cli.inspecting:doctor",
    "settings": "asperguide.cli.inspecting:settings",
    "openapi": "asperguide.cli.documenting:openapi",
    "errors": "asperguide.cli.documenting:errors",
    "keys": "asperguide.cli.keys:keys",
    "mail": "asperguide.cli.documenting:mail",
    "ffmpeg": "asperguide.cli.ffmpeg:ffmpeg",
    "demo": "asperguide.cli.demo:demo",
}
"""What `asperguide --help` lists, and where it is."""


def _in_colours() -> type[click.Group]:
    """A group whose help is drawn in colours, unless this process serves: what draws it would stay in its memory."""
    if sys.argv[1:2] == ["serve"]:
        return click.Group
    from rich_click import RichGroup

    return RichGroup


class Commands(_in_colours()):  # type: ignore[misc]  # known only when it runs
    """Imports a command when somebody asks for it."""

    def list_commands(self, ctx: click.Context) -> list[str]:
        """All names, in the order of the table."""
        return list(COMMANDS)

    def get_command(self, ctx: click.Context, cmd_name: str) -> click.Command | None:
        """The command of that name."""
        if cmd_name not in COMMANDS:
            return None
        from importlib import import_module

        module, _, name = COMMANDS[cmd_name].partition(":")
        command: click.Command = getattr(import_module(module), name)
        return command


@click.group(cls=Commands, context_settings={"help_option_names": ["-h", "--help"]})
@click.version_option(package_name="asperguide")
def cli() -> None:
    """Accounts, media, augmented-reality prints and time capsules, served over REST.

    Settings come from config.toml, .env and the environment; `asperguide settings` shows them.
    """


def main() -> None:
    """Run the command line. A refusal ends with one clear message: exit code 2 for a setting, 1 for anything else."""
    try:
        cli()
    except SettingsRefused as refused:
        click.echo(f"asperguide: {refused}", err=True)
        sys.exit(2)
    except DomainError as refused:
        click.echo(f"asperguide: {refused.detail}", err=True)
        for wrong in refused.fields:
            click.echo(f"  {wrong.pointer}: {wrong.detail}", err=True)
        sys.exit(1)
