"""The part of the tour that is about files: a picture and a video are sent, looked at and shown.

Unless some were given they are made here: a part of the Mandelbrot set, and a test film.
"""

import asyncio
import mimetypes
import tempfile
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Protocol

import rich_click as click

from asperguide.adapters.ffmpeg.finding import find_tools
from asperguide.adapters.ffmpeg.samples import NotMade, make_clip, make_picture

PATIENCE_SECONDS = 180
LOOK_EVERY_SECONDS = 0.3


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


@dataclass(frozen=True, slots=True, kw_only=True)
class Sent:
    """The picture and the video that were sent, and the path of the page that plays the video."""

    picture: str
    video: str
    player: str


async def show_files(guide: Teller, token: str, picture: Path | None, video: Path | None) -> Sent:
    """Send a picture and a video."""
    with tempfile.TemporaryDirectory(prefix="asperguide-demo-files-") as folder:
        shown, played = await asyncio.to_thread(_made, Path(folder), picture, video)
        made = [what for what, given in (("picture", picture), ("video", video)) if given is None]
        sent = await _show_picture(guide, token, shown)
        if made:
            options = " and ".join(f"--{what} FILE" for what in made)
            guide.say(f"the {' and the '.join(made)} of this tour are made of numbers; yours are shown with {options}")
        return await _show_video(guide, token, played, sent)


def _made(folder: Path, picture: Path | None, video: Path | None) -> tuple[Path, Path]:
    """What was given, and for the rest something that FFmpeg makes of numbers."""
    ffmpeg = find_tools().ffmpeg
    if ffmpeg is None:
        raise click.ClickException("There is no FFmpeg here: asperguide ffmpeg tells where it is looked for.")
    try:
        if picture is None:
            make_picture(ffmpeg.path, picture := folder / "O'Neil's garden.png")
        if video is None:
            make_clip(ffmpeg.path, video := folder / "A tour of O'Neil's garden.mp4", seconds=8)
    except NotMade as error:
        raise click.ClickException(f"FFmpeg could not make a sample: {error}") from error
    return picture, video


async def _show_picture(guide: Teller, token: str, picture: Path) -> str:
    guide.step(f"They send a picture, {picture.name}, straight to the object storage")
    file = await _sent(guide, token, picture)
    guide.say(f"it is {file['state']}: {file['media_type']}, {file['width']} x {file['height']} pixels")
    bearer = {"authorization": f"Bearer {token}"}
    small = await guide.send("GET", f"/files/{file['id']}/image?w=320&format=webp", 200, headers=bearer)
    guide.say(f"320 pixels wide as WebP it has {len(small.content)} of its {file['size']} bytes, and no metadata")
    link = await guide.call("POST", f"/files/{file['id']}/links", 201, {"expires_in": 3600}, token=token)
    guide.say(f"whoever has this link gets it within an hour: {link['url']}")
    id: str = file["id"]
    return id


async def _show_video(guide: Teller, token: str, video: Path, picture: str) -> Sent:
    guide.step(f"They send a video, {video.name}")
    file = await _sent(guide, token, video)
    guide.say(f"it is {file['state']}; a worker makes it playable")
    made = await _until(guide, token, f"/videos/{file['id']}", ("ready", "failed", "cancelled"))
    if made["state"] != "ready":
        raise click.ClickException(f"The video is {made['state']}: {made['failure']}")
    facts = made["facts"]
    guide.say(f"{facts['duration']:.1f} s of {facts['video_codec']}, {facts['width']} x {facts['height']}")
    guide.say(f"as MP4 in {', '.join(one['name'] + 'p' for one in made['renditions'])}, and as HLS:")
    guide.say(made["hls"])
    quota = await guide.call("GET", "/users/me/quota", 200, token=token)
    guide.say(f"{quota['used_files']} files take {quota['used_bytes']} of {quota['limit_bytes']} bytes")
    return Sent(picture=picture, video=file["id"], player=f"/dev/player/{file['id']}?{made['hls'].partition('?')[2]}")


async def _sent(guide: Teller, token: str, path: Path) -> dict[str, Any]:
    """The file, once it was checked."""
    content = await asyncio.to_thread(path.read_bytes)
    media_type = mimetypes.guess_type(path.name)[0] or "application/octet-stream"
    new = {"name": path.name, "size": len(content), "media_type": media_type, "transport": "direct"}
    started = await guide.call("POST", "/uploads", 201, new, token=token)
    by = started["send"]
    await guide.send(by["method"], by["url"], 200, content=content, headers=by["headers"])
    file = await guide.call("POST", f"/uploads/{started['file']['id']}/complete", 200, token=token)
    if file["state"] not in ("ready", "refused"):
        file = await _until(guide, token, f"/files/{file['id']}", ("ready", "refused"))
    if file["state"] == "refused":
        raise click.ClickException(f"{path.name} was refused: {file['refusal']}")
    return file


async def _until(guide: Teller, token: str, path: str, states: tuple[str, ...]) -> dict[str, Any]:
    """Look again and again until it is in one of these states."""
    async with asyncio.timeout(PATIENCE_SECONDS):
        while True:
            found: dict[str, Any] = (
                await guide.send("GET", path, 200, told=False, headers={"authorization": f"Bearer {token}"})
            ).json()
            if found["state"] in states:
                return found
            await asyncio.sleep(LOOK_EVERY_SECONDS)
