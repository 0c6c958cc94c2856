"""`keys`: what tokens are signed with, and what sealed capsules hang on."""

import rich_click as click

from asperguide.adapters.security.keys import new_private_key, new_secret
from asperguide.adapters.system import SystemIds
from asperguide.settings import load
from asperguide.settings.capsule_keys import NAME


@click.group()
def keys() -> None:
    """Make secrets, and see which keys sealed capsules hang on."""


@keys.command()
@click.option(
    "--algorithm", type=click.Choice(["HS256", "EdDSA", "ES256", "RS256"]), default="HS256", show_default=True
)
@click.option("--capsule", metavar="NAME", help="An entry for CAPSULE_KEYS under this name, such as 2031-05.")
def new(algorithm: str, capsule: str | None) -> None:
    """Print a new secret: for OAUTH_SECRET_KEY (HS256) and others, OAUTH_PRIVATE_KEY, or an entry of CAPSULE_KEYS."""
    if capsule is None:
        click.echo(new_secret(SystemIds()) if algorithm == "HS256" else new_private_key(algorithm))
        return
    if algorithm != "HS256":
        raise click.UsageError("--capsule has no --algorithm: its keys are for AES-256.")
    if NAME.fullmatch(capsule) is None:
        raise click.BadParameter("1 to 32 characters out of a-z 0-9 -.", param_hint="--capsule")
    click.echo(f"{capsule}:{new_secret(SystemIds())}")


@keys.command("list")
def list_keys() -> None:
    """Print the names of the keys that capsules hang on, the current one first; never the keys."""
    current, *others = load().vault_keys
    click.echo(f"{current}  current")
    for name in others:
        click.echo(name)
