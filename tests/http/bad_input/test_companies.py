"""Companies that no honest client founds, and honest people who come at once, twice, late, or in any script."""

import asyncio
import re
from collections.abc import Callable
from datetime import timedelta
from pathlib import Path
from typing import Any

import httpx
import pytest

from tests.http.bad_input.house import NUMBERS, House, Person, problem_of
from tests.http.bad_input.test_access import ABSENT

TOKEN = re.compile(r"/invitations/(\S+)")
SCRIPTS = (
    "東京", "大阪 株式会社", "שלום עולם", "مرحبا", "नमस्ते", "\U0001f469\u200d\U0001f467\u200d\U0001f466",
    "\U0001f600" * 60,
    "'; DROP TABLE companies; --", "<script>alert(1)</script>", "{{7*7}}", "%s%n", "\u200fשלום\u200e x",
    "e\u0301" * 50, "ﬃ" * 200, "\u0390" * 200, "-", "..", "/", "null", "0", "\\",
)  # fmt: skip


@pytest.fixture
async def house(build_house: Callable[..., House], tmp_path: Path) -> House:
    """The application with a folder of its own for objects."""
    return build_house(data_dir=tmp_path)


@pytest.fixture
async def owner(house: House) -> Person:
    return await house.person()


def unique(name: str = "Company") -> str:
    """A name that no other test has."""
    return f"{name} {next(NUMBERS)}"


async def send(house: House, who: Person, method: str, path: str, body: Any = None, **rest: Any) -> httpx.Response:
    headers = {**who.headers, **rest.pop("headers", {})}
    return await house.api.request(method, path, headers=headers, **({} if body is None else {"json": body}), **rest)


async def founded(house: House, who: Person, name: str = "") -> dict[str, Any]:
    answer = await send(house, who, "POST", "/companies", {"name": name or unique()})
    assert answer.status_code == 201, answer.text
    company: dict[str, Any] = answer.json()
    return company


async def user_id(house: House, who: Person) -> str:
    return str((await house.expect(200, "GET", "/users/me", headers=who.headers))["id"])


async def invited(house: House, by: Person, home: str, email: str, role: str = "editor") -> str:
    """The token in the mail."""
    answer = await send(house, by, "POST", f"{home}/invitations", {"email": email, "role": role})
    assert answer.status_code == 201, answer.text
    return await token_for(house, email)


async def token_for(house: House, email: str) -> str:
    await house.settle()
    found = [TOKEN.search(mail.text) for mail in house.mailer.sent if mail.to.lower() == email.lower()]
    tokens = [one[1] for one in found if one]
    assert tokens, f"nothing was sent to {email}"
    return tokens[-1]


async def joined(house: House, by: Person, home: str, role: str) -> Person:
    """Somebody new in the company."""
    who = await house.person()
    token = await invited(house, by, home, who.email, role)
    await house.expect(200, "POST", f"/invitations/{token}/accept", headers=who.headers)
    return who


def code(answer: httpx.Response) -> tuple[int, str]:
    return answer.status_code, str(problem_of(answer)["code"])


def wrong(answer: httpx.Response) -> dict[str, str]:
    assert answer.status_code == 422, answer.text
    return {one["pointer"]: one["code"] for one in problem_of(answer)["errors"]}


@pytest.mark.parametrize("name", SCRIPTS)
async def test_a_company_is_called_what_its_people_call_it(house: House, owner: Person, name: str) -> None:
    company = await founded(house, owner, name)
    assert company["name"] == name
    assert re.fullmatch(r"[a-z0-9]+(-[a-z0-9]+)*", company["slug"])
    read = await house.expect(200, "GET", f"/companies/{company['id']}", headers=owner.headers)
    assert read == company
    again = await send(house, owner, "POST", "/companies", {"name": f" {name} "})
    assert code(again) == (409, "COMPANY_NAME_TAKEN")


async def test_names_of_nothing_but_signs_of_china_get_slugs_of_their_own(house: House, owner: Person) -> None:
    slugs = {(await founded(house, owner, unique("東京")))["slug"] for _ in range(3)}
    assert len(slugs) == 3


@pytest.mark.parametrize(
    "name",
    [
        "",
        " ",
        "\t",
        "a\nb",
        "\x01",
        "\u200b\u200d",
        "\u3164",
        "a\u202eb",
        "\u2067a",
        "x" * 256,
        None,
        7,
        ["a"],
        "\u0301",
    ],
)
async def test_a_company_without_a_name_is_none(house: House, owner: Person, name: Any) -> None:
    answer = await send(house, owner, "POST", "/companies", {"name": name})
    assert list(wrong(answer)) == ["#/name"]


async def test_a_lone_surrogate_is_no_name(house: House, owner: Person) -> None:
    content = b'{"name": "a\\ud800"}'
    headers = {**owner.headers, "content-type": "application/json"}
    answer = await house.api.post("/companies", content=content, headers=headers)
    assert answer.status_code in (400, 422), answer.text


async def test_a_company_cannot_take_the_name_of_another(house: House, owner: Person) -> None:
    first, second = await founded(house, owner, unique("Zoë")), await founded(house, owner)
    taken = first["name"].replace("ë", "E\u0308").upper()
    answer = await send(house, owner, "PATCH", f"/companies/{second['id']}", {"name": taken})
    assert code(answer) == (409, "COMPANY_NAME_TAKEN")
    assert code(await send(house, owner, "POST", "/companies", {"name": taken})) == (409, "COMPANY_NAME_TAKEN")
    slug = await send(house, owner, "PATCH", f"/companies/{second['id']}", {"slug": first["slug"]})
    assert code(slug) == (409, "COMPANY_SLUG_TAKEN")
    read = await house.expect(200, "GET", f"/companies/{second['id']}", headers=owner.headers)
    assert (read["name"], read["version"]) == (second["name"], 1)
    zoe = await send(house, owner, "PATCH", f"/companies/{second['id']}", {"name": first["name"].replace("ë", "e")})
    assert zoe.status_code == 200, zoe.text


@pytest.mark.parametrize(
    ("where", "body", "expected"),
    [
        ("", {"name": None}, {"#/name": "NULL"}),
        ("", {"slug": None}, {"#/slug": "NULL"}),
        ("", {"notes": None}, {"#/notes": "NULL"}),
        ("", {"store": "x", "storage_bytes": 1}, {"#/store": "UNKNOWN_FIELD", "#/storage_bytes": "UNKNOWN_FIELD"}),
        ("", {"website": "javascript:alert(1)"}, {"#/website": "WRONG_FORMAT"}),
        ("", {"phone": "+353 1 234"}, {"#/phone": "WRONG_FORMAT"}),
        ("", {"email": "x" * 250 + "@example.org"}, {"#/email": "TOO_LONG"}),
        ("/settings", {"time_zone": None}, {"#/time_zone": "NULL"}),
        ("/settings", {"time_zone": "../../etc/passwd"}, {"#/time_zone": "NOT_ALLOWED"}),
        ("/settings", {"time_zone": "Europe"}, {"#/time_zone": "NOT_ALLOWED"}),
        ("/settings", {"time_zone": "localtime"}, {"#/time_zone": "NOT_ALLOWED"}),
        ("/settings", {"time_zone": "Factory"}, {"#/time_zone": "NOT_ALLOWED"}),
        ("/settings", {"time_zone": "right/UTC"}, {"#/time_zone": "NOT_ALLOWED"}),
        ("/settings", {"expiry_notice_days": 91}, {"#/expiry_notice_days": "TOO_LARGE"}),
        ("/settings", {"expiry_notice_days": -(2**60)}, {"#/expiry_notice_days": "TOO_SMALL"}),
        ("/settings", {"expiry_notice_days": "7"}, {"#/expiry_notice_days": "WRONG_TYPE"}),
        ("/settings", {"accent": "#12345g"}, {"#/accent": "WRONG_FORMAT"}),
        ("/settings", {"locale": "zzz"}, {"#/locale": "NOT_ALLOWED"}),
    ],
)
async def test_a_patch_that_cannot_be_is_refused_where_it_stands(
    house: House, owner: Person, where: str, body: dict[str, Any], expected: dict[str, str]
) -> None:
    company = await founded(house, owner)
    answer = await send(house, owner, "PATCH", f"/companies/{company['id']}{where}", body)
    assert wrong(answer) == expected
    read = await house.expect(200, "GET", f"/companies/{company['id']}{where}", headers=owner.headers)
    assert read["version"] == 1


async def test_null_takes_away_what_may_be_missing(house: House, owner: Person) -> None:
    full = {"email": "a@example.org", "phone": "+35312345678", "website": "https://a.example", "address": "1 Main St"}
    company = await founded(house, owner)
    where = f"/companies/{company['id']}"
    assert (await send(house, owner, "PATCH", where, full)).json()["phone"] == "+35312345678"
    cleared = (await send(house, owner, "PATCH", where, dict.fromkeys(full))).json()
    assert [cleared[name] for name in full] == [None] * 4
    settings = f"{where}/settings"
    await send(house, owner, "PATCH", settings, {"accent": "#123456", "email": "a@example.org"})
    cleared = (await send(house, owner, "PATCH", settings, {"accent": None, "email": None})).json()
    assert (cleared["accent"], cleared["email"], cleared["version"]) == (None, None, 3)


@pytest.mark.parametrize("role", ["zzz", "", "OWNER", None, 0, ["owner"], "owner\x01"])
async def test_a_role_that_there_is_not_is_given_to_nobody(house: House, owner: Person, role: Any) -> None:
    home = f"/companies/{(await founded(house, owner))['id']}"
    me = await user_id(house, owner)
    for answer in (
        await send(house, owner, "PATCH", f"{home}/members/{me}", {"role": role}),
        await send(house, owner, "POST", f"{home}/invitations", {"email": "new@example.org", "role": role}),
    ):
        assert list(wrong(answer)) == ["#/role"]
    listed = await send(house, owner, "GET", f"{home}/members?filter[role]=zzz")
    assert list(wrong(listed)) == ["?filter[role]"]


async def test_the_last_owner_can_neither_leave_nor_be_made_less(house: House, owner: Person) -> None:
    home = f"/companies/{(await founded(house, owner))['id']}"
    manager = await joined(house, owner, home, "manager")
    me, them = await user_id(house, owner), await user_id(house, manager)
    for method, path, body in (
        ("POST", "/leave", None),
        ("DELETE", f"/members/{me}", None),
        ("PATCH", f"/members/{me}", {"role": "viewer"}),
    ):
        assert code(await send(house, owner, method, f"{home}{path}", body)) == (409, "LAST_OWNER")
    for method, path, body in (
        ("DELETE", f"/members/{me}", None),
        ("PATCH", f"/members/{me}", {"role": "viewer"}),
        ("PATCH", f"/members/{them}", {"role": "owner"}),
        ("POST", "/owner", {"user": them}),
        ("DELETE", "", None),
    ):
        assert code(await send(house, manager, method, f"{home}{path}", body)) == (403, "COMPANY_RIGHT_NEEDED")
    assert (await send(house, owner, "PATCH", f"{home}/members/{them}", {"role": "owner"})).status_code == 200
    answers = await asyncio.gather(
        send(house, owner, "PATCH", f"{home}/members/{them}", {"role": "viewer"}),
        send(house, manager, "PATCH", f"{home}/members/{me}", {"role": "viewer"}),
    )
    assert sorted(answer.status_code for answer in answers) == [200, 403]


async def test_an_invitation_is_good_once_and_for_one_address(house: House, owner: Person) -> None:
    home = f"/companies/{(await founded(house, owner))['id']}"
    guest, other = await house.person(), await house.person()
    token = await invited(house, owner, home, guest.email)
    accept = f"/invitations/{token}/accept"
    assert code(await send(house, other, "POST", accept)) == (403, "INVITATION_FOR_ANOTHER")
    answers = await asyncio.gather(*(send(house, guest, "POST", accept) for _ in range(4)))
    assert sorted(answer.status_code for answer in answers) == [200, 409, 409, 409]
    assert code(await send(house, guest, "POST", accept)) == (409, "INVITATION_OVER")
    assert code(await send(house, other, "POST", accept)) == (403, "INVITATION_FOR_ANOTHER")
    again = await send(house, owner, "POST", f"{home}/invitations", {"email": guest.email.upper()})
    assert code(again) == (409, "ALREADY_MEMBER")


async def test_an_address_that_was_not_confirmed_is_no_way_in(house: House, owner: Person) -> None:
    home = f"/companies/{(await founded(house, owner))['id']}"
    told = await house.register()
    token = await invited(house, owner, home, told["email"])
    answer = await house.api.post("/sessions", json={"login": told["email"], "password": told["password"]})
    if answer.status_code == 201:
        headers = {"authorization": f"Bearer {answer.json()['access_token']}"}
        refused = await house.api.post(f"/invitations/{token}/accept", headers=headers)
        assert code(refused) == (403, "INVITATION_FOR_ANOTHER")
    confirmed = {"code": await house.code_for(told["email"])}
    await house.expect(204, "POST", "/users/email-verification", json=confirmed)
    who = await house.sign_in(told["email"], told["username"])
    await house.expect(200, "POST", f"/invitations/{token}/accept", headers=who.headers)


async def test_an_invitation_that_is_too_old_is_over(house: House, owner: Person) -> None:
    home = f"/companies/{(await founded(house, owner))['id']}"
    guest = await house.person()
    token = await invited(house, owner, home, guest.email)
    house.clock.advance(timedelta(days=7, seconds=1))
    guest = await house.sign_in(guest.email)
    assert code(await send(house, guest, "POST", f"/invitations/{token}/accept")) == (409, "INVITATION_OVER")


@pytest.mark.parametrize("token", ["x", "A" * 43, "A" * 44, "%00", "%F0%9F%A6%8A", "'%20OR%201=1%20--", "a" * 5000])
async def test_a_token_that_was_never_made_leads_nowhere(house: House, owner: Person, token: str) -> None:
    for method, path in (("GET", ""), ("POST", "/accept"), ("POST", "/decline")):
        answer = await send(house, owner, method, f"/invitations/{token}{path}")
        assert answer.status_code == 404, answer.text


async def test_a_company_that_was_deleted_is_not_there_for_anybody_or_anything(house: House, owner: Person) -> None:
    company = await founded(house, owner)
    home = f"/companies/{company['id']}"
    editor, guest = await joined(house, owner, home, "editor"), await house.person()
    token = await invited(house, owner, home, guest.email)
    client = (await send(house, owner, "POST", f"{home}/clients", {"name": "Ann"})).json()["id"]
    deleted = await send(house, owner, "DELETE", f"{home}?cascade=true")
    assert deleted.status_code == 202, deleted.text
    for moment in range(2):
        for who in (owner, editor, guest):
            for method, path, body in (
                ("GET", "", None), ("PATCH", "", {"notes": "n"}), ("DELETE", "?cascade=true", None),
                ("GET", "/members", None), ("POST", "/leave", None), ("GET", "/settings", None),
                ("POST", "/clients", {"name": "Bob"}), ("GET", f"/clients/{client}", None),
                ("GET", "/clients/export", None), ("POST", "/invitations", {"email": "b@example.org"}),
                ("GET", "/activity", None), ("PATCH", "/settings", {"locale": "fr"}),
            ):  # fmt: skip
                answer = await send(house, who, method, f"{home}{path}", body)
                assert code(answer) == (404, "COMPANY_NOT_FOUND"), (moment, method, path)
        for method, path in (("GET", ""), ("POST", "/accept"), ("POST", "/decline")):
            assert code(await send(house, guest, method, f"/invitations/{token}{path}")) == (
                404,
                "INVITATION_NOT_FOUND",
            )
        assert (await founded(house, owner, company["name"] if not moment else unique()))["id"] != company["id"]
        await house.settle()
    job = await house.expect(200, "GET", f"/jobs/{deleted.json()['job']}", headers=owner.headers)
    assert job["state"] == "done"


async def test_of_two_companies_neither_reaches_into_the_other(house: House, owner: Person) -> None:
    other = await house.person()
    mine, theirs = [f"/companies/{(await founded(house, who))['id']}" for who in (owner, other)]
    client = (await send(house, other, "POST", f"{theirs}/clients", {"name": "Ann"})).json()["id"]
    for method, body in (("GET", None), ("PATCH", {"name": "Bob"}), ("DELETE", None)):
        assert code(await send(house, owner, method, f"{mine}/clients/{client}", body)) == (404, "CLIENT_NOT_FOUND")
        assert code(await send(house, owner, method, f"{theirs}/clients/{client}", body)) == (404, "COMPANY_NOT_FOUND")


@pytest.mark.parametrize(
    "text",
    [
        "%",
        "_",
        "\\",
        "'",
        '"',
        "%00",
        "*",
        "(",
        "+",
        "-",
        " ",
        "🦊",
        "x" * 100,
        "ﬃ",
        "\u0301",
        "a%' OR '1'='1",
        "\u202e",
    ],
)
async def test_a_search_finds_nobody_by_signs_of_a_database(house: House, owner: Person, text: str) -> None:
    home = f"/companies/{(await founded(house, owner))['id']}"
    await send(house, owner, "POST", f"{home}/clients", {"name": "Ann", "phone": "+35312345678"})
    answer = await send(house, owner, "GET", f"{home}/clients", params={"filter[search]": text})
    if text.strip():
        assert (answer.status_code, len(answer.json()["items"])) == (200, 0), answer.text
    else:
        assert list(wrong(answer)) == ["?filter[search]"]


async def test_a_thousand_clients_leave_as_they_came(house: House, owner: Person) -> None:
    home = f"/companies/{(await founded(house, owner))['id']}"
    names = ["=1+1", "@SUM(A1)", '"quoted", with\u2028breaks', "O'Neil", "張伟", *SCRIPTS]
    for name in names:
        answer = await send(house, owner, "POST", f"{home}/clients", {"name": name, "notes": "\r\n=2"})
        assert answer.status_code == 201, answer.text
    table = (await send(house, owner, "GET", f"{home}/clients/export")).content.decode()
    assert table.count("\r\n") == len(names) * 2 + 1
    assert ",'=1+1," in table and ",'@SUM(A1)," in table and '"\'\r\n=2"' in table


async def test_the_same_number_at_once_belongs_to_one_client(house: House, owner: Person) -> None:
    home = f"/companies/{(await founded(house, owner))['id']}"
    body = {"name": "Ann", "phone": "+35312345678"}
    answers = await asyncio.gather(*(send(house, owner, "POST", f"{home}/clients", body) for _ in range(6)))
    assert sorted(answer.status_code for answer in answers) == [201, *[409] * 5]


@pytest.mark.parametrize("path", ["/companies/x", "/companies/..", f"/companies/{ABSENT}/members/me", "/invitations/"])
async def test_what_is_no_address_of_anything_is_not_found(house: House, owner: Person, path: str) -> None:
    assert (await send(house, owner, "GET", path)).status_code == 404
