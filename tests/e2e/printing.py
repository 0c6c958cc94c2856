"""Prints that are made as people make them: of files, over REST, by processes that work on them for real."""

import asyncio
from pathlib import Path
from typing import Any

import httpx

from asperguide.adapters.ffmpeg.finding import find_tools
from asperguide.adapters.ffmpeg.samples import make_clip
from tests.e2e.people import expect
from tests.pictures import encoded, photo
from tests.servers import eventually


async def published(api: httpx.AsyncClient, who: dict[str, str], folder: Path) -> dict[str, Any]:
    """A print of a new company that everybody can see: made of a photo and a film, which were sent with it."""
    company = await expect(201, api, "POST", "/companies", json={"name": "Atelier Zoë"}, headers=who)
    projects = f"/companies/{company['id']}/projects"
    project = await expect(201, api, "POST", projects, json={"name": "Weddings"}, headers=who)
    await expect(200, api, "POST", f"/projects/{project['id']}/activate", headers=who)
    ffmpeg = find_tools().ffmpeg
    assert ffmpeg is not None
    await asyncio.to_thread(make_clip, ffmpeg.path, folder / "clip.mp4", seconds=2, width=640, height=360)
    files = [
        ("photo", ("lime trees.jpg", encoded(photo()), "image/jpeg")),
        ("video", ("dance.mp4", (folder / "clip.mp4").read_bytes(), "video/mp4")),
    ]
    made = await expect(201, api, "POST", f"/projects/{project['id']}/contents", files=files, headers=who)
    path = f"/contents/{made['id']}"

    async def ready() -> bool:
        found = await api.get(path, headers=who)
        return bool(found.json()["state"] == "ready")

    await eventually(ready, 120, "the print did not become ready")
    published: dict[str, Any] = await expect(200, api, "POST", f"{path}/publish", headers=who)
    return published
