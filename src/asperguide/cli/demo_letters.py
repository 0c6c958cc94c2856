"""The part of the tour that is about letters: one is sealed with the video, and time passes until it opens."""

from datetime import datetime, timedelta
from typing import Any, Protocol

from asperguide.adapters.system import SystemClock
from asperguide.shared.ports import Clock

WAIT = timedelta(days=30)


class TourClock(Clock):
    """The time as it is, or later: the tour does not wait for a month."""

    def __init__(self) -> None:
        self._system, self._ahead = SystemClock(), timedelta()

    def now(self) -> datetime:
        """The present instant of the tour."""
        return self._system.now() + self._ahead

    def pass_(self, time: timedelta) -> None:
        """So much time passes, now."""
        self._ahead += time


class Teller(Protocol):
    """Whoever leads the tour."""

    def step(self, text: str) -> None:
        """What happens next."""

    def say(self, text: str) -> None:
        """What came of it."""

    async def call(
        self, method: str, path: str, status: int, body: Any = None, *, token: str | None = None
    ) -> dict[str, Any]:
        """What the service answers."""
        ...

    async def save(self, path: str, body: Any, version: int, token: str) -> None:
        """Put it, if it is still that version."""

    async def sign_in(self, login: str) -> dict[str, Any]:
        """The answer with the tokens."""
        ...

    async def mail(self, to: str, words: str) -> str:
        """The subject of the first mail to this address in whose subject these words are, as soon as it is there."""
        ...


async def show_letters(
    guide: Teller, clock: TourClock, sender: dict[str, str], reader: dict[str, str], *, token: str, video: str
) -> None:
    """Seal a letter, try to look into it, wait, open it and answer."""
    guide.step(f"{sender['full_name']} writes to {reader['full_name']}: to be opened in 30 days, with the video")
    draft = await guide.call("POST", "/drafts", 201, {"title": "When spring comes", "theme": "garden"}, token=token)
    (friend,) = (await guide.call("GET", f"/users?search={reader['username']}", 200, token=token))["items"]
    letter = {
        "title": "When spring comes", "body": "Look at the garden, as it was when I wrote this.", "theme": "garden",
        "attachments": [video], "recipients": [{"user": friend["id"]}],
    }  # fmt: skip
    await guide.save(f"/drafts/{draft['id']}", letter, draft["version"], token)
    opens = (clock.now() + WAIT).replace(microsecond=0, tzinfo=None)
    how = {"unlock": {"wall": opens.isoformat(), "zone": "UTC"}, "invite": True}
    sealed = await guide.call("POST", f"/capsules/{draft['id']}/seal", 201, how, token=token)
    guide.say(f"it is {sealed['state']} until {sealed['unlock']['at']}; what is in it: {sealed['content']}")
    guide.say(f"proof of what was sealed: {sealed['proof']}")
    guide.say(f"a mail arrives: “{await guide.mail(reader['email'], 'lettre')}”")

    theirs = (await guide.sign_in(reader["username"]))["access_token"]
    guide.step(f"{reader['full_name']} tries to look into it")
    problem = await guide.call("POST", f"/capsules/{sealed['id']}/open", 409, token=theirs)
    guide.say(f"refused: {problem['code']}: {problem['detail']}")

    clock.pass_(WAIT + timedelta(seconds=1))
    guide.step("30 days pass")
    theirs = (await guide.sign_in(reader["username"]))["access_token"]
    opened = await guide.call("POST", f"/capsules/{sealed['id']}/open", 200, token=theirs)
    guide.say(f"“{opened['content']['title']}”: {opened['content']['body']}")
    guide.say(f"with it: {opened['content']['attachments'][0]['name']}")
    await guide.call("POST", f"/capsules/{sealed['id']}/reply", 201, {"emoji": "🌷"}, token=theirs)
    guide.say("they answer with a tulip")
