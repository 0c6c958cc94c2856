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
from asperguide.cli.demo_files import show_files
from asperguide.cli.demo_letters import TourClock, show_letters
from asperguide.cli.demo_prints import show_prints
from asperguide.server import create
from asperguide.settings import Settings, check
from asperguide.shared.ports import Clock

PASSWORD = "quartz-lantern-47-violet"  # noqa: S105
LINK = re.compile(r"http://\S+/account/confirm#(\S+)")
PATIENCE_SECONDS = 20

PEOPLE = (
    {"username": "siobhan", "email": "siobhan.o'neil@example.org", "full_name": "Siobhán O'Neil", "locale": "en"},
    {"username": "amelie", "email": "amelie@example.org", "full_name": "Amélie Lefèvre", "locale": "fr"},
)


EXISTING = click.Path(path_type=Path, exists=True, dir_okay=False)


@click.command()
@click.option("--data-dir", type=click.Path(path_type=Path), help="Keep everything in this folder.")
@click.option("--picture", type=EXISTING, help="Show this picture instead of one that is made.")
@click.option("--video", type=EXISTING, help="Show this video instead of one that is made.")
def demo(data_dir: Path | None, picture: Path | None, video: Path | None) -> None:
    """A tour of everything.

    Two people register, confirm by mail and sign in; one sends a picture and a video and looks at what becomes of them,
    and seals a letter for the other; a month passes, and it opens; a company makes a print of picture and video, and a
    phone is held over it; a refresh token is stolen; they sign out.
    """
    folder = data_dir or Path(tempfile.mkdtemp(prefix="asperguide-demo-"))
    asyncio.run(_tour(folder, picture, video))


async def _tour(folder: Path, picture: Path | None, video: Path | None) -> None:
    console = Console(highlight=False)
    clock = TourClock()
    async with _service(folder, clock) as (api, address):
        guide = Guide(api, SentMails(folder / "mails"), console)
        console.print(f"[bold]Asperguide[/] runs on {address}, with its data in {folder}")
        for person in PEOPLE:
            await guide.join(person)
        tokens = await guide.sign_in(PEOPLE[0]["email"])
        await guide.look_around(tokens)
        sent = await show_files(guide, tokens["access_token"], picture, video)
        await show_letters(guide, clock, *PEOPLE, token=tokens["access_token"], video=sent.video)
        tokens = await guide.sign_in(PEOPLE[0]["email"])
        sheet = await show_prints(
            guide, clock, folder, token=tokens["access_token"], picture=sent.picture, video=sent.video
        )
        await guide.lose_a_token(await guide.sign_in(PEOPLE[0]["email"]))
        await guide.sign_out(PEOPLE[1]["username"])
        console.print("\n[bold green]That was the tour.[/] Look around:")
        console.print(f"  mails     {folder / 'mails'}/*.eml")
        console.print(f"  database  {folder / 'asperguide.sqlite3'}")
        console.print(f"  objects   {folder / 'objects'}")
        console.print(f"  print     {sheet}")
        console.print(f"  serve it  DATA_DIR={folder} DEBUG=true asperguide serve")
        console.print(f"  watch it  http://127.0.0.1:5000{sent.player} while it is served, within 6 hours")


class Guide:
    """Walks through the service as a client would, and tells what happens."""

    def __init__(self, api: httpx.AsyncClient, mails: SentMails, console: Console) -> None:
        self._api, self._mails, self._console = api, mails, console

    async def join(self, person: dict[str, str]) -> None:
        """Register and confirm the address by the mail that was sent."""
        self.step(f"{person['full_name']} registers")
        user = await self.call("POST", "/users", 201, {**person, "password": PASSWORD})
        self.say(f"account {user['id']} is {user['state']}")
        subject, code = await self._mail_with_code(person["email"])
        self.say(f"a mail arrives: “{subject}”")
        await self.call("POST", "/users/email-verification", 204, {"code": code})
        self.say("the address is confirmed")

    async def sign_in(self, login: str) -> dict[str, Any]:
        """Sign in; the answer with its tokens."""
        self.step(f"{login} signs in")
        answer = await self.call("POST", "/sessions", 201, {"login": login, "password": PASSWORD})
        self.say(f"session {answer['session']['id']}, access token good for {answer['expires_in']} s")
        return answer

    async def look_around(self, tokens: dict[str, Any]) -> None:
        """Read and change the account."""
        self.step("They look at their account, and move to Galway")
        me = await self.call("GET", "/users/me", 200, token=tokens["access_token"])
        self.say(f"{me['full_name']} <{me['email']}>, {me['state']}, version {me['version']}")
        change = {"time_zone": "Europe/Dublin", "preferences": {"colour_filter": "deuteranopia"}}
        me = await self.call("PATCH", "/users/me", 200, change, token=tokens["access_token"])
        self.say(f"time zone {me['time_zone']}, version {me['version']}")

    async def lose_a_token(self, tokens: dict[str, Any]) -> None:
        """Refresh twice, then let a thief use the first token."""
        self.step("The client refreshes its tokens twice")
        stolen = tokens["refresh_token"]
        newer = await self.call("POST", "/sessions/refresh", 200, {"refresh_token": stolen})
        newest = await self.call("POST", "/sessions/refresh", 200, {"refresh_token": newer["refresh_token"]})
        self.say("each token is good once")
        self.step("A thief tries the first refresh token")
        problem = await self.call("POST", "/sessions/refresh", 401, {"refresh_token": stolen})
        self.say(f"refused: {problem['code']}: {problem['detail']}")
        problem = await self.call("GET", "/users/me", 401, token=newest["access_token"])
        self.say("and the whole session is over, the thief's and the owner's")

    async def sign_out(self, login: str) -> None:
        """Sign in and out."""
        tokens = await self.sign_in(login)
        await self.call("DELETE", "/sessions/current", 204, token=tokens["access_token"])
        await self.call("GET", "/users/me", 401, token=tokens["access_token"])
        self.say("signed out; the access token is worth nothing any more")

    async def call(
        self, method: str, path: str, status: int, body: Any = None, *, token: str | None = None
    ) -> dict[str, Any]:
        """What the service answers; the tour ends here when it is not that status."""
        headers = {"authorization": f"Bearer {token}"} if token else {}
        answer = await self.send(method, path, status, json=body, headers=headers)
        found: dict[str, Any] = answer.json() if answer.content else {}
        return found

    async def send(self, method: str, path: str, status: int, *, told: bool = True, **request: Any) -> httpx.Response:
        """The answer to any request; the tour ends here when it has another status. Only what is `told` is shown."""
        answer = await self._api.request(method, path, **request)
        if answer.status_code != status:
            raise click.ClickException(f"{method} {path} answered {answer.status_code}: {answer.text}")
        if told:
            shown = path if path.startswith("http") else f"/api/v1{path}"
            self._console.print(f"  [dim]{method} {escape(shown.partition('?')[0])} -> {status}[/]")
        return answer

    async def save(self, path: str, body: Any, version: int, token: str) -> None:
        """Put it, if it is still that version."""
        headers = {"authorization": f"Bearer {token}", "if-match": f'"{version}"'}
        await self.send("PUT", path, 200, json=body, headers=headers)

    async def mail(self, to: str, words: str) -> str:
        """The subject of the first mail to this address in whose subject these words are, as soon as it is there."""
        async with asyncio.timeout(PATIENCE_SECONDS):
            while True:
                for mail in await self._mails.list():
                    if to in mail.to and words in mail.subject:
                        return mail.subject
                await asyncio.sleep(0.05)

    async def _mail_with_code(self, to: str) -> tuple[str, str]:
        async with asyncio.timeout(PATIENCE_SECONDS):
            while True:
                for mail in await self._mails.list():
                    kept = await self._mails.read(mail.id) if to in mail.to else None
                    if kept is not None and (found := LINK.search(kept.text)):
                        return mail.subject, found[1]
                await asyncio.sleep(0.05)

    def step(self, text: str) -> None:
        """What happens next."""
        self._console.print(f"\n[bold]{escape(text)}[/]")

    def say(self, text: str) -> None:
        """What came of it."""
        self._console.print(f"  {escape(text)}")


@asynccontextmanager
async def _service(folder: Path, clock: Clock) -> AsyncIterator[tuple[httpx.AsyncClient, str]]:
    """The real application on a real socket of this machine, and a client for it."""
    with socket.socket() as listening:
        listening.bind(("127.0.0.1", 0))
        port = listening.getsockname()[1]
        settings = check(
            msgspec.structs.replace(Settings(), data_dir=folder, server_port=port, debug=True, capsule_sweep_seconds=1)
        )
        config = uvicorn.Config(create(settings, clock), log_config=None, access_log=False, lifespan="on", ws="none")
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
