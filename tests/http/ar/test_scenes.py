"""Scenes over HTTP, and as the public is shown them."""

import json
from typing import Any

import pytest

from tests.http.ar.test_packing import Desk, desk
from tests.http.identity.api import ABSENT, Api, pointers, problem

WORDS = {"kind": "text", "text": "Ja!", "color": "#ff0000"}
WHERE = {"position": [0.0, 0.0, 0.0], "rotation": [0.0, 0.0, 0.0, 1.0], "scale": [1.0, 1.0, 1.0]}


@pytest.fixture
async def mine(api: Api) -> Desk:
    """Siobhán with a company."""
    return await desk(api)


async def printed(who: Desk) -> Any:
    """A print that is ready."""
    return await who.home.content(await who.home.project())


async def test_a_scene_is_put_seen_and_taken_away_under_a_tag_of_its_own(mine: Desk) -> None:
    where = f"/contents/{(await printed(mine)).id}/scene"
    problem(await mine("GET", where), 404, 40465)
    put = await mine("PUT", where, json={"placements": [WORDS]})
    assert (put.status_code, put.headers["etag"]) == (200, '"1"')
    assert put.json()["placements"] == [{**WORDS, **WHERE}]
    assert (await mine("GET", where)).json() == put.json()
    assert (await mine("GET", where, headers={"if-none-match": '"1"'})).status_code == 304
    stale = {"if-match": '"7"'}
    assert (await mine("PUT", where, json={"placements": []}, headers=stale)).status_code == 412
    assert (await mine("DELETE", where, headers=stale)).status_code == 412
    assert (await mine("DELETE", where, headers={"if-match": '"1"'})).status_code == 204
    problem(await mine("GET", where), 404, 40465)
    problem(await mine("DELETE", where), 404, 40465)


@pytest.mark.parametrize(
    ("placement", "place"),
    [
        ({"kind": "link", "url": "javascript:alert(1)", "label": "a"}, "#/placements/0/url"),
        ({"kind": "link", "url": "http://example.org", "label": "a"}, "#/placements/0/url"),
        ({"kind": "video", "video": ABSENT}, "#/placements/0/video"),
        ({"kind": "image", "file": ABSENT}, "#/placements/0/file"),
        ({"kind": "video", "rotation": [0, 0, 0, 0]}, "#/placements/0/rotation"),
        ({"kind": "video", "position": [0, 0]}, None),
        ({"kind": "video", "position": [1e999, 0, 0]}, None),
        ({"kind": "video", "position": ["0", 0, 0]}, None),
        ({"kind": "video", "position": None}, None),
        ({"kind": "video", "scale": [0, 1, 1]}, None),
        ({"kind": "video", "evil": 1}, None),
        ({"kind": "shader"}, None),
        ({"text": "Ja!"}, None),
        ({"kind": "text", "text": "x" * 2001}, None),
        ({"kind": "text", "text": None}, None),
        ("text", None),
    ],
)
async def test_what_may_not_stand_there_is_refused(mine: Desk, placement: Any, place: str | None) -> None:
    body = f'{{"placements": [{json.dumps(placement)}]}}'
    where = f"/contents/{(await printed(mine)).id}/scene"
    answer = await mine("PUT", where, content=body, headers={"content-type": "application/json"})
    assert answer.status_code in (400, 422), answer.text
    if place is not None:
        assert place in pointers(answer.json())
    problem(await mine("GET", where), 404, 40465)


async def test_a_video_that_stands_over_a_print_is_not_removed(mine: Desk) -> None:
    made = await printed(mine)
    where, video = f"/contents/{made.id}", str(made.videos[0].id)
    other = (await mine("POST", f"{where}/videos", json={"videos": [{"file": str(made.videos[0].file)}]})).json()
    put = await mine("PUT", f"{where}/scene", json={"placements": [{"kind": "video", "video": video}, WORDS]})
    assert put.status_code == 200, put.text
    problem(await mine("DELETE", f"{where}/videos/{video}"), 409, 40972)
    problem(await mine("DELETE", f"{where}/videos/{ABSENT}"), 404, 40471)
    same = {"placements": (await mine("GET", f"{where}/scene")).json()["placements"]}
    assert (await mine("PUT", f"{where}/scene", json=same)).status_code == 200
    assert (await mine("DELETE", f"{where}/videos/{other['items'][-1]['id']}")).status_code == 204
    assert (await mine("PUT", f"{where}/scene", json={"placements": [{"kind": "video"}]})).status_code == 200
    assert (await mine("DELETE", f"{where}/videos/{video}")).status_code == 204


async def test_strangers_find_no_scene(api: Api, mine: Desk) -> None:
    where = f"/contents/{(await printed(mine)).id}/scene"
    await mine("PUT", where, json={"placements": [WORDS]})
    theirs = await desk(api, "xin")
    problem(await theirs("GET", where), 404, 40470)
    problem(await theirs("PUT", where, json={"placements": []}), 404, 40470)
    problem(await theirs("DELETE", where), 404, 40470)
    assert (await api("GET", where)).status_code == 401


async def test_the_public_is_shown_what_stands_there_at_once(api: Api, mine: Desk) -> None:
    c, owner = api.world.container, mine.home.owner
    project = await mine.home.project()
    made = await mine.home.content(project)
    await c.activate_project()(owner, project)
    await c.publish_content()(owner, made.id)
    manifest = f"/viewer/{made.public_id}/manifest"
    before = (await api("GET", manifest)).json()
    assert (before["manifest_version"], "scene" in before) == (1, False)
    picture = await mine.home.photo("sticker")
    placements = [WORDS, {"kind": "image", "file": str(picture), "alt": "Herz"}, {"kind": "video"}]
    put = await mine("PUT", f"/contents/{made.id}/scene", json={"placements": placements})
    assert put.status_code == 200, put.text
    after = (await api("GET", manifest)).json()
    assert after["manifest_version"] == 2
    words, image, film = after["scene"]
    assert words == {**WORDS, **WHERE}
    assert film["video_url"] == after["video"]["video_url"]
    shown = await api.client.get(image["image_url"].replace(image["image_url"].partition("/api/")[0], ""))
    assert (shown.status_code, shown.headers["content-type"]) == (200, "image/webp")
    assert (await api("GET", f"/viewer/{made.public_id}/images/{ABSENT}")).status_code == 404
    assert (await api("GET", f"/viewer/{made.public_id}/images/{made.marker.photo}")).status_code == 404
    await mine("DELETE", f"/contents/{made.id}/scene")
    assert "scene" not in (await api("GET", manifest)).json()
    assert (await api("GET", f"/viewer/{made.public_id}/images/{picture}")).status_code == 404
