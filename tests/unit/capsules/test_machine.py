"""State machine: whatever senders, recipients, strangers and time do, a capsule keeps its promises."""

from datetime import datetime, timedelta

from hypothesis import strategies as st
from hypothesis.stateful import RuleBasedStateMachine, invariant, rule

from asperguide.capsules import Capsule, Fact, State, Unlock
from asperguide.shared.actor import UserId
from asperguide.shared.errors import DomainError
from tests.unit.capsules.test_model import (
    FIRST,
    FIVE_YEARS,
    SEALED_AT,
    SECOND,
    SENDER,
    STRANGER,
    capsule,
    later,
)

ARROWS = {
    State.SEALED: {State.UNFOLDING, State.READY, State.CANCELLED},
    State.UNFOLDING: {State.READY, State.CANCELLED},
    State.READY: {State.OPENED},
    State.OPENED: set[State](),
    State.CANCELLED: set[State](),
}
"""Where each state leads to; a step of time may pass over the one in between."""
PEOPLE = st.sampled_from([SENDER, FIRST, SECOND, STRANGER])


class CapsuleMachine(RuleBasedStateMachine):
    """One capsule for two, and everybody trying everything."""

    def __init__(self) -> None:
        super().__init__()
        self.now, self.capsule = SEALED_AT, capsule(FIRST, SECOND, disappears_after=timedelta(days=2))
        self.seen = [self.capsule.state(self.now)]
        self.opened: dict[UserId, datetime] = {}

    def change(self, to: Capsule) -> None:
        self.capsule = to
        self.look()

    def look(self) -> None:
        if (state := self.capsule.state(self.now)) is not self.seen[-1]:
            self.seen.append(state)

    @rule(step=st.timedeltas(timedelta(seconds=1), timedelta(days=9)))
    def time_passes(self, step: timedelta) -> None:
        self.now += step
        self.look()

    @rule(who=PEOPLE)
    def somebody_cancels(self, who: UserId) -> None:
        shut = self.capsule.state(self.now) in (State.SEALED, State.UNFOLDING)
        try:
            self.change(self.capsule.cancelled(who, self.now))
        except DomainError:
            assert not (who == SENDER and shut)
        else:
            assert who == SENDER and shut

    @rule(who=PEOPLE, days=st.integers(-5, 400))
    def somebody_postpones(self, who: UserId, days: int) -> None:
        before, unlock = self.capsule, later(days=days)
        try:
            self.change(before.postponed(who, unlock, self.now, FIVE_YEARS))
        except DomainError:
            return
        assert (who, before.state(self.now)) == (SENDER, State.SEALED)
        assert self.capsule.unlock.at > before.unlock.at

    @rule(who=PEOPLE)
    def somebody_opens(self, who: UserId) -> None:
        try:
            self.change(self.capsule.opened(who, self.now))
        except DomainError:
            return
        assert who in (FIRST, SECOND)
        self.opened.setdefault(who, self.now)

    @rule(who=PEOPLE)
    def somebody_replies(self, who: UserId) -> None:
        mine = self.capsule.addressee(who)
        replied = mine is not None and mine.replied_at is not None
        try:
            self.change(self.capsule.replied(who, self.now))
        except DomainError:
            return
        assert who in self.opened and not replied

    @invariant()
    def nobody_sees_what_is_in_it_before_its_time(self) -> None:
        unlock: Unlock = self.capsule.unlock
        early = self.now < unlock.at or self.capsule.cancelled_at is not None
        for who in (SENDER, FIRST, SECOND, STRANGER):
            seen = self.capsule.sees(who, Fact.CONTENT, self.now)
            assert not (seen and (early or who == STRANGER))
            assert not (seen and who != SENDER and who not in self.opened)

    @invariant()
    def each_has_opened_it_once_and_at_the_first_time(self) -> None:
        opened = {one.user: one.opened_at for one in self.capsule.addressees if one.opened_at is not None}
        assert opened == self.opened
        assert (self.capsule.opened_at is not None) is (len(opened) == 2)

    @invariant()
    def states_follow_one_another_along_the_arrows(self) -> None:
        for before, after in zip(self.seen, self.seen[1:], strict=False):
            assert after in ARROWS[before]


TestCapsules = CapsuleMachine.TestCase
