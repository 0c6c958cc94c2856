"""Prints that no honest client makes, and honest people who make them at once, twice, late, or in any script."""

import asyncio
from collections import Counter
from collections.abc import Callable
from pathlib import Path
from typing import Any

import httpx
import pytest

from tests.http.bad_input.house import House, Person, problem_of
from tests.http.bad_input.test_access import ABSENT
from tests.http.bad_input.test_companies import founded, send, unique
from tests.media import png

TEXTS = (
    "'; DROP TABLE ar_contents; --", "\u202ereversed\u202c", "張" * 255, "\U0001f600" * 255, "ﬃ" * 255,
    "<script>alert(1)</script>", "{{7*7}}", "%s%n_%", "e\u0301" * 127, "\u0390" * 255, "a ", " a", "null", "\\",
)  # fmt: skip
QUERIES = (
    "filter[title]=%25", "filter[title]=%00", "filter[title]=" + "x" * 5000, "filter[client]=x'%20OR%201=1", "sort=x",
    "filter[ends_before]=9999-99-99", "filter[ends_before]=0001-01-01T00:00:00%2B14:00",
    "filter[ends_before]=9999-12-31T23:59:59-12:00", "filter[number]=%F0%9F%98%80", "filter[state]=", "cursor=AAAA",
    "limit=1e9", "filter[ends_before]=2031-01-01", "filter[title]=a&filter[title]=b", "filter[grade]=%2B",
    "count=maybe",
)  # fmt: skip


@pytest.fixture
async def house(build_house: Callable[..., House], tmp_path: Path) -> House:
    """The application with a folder of its own for objects."""
    return build_house(data_dir=tmp_path)


class Shop:
    """Somebody's project, and requests about its prints."""

    def __init__(self, house: House, owner: Person, project: str, photo: str) -> None:
        self.house, self.owner, self.photo = house, owner, photo
        self.where = f"/projects/{project}/contents"

    async def post(self, by: Person | None = None, **fields: Any) -> httpx.Response:
        headers = fields.pop("headers", {})
        body = {"photo": self.photo, **fields}
        return await send(self.house, by or self.owner, "POST", self.where, body, headers=headers)

    async def made(self, **fields: Any) -> dict[str, Any]:
        answer = await self.post(**fields)
        assert answer.status_code == 201, answer.text
        made: dict[str, Any] = answer.json()
        return made


async def upload(house: House, by: Person, content: bytes, name: str = "p.png") -> str:
    files = {"file": (name, content, "image/png")}
    answer = await house.api.post("/files", files=files, headers=by.headers)
    assert answer.status_code == 201, answer.text
    return str(answer.json()["id"])


@pytest.fixture
async def shop(house: House) -> Shop:
    owner = await house.person()
    company = await founded(house, owner)
    project = await send(house, owner, "POST", f"/companies/{company['id']}/projects", {"name": unique("Project")})
    return Shop(house, owner, project.json()["id"], await upload(house, owner, png(640, 480)))


async def test_titles_and_customers_in_any_script_come_back_and_are_found(shop: Shop) -> None:
    for title in TEXTS:
        made = await shop.made(title=title, customer={"name": title}, metadata={"a": title})
        seen = (await send(shop.house, shop.owner, "GET", f"/contents/{made['id']}")).json()
        assert (seen["title"], seen["customer"]["name"], seen["metadata"]["a"]) == (title, title, title)
        for name in ("title", "customer"):
            found = await shop.house.api.get(
                shop.where, params={f"filter[{name}]": title[:60], "limit": "100"}, headers=shop.owner.headers
            )
            assert made["id"] in [one["id"] for one in found.json()["items"]], title
    listed = await shop.house.api.get(shop.where, params={"sort": "title", "limit": "5"}, headers=shop.owner.headers)
    again = {"sort": "title", "limit": "5", "cursor": listed.json()["next_cursor"]}
    assert (await shop.house.api.get(shop.where, params=again, headers=shop.owner.headers)).status_code == 200


@pytest.mark.parametrize("query", QUERIES)
async def test_strange_queries_are_refused_and_never_a_defect(shop: Shop, query: str) -> None:
    await shop.made(title="a")
    answer = await send(shop.house, shop.owner, "GET", f"{shop.where}?{query}")
    assert answer.status_code in (200, 400, 414, 422), answer.text
    if answer.status_code == 200:
        assert answer.json()["items"] == []


async def test_a_form_with_bad_files_is_refused_and_its_room_is_free_again(shop: Shop) -> None:
    whole = png(640, 480)
    for content, kind in (
        (png(10, 10), "image/png"), (b"<html><script>alert(1)</script>", "image/png"), (whole[:60], "image/png"),
        (b"", "image/png"), (b"GIF89a" + bytes(9), "image/gif"), (b"%PDF-1.7\n", "application/pdf"),
        (b"\x00" * 1000, "image/jpeg"), (png(30_000, 30_000)[:200], "image/png"),
    ):  # fmt: skip
        files = {"photo": ("p.png", content, kind)}
        answer = await shop.house.api.post(shop.where, files=files, headers=shop.owner.headers)
        assert problem_of(answer)["status"] == 422, content[:20]
    answer = await shop.house.api.post(
        shop.where, files={"photo": ("張" * 255 + ".png", whole, "image/png")}, headers=shop.owner.headers
    )
    assert answer.status_code in (201, 422), answer.text
    good = await shop.house.api.post(
        shop.where, files={"photo": ("p.png", whole, "image/png")}, headers=shop.owner.headers
    )
    assert good.status_code == 201, good.text


async def test_prints_made_at_once_have_numbers_without_gaps(shop: Shop) -> None:
    answers = await asyncio.gather(*(shop.post(title=f"{n}") for n in range(30)))
    assert Counter(answer.status_code for answer in answers) == {201: 30}
    assert sorted(int(answer.json()["number"][-6:]) for answer in answers) == list(range(1, 31))


async def test_the_same_key_at_once_makes_one_print(shop: Shop) -> None:
    key = {"idempotency-key": "once"}
    answers = await asyncio.gather(*(shop.post(title="once", headers=dict(key)) for _ in range(8)))
    ids = {answer.json()["id"] for answer in answers if answer.status_code == 201}
    assert len(ids) == 1
    assert {answer.status_code for answer in answers} <= {201, 409}
    again = await shop.post(title="once", headers=dict(key))
    assert {again.json()["id"]} == ids


async def test_of_many_changes_under_one_version_one_is_made(shop: Shop) -> None:
    made = await shop.made()
    where, match = f"/contents/{made['id']}", {"if-match": f'"{made["version"]}"'}
    answers = await asyncio.gather(
        *(send(shop.house, shop.owner, "PATCH", where, {"title": f"{n}"}, headers=dict(match)) for n in range(8))
    )
    assert Counter(answer.status_code for answer in answers) == {200: 1, 412: 7}
    without = await asyncio.gather(
        *(send(shop.house, shop.owner, "PATCH", where, {"metadata": {f"n{n}": "x"}}) for n in range(8))
    )
    assert Counter(answer.status_code for answer in without) == {200: 8}
    seen = (await send(shop.house, shop.owner, "GET", where)).json()
    assert seen["metadata"] == {f"n{n}": "x" for n in range(8)}


async def test_a_print_is_deleted_once_however_many_delete_it(shop: Shop) -> None:
    made = await shop.made()
    where = f"/contents/{made['id']}"
    answers = await asyncio.gather(*(send(shop.house, shop.owner, "DELETE", where) for _ in range(6)))
    assert Counter(answer.status_code for answer in answers) == {204: 1, 404: 5}


async def test_strange_ids_are_not_there(shop: Shop) -> None:
    for id in (ABSENT, "x' OR id='2", "%00", "0" * 500, "null", "-1"):
        for ending in ("", "/qr.png", "/qr.svg"):
            assert (await send(shop.house, shop.owner, "GET", f"/contents/{id}{ending}")).status_code == 404, id


async def test_files_of_others_are_refused_like_none(shop: Shop) -> None:
    other = await shop.house.person()
    theirs = await upload(shop.house, other, png(641, 480))
    for photo in (theirs, ABSENT):
        answer = await shop.post(photo=photo)
        assert [wrong["pointer"] for wrong in problem_of(answer)["errors"]] == ["#/photo"]
        assert problem_of(answer)["errors"][0]["detail"] == "There is no such file of yours."
    assert (await shop.post(by=other)).status_code == 404
