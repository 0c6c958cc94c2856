"""`users`: accounts, for operators on the machine itself."""

import json
from uuid import UUID

import rich_click as click

from asperguide.cli.running import run
from asperguide.container import Container
from asperguide.identity import Account, NewAdmin
from asperguide.identity.audit import SecurityEventKind
from asperguide.identity.errors import UserNotFound
from asperguide.shared.actor import OPERATOR, UserId
from asperguide.shared.pages import PageRequest


@click.group()
def users() -> None:
    """See and manage accounts from the machine itself."""


@users.command("create-admin")
@click.option("--email", prompt=True)
@click.option("--username", prompt=True)
@click.option("--full-name", prompt=True)
def create_admin(email: str, username: str, full_name: str) -> None:
    """Make an administrator, whose address counts as confirmed; the password is asked for."""
    new = NewAdmin(email=email, username=username, full_name=full_name, password=_new_password())
    account = run(lambda container: container.create_admin()(new))
    click.echo(f"{account.username} is an administrator ({account.id}).")


@users.command("list")
@click.option("--state", help="Only accounts in this state.")
@click.option("--json", "as_json", is_flag=True, help="One JSON object a line.")
def list_users(state: str | None, as_json: bool) -> None:
    """List accounts, the newest first."""
    accounts = run(lambda container: _all(container, {"state": state} if state else {}))
    if as_json:
        for account in accounts:
            click.echo(json.dumps({"id": str(account.id), "username": account.username, "email": account.email,
                                   "state": account.state, "roles": list(account.roles)}))  # fmt: skip
        return
    from rich.console import Console
    from rich.markup import escape
    from rich.table import Table

    table = Table("Username", "E-mail", "Name", "State", "Roles", "Since")
    for account in accounts:
        cells = (account.username, account.email, account.full_name, account.state, ", ".join(account.roles))
        table.add_row(*map(escape, cells), f"{account.created_at:%Y-%m-%d}")
    Console().print(table)


@users.command()
@click.argument("who")
def suspend(who: str) -> None:
    """Lock the account with this id, username or address."""

    async def work(container: Container) -> None:
        await container.suspend_user()(OPERATOR, await _found(container, who))

    run(work)
    click.echo("Suspended; all sessions are ended.")


@users.command()
@click.argument("who")
def restore(who: str) -> None:
    """Let a suspended account in again."""

    async def work(container: Container) -> None:
        await container.restore_user()(OPERATOR, await _found(container, who))

    run(work)
    click.echo("Restored.")


@users.command("reset-password")
@click.argument("who")
def reset_password(who: str) -> None:
    """Set a new password, which is asked for; all sessions end and the owner is told by mail."""
    password = _new_password()

    async def work(container: Container) -> None:
        id = await _found(container, who)
        await container.set_password()(id, password, SecurityEventKind.PASSWORD_RESET, by=OPERATOR.user)

    run(work)
    click.echo("The password is set; all sessions are ended.")


def _new_password() -> str:
    """Asked for twice, never an argument: those are in the history of shells and in lists of processes."""
    password: str = click.prompt("Password", hide_input=True, confirmation_prompt=True)
    return password


async def _all(container: Container, filters: dict[str, str]) -> list[Account]:
    found: list[Account] = []
    cursor: str | None = None
    while True:
        page = await container.list_users()(
            OPERATOR, PageRequest(cursor=cursor, limit=100, sort="-created_at", filters=filters)
        )
        found.extend(page.items)
        cursor = page.next_cursor
        if cursor is None:
            return found


async def _found(container: Container, who: str) -> UserId:
    """The id of the account with this id, username or address. Raises UserNotFound."""
    try:
        return UserId(UUID(who))
    except ValueError:
        pass
    field = "email" if "@" in who else "username"
    page = await container.list_users()(OPERATOR, PageRequest(filters={field: who}))
    if not page.items:
        raise UserNotFound
    return page.items[0].id
