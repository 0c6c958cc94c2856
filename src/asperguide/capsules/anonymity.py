"""Letters whose sender is told later than the letter: until when, and what is hinted at meanwhile."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from types import MappingProxyType
from typing import Annotated

from msgspec import Meta

from asperguide.capsules.errors import InvalidCapsule
from asperguide.shared.errors import FieldError

LONGEST_WAIT = timedelta(hours=72)
LONGEST_HINT = 60
"""Characters."""
HINTED_AT: Mapping[int, tuple[float, ...]] = MappingProxyType({0: (), 1: (0.5,), 2: (0.35, 0.7), 3: (0.3, 0.5, 0.85)})
"""At which share of the wait each hint is given, by how many there are."""
MOST_HINTS = max(HINTED_AT)

Hint = Annotated[str, Meta(min_length=1, max_length=LONGEST_HINT, examples=["We met in a garden."])]


@dataclass(frozen=True, slots=True, kw_only=True)
class Anonymity:
    """The sender is named so long after the capsule opens: 0 to 72 hours. Raises InvalidCapsule for other waits."""

    reveal_after: timedelta = timedelta()

    def __post_init__(self) -> None:
        """Refuse what the rules do not know."""
        if not timedelta() <= self.reveal_after <= LONGEST_WAIT:
            detail = "From 0 to 72 hours."
            raise InvalidCapsule(
                fields=(FieldError(pointer="#/anonymous/reveal_after", code="OUT_OF_RANGE", detail=detail),)
            )

    def is_over(self, opens_at: datetime, now: datetime) -> bool:
        """Whether the sender may be named."""
        return now >= opens_at + self.reveal_after

    def hints_given(self, hints: Sequence[str], opens_at: datetime, now: datetime) -> tuple[str, ...]:
        """Those that may be shown: none before the capsule opens, all of them once the sender is named."""
        if now < opens_at:
            return ()
        shares = zip(hints, HINTED_AT[len(hints)], strict=True)
        return tuple(hint for hint, share in shares if now >= opens_at + self.reveal_after * share)
