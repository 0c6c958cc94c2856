"""Ten years of a small town, in seconds: `python -m tests.world.ten_years` prints what is left of them.

People register, confirm or do not, come back, lapse, are locked out, close their accounts and are erased; the mail
server has bad days; leap days and changes of the clock pass.
"""

import asyncio
import sys
from dataclasses import dataclass, field
from datetime import UTC, datetime

from dependency_injector.providers import Object

from asperguide.identity import Confirmation, NewUser, RefreshRequest, Reopening, SignInRequest
from asperguide.shared.actor import UserId
from asperguide.shared.errors import DomainError
from asperguide.shared.ports import MailDelayed, MailRefused
from asperguide.testing import World
from asperguide.testing.faults import CrashAfter, Error, Faults, seeded
from asperguide.testing.world import PASSWORD

START = datetime(2027, 12, 31, 23, 30, tzinfo=UTC)
ZONES = ("Europe/Dublin", "America/New_York", "Australia/Lord_Howe", "Asia/Kathmandu", "UTC")
WEATHER = {"mailer.send": {Error(MailDelayed): 0.3, CrashAfter(MailDelayed): 0.1, Error(MailRefused): 0.02}}
MONTHS = 120
A_MONTH = 365.25 / 12


@dataclass(kw_only=True)
class Town:
    """A world, and who should be how at the end."""

    world: World = field(default_factory=lambda: World(start=START, seed="a town"))
    refused: int = 0
    tokens: dict[str, str] = field(default_factory=dict)
    closed: list[UserId] = field(default_factory=list)

    def __post_init__(self) -> None:
        self.faults = Faults(seeded("weather", WEATHER))
        self.world.container.mailer.override(Object(self.faults.wrap(self.world.mailer, "mailer")))

    async def live(self, months: int = MONTHS) -> bytes:
        """All of it; the dump of the world."""
        for month in range(months):
            await self.arrive(f"confirmed{month}", ZONES[month % len(ZONES)], confirms=True)
            await self.arrive(f"lapsed{month}", "UTC", confirms=False)
            await self.come_back(month)
            if month % 3 == 2:
                await self.leave(f"confirmed{month - 1}", returns=month % 2 == 0)
            await self.world.advance(days=A_MONTH - 2)
        await self.world.advance(days=70)
        return self.world.dump()

    async def arrive(self, name: str, zone: str, *, confirms: bool) -> None:
        """Somebody registers; the next day the mail has arrived, if it ever does."""
        c = self.world.container
        email = f"{name}@example.org"
        await c.register()(NewUser(email=email, username=name, full_name=name, password=PASSWORD, time_zone=zone))
        await self.world.advance(hours=20)
        if not confirms:
            return
        try:
            await c.confirm_email()(Confirmation(code=self.world.code_for(email)))
        except (DomainError, LookupError):
            self.refused += 1
            return
        await self.sign_in(name)

    async def sign_in(self, name: str) -> None:
        """A new session, if they are let in."""
        try:
            signed_in = await self.world.container.sign_in()(SignInRequest(login=name, password=PASSWORD))
            self.tokens[name] = signed_in.refresh_token
        except DomainError:
            self.refused += 1

    async def come_back(self, month: int) -> None:
        """Everybody tries the token they have; who was away for long signs in anew."""
        for name, token in list(self.tokens.items()):
            try:
                refreshed = await self.world.container.refresh_session()(RefreshRequest(refresh_token=token))
                self.tokens[name] = refreshed.refresh_token
            except DomainError:
                self.refused += 1
                del self.tokens[name]
                if month % 4 == 0:
                    await self.sign_in(name)

    async def leave(self, name: str, *, returns: bool) -> None:
        """Somebody closes their account, and perhaps regrets it ten days later."""
        c = self.world.container
        await self.sign_in(name)
        if name not in self.tokens:
            return
        signed_in = await c.sign_in()(SignInRequest(login=name, password=PASSWORD))
        actor = await c.authenticate()(signed_in.access_token)
        await c.close_account()(actor)
        if returns:
            await self.world.advance(days=10)
            await c.reopen_account()(Reopening(login=name, password=PASSWORD))
        else:
            self.closed.append(actor.user)


if __name__ == "__main__":
    sys.stdout.buffer.write(asyncio.run(Town().live()))
