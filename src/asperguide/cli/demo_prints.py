"""The part of the tour that is about prints: an agency makes one, a phone is held over it, and that is counted."""

import asyncio
from datetime import datetime, timedelta
from pathlib import Path
from typing import Any, Protocol

import rich_click as click

from asperguide.adapters.system import SystemIds
from asperguide.shared.ports import Clock

PERIOD = timedelta(days=365)
PATIENCE_SECONDS = 60
LOOK_EVERY_SECONDS = 0.3
PHONE = (
    "Mozilla/5.0 (iPhone; CPU iPhone OS 18_1 like Mac OS X) AppleWebKit/605.1.15 (KHTML, like Gecko) Version/18.1 "
    "Mobile/15E148 Safari/604.1"
)


class Teller(Protocol):
    """Whoever leads the tour."""

    def step(self, text: str) -> None:
        """What happens next."""

    def say(self, text: str) -> None:
        """What came of it."""

    async def call(
        self, method: str, path: str, status: int, body: Any = None, *, token: str | None = None
    ) -> dict[str, Any]:
        """What the service answers."""
        ...

    async def send(self, method: str, path: str, status: int, *, told: bool = True, **request: Any) -> Any:
        """The answer to any request."""
        ...


async def show_prints(guide: Teller, clock: Clock, folder: Path, *, token: str, picture: str, video: str) -> Path:
    """Found a company, make a print of the picture and the video, look at it; the sheet with its code."""
    project = await _found(guide, token, clock.now())
    guide.step("They make a print: the picture is the marker, the video plays over it")
    new = {"photo": picture, "videos": [video], "title": "O'Neil's garden", "customer": {"name": "Amélie Lefèvre"}}
    content = await guide.call("POST", f"/projects/{project}/contents", 201, new, token=token)
    content = await _ready(guide, token, content["id"])
    report = content["marker"]["report"]
    guide.say(f"{content['number']} is {content['state']}; as a marker the picture is {report['grade']}:")
    guide.say(f"score {report['score']:.2f} of 1, {report['corners']} corners to hold on to")
    content = await guide.call("POST", f"/contents/{content['id']}/publish", 200, token=token)
    sheet = await _sheet(guide, folder, token, content)
    await _look(guide, content)
    await _count(guide, folder, token, content)
    return sheet


async def _found(guide: Teller, token: str, now: datetime) -> str:
    guide.step("They found a company, and begin a project")
    company = await guide.call("POST", "/companies", 201, {"name": "O'Neil & Söhne"}, token=token)
    guide.say(f"{company['name']}, /{company['slug']}: they are its {company['role']}")
    new = {
        "name": "Mariage d’Amélie & Seán",
        "starts_at": (now - PERIOD).isoformat(),
        "ends_at": (now + PERIOD).isoformat(),
    }
    project = await guide.call("POST", f"/companies/{company['id']}/projects", 201, new, token=token)
    project = await guide.call("POST", f"/projects/{project['id']}/activate", 200, token=token)
    guide.say(f"{project['name']} is {project['state']} until {project['ends_at']}")
    found: str = project["id"]
    return found


async def _ready(guide: Teller, token: str, id: str) -> dict[str, Any]:
    """The content, once a worker has looked at its picture and its video."""
    async with asyncio.timeout(PATIENCE_SECONDS):
        while True:
            bearer = {"authorization": f"Bearer {token}"}
            content: dict[str, Any] = (
                await guide.send("GET", f"/contents/{id}", 200, told=False, headers=bearer)
            ).json()
            if content["state"] == "ready":
                return content
            if refusal := content["marker"]["refusal"]:
                raise click.ClickException(f"The picture cannot be a marker: {refusal}")
            await asyncio.sleep(LOOK_EVERY_SECONDS)


async def _sheet(guide: Teller, folder: Path, token: str, content: dict[str, Any]) -> Path:
    bearer = {"authorization": f"Bearer {token}"}
    code = await guide.send("GET", f"/contents/{content['id']}/qr.png", 200, headers=bearer)
    sheet = folder / f"{content['number']}.png"
    await asyncio.to_thread(sheet.write_bytes, code.content)
    guide.say(f"the code that goes beside the print: {sheet}")
    return sheet


async def _look(guide: Teller, content: dict[str, Any]) -> None:
    guide.step("Somebody who was given the print scans the code, without an account")
    page = await guide.send("GET", content["link"], 200, headers={"accept-language": "fr", "user-agent": PHONE})
    guide.say(f"a page of {len(page.content)} bytes, in {page.headers['content-language']}")
    manifest = await guide.call("GET", f"/viewer/{content['public_id']}/manifest", 200)
    video = manifest["video"]
    guide.say(
        f"over the print plays “{video['title']}”, {video['duration']:.1f} s, {video['width']} x {video['height']}"
    )
    await guide.send("GET", video["video_url"], 206, headers={"range": "bytes=0-65535"})
    ids = SystemIds()
    session = str(ids.new())
    events = [
        {"id": str(ids.new()), "session": session, "kind": kind, "video": video["id"]}
        for kind in ("opened", "marker_found", "play", "complete")
    ]
    path = f"/viewer/{content['public_id']}/events"
    for _ in range(2):
        await guide.send("POST", path, 202, json={"events": events}, headers={"user-agent": PHONE})
    guide.say("what they did was told twice, as phones do that are not sure")


async def _count(guide: Teller, folder: Path, token: str, content: dict[str, Any]) -> None:
    guide.step("The company looks at how often it was looked at")
    path = f"/contents/{content['id']}/analytics"
    figures = await guide.call("GET", path, 200, token=token)
    totals = figures["totals"]
    guide.say(
        f"opened {totals['opened']} time, played to the end by {totals['completed_sessions']} of {totals['sessions']}"
    )
    guide.say(f"with: {', '.join(one['value'] for one in figures['devices'])}")
    plot = await guide.send("GET", f"{path}.svg", 200, headers={"authorization": f"Bearer {token}"})
    drawing = folder / f"{content['number']}-analytics.svg"
    await asyncio.to_thread(drawing.write_bytes, plot.content)
    guide.say(f"drawn: {drawing}")
