"""Letters that no honest client sends, and honest ones that come at once, twice, late, or in any script there is."""

import asyncio
import re
from collections.abc import Callable
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

import httpx
import pytest

from tests.http.bad_input.house import House, Person, problem_of
from tests.http.bad_input.test_access import ABSENT
from tests.media import png

NOW = datetime(2026, 12, 1, 12, tzinfo=UTC)
CLAIM = re.compile(r"/capsules/claims/(\S+)")
SCRIPTS = (
    "Siobhán O'Neil", "'; DROP TABLE capsules; --", "\U0001f469\u200d\U0001f467\u200d\U0001f466", "שלום, מה שלומך",
    "\u202ereversed\u202c", "日本語の手紙", "e\u0301", "\U0001f600" * 100, "<script>alert(1)</script>", "{{7*7}}",
    "%s%n", "\u2028",
)  # fmt: skip


@pytest.fixture
async def house(build_house: Callable[..., House], tmp_path: Path) -> House:
    """The application with a folder of its own for objects, on a day that is always the same."""
    built = build_house(data_dir=tmp_path)
    built.clock.set(NOW)
    return built


@pytest.fixture
async def sender(house: House) -> Person:
    return await house.person()


async def later(house: House, who: Person, **by: float) -> Person:
    """The same person, signed in, when so much time has passed."""
    house.clock.advance(timedelta(**by))
    return await house.sign_in(who.email, who.username)


def letter(*to: dict[str, Any], wall: str = "2027-01-01T09:00:00", zone: str = "UTC", **fields: Any) -> dict[str, Any]:
    """A letter, to an address unless somebody is named."""
    whom = list(to) or [{"email": "grainne.o'neil@example.org"}]
    return {"title": "Title", "body": "Body", "recipients": whom, "unlock": {"wall": wall, "zone": zone}, **fields}


async def post(house: House, who: Person, body: Any, path: str = "/capsules") -> httpx.Response:
    return await house.api.post(path, json=body, headers=who.headers)


async def sealed(house: House, who: Person, body: dict[str, Any]) -> dict[str, Any]:
    answer = await post(house, who, body)
    assert answer.status_code == 201, answer.text
    capsule: dict[str, Any] = answer.json()
    return capsule


def wrong(answer: httpx.Response) -> dict[str, str]:
    """What is wrong with which field."""
    assert answer.status_code == 422, answer.text
    return {one["pointer"]: one["code"] for one in problem_of(answer)["errors"]}


async def me(house: House, who: Person) -> str:
    """The id of a person."""
    return str((await house.expect(200, "GET", "/users/me", headers=who.headers))["id"])


@pytest.mark.parametrize(
    ("wall", "zone", "pointer"),
    [
        ("2026-11-30T12:00:00", "UTC", "#/unlock"), ("2026-12-01T12:00:30", "UTC", "#/unlock"),
        ("2026-12-01T12:30:00", "Europe/Paris", "#/unlock"), ("2032-12-01T12:00:00", "UTC", "#/unlock"),
        ("0001-01-01T00:00:00", "UTC", "#/unlock"), ("9999-12-31T23:59:59", "America/New_York", "#/unlock/wall"),
        ("2027-01-01T09:00:00Z", "UTC", "#/unlock/wall"), ("2027-01-01T09:00:00+02:00", "UTC", "#/unlock/wall"),
        ("2027-02-30T09:00:00", "UTC", "#/unlock/wall"), ("2027-01-01T24:00:00", "UTC", "#/unlock/wall"),
        ("2027-01-01", "UTC", "#/unlock/wall"), ("tomorrow", "UTC", "#/unlock/wall"), ("", "UTC", "#/unlock/wall"),
        (1798790400, "UTC", "#/unlock/wall"), (None, "UTC", "#/unlock/wall"),
        ("2027-01-01T09:00:00", "Mars/Olympus", "#/unlock/zone"), ("2027-01-01T09:00:00", "", "#/unlock/zone"),
        ("2027-01-01T09:00:00", "../../etc/passwd", "#/unlock/zone"),
        ("2027-01-01T09:00:00", "Europe", "#/unlock/zone"),
        ("2027-01-01T09:00:00", "/etc/localtime", "#/unlock/zone"), ("2027-01-01T09:00:00", "x" * 65, "#/unlock/zone"),
        ("2027-01-01T09:00:00", "Europe/Paris\n", "#/unlock/zone"), ("2027-01-01T09:00:00", "+02:00", "#/unlock/zone"),
        ("2027-01-01T09:00:00", "localtime", "#/unlock/zone"), ("2027-01-01T09:00:00", "Factory", "#/unlock/zone"),
        ("2027-01-01T09:00:00", "é", "#/unlock/zone"), ("2027-01-01T09:00:00", None, "#/unlock/zone"),
    ],
)  # fmt: skip
async def test_a_time_that_cannot_be_is_refused_where_it_stands(
    house: House, sender: Person, wall: Any, zone: Any, pointer: str
) -> None:
    answer = await post(house, sender, letter(wall=wall, zone=zone))
    assert list(wrong(answer)) == [pointer]
    assert "etc" not in answer.json()["detail"]
    assert (await house.expect(200, "GET", "/capsules?box=outbox", headers=sender.headers))["items"] == []


@pytest.mark.parametrize(
    ("wall", "zone", "at", "reading"),
    [
        ("2027-03-28T02:30:00", "Europe/Paris", "2027-03-28T01:30:00Z", "skipped"),
        ("2027-10-31T02:30:00", "Europe/Paris", "2027-10-31T00:30:00Z", "repeated"),
        ("2027-01-01T09:00:00.123456", "Asia/Kathmandu", "2027-01-01T03:15:00.123456Z", "plain"),
        ("2026-12-01T12:01:00", "UTC", "2026-12-01T12:01:00Z", "plain"),
        ("2031-12-01T12:00:00", "UTC", "2031-12-01T12:00:00Z", "plain"),
    ],
)
async def test_a_time_that_clocks_skip_or_show_twice_is_taken_and_told_how(
    house: House, sender: Person, wall: str, zone: str, at: str, reading: str
) -> None:
    capsule = await sealed(house, sender, letter(wall=wall, zone=zone))
    expected = {"at": at, "wall": wall, "zone": zone, "reading": reading}
    assert capsule["unlock"] == expected
    read = await house.expect(200, "GET", f"/capsules/{capsule['id']}", headers=sender.headers)
    assert read["unlock"] == expected


async def test_recipients_that_there_are_not_are_named_one_by_one(house: House, sender: Person) -> None:
    other = await house.person()
    theirs = (await post(house, other, {"name": "G", "email": "g@example.org"}, "/recipients")).json()["id"]
    whom: list[dict[str, Any]] = [
        {"user": ABSENT}, {"recipient": ABSENT}, {"recipient": theirs}, {}, {"email": "a@example.org", "user": ABSENT},
        {"email": "a@b..c"}, {"user": await me(house, other)}, {"name": "Nobody"},
    ]  # fmt: skip
    answer = await post(house, sender, letter(*whom))
    assert wrong(answer) == {
        "#/recipients/0": "NOT_FOUND", "#/recipients/1": "NOT_FOUND", "#/recipients/2": "NOT_FOUND",
        "#/recipients/3": "INVALID", "#/recipients/4": "INVALID", "#/recipients/5/email": "WRONG_FORMAT",
        "#/recipients/7": "INVALID",
    }  # fmt: skip


async def test_nobody_is_written_to_twice(house: House, sender: Person) -> None:
    other = await me(house, await house.person())
    book = (await post(house, sender, {"name": "Other", "user": other}, "/recipients")).json()["id"]
    twice = [{"email": "G@example.org"}, {"email": "g@EXAMPLE.org"}, {"user": other}, {"user": other}]
    capsule = await sealed(house, sender, letter(*twice, {"recipient": book}))
    assert [one["email"] or one["user"] for one in capsule["recipients"]] == ["G@example.org", other]


async def test_there_are_only_so_many_recipients(house: House, sender: Person) -> None:
    addresses = [{"email": f"reader{number}@example.org"} for number in range(1000)]
    assert wrong(await post(house, sender, {**letter(), "recipients": []})) == {"#/recipients": "TOO_SHORT"}
    for many in (101, 1000):
        assert wrong(await post(house, sender, letter(*addresses[:many]))) == {"#/recipients": "TOO_LONG"}
    capsule = await sealed(house, sender, letter(*addresses[:100]))
    assert len(capsule["recipients"]) == 100


@pytest.mark.parametrize("character", ["x", "é", "\U0001f600", "\n"])
async def test_ten_thousand_characters_are_kept_and_one_more_is_refused(
    house: House, sender: Person, character: str
) -> None:
    assert wrong(await post(house, sender, letter(body=character * 10_001))) == {"#/body": "TOO_LONG"}
    assert wrong(await post(house, sender, {"body": character * 10_001}, "/drafts")) == {"#/body": "TOO_LONG"}
    mine = {"user": await me(house, sender)}
    id = (await sealed(house, sender, letter(mine, body=character * 10_000, title=character * 255)))["id"]
    sender = await later(house, sender, days=40)
    opened = await house.expect(200, "POST", f"/capsules/{id}/open", headers=sender.headers)
    assert (opened["content"]["body"], opened["content"]["title"]) == (character * 10_000, character * 255)


async def test_only_files_of_mine_that_are_ready_go_with_a_letter(house: House, sender: Person) -> None:
    async def sent(who: Person) -> str:
        headers = {**who.headers, "content-type": "image/png"}
        answer = await house.api.put("/files", params={"name": "a.png"}, content=png(), headers=headers)
        assert answer.json()["state"] == "ready"
        return str(answer.json()["id"])

    foreign, mine, gone = await sent(await house.person()), await sent(sender), await sent(sender)
    new = {"name": "tour.png", "size": 100, "media_type": "image/png"}
    awaited = (await post(house, sender, new, "/uploads")).json()["file"]["id"]
    await house.expect(204, "DELETE", f"/files/{gone}", headers=sender.headers)
    files = [mine, foreign, awaited, gone, ABSENT]
    answer = await post(house, sender, letter(attachments=files))
    assert wrong(answer) == {f"#/attachments/{place}": "NOT_FOUND" for place in range(1, 5)}
    assert wrong(await post(house, sender, letter(attachments=[mine] * 21))) == {"#/attachments": "TOO_LONG"}
    own = {"user": await me(house, sender)}
    id = (await sealed(house, sender, letter(own, attachments=[mine, mine])))["id"]
    await house.expect(204, "DELETE", f"/files/{mine}", headers=sender.headers)
    sender = await later(house, sender, days=40)
    opened = await house.expect(200, "POST", f"/capsules/{id}/open", headers=sender.headers)
    gone_by_now = {"id": mine, "available": False, "name": None, "media_type": None, "size": None}
    assert opened["content"]["attachments"] == [gone_by_now]
    where = f"/capsules/{id}/attachments/{mine}"
    await house.refused(404, "ATTACHMENT_NOT_FOUND", "GET", where, headers=sender.headers)


async def test_null_clears_what_may_be_missing_of_a_recipient_and_nothing_else(house: House, sender: Person) -> None:
    new = {"name": "G", "email": "g@example.org", "user": await me(house, sender), "relationship": "self"}
    path = f"/recipients/{(await post(house, sender, new, '/recipients')).json()['id']}"
    for name in ("name", "notes"):
        answer = await house.api.patch(path, json={name: None}, headers=sender.headers)
        assert wrong(answer) == {f"#/{name}": "NULL"}
    answer = await house.api.patch(path, json={"email": None, "user": None}, headers=sender.headers)
    assert wrong(answer) == {"#/email": "REQUIRED"}
    for name in ("relationship", "user"):
        changed = await house.expect(200, "PATCH", path, json={name: None}, headers=sender.headers)
        assert changed[name] is None
    await house.refused(422, "INVALID_RECIPIENT", "PATCH", path, json={"email": None}, headers=sender.headers)


async def test_saving_while_sealing_loses_nothing(house: House, sender: Person) -> None:
    mine = {"user": await me(house, sender)}
    how = {"unlock": {"wall": "2027-01-01T09:00:00", "zone": "UTC"}}
    outcomes = []
    for careful in (True, False) * 4:
        first = {"title": "Old", "body": "Old", "recipients": [mine]}
        id = (await post(house, sender, first, "/drafts")).json()["id"]
        version = {**sender.headers, "if-match": '"1"'}
        headers = version if careful else sender.headers
        save, seal = await asyncio.gather(
            house.api.put(f"/drafts/{id}", json={**first, "body": "New"}, headers=version),
            house.api.post(f"/capsules/{id}/seal", json=how, headers=headers),
        )
        outcomes.append((save.status_code, seal.status_code, id))
        if save.status_code == 409:
            assert (problem_of(save)["code"], seal.status_code) == ("CAPSULE_ALREADY_SEALED", 201)
        elif careful and save.status_code == 200:
            assert problem_of(seal)["code"] == "PRECONDITION_FAILED"
        else:
            assert (save.status_code in (200, 412), seal.status_code) == (True, 201)
    sender = await later(house, sender, days=40)
    for saved, became, id in outcomes:
        if became == 201:
            opened = await house.expect(200, "POST", f"/capsules/{id}/open", headers=sender.headers)
            assert opened["content"]["body"] == ("New" if saved == 200 else "Old")
        else:
            assert (await house.expect(200, "GET", f"/drafts/{id}", headers=sender.headers))["body"] == "New"


async def test_a_draft_is_sealed_once_however_often_one_tries_at_once(house: House, sender: Person) -> None:
    for _ in range(4):
        draft = {"title": "T", "body": "B", "recipients": [{"email": "g@example.org"}]}
        id = (await post(house, sender, draft, "/drafts")).json()["id"]
        how = {"unlock": {"wall": "2027-01-01T09:00:00", "zone": "UTC"}}
        answers = await asyncio.gather(*(post(house, sender, how, f"/capsules/{id}/seal") for _ in range(4)))
        assert sorted(answer.status_code for answer in answers) == [201, 409, 409, 409]
        assert {problem_of(one)["code"] for one in answers if one.is_error} == {"CAPSULE_ALREADY_SEALED"}


async def test_a_capsule_that_is_opened_many_times_at_once_is_opened_once(house: House, sender: Person) -> None:
    reader = await house.person()
    id = (await sealed(house, sender, letter({"user": await me(house, reader)})))["id"]
    reader = await later(house, reader, days=40)
    answers = await asyncio.gather(*(post(house, reader, None, f"/capsules/{id}/open") for _ in range(8)))
    assert {answer.status_code for answer in answers} == {200}
    assert len({answer.text for answer in answers}) == 1
    before = len(house.mailer.sent)
    await house.settle()
    told = [mail for mail in house.mailer.sent[before:] if mail.to == sender.email]
    assert len(told) == 1


async def test_a_link_is_used_once_and_cannot_be_made_up(house: House, sender: Person) -> None:
    first, second = await house.person(), await house.person()
    address = f"g{first.username}@example.org"
    capsule = await sealed(house, sender, letter({"email": address}))
    house.clock.advance(timedelta(days=40))
    await house.container.sweep_capsules()()
    await house.settle()
    texts = [mail.text for mail in house.mailer.sent if mail.to == address]
    token = re.findall(CLAIM, "".join(texts))[-1]
    first, second = [await house.sign_in(who.email, who.username) for who in (first, second)]
    made_up = [token[:place] + ("B" if token[place] == "A" else "A") + token[place + 1 :] for place in (0, 20, 24, 40)]
    for forged in (*made_up, token[:-2], token + "AA", "A" * 70, "'%20OR%201=1--", "%F0%9F%8E%82"):
        path = f"/capsules/claims/{forged}"
        await house.refused(404, "CLAIM_NOT_FOUND", "GET", path)
        await house.refused(404, "CLAIM_NOT_FOUND", "POST", path, headers=first.headers)
    path = f"/capsules/claims/{token}"
    answers = await asyncio.gather(*(post(house, who, None, path) for who in (first, second)))
    assert sorted(answer.status_code for answer in answers) == [200, 409]
    winner, loser = (first, second) if answers[0].status_code == 200 else (second, first)
    await house.expect(200, "POST", path, headers=winner.headers)
    await house.refused(409, "CLAIM_USED", "POST", path, headers=loser.headers)
    await house.refused(409, "CLAIM_USED", "GET", path)
    await house.refused(404, "CAPSULE_NOT_FOUND", "GET", f"/capsules/{capsule['id']}", headers=loser.headers)


async def test_a_link_ends_after_a_year(house: House, sender: Person) -> None:
    address = f"late{sender.username}@example.org"
    await sealed(house, sender, letter({"email": address}))
    house.clock.advance(timedelta(days=40))
    await house.container.sweep_capsules()()
    await house.settle()
    token = re.findall(CLAIM, "".join(mail.text for mail in house.mailer.sent if mail.to == address))[-1]
    sender = await later(house, sender, days=366)
    for method, headers in (("GET", {}), ("POST", sender.headers)):
        await house.refused(409, "CLAIM_EXPIRED", method, f"/capsules/claims/{token}", headers=headers)


async def test_there_is_one_reply_however_many_come_at_once(house: House, sender: Person) -> None:
    reader = await house.person()
    id = (await sealed(house, sender, letter({"user": await me(house, reader)})))["id"]
    reader = await later(house, reader, days=40)
    path = f"/capsules/{id}/reply"
    await house.expect(200, "POST", f"/capsules/{id}/open", headers=reader.headers)
    for text in ("", "x" * 2001, None, 7):
        assert problem_of(await post(house, reader, {"text": text}, path))["status"] == 422
    for emoji in ("a", "1", "12", "", " ", "❤a", "<3", ":)", "\u200d", "é", "❤" * 17, "عع"):
        assert problem_of(await post(house, reader, {"emoji": emoji}, path))["status"] == 422
    replies = [{"text": "x" * 2000}, {"emoji": "👨‍👩‍👧‍👦"}, {"emoji": "🇮🇪"}, {"emoji": "1️⃣"}]
    answers = await asyncio.gather(*(post(house, reader, reply, path) for reply in replies))
    assert sorted(answer.status_code for answer in answers) == [201, 409, 409, 409]
    assert {problem_of(one)["code"] for one in answers if one.is_error} == {"ALREADY_REPLIED"}
    sender = await house.sign_in(sender.email, sender.username)
    view = await house.expect(200, "GET", f"/capsules/{id}", headers=sender.headers)
    assert len(view["replies"]) == 1


async def test_letters_are_kept_as_they_are_in_any_script(house: House, sender: Person) -> None:
    mine = {"user": await me(house, sender)}
    ids = []
    for text in SCRIPTS:
        body = letter(mine, {"email": "o'neil@example.org", "name": text[:100]}, title=text, body=text, theme=text[:50])
        capsule = await sealed(house, sender, {**body, "anonymous": {"reveal_after": 0, "hints": [text[:60]]}})
        assert (capsule["theme"], capsule["recipients"][1]["name"]) == (text[:50], text[:100])
        ids.append(capsule["id"])
    sender = await later(house, sender, days=40)
    for text, id in zip(SCRIPTS, ids, strict=True):
        content = (await house.expect(200, "POST", f"/capsules/{id}/open", headers=sender.headers))["content"]
        assert (content["title"], content["body"], content["hints"]) == (text, text, [text[:60]])


@pytest.mark.parametrize("escape", ["\\u0000", "\\ud800", "\\udfff\\ud800"])
async def test_what_is_no_text_is_refused_wherever_it_stands(house: House, sender: Person, escape: str) -> None:
    recipient = '[{"email": "a@example.org", "name": "%s"}]'
    fields = [
        ("/drafts", '{"title": "%s"}'), ("/drafts", '{"body": "x%s"}'), ("/drafts", '{"theme": "%s"}'),
        ("/drafts", f'{{"recipients": {recipient}}}'), ("/recipients", '{"email": "a@example.org", "name": "%s"}'),
        ("/recipients", '{"email": "%s@example.org", "name": "A"}'),
        (f"/capsules/{ABSENT}/reply", '{"text": "%s"}'), (f"/capsules/{ABSENT}/reply", '{"emoji": "%s"}'),
    ]  # fmt: skip
    headers = {**sender.headers, "content-type": "application/json"}
    for path, body in fields:
        await house.refused(400, "MALFORMED_BODY", "POST", path, content=body % escape, headers=headers)
