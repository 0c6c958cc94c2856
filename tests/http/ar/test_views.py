"""Events of viewers and what is counted of them, over HTTP."""

import asyncio
import csv
import io
import json
from dataclasses import replace as changed
from typing import Any
from uuid import uuid4
from xml.etree import ElementTree

import pytest
from dependency_injector.providers import Object
from msgspec.structs import replace

from asperguide.adapters.caching.watched import CachedWatched
from asperguide.ar.analytics import EventsFoldDue
from asperguide.shared.ledger import kind_of
from asperguide.testing.world import SETTINGS
from tests.http.identity.api import PATIENT, Api, pointers, problem, token_of
from tests.views import Showcase

IPHONE = (
    "Mozilla/5.0 (iPhone; CPU iPhone OS 18_1 like Mac OS X) AppleWebKit/605.1.15 (KHTML, like Gecko) Version/18.1 "
    "Mobile/15E148 Safari/604.1"
)
OURS = "print-of-ours"


def event(kind: str = "opened", session: str | None = None, **fields: Any) -> dict[str, Any]:
    """An event of a session, of a new one unless told."""
    return {"id": str(uuid4()), "session": session or str(uuid4()), "kind": kind, **fields}


async def send(api: Api, *events: dict[str, Any], to: str = OURS, **rest: Any) -> Any:
    """What the service says to these events."""
    return await api("POST", f"/viewer/{to}/events", json={"events": events, **rest.pop("more", {})}, **rest)


async def test_what_a_viewer_did_is_accepted_and_counted_in_the_very_next_read(
    api: Api, showcase: Showcase, token: str
) -> None:
    shown = showcase.shown[OURS]
    video, visit = str(shown.videos[0]), "visit-0001"
    events = [
        event("opened", visit),
        event("marker_found", visit),
        event("play", visit, video=video),
        event("complete", visit, video=video, at="2026-01-19T10:30:00Z"),
        event("share", visit),
    ]
    answer = await send(api, *events, headers={"user-agent": IPHONE})
    assert (answer.status_code, answer.json()) == (202, {"accepted": 5})
    for path in (
        f"/contents/{shown.content}",
        f"/contents/{shown.content}/videos/{video}",
        f"/projects/{shown.project}",
        f"/companies/{shown.company}",
    ):
        seen = (await api("GET", f"{path}/analytics", token)).json()
        assert seen["totals"]["sessions"] == seen["totals"]["played_sessions"] == 1
        assert seen["totals"]["play"] == seen["totals"]["complete"] == 1
        assert (seen["play_rate"], seen["completion_rate"], seen["uncounted"]) == (1.0, 1.0, 0)
        assert seen["devices"] == [{"value": "phone", "sessions": 1}]
        assert seen["systems"] == [{"value": "ios", "sessions": 1}]
        assert seen["browsers"] == [{"value": "safari", "sessions": 1}]
        assert sum(bucket["sessions"] for bucket in seen["buckets"]) == 1
        assert len(seen["buckets"]) == 30


async def test_a_hundred_views_at_once_are_a_hundred_in_the_next_read(api: Api, showcase: Showcase, token: str) -> None:
    answers = await asyncio.gather(*(send(api, event()) for _ in range(100)))
    assert {answer.status_code for answer in answers} == {202}
    seen = (await api("GET", f"/contents/{showcase.shown[OURS].content}/analytics", token)).json()
    assert (seen["totals"]["opened"], seen["totals"]["sessions"]) == (100, 100)
    await asyncio.gather(*(send(api, event()) for _ in range(100)))
    seen = (await api("GET", f"/contents/{showcase.shown[OURS].content}/analytics", token)).json()
    assert (seen["totals"]["opened"], seen["totals"]["sessions"]) == (200, 200)


async def seen_by(api: Api, token: str, path: str, **query: str) -> Any:
    """What a member is shown."""
    answer = await api("GET", f"{path}/analytics", token, params=query)
    assert answer.status_code == 200, answer.text
    return answer.json()


async def test_sending_the_same_again_changes_nothing(api: Api, showcase: Showcase, token: str) -> None:
    path, events = f"/contents/{showcase.shown[OURS].content}", [event(session="visit-01"), event("play", "visit-01")]
    for _ in range(3):
        assert (await send(api, *events)).json() == {"accepted": 2}
        seen = await seen_by(api, token, path)
        assert (seen["totals"]["opened"], seen["totals"]["play"], seen["totals"]["sessions"]) == (1, 1, 1)
    await asyncio.gather(*(send(api, *events) for _ in range(20)))
    assert (await seen_by(api, token, path))["totals"] == seen["totals"]


async def test_previews_are_not_counted_nor_is_what_members_do(
    api: Api, showcase: Showcase, token: str, stranger: str
) -> None:
    path = f"/companies/{showcase.shown[OURS].company}"
    assert (await send(api, event(), more={"preview": True})).json() == {"accepted": 0}
    assert (await send(api, event(), token=token)).json() == {"accepted": 0}
    assert (await seen_by(api, token, path))["totals"]["sessions"] == 0
    assert (await send(api, event(), token=stranger)).json() == {"accepted": 1}
    assert (await send(api, event(), headers={"authorization": "Bearer nonsense"})).json() == {"accepted": 1}
    assert (await seen_by(api, token, path))["totals"]["sessions"] == 2


async def test_nothing_that_says_who_somebody_is_is_kept(api: Api, showcase: Showcase, token: str) -> None:
    await send(api, event(session="session-of-siobhan"), headers={"user-agent": IPHONE})
    dump = api.world.dump().decode()
    assert "ar_events" in dump
    kept = [line for line in dump.splitlines() if '"ar_' in line]
    assert kept
    for secret in ("session-of-siobhan", "192.0.2.7", "AppleWebKit", "Mozilla"):
        assert not any(secret in line for line in kept)


async def test_a_country_is_taken_from_the_field_that_operators_name_and_from_no_other(showcase: Showcase) -> None:
    api = Api(replace(PATIENT, edge_country_header="CF-IPCountry"))
    api.world.container.watched.override(Object(showcase))
    async with api.client:
        shown, person = showcase.add("named"), await api.member()
        showcase.join(shown.company, person.actor)
        for fields in ({"cf-ipcountry": "FR"}, {"cf-ipcountry": "XX"}, {"x-country": "DE"}, {"cf-ipcountry": "<b>"}):
            await send(api, event(), to="named", headers=fields)
        seen = await seen_by(api, token_of(person), f"/contents/{shown.content}")
    assert seen["countries"] == [{"value": "", "sessions": 3}, {"value": "FR", "sessions": 1}]


async def test_no_country_is_taken_unless_operators_name_a_field(api: Api, showcase: Showcase, token: str) -> None:
    await send(api, event(), headers={"cf-ipcountry": "FR"})
    seen = await seen_by(api, token, f"/contents/{showcase.shown[OURS].content}")
    assert seen["countries"] == [{"value": "", "sessions": 1}]


async def test_a_day_is_that_of_the_company(api: Api, showcase: Showcase, token: str) -> None:
    showcase.add("far", time_zone="Pacific/Kiritimati")
    world = api.world
    world.clock.set(world.clock.now().replace(hour=23, minute=30))
    today = world.clock.now().date()
    fresh = token_of(await api.member("zoe"))
    showcase.join(showcase.shown[OURS].company, (await world.container.authenticate()(fresh)))
    await send(api, event(), to="far")
    seen = await seen_by(api, fresh, f"/contents/{showcase.shown['far'].content}")
    (day,) = [bucket["from"] for bucket in seen["buckets"] if bucket["sessions"]]
    assert day > today.isoformat()
    assert seen["to"] == day


async def test_the_best_contents_of_a_project_and_a_company_are_named(api: Api, showcase: Showcase, token: str) -> None:
    ours, second, elsewhere, foreign = (
        showcase.shown[OURS], showcase.add("second"), showcase.add("third", project=2), showcase.add("foreign", 2),
    )  # fmt: skip
    for name, views in ((OURS, 1), ("second", 3), ("third", 2), ("foreign", 9)):
        await send(api, *(event() for _ in range(views)), to=name)
    company = await seen_by(api, token, f"/companies/{ours.company}")
    assert [(one["title"], one["sessions"]) for one in company["top_contents"]] == [
        ("second", 3), ("third", 2), (OURS, 1),
    ]  # fmt: skip
    project = await seen_by(api, token, f"/projects/{ours.project}")
    assert [one["content"] for one in project["top_contents"]] == [str(second.content), str(ours.content)]
    assert (await seen_by(api, token, f"/contents/{elsewhere.content}"))["top_contents"] == []
    assert str(foreign.content) not in json.dumps(company)


async def test_what_is_foreign_is_as_if_it_were_not_there(
    api: Api, showcase: Showcase, token: str, stranger: str
) -> None:
    ours, foreign = showcase.shown[OURS], showcase.add("foreign", 2)
    for ending in ("", ".csv", ".svg"):
        for path in (
            f"/contents/{foreign.content}", f"/projects/{foreign.project}", f"/companies/{foreign.company}",
            f"/contents/{foreign.content}/videos/{foreign.videos[0]}", f"/contents/{uuid4()}",
            f"/contents/{ours.content}/videos/{foreign.videos[0]}",
            f"/contents/{foreign.content}/videos/{ours.videos[0]}",
            f"/contents/{ours.content}/videos/{ours.content}", f"/contents/{ours.project}", f"/projects/{ours.content}",
        ):  # fmt: skip
            problem(await api("GET", f"{path}/analytics{ending}", token), 404, 40494)
        problem(await api("GET", f"/contents/{ours.content}/analytics{ending}", stranger), 404, 40494)
        problem(await api("GET", f"/contents/{ours.content}/analytics{ending}"), 401, 40100 + 1)


async def test_what_is_not_shown_takes_no_events(api: Api, showcase: Showcase, token: str) -> None:
    for name in ("nothing", "x" * 2000, "%00", "..", "print-of-our%73%73"):
        problem(await send(api, event(), to=name), 404, 40493 if name != ".." else 40401)
    del showcase.shown[OURS]
    problem(await send(api, event()), 404, 40493)


async def test_an_answer_that_is_known_is_not_sent_again(api: Api, showcase: Showcase, token: str) -> None:
    path = f"/contents/{showcase.shown[OURS].content}/analytics"
    etag = (await api("GET", path, token)).headers["etag"]
    assert (await api("GET", path, token, headers={"if-none-match": etag})).status_code == 304
    await send(api, event())
    assert (await api("GET", path, token, headers={"if-none-match": etag})).status_code == 200


BAD_EVENTS: list[tuple[Any, str]] = [
    ({}, "#/events"),
    ({"events": []}, "#/events"),
    ({"events": None}, "#/events"),
    ({"events": [None]}, "#/events/0"),
    ({"events": {"0": event()}}, "#/events"),
    ({"events": [event()], "preview": None}, "#/preview"),
    ({"events": [event()], "user": "me"}, "#/user"),
    ({"events": [event() for _ in range(101)]}, "#/events"),
    ({"events": [event("watched")]}, "#/events/0/kind"),
    ({"events": [event("")]}, "#/events/0/kind"),
    ({"events": [event("OPENED")]}, "#/events/0/kind"),
    ({"events": [event(kind=None)]}, "#/events/0/kind"),  # type: ignore[arg-type]
    ({"events": [event(), {**event(), "id": "short"}]}, "#/events/1/id"),
    ({"events": [{**event(), "id": "x" * 65}]}, "#/events/0/id"),
    ({"events": [{**event(), "id": "12345678\n"}]}, "#/events/0/id"),
    ({"events": [{**event(), "id": 12345678}]}, "#/events/0/id"),
    ({"events": [{**event(), "session": "größer als"}]}, "#/events/0/session"),
    ({"events": [{**event(), "session": "\u202e12345678"}]}, "#/events/0/session"),
    ({"events": [event(video="none")]}, "#/events/0/video"),
    ({"events": [event(video=str(uuid4()))]}, "#/events/0/video"),
    ({"events": [event(at="2026-01-19T10:30:00")]}, "#/events/0/at"),
    ({"events": [event(at="2026-13-19T10:30:00Z")]}, "#/events/0/at"),
    ({"events": [event(at=1_700_000_000)]}, "#/events/0/at"),
    ({"events": [event(), event(at="0001-01-01T00:00:00+14:00")]}, "#/events/1/at"),
    ({"events": [event(at="9999-12-31T23:59:59-12:00")]}, "#/events/0/at"),
    ({"events": [event(metadata={"x": 1})]}, "#/events/0/metadata"),
]


@pytest.mark.parametrize(("body", "pointer"), BAD_EVENTS, ids=range(len(BAD_EVENTS)))
async def test_events_that_are_none_are_refused_whole(
    api: Api, showcase: Showcase, token: str, body: Any, pointer: str
) -> None:
    answer = await api("POST", f"/viewer/{OURS}/events", json=body)
    assert answer.status_code == 422
    assert pointer in pointers(answer.json())
    assert (await seen_by(api, token, f"/contents/{showcase.shown[OURS].content}"))["totals"]["sessions"] == 0


async def test_a_video_of_another_content_is_refused_although_it_is_of_the_same_company(
    api: Api, showcase: Showcase, token: str
) -> None:
    other = showcase.add("second")
    refused = await send(api, event(), event("play", video=str(other.videos[0])))
    assert pointers(problem(refused, 422, 42293)) == {"#/events/1/video"}


async def test_a_video_that_was_added_a_moment_ago_is_known(api: Api, showcase: Showcase, token: str) -> None:
    api.world.container.watched.override(Object(CachedWatched(showcase)))
    shown = showcase.shown[OURS]
    assert (await send(api, event())).status_code == 202
    assert (await send(api, event())).status_code == 202
    assert showcase.asked == [OURS]
    new = showcase.add("only for its video").videos[0]
    showcase.shown[OURS] = changed(shown, videos=(*shown.videos, new))
    assert (await send(api, event("play", video=str(new)))).status_code == 202


async def test_a_megabyte_of_anything_is_refused_unread(api: Api, token: str) -> None:
    for body in ({"events": [event(metadata="x" * 1_000_000)]}, {"events": [event()], "x": "y" * 70_000}):
        problem(await api("POST", f"/viewer/{OURS}/events", json=body), 413, 41301)


async def test_bodies_that_are_no_json_are_refused(api: Api, token: str) -> None:
    headers = {"content-type": "application/json"}
    for content in (b"", b"{", b"\xff", b'{"events":[NaN]}', b'{"events":[],"events":[]}', b"[" * 5000):
        answer = await api("POST", f"/viewer/{OURS}/events", content=content, headers=headers)
        assert answer.status_code in (400, 422), answer.text
    plain = await api("POST", f"/viewer/{OURS}/events", content=b"{}", headers={"content-type": "text/plain"})
    assert plain.status_code == 415


BAD_PERIODS = [
    ({"from": "2026-13-01"}, "?from"),
    ({"from": "2026-02-30"}, "?from"),
    ({"from": "20260119"}, "?from"),
    ({"from": ""}, "?from"),
    ({"to": "yesterday"}, "?to"),
    ({"from": "2026-01-20", "to": "2026-01-19"}, "?from"),
    ({"from": "0001-01-01"}, "?from"),
    ({"to": "9999-12-31"}, "?to"),
    ({"from": "2020-01-01"}, "?from"),
    ({"from": "2000-01-01", "to": "2999-12-31", "by": "month"}, "?from"),
    ({"by": "year"}, "?by"),
    ({"by": ""}, "?by"),
]


@pytest.mark.parametrize(("query", "pointer"), BAD_PERIODS, ids=range(len(BAD_PERIODS)))
@pytest.mark.parametrize("ending", ["", ".csv", ".svg"])
async def test_periods_that_there_are_not_are_refused(
    api: Api, showcase: Showcase, token: str, query: dict[str, str], pointer: str, ending: str
) -> None:
    path = f"/contents/{showcase.shown[OURS].content}/analytics{ending}"
    answer = await api("GET", path, token, params=query)
    assert answer.status_code == 422, answer.text
    assert pointers(answer.json()) == {pointer}


async def test_buckets_in_which_nothing_happened_are_there(api: Api, showcase: Showcase, token: str) -> None:
    await send(api, event())
    today = api.world.clock.now().date()
    path = f"/contents/{showcase.shown[OURS].content}"
    for by, count in (("day", 30), ("week", 12), ("month", 12)):
        seen = await seen_by(api, token, path, by=by)
        assert len(seen["buckets"]) in (count, count + 1)
        assert sum(one["sessions"] for one in seen["buckets"]) == seen["totals"]["sessions"] == 1
        assert (seen["buckets"][0]["from"], seen["buckets"][-1]["to"]) == (seen["from"], seen["to"])
    before = await seen_by(api, token, path, to=(today.replace(year=today.year - 1)).isoformat())
    assert {one["sessions"] for one in before["buckets"]} == {0}
    assert (before["play_rate"], before["completion_rate"], before["devices"]) == (None, None, [])


async def test_a_table_has_a_line_for_each_bucket(api: Api, showcase: Showcase, token: str) -> None:
    await send(api, event(session="visit-01"), event("play", "visit-01"), event(), event())
    path = f"/contents/{showcase.shown[OURS].content}/analytics"
    answer = await api("GET", f"{path}.csv", token)
    assert answer.headers["content-type"] == "text/csv; charset=utf-8"
    assert answer.headers["content-disposition"].startswith('attachment; filename="content-')
    rows = list(csv.DictReader(io.StringIO(answer.text, newline="")))
    seen = (await api("GET", path, token)).json()
    rates = [(row.pop("play_rate"), row.pop("completion_rate")) for row in rows]
    assert rates == [("", "")] * 29 + [("0.3333", "0.0")]
    assert (str(seen["play_rate"]), str(seen["completion_rate"])) == rates[-1]
    assert [{name: str(value) for name, value in one.items()} for one in seen["buckets"]] == rows
    assert answer.text.startswith("from,to,opened,")
    assert "uncounted-events" not in answer.headers
    assert answer.text.count("\r\n") == 31


async def test_a_table_says_how_many_events_are_not_in_it_yet(
    api: Api, showcase: Showcase, token: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("asperguide.ar.analytics_folding.MOST_BATCHES", 0)
    await send(api, event(), event())
    answer = await api("GET", f"/contents/{showcase.shown[OURS].content}/analytics.csv", token)
    assert (answer.status_code, answer.headers["uncounted-events"]) == (200, "2")


async def test_a_picture_is_wellformed_and_says_what_it_shows(api: Api, showcase: Showcase, token: str) -> None:
    await send(api, event(session="visit-01"), event("play", "visit-01"), event())
    answer = await api("GET", f"/companies/{showcase.shown[OURS].company}/analytics.svg", token)
    assert answer.headers["content-type"].startswith("image/svg+xml")
    assert "script" not in answer.text.lower()
    assert "http" not in answer.text.replace("http://www.w3.org/2000/svg", "")
    root = ElementTree.fromstring(answer.text)
    names = {child.tag.rpartition("}")[2]: child for child in root}
    assert root.attrib["role"] == "img"
    assert names["title"].text is not None and names["title"].text.startswith("Views of O'Neil & <company>, ")
    assert names["desc"].text is not None and names["desc"].text.startswith("2 sessions and 1 plays in all. Most on ")
    assert len([bar for bar in root if bar.attrib.get("class") == "bar" and len(bar)]) == 30
    assert "prefers-color-scheme:dark" in (names["style"].text or "")
    policy = answer.headers["content-security-policy"]
    assert "default-src 'none'" in policy and "unsafe-inline" not in policy


async def test_events_have_a_limit_of_their_own(showcase: Showcase) -> None:
    api = Api(replace(SETTINGS, rate_limit_views=100, rate_limit_anonymous=3))
    api.world.container.watched.override(Object(showcase))
    async with api.client:
        showcase.add(OURS)
        for _ in range(100):
            answer = await send(api, event())
            assert answer.status_code == 202
        assert answer.headers["ratelimit-policy"] == '"views";q=100;w=60'
        problem(await send(api, event()), 429, 42900)
        # It leaves that of everything else alone.
        assert (await api("GET", "/users/username-available", params={"username": "zoe"})).status_code == 200
        api.world.clock.set(api.world.clock.now().replace(year=2031))
        assert (await send(api, event())).status_code == 202


async def test_events_that_nobody_reads_are_counted_by_a_job_within_seconds(
    api: Api, showcase: Showcase, token: str
) -> None:
    shown = showcase.shown[OURS]
    await send(api, event())
    reads = api.world.container.analytics_reads()
    assert await reads.waiting(shown.company, 9) == 1
    assert kind_of(EventsFoldDue) in {row.job.kind for row in api.world.ledger.rows.values()}
    await api.world.advance(seconds=5)
    assert await reads.waiting(shown.company, 9) == 0


async def test_events_are_forgotten_when_they_are_as_old_as_operators_say(
    api: Api, showcase: Showcase, token: str
) -> None:
    events = [event(session="visit-01")]
    await send(api, *events)
    path = f"/contents/{showcase.shown[OURS].content}"
    await api.world.advance(days=89)
    assert len(api.world.database.tables["ar_events"]) == 1
    await api.world.advance(days=2)
    assert len(api.world.database.tables["ar_events"]) == len(api.world.database.tables["ar_sessions"]) == 0
    fresh = token_of(await api.member("zoe"))
    showcase.join(showcase.shown[OURS].company, await api.world.container.authenticate()(fresh))
    assert (await seen_by(api, fresh, path, by="month"))["totals"]["sessions"] == 1
