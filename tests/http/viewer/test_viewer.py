"""Prints over HTTP for everybody: what is answered, what caches may keep, and who may read it."""

from collections.abc import AsyncIterator
from datetime import timedelta
from typing import Any

import httpx
import pytest

from asperguide.ar.model import ContentState
from asperguide.ar.rotation import PlaybackMode
from asperguide.shared.tenancy import ProjectState
from tests.http.sample import SIGNED_IN
from tests.playing import film, id_of, window
from tests.viewing import COMPANY, ID, MARKER, NOON, Stage, shown

AT = f"/api/v1/viewer/{ID}"
VIDEO = f"{AT}/videos/{id_of('a')}"
ELSEWHERE = {"origin": "https://viewer.elsewhere.example"}
FILM = bytes(range(256)) * 40


@pytest.fixture
def stage() -> Stage:
    """A print with a photo and a film."""
    made = Stage()
    made.files.put(id_of("a"), "film", "video/mp4", FILM)
    made.files.put(id_of("a"), "poster", "image/jpeg", b"a poster")
    made.files.put(id_of("a"), "thumbnail", "image/jpeg", b"a thumbnail")
    made.files.put(MARKER.photo, "image/webp", "image/webp", b"a marker")
    made.files.put(MARKER.photo, "image/jpeg", "image/jpeg", b"a photo")
    return made


@pytest.fixture
async def client(stage: Stage) -> AsyncIterator[httpx.AsyncClient]:
    """Somebody with the code of a print."""
    async with stage.client(cors_origins=("https://viewer.elsewhere.example",)) as made:
        yield made


def code(answer: httpx.Response, status: int) -> str:
    """The code of a problem with this status."""
    assert answer.status_code == status, answer.text
    assert answer.headers["content-type"] == "application/problem+json"
    assert answer.headers["cache-control"] == "no-store"
    return str(answer.json()["code"])


@pytest.mark.parametrize("id", ["x", "x' OR id='2", "%00" * 22, "A" * 7_000, "%F0%9F%98%80", "A" * 22 + "\\"])
async def test_a_check_is_always_answered(client: httpx.AsyncClient, id: str) -> None:
    answer = await client.get(f"/api/v1/viewer/{id}/check")
    assert (answer.status_code, answer.json()) == (200, {"available": False, "reason": "invalid_id"})
    assert answer.headers["cache-control"] == "no-store"
    assert code(await client.get(f"/api/v1/viewer/{id}/manifest"), 404) == "INVALID_ID"


async def test_a_check_tells_what_a_manifest_is_refused_with(stage: Stage, client: httpx.AsyncClient) -> None:
    async def told() -> tuple[str, int, str]:
        reason = (await client.get(f"{AT}/check")).json()["reason"]
        refused = await client.get(f"{AT}/manifest")
        return reason, refused.status_code, code(refused, refused.status_code)

    assert (await client.get(f"{AT}/check")).json() == {"available": True, "reason": None}
    await stage.change(videos=(film("a", active=False),))
    assert await told() == ("no_playable_video", 409, "NO_PLAYABLE_VIDEO")
    await stage.change(state=ContentState.UNPUBLISHED)
    assert await told() == ("not_published", 404, "NOT_PUBLISHED")
    await stage.change(ends_at=NOON)
    assert await told() == ("expired", 410, "EXPIRED")
    await stage.change_project(template=True)
    assert await told() == ("project_inactive", 403, "PROJECT_INACTIVE")
    del stage.kept.contents[ID]
    await stage.process.editions.purge({f"viewer:{ID}": 99})
    assert await told() == ("not_found", 404, "NOT_FOUND")


async def test_a_manifest_may_be_kept_for_a_moment_and_asked_for_again(stage: Stage, client: httpx.AsyncClient) -> None:
    first = await client.get(f"{AT}/manifest")
    assert first.status_code == 200 and first.json()["unique_id"] == ID
    assert first.headers["cache-control"] == "public, max-age=5"
    known = {"if-none-match": first.headers["etag"]}
    again = await client.get(f"{AT}/manifest", headers=known)
    assert (again.status_code, again.content, again.headers["etag"]) == (304, b"", first.headers["etag"])
    head = await client.head(f"{AT}/manifest")
    assert (head.content, head.headers["content-length"]) == (b"", str(len(first.content)))
    await stage.change(title="New")
    changed = await client.get(f"{AT}/manifest", headers=known)
    assert (changed.status_code, changed.json()["title"]) == (200, "New")


async def test_nobody_keeps_it_beyond_the_instant_at_which_another_video_plays(
    stage: Stage, client: httpx.AsyncClient
) -> None:
    soon = NOON + timedelta(seconds=3)
    later = film("b", 1, windows=(window(soon, soon + timedelta(hours=1)),))
    await stage.change(videos=(film("a"), later))
    assert (await client.get(f"{AT}/manifest")).headers["cache-control"] == "public, max-age=3"
    stage.clock.set(soon - timedelta(milliseconds=1))
    assert (await client.get(f"{AT}/manifest")).headers["cache-control"] == "public, max-age=0"
    stage.clock.set(soon)
    assert (await client.get(f"{AT}/manifest")).json()["video"]["selection_source"] == "schedule"


async def test_a_session_has_a_manifest_of_its_own(stage: Stage, client: httpx.AsyncClient) -> None:
    await stage.change(videos=(film("a"), film("b", 1)), mode=PlaybackMode.CYCLIC)
    titles = []
    for n in (1, 2, 2, 3):
        answer = await client.get(f"{AT}/manifest?session=session-{n}")
        assert answer.headers["cache-control"] == "private, no-cache"
        titles.append(answer.json()["video"]["title"])
    assert titles == ["a", "b", "b", "a"]


@pytest.mark.parametrize("session", ["short", "x" * 65, "a'%20OR%201=1", "%00%00%00%00%00%00%00%00", "", "x" * 5_000])
async def test_a_session_that_is_none_is_refused(client: httpx.AsyncClient, session: str) -> None:
    answer = await client.get(f"{AT}/manifest?session={session}")
    assert code(answer, 422) in ("INVALID_FIELDS", "INVALID_SESSION")


@pytest.mark.parametrize("query", ["preview=null", "preview=yes", "preview=true&preview=true", "preview=1&preview=0"])
async def test_neither_yes_nor_no_is_refused(client: httpx.AsyncClient, query: str) -> None:
    for part in ("manifest", "photo", "marker"):
        assert code(await client.get(f"{AT}/{part}?{query}"), 422) == "INVALID_FIELDS"


async def test_what_is_added_to_an_address_on_its_way_does_no_harm(client: httpx.AsyncClient) -> None:
    for path in (f"{AT}/manifest", f"{AT}/photo", f"/view/{ID}"):
        assert (await client.get(f"{path}?utm_source=print&utm_source=mail&fbclid=x")).status_code == 200, path


@pytest.mark.parametrize(
    "query", ["preview=zzz", "preview=1&preview=0", "preview=%ff", "preview=" + "x" * 5_000, "&&=="]
)
async def test_a_check_is_answered_whatever_is_asked(stage: Stage, client: httpx.AsyncClient, query: str) -> None:
    stage.kept.members.add(stage.people["ann"].user)
    await stage.change(state=ContentState.DRAFT)
    for headers in ({}, SIGNED_IN):
        answer = await client.get(f"{AT}/check?{query}", headers=headers)
        assert (answer.status_code, answer.json()) == (200, {"available": False, "reason": "not_published"})


@pytest.mark.parametrize("preview", ["preview", "preview=", "preview=true", "preview=1"])
async def test_members_preview_what_is_not_published(stage: Stage, client: httpx.AsyncClient, preview: str) -> None:
    await stage.change(state=ContentState.DRAFT)
    for headers in ({}, SIGNED_IN, {"authorization": "Bearer expired"}):
        assert code(await client.get(f"{AT}/manifest?{preview}", headers=headers), 404) == "NOT_PUBLISHED"
    stage.kept.members.add(stage.people["ann"].user)
    answer = await client.get(f"{AT}/manifest?{preview}", headers=SIGNED_IN)
    assert (answer.status_code, answer.headers["cache-control"]) == (200, "private, no-store")
    for part in ("check", "photo", "marker", f"videos/{id_of('a')}", f"videos/{id_of('a')}/poster"):
        seen = await client.get(f"{AT}/{part}?{preview}", headers=SIGNED_IN)
        assert seen.status_code == 200 and "no-store" in seen.headers["cache-control"]
    assert 'data-preview="yes"' in (await client.get(f"/view/{ID}?{preview}", headers=SIGNED_IN)).text
    assert code(await client.get(f"{AT}/manifest", headers=SIGNED_IN), 404) == "NOT_PUBLISHED"
    assert code(await client.get(f"{AT}/manifest?preview=false", headers=SIGNED_IN), 404) == "NOT_PUBLISHED"


async def test_a_preview_of_what_is_published_in_a_project_that_is_not_active_tells_nothing(
    stage: Stage, client: httpx.AsyncClient
) -> None:
    stage.kept.members.add(stage.people["ann"].user)
    assert 'data-preview="no"' in (await client.get(f"/view/{ID}", headers=SIGNED_IN)).text
    await stage.change_project(state=ProjectState.DRAFT)
    assert (await client.get(f"/view/{ID}", headers=SIGNED_IN)).status_code == 404
    page = await client.get(f"/view/{ID}?preview", headers=SIGNED_IN)
    assert page.status_code == 200 and 'data-preview="yes"' in page.text


@pytest.mark.parametrize(
    ("part", "type", "what"),
    [
        ("marker", "image/webp", b"a marker"), ("photo", "image/jpeg", b"a photo"),
        (f"videos/{id_of('a')}", "video/mp4", FILM), (f"videos/{id_of('a')}/poster", "image/jpeg", b"a poster"),
        (f"videos/{id_of('a')}/thumbnail", "image/jpeg", b"a thumbnail"),
    ],
)  # fmt: skip
async def test_bytes_have_addresses_that_stay(client: httpx.AsyncClient, part: str, type: str, what: bytes) -> None:
    answer = await client.get(f"{AT}/{part}", headers=ELSEWHERE)
    assert (answer.status_code, answer.content, answer.headers["content-type"]) == (200, what, type)
    told = {
        "cache-control": "public, max-age=60", "accept-ranges": "bytes", "x-content-type-options": "nosniff",
        "cross-origin-resource-policy": "cross-origin", "access-control-allow-origin": "*",
        "content-disposition": "inline", "content-length": str(len(what)),
    }  # fmt: skip
    assert {name: answer.headers.get(name) for name in told} == told
    assert "sandbox" in answer.headers["content-security-policy"]
    known = await client.get(f"{AT}/{part}", headers={"if-none-match": answer.headers["etag"]})
    assert (known.status_code, known.content) == (304, b"")


async def test_parts_of_a_film_can_be_asked_for(client: httpx.AsyncClient) -> None:
    part = await client.get(VIDEO, headers={"range": "bytes=100-199"})
    assert (part.status_code, part.content) == (206, FILM[100:200])
    assert part.headers["content-range"] == f"bytes 100-199/{len(FILM)}"
    end = await client.get(VIDEO, headers={"range": "bytes=-5"})
    assert (end.status_code, end.content) == (206, FILM[-5:])
    beyond = await client.get(VIDEO, headers={"range": f"bytes={len(FILM)}-"})
    assert code(beyond, 416) == "RANGE_NOT_SATISFIABLE"
    assert beyond.headers["content-range"] == f"bytes */{len(FILM)}"
    assert code(await client.get(VIDEO, headers={"if-match": '"other"'}), 412) == "PRECONDITION_FAILED"


@pytest.mark.parametrize("path", ["videos/nothing", "videos/nothing/poster", "videos", "nothing", "", "..%2f..%2fetc"])
async def test_what_is_no_part_is_not_there(client: httpx.AsyncClient, path: str) -> None:
    assert code(await client.get(f"{AT}/{path}"), 404) == "ROUTE_NOT_FOUND"


async def test_other_pieces_of_a_film_are_nobodys_business(client: httpx.AsyncClient) -> None:
    for piece in ("original", "film", "x"):
        assert (await client.get(f"{VIDEO}/{piece}")).status_code in (404, 422)


async def test_what_is_taken_back_is_gone_at_once(stage: Stage, client: httpx.AsyncClient) -> None:
    for part in ("marker", "photo", f"videos/{id_of('a')}", f"videos/{id_of('a')}/poster"):
        assert (await client.get(f"{AT}/{part}")).status_code == 200
    await stage.change(state=ContentState.UNPUBLISHED)
    for part in ("marker", "photo", f"videos/{id_of('a')}", f"videos/{id_of('a')}/poster"):
        assert code(await client.get(f"{AT}/{part}"), 404) == "NOT_PUBLISHED"


async def test_pages_of_any_origin_may_read_it_without_credentials(client: httpx.AsyncClient) -> None:
    for path in (f"{AT}/check", f"{AT}/manifest", f"{AT}/photo", "/api/v1/viewer/x/manifest"):
        answer = await client.get(path, headers=ELSEWHERE)
        assert answer.headers.get_list("access-control-allow-origin") == ["*"]
        assert answer.headers.get_list("cross-origin-resource-policy") == ["cross-origin"]
        assert "access-control-allow-credentials" not in answer.headers
    asking = {"access-control-request-method": "GET", "access-control-request-headers": "if-none-match"}
    preflight = await client.options(f"{AT}/manifest", headers={"origin": "https://nowhere.example", **asking})
    assert (preflight.status_code, preflight.headers["access-control-allow-origin"]) == (204, "*")
    assert "If-None-Match" in preflight.headers["access-control-allow-headers"]


async def test_many_viewers_behind_one_address_have_a_budget_of_their_own(client: httpx.AsyncClient) -> None:
    answers = [await client.get(f"{AT}/manifest") for _ in range(20)]
    assert {answer.status_code for answer in answers} == {200}, "strangers have 3 calls here"
    assert answers[-1].headers["ratelimit"].startswith('"views";')


async def test_a_manifest_costs_four_statements_and_then_none(stage: Stage, client: httpx.AsyncClient) -> None:
    for _ in range(3):
        assert (await client.get(f"{AT}/manifest")).status_code == 200
        assert stage.kept.reads == 4
    await client.get(f"{AT}/photo")
    await client.get(f"/view/{ID}")
    assert stage.kept.reads == 4


@pytest.mark.parametrize("method", ["POST", "PUT", "PATCH", "DELETE"])
async def test_nothing_can_be_changed_here(client: httpx.AsyncClient, method: str) -> None:
    assert (await client.request(method, f"{AT}/manifest")).status_code == 405


@pytest.mark.parametrize(
    ("change", "status"),
    [({}, 200), ({"ends_at": NOON}, 410), ({"state": ContentState.DRAFT}, 404), ({"videos": ()}, 404)],
)
async def test_a_page_says_by_its_status_too_whether_there_is_something(
    stage: Stage, client: httpx.AsyncClient, change: dict[str, Any], status: int
) -> None:
    await stage.change(**change)
    page = await client.get(f"/view/{ID}", headers={"accept-language": "fr"})
    assert page.status_code == status
    told = {"cache-control": "no-store", "x-robots-tag": "noindex", "content-language": "fr", "x-frame-options": "DENY"}
    assert {name: page.headers[name] for name in told} == told
    assert page.headers["content-type"] == "text/html; charset=utf-8"


async def test_each_page_has_a_nonce_of_its_own_and_its_language(client: httpx.AsyncClient) -> None:
    pages = [await client.get(f"/view/{ID}") for _ in range(2)]
    policies = [page.headers["content-security-policy"] for page in pages]
    assert policies[0] != policies[1] and "unsafe" not in policies[0]
    for page, policy in zip(pages, policies, strict=True):
        nonce = policy.partition("'nonce-")[2].partition("'")[0]
        assert f'<style nonce="{nonce}">' in page.text
    assert pages[0].headers["content-language"] == COMPANY.locale


async def test_what_a_page_is_made_with_can_be_kept_for_ever(client: httpx.AsyncClient) -> None:
    page = (await client.get(f"/view/{ID}")).text
    for name, kind in (("view.css", "text/css"), ("view.js", "text/javascript"), ("icon.svg", "image/svg+xml")):
        address = page.partition(f'"/view/assets/{name}?v=')[2].partition('"')[0]
        answer = await client.get(f"/view/assets/{name}?v={address}")
        assert answer.status_code == 200 and answer.headers["content-type"].startswith(kind)
        assert "immutable" in answer.headers["cache-control"]
    for name in ("nothing.js", "..%2fview_pages.py", "view.css%00"):
        assert (await client.get(f"/view/assets/{name}")).status_code == 404


@pytest.mark.parametrize("id", ["x", "x'%20OR%20id='2", "%00", "A" * 7_000, "<script>alert(1)</script>"])
async def test_a_page_of_nothing_says_so(client: httpx.AsyncClient, id: str) -> None:
    page = await client.get(f"/view/{id}")
    assert page.status_code == 404
    assert "<script>alert" not in page.text


async def test_the_longest_titles_are_shown(stage: Stage, client: httpx.AsyncClient) -> None:
    await stage.change(title="漢" * 255)
    assert (await client.get(f"{AT}/manifest")).json()["title"] == "漢" * 255
    assert "漢" * 255 in (await client.get(f"/view/{ID}")).text
    assert shown().title == "Wedding"
