"""Events of viewers and what is counted of them, over HTTP."""

import asyncio
from typing import Any
from uuid import uuid4

from tests.http.identity.api import Api
from tests.views import Showcase

IPHONE = "Mozilla/5.0 (iPhone; CPU iPhone OS 18_1 like Mac OS X) AppleWebKit/605.1.15 (KHTML, like Gecko) Version/18.1 Mobile/15E148 Safari/604.1"
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
