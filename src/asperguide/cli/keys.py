"""`keys`: what tokens are signed with, and what sealed capsules hang on."""

import rich_click as click

from asperguide.adapters.security.keys import new_private_key, new_secret
from asperguide.adapters.system import SystemIds
from asperguide.capsules import KeyInUse
from asperguide.cli.running import run
from asperguide.container import Container
from asperguide.settings import load
from asperguide.settings.capsule_keys import NAME


@click.group()
def keys() -> None:
    """Make secrets, and turn the keys that sealed capsules hang on."""


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


@keys.command()
def rotate() -> None:
    """Hang every sealed letter and draft on the current key. The service may run; nothing is read.

    Ends with exit code 1 when something hangs on a key that is not there.
    """
    turned = run(lambda container: container.rotate_keys()())
    click.echo(f"{turned} hung on the current key")
    left = [key for key in run(_in_use) if not key.current]
    for key in left:
        click.echo(f"{key.letters} still hang on {key.name}: add that key to CAPSULE_KEYS again", err=True)
    if left:
        raise SystemExit(1)


@keys.command()
@click.argument("name")
def retire(name: str) -> None:
    """Say whether a key may be taken out of CAPSULE_KEYS: exit code 0 when nothing hangs on it, else 1."""
    used = {key.name: key for key in run(_in_use)}
    if (key := used.get(name)) is None and name not in load().vault_keys:
        raise click.BadParameter("there is no such key", param_hint="NAME")
    if key is not None and key.current:
        raise click.ClickException(f"{name} is the current key: put another one in front of it first")
    if key is not None:
        raise click.ClickException(f"{key.letters} hang on {name}: call `asperguide keys rotate` first")
    click.echo(f"nothing hangs on {name}: take it out of CAPSULE_KEYS and restart")


async def _in_use(container: Container) -> list[KeyInUse]:
    return await container.count_keys()()
