"""`demo`: a guided tour on a server that is really running, with mails that were really sent."""

import asyncio
import re
import socket
import tempfile
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from pathlib import Path
from typing import Any

import httpx
import msgspec
import rich_click as click
import uvicorn
from rich.console import Console
from rich.markup import escape

from asperguide.adapters.filesystem.mails import SentMails
from asperguide.server import create
from asperguide.settings import Settings, check

PASSWORD = "quartz-lantern-47-violet"  # noqa: S105
LINK = re.compile(r"http://\S+/account/confirm#(\S+)")
PATIENCE_SECONDS = 20

PEOPLE = (
    {"username": "siobhan", "email": "siobhan.o'neil@example.org", "full_name": "Siobhán O'Neil", "locale": "en"},
    {"username": "amelie", "email": "amelie@example.org", "full_name": "Amélie Lefèvre", "locale": "fr"},
)


@click.command()
@click.option("--data-dir", type=click.Path(path_type=Path), help="Keep everything in this folder.")
def demo(data_dir: Path | None) -> None:
    """A tour of everything: two people register, confirm by mail, sign in, refresh, lose a token, sign out."""
    folder = data_dir or Path(tempfile.mkdtemp(prefix="asperguide-demo-"))
    asyncio.run(_tour(folder))


async def _tour(folder: Path) -> None:
    console = Console(highlight=False)
    async with _service(folder) as (api, address):
        guide = Guide(api, SentMails(folder / "mails"), console)
        console.print(f"[bold]Asperguide[/] runs on {address}, with its data in {folder}")
        for person in PEOPLE:
            await guide.join(person)
        tokens = await guide.sign_in(PEOPLE[0]["email"])
        await guide.look_around(tokens)
        await guide.lose_a_token(tokens)
        await guide.sign_out(PEOPLE[1]["username"])
        console.print("\n[bold green]That was the tour.[/] Look around:")
        console.print(f"  mails     {folder / 'mails'}/*.eml")
        console.print(f"  database  {folder / 'asperguide.sqlite3'}")
        console.print(f"  serve it  DATA_DIR={folder} DEBUG=true asperguide serve")


class Guide:
    """Walks through the service as a client would, and tells what happens."""

    def __init__(self, api: httpx.AsyncClient, mails: SentMails, console: Console) -> None:
        self._api, self._mails, self._console = api, mails, console

    async def join(self, person: dict[str, str]) -> None:
        """Register and confirm the address by the mail that was sent."""
        self._step(f"{person['full_name']} registers")
        user = await self._call("POST", "/users", 201, {**person, "password": PASSWORD})
        self._say(f"account {user['id']} is {user['state']}")
        subject, code = await self._mail_with_code(person["email"])
        self._say(f"a mail arrives: “{subject}”")
        await self._call("POST", "/users/email-verification", 204, {"code": code})
        self._say("the address is confirmed")

    async def sign_in(self, login: str) -> dict[str, Any]:
        """Sign in; the answer with its tokens."""
        self._step(f"{login} signs in")
        answer = await self._call("POST", "/sessions", 201, {"login": login, "password": PASSWORD})
        self._say(f"session {answer['session']['id']}, access token good for {answer['expires_in']} s")
        return answer

    async def look_around(self, tokens: dict[str, Any]) -> None:
        """Read and change the account."""
        self._step("They look at their account, and move to Galway")
        me = await self._call("GET", "/users/me", 200, token=tokens["access_token"])
        self._say(f"{me['full_name']} <{me['email']}>, {me['state']}, version {me['version']}")
        change = {"time_zone": "Europe/Dublin", "preferences": {"colour_filter": "deuteranopia"}}
        me = await self._call("PATCH", "/users/me", 200, change, token=tokens["access_token"])
        self._say(f"time zone {me['time_zone']}, version {me['version']}")

    async def lose_a_token(self, tokens: dict[str, Any]) -> None:
        """Refresh twice, then let a thief use the first token."""
        self._step("The client refreshes its tokens twice")
        stolen = tokens["refresh_token"]
        newer = await self._call("POST", "/sessions/refresh", 200, {"refresh_token": stolen})
        newest = await self._call("POST", "/sessions/refresh", 200, {"refresh_token": newer["refresh_token"]})
        self._say("each token is good once")
        self._step("A thief tries the first refresh token")
        problem = await self._call("POST", "/sessions/refresh", 401, {"refresh_token": stolen})
        self._say(f"refused: {problem['code']}: {problem['detail']}")
        problem = await self._call("GET", "/users/me", 401, token=newest["access_token"])
        self._say("and the whole session is over, the thief's and the owner's")

    async def sign_out(self, login: str) -> None:
        """Sign in and out."""
        tokens = await self.sign_in(login)
        await self._call("DELETE", "/sessions/current", 204, token=tokens["access_token"])
        await self._call("GET", "/users/me", 401, token=tokens["access_token"])
        self._say("signed out; the access token is worth nothing any more")

    async def _call(
        self, method: str, path: str, status: int, body: Any = None, *, token: str | None = None
    ) -> dict[str, Any]:
        headers = {"authorization": f"Bearer {token}"} if token else {}
        answer = await self._api.request(method, path, json=body, headers=headers)
        if answer.status_code != status:
            raise click.ClickException(f"{method} {path} answered {answer.status_code}: {answer.text}")
        self._console.print(f"  [dim]{method} /api/v1{path} -> {status}[/]")
        found: dict[str, Any] = answer.json() if answer.content else {}
        return found

    async def _mail_with_code(self, to: str) -> tuple[str, str]:
        async with asyncio.timeout(PATIENCE_SECONDS):
            while True:
                for mail in await self._mails.list():
                    kept = await self._mails.read(mail.id) if to in mail.to else None
                    if kept is not None and (found := LINK.search(kept.text)):
                        return mail.subject, found[1]
                await asyncio.sleep(0.05)

    def _step(self, text: str) -> None:
        self._console.print(f"\n[bold]{escape(text)}[/]")

    def _say(self, text: str) -> None:
        self._console.print(f"  {escape(text)}")


@asynccontextmanager
async def _service(folder: Path) -> AsyncIterator[tuple[httpx.AsyncClient, str]]:
    """The real application on a real socket of this machine, and a client for it."""
    with socket.socket() as listening:
        listening.bind(("127.0.0.1", 0))
        port = listening.getsockname()[1]
        settings = check(msgspec.structs.replace(Settings(), data_dir=folder, server_port=port, debug=True))
        config = uvicorn.Config(create(settings), log_config=None, access_log=False, lifespan="on", ws="none")
        server = uvicorn.Server(config)
        serving = asyncio.create_task(server.serve(sockets=[listening]))
        try:
            async with asyncio.timeout(PATIENCE_SECONDS):
                while not server.started:
                    if serving.done():
                        raise click.ClickException("the server did not start")
                    await asyncio.sleep(0.01)
            address = f"http://127.0.0.1:{port}"
            async with httpx.AsyncClient(base_url=f"{address}/api/v1") as api:
                yield api, address
        finally:
            server.should_exit = True
            await serving
