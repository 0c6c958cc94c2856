"""Nothing of a sealed letter can be observed before its time: by nobody, nowhere, not even how long it is.

Every answer that anybody can get is looked at twice: for texts out of the letter, and for any difference between a
letter of one character and one of ten thousand.
"""

import json
import re
from collections.abc import AsyncIterator
from contextlib import AsyncExitStack
from dataclasses import dataclass
from typing import Any

import httpx
import pytest

from asperguide.shared.ports import Mail
from tests.http.capsules.people import Somebody, expect, letter, sealing, unlock
from tests.http.identity.api import ABSENT, Api
from tests.http.media.samples import kept, png

CANARY = "canary9f3c"
GRAINNE = "grainne@example.org"
STATES = ("sealed", "unfolding", "ready", "opened", "cancelled")
PROOF = re.compile(r"[0-9a-f]{64}")
ANONYMOUS = {"reveal_after": 3600, "hints": [f"{CANARY} one", f"{CANARY} two", f"{CANARY} three"]}
LEAST, MOST = {"title": "x", "body": "y"}, {"title": CANARY.ljust(255, "t"), "body": CANARY.ljust(10_000, "b")}

Answers = dict[str, httpx.Response]


@dataclass
class Stage:
    """A service in which one letter was sealed, and those who look at it from all sides."""

    api: Api
    people: dict[str, Somebody]
    id: str = ""
    file: str = ""
    countdown: str = ""

    @property
    def sender(self) -> Somebody:
        """Who wrote it."""
        return self.people["sender"]

    async def seal(self, content: dict[str, Any], how: dict[str, Any], *, draft: bool) -> None:
        """A letter to a user, another user and an address, with a file; by way of a draft or at once."""
        name = f"{CANARY}.png" if len(content["body"]) > 1 else "f.png"
        self.file = (await kept(self.api, self.sender.token, png(), name=name))["id"]
        whom = self.people["recipient"], self.people["other"], GRAINNE
        body = letter(self.api, *whom, attachments=[self.file], **content, **how)
        if draft:
            written = {key: body[key] for key in ("title", "body", "theme", "recipients", "attachments")}
            begun = expect(201, await self.sender("POST", "/drafts", json=written))
            rest = {key: value for key, value in body.items() if key not in written}
            expect(201, await self.sender("POST", f"/capsules/{begun['id']}/seal", json=rest))
            self.id = begun["id"]
        else:
            expect(201, await self.sender("POST", "/drafts", json={}))
            self.id = expect(201, await self.sender("POST", "/capsules", json=body))["id"]
        shared = expect(201, await self.sender("POST", f"/capsules/{self.id}/countdowns"))
        self.countdown = shared["token"]

    async def look(self, *, opening: bool = True) -> Answers:
        """Everything that can be asked about the letter without changing anything, by everybody."""
        here = f"/capsules/{self.id}"
        asked: list[tuple[str, str, Any]] = [("GET", path, None) for path in self._places(here)]
        asked += [
            ("POST", f"{here}/reply", {"text": "x"}),
            ("PUT", f"{here}/reflection", {"text": "x"}),
            ("POST", f"{here}/seal", sealing(self.api)),
            ("PUT", f"/drafts/{self.id}", {"title": "x"}),
            ("DELETE", f"/drafts/{self.id}", None),
            ("POST", f"{here}/postpone", {"unlock": unlock(self.api, hours=1)}),
            ("PATCH", f"{here}/recipients/{ABSENT}", {"email": "a@example.org"}),
        ]
        asked += [("POST", f"{here}/open", None)] if opening else []
        found: Answers = {}
        for name, who in self.people.items():
            for method, path, body in asked:
                found[f"{name} {method} {path}"] = await who(method, path, json=body, headers={"if-match": '"1"'})
        for method, path, body in asked:
            found[f"nobody {method} {path}"] = await self.api(method, path, json=body)
        return found

    def _places(self, here: str) -> list[str]:
        lists = [f"/capsules?box={box}&count=true" for box in ("inbox", "outbox")]
        lists += [f"{one}&sort={prefix}{name}" for one in lists for name in ("sealed_at", "unlocks_at")
                  for prefix in ("", "-")]  # fmt: skip
        lists += [f"{one}&filter[state]={state}" for one in lists[:2] for state in STATES]
        claims = [found[1] for mail in self.mails if (found := re.search(r"claims/(\S+)", mail.text))]
        return [
            here, f"{here}/proof", f"{here}/early-view", f"{here}/countdowns", f"{here}/attachments/{self.file}",
            f"{here}/attachments/{ABSENT}", f"/capsules/countdowns/{self.countdown}",
            *(f"/capsules/claims/{token}" for token in claims), *lists, "/drafts?count=true", f"/drafts/{self.id}",
            "/recipients?count=true", "/jobs",
        ]  # fmt: skip

    @property
    def mails(self) -> list[Mail]:
        """All mails about letters."""
        return [mail for mail in self.api.world.mails if "capsule" in mail.key]


@pytest.fixture
async def stages() -> AsyncIterator[tuple[Stage, Stage]]:
    """Twice the same world, down to its ids."""
    made = []
    async with AsyncExitStack() as stack:
        for _ in range(2):
            api = Api()
            await stack.enter_async_context(api.client)
            names = {"sender": "siobhan", "recipient": "amelie", "other": "orla", "stranger": "malik"}
            made.append(Stage(api, {part: await Somebody.called(api, name) for part, name in names.items()}))
        yield made[0], made[1]


async def seal(stages: tuple[Stage, Stage], *, draft: bool = False, **how: Any) -> None:
    """The shortest letter in one world, the longest in the other."""
    for stage, content in zip(stages, (LEAST, MOST), strict=True):
        await stage.seal(content, how, draft=draft)


async def look(stages: tuple[Stage, Stage], but: tuple[str, ...] = (), **options: bool) -> tuple[Answers, Answers]:
    """All answers, none of which may tell anything, except to those whose names begin so."""
    short, long = [await stage.look(**options) for stage in stages]
    assert short.keys() == long.keys()
    assert len(short) > 100
    for name, answer in long.items():
        if not name.startswith(but or ("-",)):
            assert CANARY not in answer.text + str(answer.headers), name
            assert shape(answer) == shape(short[name]), name
    for stage in stages:
        told = json.dumps([(row.job.payload, row.error) for row in stage.api.world.ledger.rows.values()])
        mails = repr(stage.mails)
        assert CANARY not in told + mails
    assert [(mail.subject, len(mail.text)) for mail in stages[0].mails] == [
        (mail.subject, len(mail.text)) for mail in stages[1].mails
    ]
    return short, long


def shape(answer: httpx.Response) -> tuple[int, str, int, dict[str, str]]:
    """What there is to see of an answer, with the checksum itself, and the ETag that follows from it, left out."""
    fields = dict(answer.headers)
    if PROOF.search(answer.text):
        fields["etag"] = "etag" if "etag" in fields else ""
    return answer.status_code, PROOF.sub("checksum", answer.text), len(answer.content), fields


async def both(stages: tuple[Stage, Stage], part: str, method: str, path: str, **rest: Any) -> None:
    """The same in both worlds."""
    for stage in stages:
        expect(200, await stage.people[part](method, path.format(stage.id), **rest))


@pytest.mark.parametrize("draft", [False, True], ids=["sealed at once", "sealed as a draft"])
async def test_nothing_is_seen_from_sealing_on_until_each_opens_it(stages: tuple[Stage, Stage], draft: bool) -> None:
    await seal(stages, draft=draft, anonymous=ANONYMOUS, invite=True)
    await look(stages)
    await both(stages, "sender", "POST", "/capsules/{}/postpone", json={"unlock": unlock(stages[0].api, days=40)})
    await look(stages)
    for stage in stages:
        await stage.api.world.advance(days=38)
    await look(stages)
    for stage in stages:
        await stage.api.world.advance(days=2)
    await look(stages, ("sender",), opening=False)
    await both(stages, "recipient", "POST", "/capsules/{}/open")
    _, long = await look(stages, ("sender", "recipient"), opening=False)
    detail = long[f"recipient GET /capsules/{stages[1].id}"].json()
    assert (detail["content"]["body"], detail["content"]["signature"], detail["content"]["hints"]) == (
        MOST["body"], None, [],
    )  # fmt: skip
    summary = long["recipient GET /capsules?box=inbox&count=true"]
    assert CANARY not in summary.text and summary.json()["items"][0]["state"] == "opened"


async def test_nothing_is_ever_seen_of_a_letter_that_was_taken_back(stages: tuple[Stage, Stage]) -> None:
    await seal(stages)
    await both(stages, "sender", "POST", "/capsules/{}/cancel")
    await look(stages)
    for stage in stages:
        await stage.api.world.advance(days=60)
    await look(stages)


async def test_an_early_view_shows_it_there_and_nowhere_else(stages: tuple[Stage, Stage]) -> None:
    await seal(stages, allow_early_view=True)
    for stage in stages:
        await stage.api.world.advance(days=28)
    here = f"/capsules/{stages[1].id}"
    readers = tuple(f"{part} GET {here}/early-view" for part in ("recipient", "other"))
    _, long = await look(stages, readers)
    assert all(CANARY in long[reader].text for reader in readers)
    assert long[f"recipient GET {here}"].json()["content"] is None


async def test_what_has_disappeared_is_seen_no_more(stages: tuple[Stage, Stage]) -> None:
    await seal(stages, disappears_after=3600)
    for stage in stages:
        await stage.api.world.advance(days=30)
    await both(stages, "recipient", "POST", "/capsules/{}/open")
    for stage in stages:
        await stage.api.world.advance(hours=1)
    await look(stages, ("sender",), opening=False)
