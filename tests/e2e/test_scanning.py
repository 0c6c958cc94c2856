"""From a photo and a film to somebody who scans the code: all by REST, through real processing, into a real browser."""

import os
from pathlib import Path

import httpx

from tests.browser import browsing
from tests.e2e.conftest import Launch
from tests.e2e.people import Folder, api_of, bearer, expect, join
from tests.e2e.printing import published
from tests.servers import eventually

SHOTS = os.environ.get("SHOTS", "")
"""A folder for pictures of the page, for whoever wants to look at it."""
PLAYED = "document.querySelector('video').ended"
LOADED = "[...document.images].every((image) => image.complete && image.naturalWidth > 0)"


async def test_a_photo_and_a_film_become_a_print_that_plays(tmp_path: Path, launch: Launch) -> None:
    service = launch("serve", RATE_LIMIT_VIEWS="100000")
    async with api_of(service.url) as api:
        _, tokens = await join(api, Folder(tmp_path / "var" / "mails"))
        who = bearer(tokens)
        content = await published(api, who, tmp_path)
        await _shown(service.url, content["public_id"])
        path = f"/contents/{content['id']}/analytics"
        told = await expect(200, api, "GET", path, headers=who)
        assert {name: told["totals"][name] for name in ("opened", "play", "complete")} == {
            "opened": 1, "play": 1, "complete": 1,
        }  # fmt: skip
        await _bytes(api, content["public_id"])
        await expect(200, api, "POST", f"/contents/{content['id']}/unpublish", headers=who)
        check = await expect(200, api, "GET", f"/viewer/{content['public_id']}/check")
        assert check == {"available": False, "reason": "not_published"}
        previewed = await expect(200, api, "GET", f"/viewer/{content['public_id']}/manifest?preview", headers=who)
        assert previewed["status"] == "unpublished"


async def _shown(url: str, public_id: str) -> None:
    """Somebody opens the page and watches the film to its end."""
    async with browsing() as page:
        asked: list[str] = []
        page.on("request", lambda request: asked.append(request.url))
        await page.goto(f"{url}/view/{public_id}")
        await eventually(lambda: page.evaluate(LOADED), 30, "the photo did not load")
        if SHOTS:
            await page.screenshot(path=f"{SHOTS}/scanned.png", full_page=True)
        await page.evaluate("document.querySelector('video').muted = true")
        await page.evaluate("document.querySelector('video').play()")
        await eventually(lambda: page.evaluate(PLAYED), 30, "the film does not play to its end")
        await eventually(lambda: sum(one.endswith("/events") for one in asked) == 3, 10, "not all was told")
        await page.wait_for_load_state("networkidle")
        assert {one.split("/view/")[0].split("/api/")[0] for one in asked} == {url}


async def _bytes(api: httpx.AsyncClient, public_id: str) -> None:
    """What a viewer fetches is what its addresses say."""
    manifest = await expect(200, api, "GET", f"/viewer/{public_id}/manifest")
    for address, kind in (
        (manifest["marker_image_url"], "image/webp"), (manifest["photo_url"], "image/jpeg"),
        (manifest["video"]["video_url"], "video/mp4"), (manifest["video"]["thumbnail_url"], "image/"),
    ):  # fmt: skip
        path = "/viewer/" + address.partition("/viewer/")[2]
        whole = await api.get(path)
        assert whole.status_code == 200 and whole.headers["content-type"].startswith(kind), path
        part = await api.get(path, headers={"range": "bytes=1-9"})
        assert (part.status_code, part.content) == (206, whole.content[1:10])
    assert b"Exif" not in (await api.get(f"/viewer/{public_id}/photo")).content
