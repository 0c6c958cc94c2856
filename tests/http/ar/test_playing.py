"""Videos, windows, rules and the calendar of a print over HTTP."""

from datetime import timedelta
from typing import Any

import pytest

from asperguide.ar.model import ContentState
from asperguide.identity import SignInRequest
from tests.http.ar.printing import Printer, places
from tests.http.identity.api import ABSENT, PASSWORD, Api, problem, token_of

MAY = {"starts_at": "2026-05-01T00:00:00Z", "ends_at": "2026-06-01T00:00:00Z"}


@pytest.fixture
async def printer(api: Api) -> Printer:
    return await Printer.called(api)


async def test_videos_are_listed_with_the_version_of_their_content(printer: Printer) -> None:
    answer = await printer("GET", "/videos")
    assert (answer.status_code, answer.headers["etag"][:3]) == (200, '"1-')
    assert [(one["title"], one["state"], one["position"]) for one in answer.json()["items"]] == [
        ("a", "active", 0), ("b", "active", 1), ("c", "active", 2),
    ]  # fmt: skip
    again = await printer("GET", "/videos", headers={"if-none-match": answer.headers["etag"]})
    assert again.status_code == 304


@pytest.mark.parametrize("path", ["", "/videos", "/playback"])
async def test_what_time_has_changed_has_another_tag_and_the_same_version(printer: Printer, path: str) -> None:
    soon = (printer.api.world.clock.now() + timedelta(minutes=5)).isoformat()
    await printer.expect(200, "PATCH", f"/videos/{printer.video('a')}", json={"ends_at": soon})
    before = await printer("GET", path)
    seen = {"if-none-match": before.headers["etag"]}
    assert (await printer("GET", path, headers=seen)).status_code == 304
    printer.api.world.clock.advance(timedelta(minutes=6))
    after = await printer("GET", path, headers=seen)
    assert (after.status_code, after.json()["version"]) == (200, before.json()["version"])
    assert after.text != before.text
    meant = {"if-match": before.headers["etag"]}
    await printer.expect(200, "PATCH", "/playback", json={"mode": "cyclic"}, headers=meant)
    problem(await printer("PATCH", "/playback", json={"mode": "first"}, headers=meant), 412, 41201)


async def test_a_video_is_changed_under_the_version_of_its_content(printer: Printer) -> None:
    path = f"/videos/{printer.video('b')}"
    changed = await printer("PATCH", path, json={"title": "张伟", "subscription": "1y"}, headers={"if-match": '"1"'})
    assert (changed.status_code, changed.headers["etag"][:3]) == (200, '"2-')
    assert (changed.json()["title"], changed.json()["ends_at"]) == ("张伟", "2027-01-01T12:00:00Z")
    problem(await printer("PATCH", path, json={"active": False}, headers={"if-match": '"1"'}), 412, 41201)
    endless = await printer.expect(200, "PATCH", path, json={"ends_at": None})
    assert endless["ends_at"] is None


@pytest.mark.parametrize("field", ["title", "active", "weight"])
async def test_null_is_no_value_where_something_is_needed(printer: Printer, field: str) -> None:
    answer = await printer("PATCH", f"/videos/{printer.video('a')}", json={field: None})
    assert (answer.status_code, places(answer)) == (422, [f"#/{field}"])


async def test_videos_are_put_in_order(printer: Printer) -> None:
    ids = [printer.video(letter) for letter in "cab"]
    ordered = await printer.expect(200, "PUT", "/videos/order", json={"videos": ids})
    assert [one["id"] for one in ordered["items"]] == ids
    problem(await printer("PUT", "/videos/order", json={"videos": ids[:2]}), 422, 42287)
    problem(await printer("PUT", "/videos/order", json={"videos": ids}, headers={"if-match": '"1"'}), 412, 41201)


async def test_a_video_is_removed_unless_a_rule_names_it(printer: Printer) -> None:
    rules = {"kind": "fixed", "videos": [printer.video("a")]}
    await printer.expect(201, "POST", "/rotation", json=rules)
    problem(await printer("DELETE", f"/videos/{printer.video('a')}"), 409, 40972)
    await printer.expect(204, "DELETE", f"/videos/{printer.video('b')}", headers={"if-match": '"2"'})
    problem(await printer("DELETE", f"/videos/{printer.video('b')}"), 404, 40471)
    assert [one["title"] for one in (await printer.expect(200, "GET", "/videos"))["items"]] == ["a", "c"]


async def test_windows_come_move_and_go(printer: Printer) -> None:
    made = await printer("POST", "/schedules", json={"video": printer.video("b"), **MAY})
    assert (made.status_code, made.headers["etag"]) == (201, '"2"')
    assert made.headers["location"] == f"/api/v1/contents/{printer.content.id}/schedules/{made.json()['id']}"
    problem(await printer("POST", "/schedules", json={"video": printer.video("c"), **MAY}), 422, 42272)
    path = f"/schedules/{made.json()['id']}"
    moved = await printer.expect(200, "PATCH", path, json={"ends_at": "2026-05-02T02:00:00+02:00"})
    assert (moved["starts_at"], moved["ends_at"]) == ("2026-05-01T00:00:00Z", "2026-05-02T00:00:00Z")
    assert [one["id"] for one in (await printer.expect(200, "GET", "/schedules"))["items"]] == [made.json()["id"]]
    await printer.expect(204, "DELETE", path)
    problem(await printer("DELETE", path), 404, 40488)
    problem(await printer("PATCH", path, json={}), 404, 40488)


async def test_the_same_window_sent_twice_under_a_key_is_one(printer: Printer) -> None:
    sent: dict[str, Any] = {"json": {"video": printer.video("b"), **MAY}, "headers": {"idempotency-key": "may"}}
    first, second = await printer.expect(201, "POST", "/schedules", **sent), await printer("POST", "/schedules", **sent)
    assert (second.status_code, second.json()) == (201, first)
    assert len((await printer.expect(200, "GET", "/schedules"))["items"]) == 1


async def test_a_rotation_comes_is_replaced_and_goes(printer: Printer) -> None:
    problem(await printer("GET", "/rotation"), 404, 40487)
    a, b = printer.video("a"), printer.video("b")
    problem(await printer("PUT", "/rotation", json={"kind": "fixed", "videos": [a]}), 404, 40487)
    made = await printer("POST", "/rotation", json={"kind": "daily_cycle", "videos": [a, b, a]})
    assert (made.status_code, made.json()["since"], made.headers["etag"]) == (201, "2026-01-01", '"2"')
    problem(await printer("POST", "/rotation", json={"kind": "fixed", "videos": [a]}), 409, 40967)
    dates = [{"day": "2028-02-29", "video": b, "yearly": True}, {"day": "2026-12-24", "video": a}]
    put = await printer.expect(200, "PUT", "/rotation", json={"dates": dates}, headers={"if-match": '"2"'})
    assert [one["day"] for one in put["dates"]] == ["2026-12-24", "2028-02-29"]
    assert (await printer.expect(200, "GET", "/rotation")) == put
    await printer.expect(204, "DELETE", "/rotation")
    problem(await printer("DELETE", "/rotation"), 404, 40487)


async def test_all_that_is_wrong_with_rules_is_told(printer: Printer, api: Api) -> None:
    other = await Printer.called(api, "amelie")
    rules = {
        "kind": "weekly_cycle", "videos": [other.video("a")], "time_zone": "Nowhere/Atlantis",
        "dates": [{"day": "2026-12-24", "video": printer.video("a")}, {"day": "2026-12-24", "video": ABSENT}],
    }  # fmt: skip
    answer = await printer("POST", "/rotation", json=rules)
    problem(answer, 422, 42271)
    assert places(answer) == ["#/time_zone", "#/dates/1/day", "#/dates/1/video", "#/videos/0"]


async def test_what_plays_is_set_and_shown(printer: Printer) -> None:
    playing = await printer.expect(200, "GET", "/playback")
    assert (playing["mode"], playing["now"]["video"], playing["now"]["source"]) == (
        "first",
        printer.video("a"),
        "first",
    )
    chosen = await printer.expect(200, "PATCH", "/playback", json={"mode": "cyclic", "chosen": printer.video("c")})
    assert (chosen["now"]["source"], chosen["version"]) == ("manual", 2)
    problem(await printer("PATCH", "/playback", json={"chosen": ABSENT}), 422, 42287)
    cleared = await printer.expect(200, "PATCH", "/playback", json={"chosen": None})
    assert cleared["now"]["source"] == "cyclic"
    assert (await printer("PATCH", "/playback", json={"mode": None})).status_code == 422


async def test_what_plays_now_changes_with_the_clock_and_so_does_its_tag(printer: Printer, api: Api) -> None:
    await printer.expect(201, "POST", "/schedules", json={"video": printer.video("b"), **MAY})
    before = await printer("GET", "/playback")
    assert before.json()["now"]["until"] == MAY["starts_at"]
    await api.world.advance(days=125)
    token = (await api.world.container.sign_in()(_login(printer))).access_token
    path = f"/contents/{printer.content.id}/playback"
    after = await api("GET", path, token, headers={"if-none-match": before.headers["etag"]})
    assert (after.status_code, after.json()["now"]["source"]) == (200, "schedule")


async def test_a_month_is_shown_day_by_day(printer: Printer) -> None:
    await printer.expect(201, "POST", "/schedules", json={"video": printer.video("b"), **MAY})
    month = await printer.expect(200, "GET", "/calendar?month=2026-05")
    assert (month["month"], len(month["days"])) == ("2026-05", 31)
    assert month["days"][4]["spans"][-1]["video"] == printer.video("b")
    for bad in ("2026-13", "2026-5", "soon", "", "1999-12"):
        problem(await printer("GET", f"/calendar?month={bad}"), 422, 42203)
    assert (await printer("GET", "/calendar")).status_code == 422


PATHS = [
    ("GET", "/videos", None), ("POST", "/videos", {"videos": [{"file": ABSENT}]}),
    ("PUT", "/videos/order", {"videos": [ABSENT]}), ("PATCH", f"/videos/{ABSENT}", {"title": "x"}),
    ("DELETE", f"/videos/{ABSENT}", None), ("POST", f"/videos/{ABSENT}/thumbnail", {"at": 1}),
    ("GET", "/playback", None), ("PATCH", "/playback", {"mode": "first"}), ("GET", "/calendar?month=2026-05", None),
    ("GET", "/schedules", None), ("POST", "/schedules", {"video": ABSENT, **MAY}),
    ("PATCH", f"/schedules/{ABSENT}", {}), ("DELETE", f"/schedules/{ABSENT}", None), ("GET", "/rotation", None),
    ("POST", "/rotation", {"kind": "random_daily"}), ("PUT", "/rotation", {"kind": "random_daily"}),
    ("DELETE", "/rotation", None),
]  # fmt: skip


@pytest.mark.parametrize(("method", "path", "body"), PATHS)
async def test_strangers_are_told_the_same_as_of_nothing(
    printer: Printer, api: Api, method: str, path: str, body: Any
) -> None:
    stranger, rest = token_of(await api.member("malik")), {"json": body} if body is not None else {}
    problem(await api(method, f"/contents/{printer.content.id}{path}", stranger, **rest), 404, 40470)
    problem(await api(method, f"/contents/{ABSENT}{path}", stranger, **rest), 404, 40470)
    problem(await api(method, f"/contents/{printer.content.id}{path}", **rest), 401, 40101)


@pytest.mark.parametrize(("method", "path", "body"), [one for one in PATHS if one[0] != "GET"])
async def test_nothing_is_changed_of_what_is_put_away(api: Api, method: str, path: str, body: Any) -> None:
    printer = await Printer.called(api, state=ContentState.ARCHIVED)
    rest = {"json": body} if body is not None else {}
    problem(await printer(method, path, **rest), 409, 40970)


def _login(printer: Printer) -> Any:
    return SignInRequest(login=printer.person.email, password=PASSWORD)
