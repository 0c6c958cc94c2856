"""What addressees are told by the clock: that a capsule unfolds, and that it is ready, in this order, each once."""

from collections.abc import Iterator
from dataclasses import dataclass, replace
from datetime import datetime
from enum import StrEnum

from asperguide.capsules.addressees import AddresseeId, CapsuleId
from asperguide.capsules.model import UNFOLDS, Capsule


class Stage(StrEnum):
    """Of what an announcement is."""

    UNFOLDING = "unfolding"
    READY = "ready"


@dataclass(frozen=True, slots=True, kw_only=True)
class Announcement:
    """What an addressee is to be told next: that since `due_at` the capsule, which opens at `unlocks_at`, is so far."""

    addressee: AddresseeId
    capsule: CapsuleId
    stage: Stage
    due_at: datetime
    unlocks_at: datetime

    @property
    def following(self) -> "Announcement | None":
        """What comes after it."""
        if self.stage is Stage.READY:
            return None
        return replace(self, stage=Stage.READY, due_at=self.unlocks_at)


def announcements(capsule: Capsule, now: datetime) -> Iterator[Announcement]:
    """The next one to each addressee of a capsule that was sealed, or postponed, at `now`."""
    unfolds_at = capsule.unlock.at - UNFOLDS
    stage, due_at = (Stage.UNFOLDING, unfolds_at) if now < unfolds_at else (Stage.READY, capsule.unlock.at)
    for one in capsule.addressees:
        if one.left_at is None:
            yield Announcement(
                addressee=one.id, capsule=capsule.id, stage=stage, due_at=due_at, unlocks_at=capsule.unlock.at
            )
