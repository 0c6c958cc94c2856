"""Videos, windows and rules that no honest client sends, and honest ones that come at once."""

import asyncio
from typing import Any

import httpx
import pytest

from asperguide.ar.model import Content
from tests.http.ar.printing import print_in
from tests.http.bad_input.house import House, Person, problem_of
from tests.http.bad_input.test_access import ABSENT

TEXTS = (
    "'; DROP TABLE ar_videos; --", "\u202ereversed\u202c", "日本語" * 85, "\U0001f600" * 255,
    "<script>alert(1)</script>", "{{7*7}}", "%s%n", "e\u0301", "張\U00020000",
)  # fmt: skip
FAR = "9999-12-31T23:59:59.999999-14:00"
EARLY = "0001-01-01T00:00:00+14:00"
HUGE = 10**6


class Print:
    """A print of somebody's, and requests about it."""

    def __init__(self, house: House, person: Person, content: Content) -> None:
        self.house, self.person, self.content = house, person, content

    def video(self, letter: str) -> str:
        return str(next(video.id for video in self.content.videos if video.title == letter))

    async def __call__(self, method: str, path: str, body: Any = None, **rest: Any) -> httpx.Response:
        headers = {**self.person.headers, **rest.pop("headers", {})}
        more = {"json": body} if body is not None else {}
        where = f"/contents/{self.content.id}{path}"
        return await self.house.api.request(method, where, headers=headers, **more, **rest)

    async def expect(self, status: int, method: str, path: str, body: Any = None, **rest: Any) -> Any:
        answer = await self(method, path, body, **rest)
        assert answer.status_code == status, f"{method} {path}: {answer.status_code} {answer.text}"
        return answer.json() if answer.content else None

    async def refused(self, code: str, method: str, path: str, body: Any = None, **rest: Any) -> list[str]:
        """Where something is wrong in a request that is refused with this code."""
        problem = problem_of(await self(method, path, body, **rest))
        assert problem["code"] == code, problem
        return [wrong["pointer"] for wrong in problem.get("errors", [])]

    def window(self, letter: str, first: int, last: int) -> dict[str, Any]:
        day = "2027-05-{:02}T00:00:00Z"
        return {"video": self.video(letter), "starts_at": day.format(first), "ends_at": day.format(last)}


async def somebody_with_a_print(house: House) -> Print:
    person = await house.person()
    actor = await house.container.authenticate()(person.tokens["access_token"])
    return Print(house, person, await print_in(house.container, actor))


@pytest.fixture
async def mine(house: House) -> Print:
    return await somebody_with_a_print(house)


async def test_titles_in_any_script_come_back_as_they_were(mine: Print) -> None:
    for title in TEXTS:
        changed = await mine.expect(200, "PATCH", f"/videos/{mine.video('a')}", {"title": title})
        seen = await mine.expect(200, "GET", "/videos")
        assert changed["title"] == seen["items"][0]["title"] == title


@pytest.mark.parametrize(
    "body",
    [
        {"title": ""}, {"title": "   "}, {"title": "x" * 256}, {"title": "x" * HUGE}, {"title": "a\x00b"},
        {"title": None},
        {"title": "\r\n"}, {"title": 7}, {"title": ["x"]}, {"active": None}, {"active": "yes"}, {"active": 1},
        {"weight": 0}, {"weight": 101}, {"weight": 1.5}, {"weight": "7"}, {"weight": None}, {"weight": 10**30},
        {"subscription": "3y"}, {"subscription": 1}, {"ends_on": "2027-02-30"}, {"ends_on": "2020-01-01"},
        {"ends_on": "9999-12-31"}, {"ends_on": "0001-01-01"}, {"ends_at": FAR}, {"ends_at": EARLY},
        {"ends_at": "2027-01-01T00:00:00"}, {"ends_at": "2020-01-01T00:00:00Z"}, {"ends_at": 0}, {"ends_at": ""},
        {"ends_at": None, "subscription": None}, {"position": 3}, {"footage": None}, {"id": ABSENT}, {"windows": []},
        [], "x", 7,
    ],
    ids=lambda body: str(body)[:40],
)  # fmt: skip
async def test_changes_of_videos_that_make_no_sense_are_refused(mine: Print, body: Any) -> None:
    answer = await mine("PATCH", f"/videos/{mine.video('a')}", body)
    assert 400 <= answer.status_code < 500, answer.text
    problem_of(answer)
    assert (await mine.expect(200, "GET", "/videos"))["version"] == 1


@pytest.mark.parametrize(
    "body",
    [
        {}, {"videos": []}, {"videos": None}, {"videos": [{}]}, {"videos": [{"file": ABSENT}] * 21},
        {"videos": [{"file": ABSENT}]}, {"videos": [{"file": "https://storage.example.org/film.mp4"}]},
        {"videos": [{"file": None}]}, {"videos": [{"file": ABSENT, "url": "https://storage.example.org/film.mp4"}]},
        {"videos": [{"file": ABSENT, "weight": 0}]}, {"videos": [{"file": ABSENT, "title": "\x07"}]},
        {"videos": [{"file": ABSENT, "ends_at": FAR}]}, {"videos": {"file": ABSENT}}, {"videos": "x" * HUGE},
    ],
    ids=lambda body: str(body)[:60],
)  # fmt: skip
async def test_videos_that_are_none_are_not_added(mine: Print, body: Any) -> None:
    answer = await mine("POST", "/videos", body)
    assert 400 <= answer.status_code < 500, answer.text
    problem_of(answer)
    assert len((await mine.expect(200, "GET", "/videos"))["items"]) == 3


async def test_an_order_has_to_be_whole(mine: Print) -> None:
    a, b, c = (mine.video(letter) for letter in "abc")
    for ids in ([], [a], [a, b], [a, b, c, c], [a, a, b], [a, b, ABSENT], [a, b, c, ABSENT]):
        assert await mine.refused("INVALID_VIDEO", "PUT", "/videos/order", {"videos": ids}) == ["#/videos"]
    for body in ({}, {"videos": None}, {"videos": ["x"]}, {"videos": [a] * 1000}):
        assert (await mine("PUT", "/videos/order", body)).status_code == 422


async def test_windows_that_overlap_are_refused_also_when_they_come_at_once(mine: Print) -> None:
    answers = await asyncio.gather(*(mine("POST", "/schedules", mine.window("abc"[n % 3], 1, 3 + n)) for n in range(8)))
    assert sorted(answer.status_code for answer in answers).count(201) == 1
    assert {problem_of(one)["code"] for one in answers if one.status_code != 201} <= {
        "WINDOWS_OVERLAP",
        "EDITED_MEANWHILE",
    }
    assert len((await mine.expect(200, "GET", "/schedules"))["items"]) == 1


async def test_windows_of_different_spans_that_come_at_once_are_all_kept_or_can_be_repeated(mine: Print) -> None:
    async def add(n: int) -> int:
        for _ in range(20):
            if (answer := await mine("POST", "/schedules", mine.window("a", n, n + 1))).status_code == 201:
                return 201
            assert problem_of(answer)["code"] == "EDITED_MEANWHILE"
        return 409

    assert await asyncio.gather(*(add(n) for n in range(1, 9))) == [201] * 8
    assert len((await mine.expect(200, "GET", "/schedules"))["items"]) == 8


@pytest.mark.parametrize(
    "change",
    [
        {"starts_at": "2027-05-03T00:00:00Z"}, {"ends_at": "2027-04-30T00:00:00Z"}, {"starts_at": EARLY},
        {"ends_at": FAR}, {"starts_at": None}, {"ends_at": None}, {"video": None}, {"video": ABSENT},
        {"starts_at": "2027-05-01T00:00:00"}, {"starts_at": "2027-05-01"}, {"starts_at": "soon"}, {"id": ABSENT},
    ],
    ids=lambda change: str(change)[:50],
)  # fmt: skip
async def test_windows_that_make_no_sense_are_refused(mine: Print, change: dict[str, Any]) -> None:
    good = mine.window("a", 1, 2)
    assert (await mine("POST", "/schedules", {**good, **change})).status_code == 422
    made = await mine.expect(201, "POST", "/schedules", good)
    assert (await mine("PATCH", f"/schedules/{made['id']}", change)).status_code == 422
    assert (await mine.expect(200, "GET", "/schedules"))["items"][0]["starts_at"] == good["starts_at"]


async def test_of_two_rotations_at_once_one_is_kept(mine: Print) -> None:
    rules = {"kind": "daily_cycle", "videos": [mine.video("a"), mine.video("b")]}
    answers = await asyncio.gather(*(mine("POST", "/rotation", rules) for _ in range(6)))
    assert sorted(answer.status_code for answer in answers) == [201, *[409] * 5]


async def test_rules_of_videos_of_another_print_are_refused(house: House, mine: Print) -> None:
    other = await somebody_with_a_print(house)
    for rules, pointer in (
        ({"kind": "fixed", "videos": [other.video("a")]}, "#/videos/0"),
        ({"dates": [{"day": "2027-01-01", "video": other.video("a")}]}, "#/dates/0/video"),
    ):
        assert await mine.refused("INVALID_ROTATION", "POST", "/rotation", rules) == [pointer]
    assert await mine.refused("INVALID_VIDEO", "PATCH", "/playback", {"chosen": other.video("a")}) == ["#/chosen"]
    window = {**mine.window("a", 1, 2), "video": other.video("a")}
    assert await mine.refused("INVALID_SCHEDULE", "POST", "/schedules", window) == ["#/video"]
    await mine.refused("CONTENT_VIDEO_NOT_FOUND", "PATCH", f"/videos/{other.video('a')}", {"title": "mine now"})


@pytest.mark.parametrize(
    "rules",
    [
        {}, {"kind": None}, {"kind": "hourly", "videos": ["a"]}, {"kind": "fixed"},
        {"kind": "fixed", "videos": ["a", "b"]},
        {"kind": "fixed", "videos": None}, {"kind": "daily_cycle", "videos": []},
        {"kind": "daily_cycle", "videos": ["a"] * 400},
        {"kind": "random_daily", "videos": ["a", "a"]}, {"videos": ["a"]}, {"dates": None},
        {"dates": [{"day": "2027-02-29", "video": "a"}]}, {"dates": [{"day": None, "video": "a"}]},
        {"dates": [{"day": "2027-01-01", "video": None}]},
        {"dates": [{"day": "0001-01-01", "video": "a"}]}, {"dates": [{"day": "9999-12-31", "video": "a"}]},
        {"dates": [{"day": "1999-12-31", "video": "a", "yearly": True}]},
        {"dates": [{"day": "2027-01-01", "video": "a", "yearly": None}]},
        {"dates": [{"day": "2027-01-01", "video": "a"}, {"day": "2027-01-01", "video": "b"}]},
        {"dates": [{"day": "2020-01-01", "video": "a", "yearly": True},
        {"day": "2027-01-01", "video": "b", "yearly": True}]},
        {"dates": [{"day": "2027-01-01", "video": "a"}] * 400},
        {"kind": "daily_cycle", "videos": ["a"], "since": "9999-12-31"},
        {"kind": "daily_cycle", "videos": ["a"], "since": "0001-01-01"},
        {"kind": "fixed", "videos": ["a"], "since": "2027-01-01"},
        {"kind": "fixed", "videos": ["a"], "time_zone": ""},
        {"kind": "fixed", "videos": ["a"], "time_zone": "Mars/Olympus"},
        {"kind": "fixed", "videos": ["a"], "time_zone": "../../../etc/passwd"},
        {"kind": "fixed", "videos": ["a"], "time_zone": "a\x00b"},
        {"kind": "fixed", "videos": ["a"], "time_zone": "/etc/localtime"},
        {"kind": "fixed", "videos": ["a"], "time_zone": "localtime"},
        {"kind": "fixed", "videos": ["a"], "time_zone": "Factory"},
        {"kind": "fixed", "videos": ["a"], "time_zone": "posixrules"},
        {"kind": "fixed", "videos": ["a"], "time_zone": "x" * HUGE},
        {"kind": "fixed", "videos": ["a"], "rules": []},
    ],
    ids=lambda rules: str(rules)[:60],
)  # fmt: skip
async def test_rules_that_make_no_sense_are_refused(mine: Print, rules: dict[str, Any]) -> None:
    def named(value: Any) -> Any:
        if isinstance(value, dict):
            return {key: named(one) for key, one in value.items()}
        if isinstance(value, list):
            return [named(one) for one in value]
        return mine.video(value) if value in ("a", "b", "c") else value

    answer = await mine("POST", "/rotation", named(rules))
    assert answer.status_code in (400, 413, 422), answer.text
    problem_of(answer)
    assert (await mine("GET", "/rotation")).status_code == 404


@pytest.mark.parametrize(
    "query",
    ["", "month=", "month=2026-13", "month=2026-00", "month=2026-1", "month=0000-01", "month=9999-12",
     "month=2026-05-01", "month=%00", "month=2026-05'--", "month=%F0%9F%98%80", "month=" + "9" * 4000,
     "month=２０２６-05"],
    ids=lambda query: query[:20],
)  # fmt: skip
async def test_months_that_are_none_are_refused(mine: Print, query: str) -> None:
    answer = await mine("GET", f"/calendar?{query}")
    assert answer.status_code == 422, answer.text
    problem_of(answer)


@pytest.mark.parametrize(
    "body", [{"mode": None}, {"mode": "shuffle"}, {"chosen": "x"}, {"chosen": ABSENT}, {"now": None}, [], {"mode": 1}]
)
async def test_playback_that_makes_no_sense_is_refused(mine: Print, body: Any) -> None:
    answer = await mine("PATCH", "/playback", body)
    assert 400 <= answer.status_code < 500
    problem_of(answer)


@pytest.mark.parametrize("body", [{}, {"at": None}, {"at": -1}, {"at": 601}, {"at": "x"}, {"at": 1e400}, {"at": 1}])
async def test_pictures_of_moments_that_are_none_or_of_no_film_are_refused(mine: Print, body: Any) -> None:
    path = f"/contents/{mine.content.id}/videos/{mine.video('a')}/thumbnail"
    raw = str(body).replace("'", '"').replace("None", "null").replace("inf", "1e400")
    headers = {**mine.person.headers, "content-type": "application/json"}
    answer = await mine.house.api.post(path, content=raw, headers=headers)
    assert answer.status_code in (400, 422), answer.text
    problem_of(answer)


async def test_a_version_that_is_none_is_no_version(mine: Print) -> None:
    for tag in ('"0"', 'W/"1"', '"x"', "1", '"99999999999999999999"'):
        answer = await mine("PATCH", "/playback", {"mode": "cyclic"}, headers={"if-match": tag})
        assert answer.status_code == 412, answer.text
    await mine.expect(200, "PATCH", "/playback", {"mode": "cyclic"}, headers={"if-match": "*"})


async def test_everything_that_can_be_kept_comes_back_from_the_database(mine: Print) -> None:
    a, b = mine.video("a"), mine.video("b")
    window = await mine.expect(201, "POST", "/schedules", {"video": a, "starts_at": "2027-05-01T00:00:00.000001+05:45",
                                                            "ends_at": "2999-12-31T00:00:00Z"})  # fmt: skip
    assert window["starts_at"] == "2027-04-30T18:15:00.000001Z"
    dates = [{"day": f"{2027 + n // 28}-{n % 12 + 1:02}-{n % 28 + 1:02}", "video": b} for n in range(300)]
    unique = list({one["day"]: one for one in dates}.values())
    rules = {"kind": "random_daily", "videos": [a, b], "dates": unique, "time_zone": "America/Santiago"}
    made = await mine.expect(201, "POST", "/rotation", rules)
    assert made == await mine.expect(200, "GET", "/rotation") and len(made["dates"]) == len(unique)
    assert (await mine.expect(200, "GET", "/schedules"))["items"][0] == {**window, "version": made["version"]}
    month = await mine.expect(200, "GET", "/calendar?month=2027-05")
    assert month["time_zone"] == "America/Santiago"
