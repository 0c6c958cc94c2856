"""Letters whose sender is told later than the letter: until when, and what is hinted at meanwhile."""

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime, timedelta
from types import MappingProxyType

from asperguide.capsules.errors import InvalidCapsule
from asperguide.shared.errors import FieldError

LONGEST_WAIT = timedelta(hours=72)
LONGEST_HINT = 60
"""Characters."""
HINTED_AT: Mapping[int, tuple[float, ...]] = MappingProxyType({0: (), 1: (0.5,), 2: (0.35, 0.7), 3: (0.3, 0.5, 0.85)})
"""At which share of the wait each hint is given, by how many there are."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Anonymity:
    """The sender is named `reveal_after` the capsule opens (0 to 72 hours), after up to three hints.

    Raises InvalidCapsule for other waits, and for hints that are too many, empty or longer than 60 characters.
    """

    reveal_after: timedelta = timedelta()
    hints: tuple[str, ...] = ()

    def __post_init__(self) -> None:
        """Refuse what the rules do not know."""
        if not timedelta() <= self.reveal_after <= LONGEST_WAIT:
            raise _refusal("#/anonymous/reveal_after", "From 0 to 72 hours.")
        if len(self.hints) not in HINTED_AT or not all(1 <= len(hint) <= LONGEST_HINT for hint in self.hints):
            raise _refusal("#/anonymous/hints", f"Up to 3, of 1 to {LONGEST_HINT} characters each.")

    def is_over(self, opens_at: datetime, now: datetime) -> bool:
        """Whether the sender may be named."""
        return now >= opens_at + self.reveal_after

    def hints_given(self, opens_at: datetime, now: datetime) -> tuple[str, ...]:
        """Those that may be shown: none before the capsule opens, all of them once the sender is named."""
        if now < opens_at:
            return ()
        shares = zip(self.hints, HINTED_AT[len(self.hints)], strict=True)
        return tuple(hint for hint, share in shares if now >= opens_at + self.reveal_after * share)


def _refusal(pointer: str, detail: str) -> InvalidCapsule:
    return InvalidCapsule(fields=(FieldError(pointer=pointer, code="OUT_OF_RANGE", detail=detail),))
