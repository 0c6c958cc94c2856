"""A video is sent, made playable, and played by a real browser: as HLS, and as MP4."""

import asyncio
from pathlib import Path
from typing import Any

import httpx

from asperguide.adapters.ffmpeg.finding import find_tools
from asperguide.adapters.ffmpeg.samples import make_clip
from tests.browser import browsing
from tests.e2e.conftest import Launch
from tests.e2e.people import Folder, api_of, bearer, expect, join
from tests.servers import eventually

SHOWN = "document.querySelector('video')"
PLAYED = f"{SHOWN}.currentTime > 0.5 && {SHOWN}.videoWidth > 0 && !{SHOWN}.error"
LOADED = "[...document.images].every((image) => image.complete && image.naturalWidth > 0)"


async def test_what_was_made_of_a_video_plays_in_a_browser(tmp_path: Path, launch: Launch) -> None:
    service = launch("serve", DEBUG="true")
    async with api_of(service.url) as api:
        _, tokens = await join(api, Folder(tmp_path / "var" / "mails"))
        video = await _playable(api, bearer(tokens), tmp_path / "clip.mp4")
    page_url = f"{service.url}/dev/player/{video['id']}?{video['hls'].partition('?')[2]}"
    async with browsing() as page:
        await page.goto(page_url)
        await eventually(lambda: page.evaluate(LOADED), 30, "pictures did not load")
        for kind in ("application/vnd.apple.mpegurl", "video/mp4"):
            source = await page.evaluate(f"document.querySelector('source[type=\"{kind}\"]').src")
            await page.evaluate(f"{SHOWN}.src = '{source}'; {SHOWN}.muted = true; {SHOWN}.play()")
            await eventually(lambda: page.evaluate(PLAYED), 30, f"{kind} does not play")
            assert await page.evaluate(f"{SHOWN}.currentSrc") == source


async def test_without_a_token_nothing_is_shown(launch: Launch) -> None:
    service = launch("serve", DEBUG="true")
    async with httpx.AsyncClient() as http:
        answer = await http.get(f"{service.url}/dev/player/0199b0e2-8c44-7d50-b1f0-2a6c5d9e7f31?token=7.x")
    assert answer.status_code == 404


async def _playable(api: httpx.AsyncClient, who: dict[str, str], clip: Path) -> dict[str, Any]:
    ffmpeg = find_tools().ffmpeg
    assert ffmpeg is not None
    await asyncio.to_thread(make_clip, ffmpeg.path, clip, seconds=3, width=640, height=360)
    headers = {**who, "content-type": "video/mp4"}
    sent = await api.put("/files?name=clip.mp4", content=clip.read_bytes(), headers=headers)
    assert sent.is_success, sent.text
    id = sent.json()["id"]

    async def ready() -> bool:
        answer = await api.get(f"/videos/{id}", headers=who)
        return answer.status_code == 200 and answer.json()["state"] == "ready"

    await eventually(ready, 90, "the video was not made playable")
    video: dict[str, Any] = await expect(200, api, "GET", f"/videos/{id}", headers=who)
    return video
