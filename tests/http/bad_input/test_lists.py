"""Searches and lists: wildcards are characters, cursors are ours, unknown parameters are told."""

import base64

import pytest

from tests.http.bad_input.house import House, problem_of, registration


async def test_wildcards_and_escapes_are_characters(house: House) -> None:
    mark = registration()["username"]
    names = {f"{mark} 100% cotton", f"{mark} under_score", f"{mark} back\\slash", f"{mark} plain"}
    for name in names:
        await house.person(full_name=name)
    who = await house.person()

    async def found(text: str) -> set[str]:
        answer = await house.expect(200, "GET", "/users", params={"search": text, "limit": 50}, headers=who.headers)
        return {person["full_name"] for person in answer["items"]} & names

    assert await found(mark) == names
    assert await found(f"{mark} 100%") == {f"{mark} 100% cotton"}
    assert await found("0% co") == {f"{mark} 100% cotton"}
    assert await found("r_sc") == {f"{mark} under_score"}
    assert await found("k\\s") == {f"{mark} back\\slash"}
    for wildcard in ("%%", "__", "\\\\", "%_", "_%", "\\%", "' OR 1=1 -- ", '"; --', "${jndi}"):
        assert await found(wildcard) == set()


@pytest.mark.parametrize("text", ["", "a", " ", "x" * 101, " a ", "\t\t"])
async def test_a_search_is_2_to_100_characters(house: House, text: str) -> None:
    who = await house.person()
    answer = await house.api.get("/users", params={"search": text}, headers=who.headers)
    assert answer.status_code == 422


@pytest.mark.parametrize("limit", ["0", "51", "-1", "x", "1e3", "", "9" * 30])
async def test_a_search_gives_1_to_50(house: House, limit: str) -> None:
    who = await house.person()
    params = {"search": "siobhan", "limit": limit}
    assert (await house.api.get("/users", params=params, headers=who.headers)).status_code == 422


FORGED_CURSORS = (
    "x",
    "====",
    "e30",
    "bnVsbA",
    base64.urlsafe_b64encode(b'["x", 1]').decode(),
    base64.urlsafe_b64encode(b"[" * 1000).decode(),
    base64.urlsafe_b64encode(b'{"id": "2\' OR 1=1"}').decode(),
    "\u00e9",
    "A" * 1024,
)


@pytest.mark.parametrize("path", ["/admin/users", "/admin/security-events", "/users/me/security-events"])
async def test_forged_cursors_are_refused(house: House, path: str) -> None:
    admin = await house.admin()
    first = await house.expect(200, "GET", path, params={"limit": 1}, headers=admin.headers)
    for cursor in FORGED_CURSORS:
        answer = await house.api.get(path, params={"cursor": cursor}, headers=admin.headers)
        assert (answer.status_code, problem_of(answer)["code"] in ("INVALID_CURSOR", "INVALID_FIELDS")) == (422, True)
    good = first["next_cursor"] or "x" * 40
    for cursor in (good[:-3], good + "AAAA", good[::-1], good.swapcase()):
        answer = await house.api.get(path, params={"cursor": cursor}, headers=admin.headers)
        assert answer.status_code in (200, 422), answer.text


async def test_a_cursor_of_one_list_is_none_for_another(house: House) -> None:
    admin = await house.admin()
    await house.register()
    by_date = await house.expect(
        200, "GET", "/admin/users", params={"limit": 1, "sort": "created_at"}, headers=admin.headers
    )
    for path, sort in (("/admin/users", "username"), ("/admin/users", "-created_at"), ("/admin/security-events", "")):
        params = {"cursor": by_date["next_cursor"], **({"sort": sort} if sort else {})}
        await house.refused(422, "INVALID_CURSOR", "GET", path, params=params, headers=admin.headers)


async def test_a_cursor_goes_on_with_its_own_list_and_filters_only(house: House) -> None:
    admin = await house.admin()
    await house.register()
    params = {"limit": "1", "filter[role]": "user"}
    first = await house.expect(200, "GET", "/admin/users", params=params, headers=admin.headers)
    cursor = {"cursor": first["next_cursor"]}
    again = {**params, **cursor, "limit": "7", "sort": "-created_at", "count": "true"}
    await house.expect(200, "GET", "/admin/users", params=again, headers=admin.headers)
    for path, changed in (
        ("/admin/users", {}),
        ("/admin/users", {"filter[role]": "admin"}),
        ("/admin/users", {"filter[role]": "user", "filter[state]": "active"}),
        ("/admin/companies", {}),
        ("/admin/jobs", {}),
        ("/companies", {}),
        ("/files", {}),
        ("/drafts", {"sort": "-updated_at"}),
    ):
        asked = {**cursor, **changed}
        await house.refused(422, "INVALID_CURSOR", "GET", path, params=asked, headers=admin.headers)


WRONG_QUERIES = (
    "limit=0",
    "limit=101",
    "limit=x",
    "limit=1&limit=2",
    "sort=password",
    "sort=created_at;drop",
    "filter[hash]=x",
    "filter[state]=happy",
    "filter[role]=king",
    "count=maybe",
    "page=2",
    "cursor=",
    "filter[email]=%00",
)


@pytest.mark.parametrize("query", WRONG_QUERIES)
async def test_what_a_list_cannot_be_asked_is_422(house: House, query: str) -> None:
    admin = await house.admin()
    assert (await house.api.get(f"/admin/users?{query}", headers=admin.headers)).status_code == 422


async def test_every_page_together_is_the_whole_list_once(house: House) -> None:
    admin = await house.admin()
    names = [(await house.register())["username"] for _ in range(7)]
    seen: list[str] = []
    params: dict[str, str | int] = {"limit": 3, "sort": "-created_at", "count": "true"}
    while not set(names) <= set(seen):
        page = await house.expect(200, "GET", "/admin/users", params=params, headers=admin.headers)
        seen += [account["username"] for account in page["items"]]
        assert page["next_cursor"] is not None or set(names) <= set(seen)
        params["cursor"] = page["next_cursor"]
        await house.register()  # inserts move nothing
    assert len(seen) == len(set(seen))
    assert [name for name in seen if name in names] == names[::-1]
