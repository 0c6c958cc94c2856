"""What tests of capsules have in common: letters, and when they open."""

from datetime import datetime, timedelta
from typing import Any
from uuid import UUID
from zoneinfo import ZoneInfo

from asperguide.capsules import CapsuleView, NewCapsule, To, UnlockTime
from asperguide.testing import World
from asperguide.testing.world import Person

CANARY = "canary-9f3c: nobody reads this before its time"


def at(moment: datetime, zone: str = "UTC") -> UnlockTime:
    """This instant, as somebody in that zone would put it."""
    return UnlockTime(wall=moment.astimezone(ZoneInfo(zone)).replace(tzinfo=None), zone=zone)


def to(*whom: Person | UUID | str) -> tuple[To, ...]:
    """Users, recipients of an address book by their ids, and addresses."""
    return tuple(_to(one) for one in whom)


def _to(one: Person | UUID | str) -> To:
    if isinstance(one, str):
        return To(email=one, name="Gráinne")
    return To(recipient=one) if isinstance(one, UUID) else To(user=one.actor.user)


def letter(world: World, *whom: Person | UUID | str, days: float = 30, **fields: Any) -> NewCapsule:
    """A letter that opens in so many days."""
    ready: dict[str, Any] = {
        "title": f"Title: {CANARY}", "body": f"Body: {CANARY}", "theme": "birthday", "recipients": to(*whom),
        "unlock": at(world.clock.now() + timedelta(days=days)),
    }  # fmt: skip
    return NewCapsule(**{**ready, **fields})


async def seal(
    world: World, sender: Person, *whom: Person | UUID | str, days: float = 30, **fields: Any
) -> CapsuleView:
    """A letter that was sealed now."""
    return await world.container.seal_capsule()(sender.actor, letter(world, *whom, days=days, **fields))


def subjects(world: World, email: str) -> list[str]:
    """Of all mails about letters to this address, the oldest first."""
    return [mail.subject for mail in world.mails if mail.to == email and "capsule" in mail.key]
