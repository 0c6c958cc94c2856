"""Pictures of people over HTTP."""

import httpx
import pytest

from asperguide.testing.contracts.images import png
from tests.http.identity.api import ABSENT, Api, problem, token_of

ME = "/users/me/avatar"


@pytest.fixture
async def token(api: Api) -> str:
    """The access token of the owner."""
    return token_of(await api.member())


async def set_avatar(api: Api, token: str, content: bytes | None = None, **headers: str) -> httpx.Response:
    """As a program sends a picture."""
    named = {"content-type": "image/png", **{name.replace("_", "-"): value for name, value in headers.items()}}
    return await api("PUT", ME, token, content=png(300, 200) if content is None else content, headers=named)


async def shown(api: Api, answer: httpx.Response, size: int = 64, **headers: str) -> httpx.Response:
    """What is where the profile says; asked for by a stranger."""
    where = answer.json()["avatar"].replace("{size}", str(size)).removeprefix("/api/v1")
    return await api("GET", where, headers={name.replace("_", "-"): value for name, value in headers.items()})


async def test_a_picture_is_set_seen_by_everybody_and_removed(api: Api, token: str) -> None:
    answer = await set_avatar(api, token)
    assert answer.status_code == 200, answer.text
    assert answer.headers["etag"] == f'"{answer.json()["version"]}"'
    for size in (64, 256):
        picture = await shown(api, answer, size)
        assert picture.status_code == 200
        assert picture.headers["content-type"] == "image/webp"
        found = await api.world.container.images().inspect(picture.content)
        assert (found.width, found.height) == (min(size, 200), min(size, 200))
    me = await api("GET", "/users/me", token)
    assert me.json()["avatar"] == answer.json()["avatar"]
    found = await api("GET", "/users", token, params={"search": "siobhan"})
    assert found.json()["items"][0]["avatar"] == answer.json()["avatar"]
    removed = await api("DELETE", ME, token)
    assert (removed.status_code, removed.json()["avatar"]) == (200, None)
    await api.world.settle()
    problem(await shown(api, answer), 404, 40412)


async def test_caches_may_keep_it_for_ever(api: Api, token: str) -> None:
    answer = await set_avatar(api, token)
    picture = await shown(api, answer)
    assert picture.headers["cache-control"] == "public, max-age=31536000, immutable"
    assert picture.headers["cross-origin-resource-policy"] == "cross-origin"
    current = await shown(api, answer, if_none_match=picture.headers["etag"])
    assert (current.status_code, current.content) == (304, b"")


async def test_versions_of_the_profile_hold(api: Api, token: str) -> None:
    before = (await api("GET", "/users/me", token)).headers["etag"]
    answer = await set_avatar(api, token, if_match=before)
    assert answer.status_code == 200
    problem(await set_avatar(api, token, png(30, 20), if_match=before), 412, 41201)
    problem(await api("DELETE", ME, token, headers={"if-match": before}), 412, 41201)
    changed = await api("DELETE", ME, token, headers={"if-match": answer.headers["etag"]})
    assert changed.status_code == 200


@pytest.mark.parametrize("content", [b"", b"hello", b"<svg onload=alert(1)>", png(300, 200)[:60], png(30_000, 30_000)])
async def test_what_is_no_picture_is_refused(api: Api, token: str, content: bytes) -> None:
    problem(await set_avatar(api, token, content), 422, 42215)


async def test_a_picture_has_5_mib_at_most(api: Api, token: str) -> None:
    answer = await set_avatar(api, token, bytes(5 * 1024 * 1024 + 1))
    problem(answer, 413, 41301)


async def test_strangers_set_none(api: Api) -> None:
    answer = await api("PUT", ME, content=png(3, 3), headers={"content-type": "image/png"})
    assert answer.status_code == 401


@pytest.mark.parametrize(
    "where", [f"{ABSENT}/avatar/{'a' * 32}/64", f"{ABSENT}/avatar/{'a' * 32}/65", f"{ABSENT}/avatar/{'a' * 32}/100000"]
)
async def test_what_is_not_there_is_not_found(api: Api, where: str) -> None:
    problem(await api("GET", f"/users/{where}"), 404, 40412)


async def test_names_that_are_none_are_refused(api: Api) -> None:
    for name in ("..%2f..%2fa", "A" * 32, "a"):
        answer = await api("GET", f"/users/{ABSENT}/avatar/{name}/64")
        assert answer.status_code in (400, 404, 422)
