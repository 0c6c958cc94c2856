"""Videos over HTTP: from the upload to the player, by the owner, by strangers with a token, and by nobody else."""

from typing import Any
from urllib.parse import urlsplit

import pytest

from asperguide.adapters.memory.video_tools import toy_clip
from tests.http.identity.api import ABSENT, Api, problem
from tests.http.media.samples import put


async def screened(api: Api, token: str, **clip: Any) -> dict[str, Any]:
    """A video that is ready, as its owner sees it."""
    answer = await put(api, token, toy_clip(**clip), "Tour.mp4", "video/mp4")
    assert answer.status_code == 201, answer.text
    await api.world.settle()
    found = await api("GET", f"/videos/{answer.json()['id']}", token)
    assert found.status_code == 200, found.text
    video: dict[str, Any] = found.json()
    return video


def path(url: str) -> str:
    return url.removeprefix("/api/v1")


async def test_a_video_is_processed_and_played(api: Api, token: str) -> None:
    video = await screened(api, token, seconds=13, width=1280, height=720)
    assert (video["state"], [one["name"] for one in video["renditions"]]) == ("ready", ["360", "720"])
    playlist = await api("GET", path(video["hls"]))
    assert playlist.headers["content-type"].startswith("application/vnd.apple.mpegurl")
    assert playlist.headers["cache-control"] == "private, no-store"
    inner = next(line for line in playlist.text.splitlines() if line.startswith("360p.m3u8"))
    folder = urlsplit(path(video["hls"])).path.rpartition("/")[0]
    segments = await api("GET", f"{folder}/{inner}")
    segment = next(line for line in segments.text.splitlines() if line.startswith("360p_000.m4s"))
    answer = await api("GET", f"{folder}/{segment}", headers={"range": "bytes=0-7"})
    assert (answer.status_code, len(answer.content)) == (206, 8)
    assert answer.headers["content-type"] == "video/iso.segment"
    [small, large] = video["renditions"]
    whole = await api("GET", path(large["url"]))
    assert (whole.status_code, len(whole.content), whole.headers["content-type"]) == (200, large["size"], "video/mp4")
    again = await api("GET", path(large["url"]), headers={"if-none-match": whole.headers["etag"]})
    assert again.status_code == 304
    assert (await api("GET", path(video["poster"]["url"]))).headers["content-type"] == "image/webp"
    index = await api("GET", path(video["sprites"]))
    assert index.headers["content-type"].startswith("text/vtt") and "sprites.webp?token=" in index.text
    assert (await api("GET", f"/videos/{video['id']}/mp4/{small['name']}", token)).status_code == 200


async def test_strangers_see_nothing_of_a_private_video(api: Api, token: str, stranger: str) -> None:
    video = await screened(api, token)
    for who in (None, stranger):
        for place in ("", "/hls/master.m3u8", "/mp4/360", "/thumbnails/poster", "/sprites/sprites.vtt"):
            problem(await api("GET", f"/videos/{video['id']}{place}", who), 404, 40443)
            problem(await api("GET", f"/videos/{ABSENT}{place}", who), 404, 40443)
        assert (await api("GET", f"/videos/{video['id']}/mp4/360?token=nonsense", who)).status_code == 404
    for place in ("/retry", "/cancel"):
        problem(await api("POST", f"/videos/{video['id']}{place}", stranger), 404, 40443)
        problem(await api("POST", f"/videos/{video['id']}{place}"), 401, 40101)


async def test_what_was_not_made_is_not_there(api: Api, token: str) -> None:
    video = await screened(api, token)
    for place in ("/hls/..%2Fmaster.m3u8", "/hls/x.m3u8", "/mp4/1080", "/thumbnails/1x1", "/sprites/x.vtt", "/hls/x"):
        assert (await api("GET", f"/videos/{video['id']}{place}", token)).status_code == 404, place


async def test_a_video_is_processed_again_and_its_job_is_told(api: Api, token: str) -> None:
    video = await screened(api, token)
    answer = await api("POST", f"/videos/{video['id']}/retry", token)
    assert (answer.status_code, answer.json()["state"]) == (202, "waiting")
    job = answer.headers["location"]
    assert job == f"/api/v1/jobs/{answer.json()['job']}"
    problem(await api("POST", f"/videos/{video['id']}/retry", token), 409, 40945)
    await api.world.settle()
    done = (await api("GET", path(job), token)).json()
    assert (done["state"], done["progress"], done["result"]) == ("done", 1.0, f"/api/v1/videos/{video['id']}")


async def test_processing_is_cancelled(api: Api, token: str) -> None:
    video = await screened(api, token)
    problem(await api("POST", f"/videos/{video['id']}/cancel", token), 409, 40945)
    job = (await api("POST", f"/videos/{video['id']}/retry", token)).headers["location"]
    answer = await api("POST", f"/videos/{video['id']}/cancel", token)
    assert (answer.status_code, answer.json()["state"]) == (200, "cancelled")
    assert (await api("GET", path(job), token)).json()["state"] == "cancelled"


async def test_another_poster_is_made(api: Api, token: str) -> None:
    video = await screened(api, token, seconds=30)
    answer = await api("POST", f"/videos/{video['id']}/poster", token, json={"at": 21.5})
    assert (answer.status_code, answer.json()["poster_at"]) == (202, 21.5)
    await api.world.settle()
    after = (await api("GET", f"/videos/{video['id']}", token)).json()
    assert b"at 21.500" in (await api("GET", path(after["poster"]["url"]))).content
    for wrong in ({"at": -1}, {"at": 601}, {"at": "x"}, {}, {"at": 1, "more": 1}):
        assert (await api("POST", f"/videos/{video['id']}/poster", token, json=wrong)).status_code == 422


@pytest.mark.parametrize(("to", "media_type"), [("mp3", "audio/mpeg"), ("webm", "video/webm"), ("flac", "audio/flac")])
async def test_a_file_is_converted_once_under_one_key(api: Api, token: str, to: str, media_type: str) -> None:
    video = await screened(api, token)
    key = {"idempotency-key": "0199b0e2-9a3d"}
    answers = [
        await api("POST", f"/files/{video['id']}/conversions", token, json={"to": to}, headers=key) for _ in range(2)
    ]
    assert [answer.status_code for answer in answers] == [202, 202]
    assert answers[0].json() == answers[1].json()
    await api.world.settle()
    job = (await api("GET", path(answers[0].headers["location"]), token)).json()
    made = (await api("GET", path(job["result"]), token)).json()
    assert (job["state"], made["state"], made["media_type"]) == ("done", "ready", media_type)
    assert made["source"] == video["id"]


async def test_conversions_that_cannot_be_are_refused(api: Api, token: str, stranger: str) -> None:
    video = await screened(api, token)
    problem(await api("POST", f"/files/{video['id']}/conversions", token, json={"to": "png"}), 422, 42244)
    assert (await api("POST", f"/files/{video['id']}/conversions", token, json={"to": "exe"})).status_code == 422
    problem(await api("POST", f"/files/{video['id']}/conversions", stranger, json={"to": "mp3"}), 404, 40440)
