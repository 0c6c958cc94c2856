"""Real people have all kinds of names; they come back letter for letter, and no two are confused."""

import pytest

from tests.http.bad_input.house import PASSWORD, House, registration

NAMES = {
    "apostrophe": "O'Neil",
    "quotes": 'Anne "Nan" \\ ; -- Smith',
    "SQL words": "left key'; DROP TABLE users; -- %s :id ? {x}",
    "accents": "Zoë Ñandú Ångström",
    "decomposed accents": "Zoe\u0308",
    "CJK": "王小明 山田太郎 김철수",
    "right to left": "محمد בן־דוד",
    "emoji": "Ada 👩🏽‍🚀 🇮🇪",
    "255 characters": "ñ" * 255,
    "255 characters beyond the basic plane": "𝕬" * 255,
    "Turkish": "IĞDIR ığdır İ i",
    "sharp s": "Weiß STRASSE",
    "spaces": "  two  spaces  ",
    "markup": "<script>alert(1)</script> &amp; {{7*7}}",
}
ADDRESSES = {
    "apostrophe": "o'neil{}@example.org",
    "plus and dots": "a.b+c{}@example.org",
    "SQL word": "left.key{}@example.org",
    "accents": "zoë{}@exämple.org",
    "CJK": "王小明{}@例え.jp",
    "Turkish": "ıi{}@example.org",
    "sharp s": "weiß{}@example.org",
}


@pytest.mark.parametrize("name", NAMES.values(), ids=NAMES)
async def test_a_name_comes_back_letter_for_letter_in_the_account_the_search_and_the_mail(
    house: House, name: str
) -> None:
    who = await house.person(full_name=name)
    me = await house.expect(200, "GET", "/users/me", headers=who.headers)
    assert me["full_name"] == name
    changed = await house.expect(200, "PATCH", "/users/me", json={"full_name": f"x{name[1:]}"}, headers=who.headers)
    assert changed["full_name"] == f"x{name[1:]}"
    found = await house.expect(
        200, "GET", "/users", params={"search": name.strip()[1:40], "limit": 50}, headers=who.headers
    )
    assert all("email" not in person for person in found["items"])
    for mail in house.mailer.sent:
        assert "<script>" not in mail.html


@pytest.mark.parametrize("address", ADDRESSES.values(), ids=ADDRESSES)
async def test_mail_goes_to_an_address_exactly_as_it_was_typed(house: House, address: str) -> None:
    typed = address.format(registration()["username"])
    who = await house.person(email=typed)
    assert {mail.to for mail in house.mailer.sent} == {typed}
    assert (await house.expect(200, "GET", "/users/me", headers=who.headers))["email"] == typed
    await house.sign_in(typed.upper() if typed.upper().lower() == typed else typed)


@pytest.mark.parametrize(
    ("one", "other"),
    [("i{}@example.org", "ı{}@example.org"), ("zoe{}@example.org", "zoë{}@example.org"), ("a{}", "a{}.")],
    ids=["dotless i", "accent", "dot"],
)
async def test_addresses_and_usernames_that_only_look_alike_are_two(house: House, one: str, other: str) -> None:
    number = registration()["username"]
    field = "email" if "@" in one else "username"
    first = await house.person(**{field: one.format(number)})
    second = await house.person(**{field: other.format(number)})
    mine = await house.expect(200, "GET", "/users/me", headers=first.headers)
    theirs = await house.expect(200, "GET", "/users/me", headers=second.headers)
    assert mine["id"] != theirs["id"]
    assert (mine[field], theirs[field]) == (one.format(number), other.format(number))


async def test_addresses_that_fold_together_are_one(house: House) -> None:
    number = registration()["username"]
    await house.person(email=f"weiß{number}@example.org")
    sent = len(house.mailer.sent)
    await house.register(email=f"WEISS{number}@example.org")
    await house.settle()
    assert {mail.to for mail in house.mailer.sent[sent:]} == {f"weiß{number}@example.org"}


BAD = {
    "no name": {"full_name": ""},
    "only spaces": {"full_name": "   "},
    "256 characters": {"full_name": "x" * 256},
    "line break": {"full_name": "a\nb"},
    "no at": {"email": "example.org"},
    "two ats": {"email": "a@b@example.org"},
    "a space": {"email": "a b@example.org"},
    "a line break": {"email": "a@example.org\nBcc: b@example.org"},
    "a domain of dots": {"email": "a@..."},
    "an address of 255": {"email": "a" * 243 + "@example.org"},
    "short username": {"username": "ab"},
    "username of 51": {"username": "a" * 51},
    "username with spaces": {"username": "a b c"},
    "username in Turkish": {"username": "ığdır"},
    "username with a trailing newline": {"username": "siobhan\n"},
    "username that begins with a dot": {"username": ".abc"},
    "unknown gender": {"gender": "X"},
    "unknown age": {"age_range": "7"},
    "unknown locale": {"locale": "klingon!"},
    "unknown time zone": {"time_zone": "Mars/Olympus"},
    "time zone of the machine": {"time_zone": "localtime"},
    "time zone as a path": {"time_zone": "../../etc/passwd"},
    "short password": {"password": "q7!x"},
    "long password": {"password": "q7!x" * 33},
    "129 characters": {"password": PASSWORD + "x" * (129 - len(PASSWORD))},
}


@pytest.mark.parametrize("wrong", BAD.values(), ids=BAD)
async def test_what_cannot_be_is_refused_by_its_field_and_never_echoed(house: House, wrong: dict[str, str]) -> None:
    (name, value), *_ = wrong.items()
    answer = await house.api.post("/users", json=registration(**wrong))
    assert answer.status_code == 422, answer.text
    assert f"#/{name}" in [error["pointer"] for error in answer.json()["errors"]]
    if len(value) > 4:
        assert value not in answer.text


async def test_all_wrong_fields_are_told_at_once(house: House) -> None:
    wrong = {"email": "x", "username": "!", "full_name": "", "gender": "?", "password": "", "more": 1}
    problem = await house.refused(422, "INVALID_FIELDS", "POST", "/users", json=wrong)
    assert {error["pointer"] for error in problem["errors"]} == {f"#/{name}" for name in wrong}


async def test_passwords_of_8_and_128_characters_in_any_script_are_good(house: House) -> None:
    for password in ("q7!Kz*w2", "ñ" * 60 + "".join(chr(0x4E00 + 37 * n) for n in range(68)), " 王 lantern 47 "):
        told = await house.register(password=password)
        code = await house.code_for(told["email"])
        await house.expect(204, "POST", "/users/email-verification", json={"code": code})
        given = {"login": told["username"], "password": password}
        await house.expect(201, "POST", "/sessions", json=given)
        for wrong in (password[:-1], password + "x", password.upper(), password.strip()):
            if wrong != password and len(wrong) <= 128:
                await house.refused(401, "SIGN_IN_REFUSED", "POST", "/sessions", json={**given, "password": wrong})


@pytest.mark.parametrize("weak", ["passw0rd1", "12345678", "siobhan!", "asperguide1", "qwertyuiop"])
async def test_guessable_passwords_are_refused_without_being_repeated(house: House, weak: str) -> None:
    told = registration(username="siobhan-o.neil", password=weak)
    problem = await house.refused(422, "PASSWORD_TOO_WEAK", "POST", "/users", json=told)
    assert problem["errors"][0]["pointer"] == "#/password"
    assert weak not in str(problem)
