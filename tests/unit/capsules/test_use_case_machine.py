"""State machine: everything that people, workers and the clock do to letters by their use cases, in any order."""

import asyncio
from collections import Counter
from collections.abc import Coroutine
from datetime import datetime, timedelta
from typing import Any, TypeVar

import msgspec
from hypothesis import settings
from hypothesis import strategies as st
from hypothesis.stateful import RuleBasedStateMachine, initialize, invariant, precondition, rule

from asperguide.capsules import CapsuleId, NewAddress, NewReply, Postponement
from asperguide.capsules.events import CapsuleReady
from asperguide.capsules.model import UNFOLDS
from asperguide.shared.errors import DomainError
from asperguide.shared.pages import PageRequest
from asperguide.testing import World
from asperguide.testing.world import Person
from tests.capsules import CANARY, at, seal

T = TypeVar("T")
NEW = "grainne@example.org"
UNFOLDED, READY = "capsules.capsule-unfolded", "capsules.capsule-ready"
WHO = st.sampled_from(["siobhan", "amelie", "niamh"])


class Letters(RuleBasedStateMachine):
    """A sender, a reader, and somebody whom nothing concerns; one reader has an address only."""

    def __init__(self) -> None:
        super().__init__()
        self.runner = asyncio.Runner()
        self.world = World()
        self.people: dict[str, Person] = {}
        self.unlocks: dict[CapsuleId, datetime] = {}
        self.opened: dict[tuple[CapsuleId, str], datetime] = {}
        self.cancelled: set[CapsuleId] = set()
        self.corrected = 0

    def do(self, work: Coroutine[Any, Any, T]) -> T | None:
        """What comes of it; None when a rule says no."""
        try:
            return self.runner.run(work)
        except DomainError:
            return None

    @initialize()
    def people_join(self) -> None:
        for name in ("siobhan", "amelie", "niamh"):
            self.people[name] = self.runner.run(self.world.person(name))

    @rule(days=st.floats(0.001, 10), early=st.booleans(), gone_after=st.sampled_from([None, 3600]))
    @precondition(lambda self: len(self.unlocks) < 4)
    def a_letter_is_sealed(self, days: float, early: bool, gone_after: int | None) -> None:
        work = seal(
            self.world, self.people["siobhan"], self.people["amelie"], NEW, days=days, allow_early_view=early,
            disappears_after=gone_after, invite=True,
        )  # fmt: skip
        if (view := self.do(work)) is not None:
            self.unlocks[view.id] = view.unlock.at

    @rule(step=st.timedeltas(timedelta(seconds=1), timedelta(days=4)))
    def time_passes_without_any_worker(self, step: timedelta) -> None:
        self.world.clock.set(self.world.clock.now() + step)

    @rule()
    def workers_sweep(self) -> None:
        self.runner.run(self.world.container.sweep_capsules()())

    @rule()
    def workers_do_what_is_due(self) -> None:
        self.runner.run(self.world.settle())

    @rule(who=WHO, pick=st.integers(0, 3))
    def somebody_opens(self, who: str, pick: int) -> None:
        if (id := self.picked(pick)) is not None:
            view = self.do(self.world.container.open_capsule()(self.people[who].actor, id))
            if view is not None:
                first = self.opened.setdefault((id, who), self.world.clock.now())
                assert (who, view.opened_at) == ("amelie", first)
                assert self.unlocks[id] <= first and id not in self.cancelled

    @rule(who=WHO, pick=st.integers(0, 3))
    def somebody_cancels(self, who: str, pick: int) -> None:
        if (id := self.picked(pick)) is not None:
            view = self.do(self.world.container.cancel_capsule()(self.people[who].actor, id))
            if view is not None:
                assert who == "siobhan" and (id in self.cancelled or self.world.clock.now() < self.unlocks[id])
                self.cancelled.add(id)

    @rule(who=WHO, pick=st.integers(0, 3), days=st.floats(-5, 20))
    def somebody_postpones(self, who: str, pick: int, days: float) -> None:
        if (id := self.picked(pick)) is not None:
            to = Postponement(unlock=at(self.unlocks[id] + timedelta(days=days)))
            view = self.do(self.world.container.postpone_capsule()(self.people[who].actor, id, to))
            if view is not None:
                assert who == "siobhan" and view.unlock.at > self.unlocks[id]
                self.unlocks[id] = view.unlock.at

    @rule(pick=st.integers(0, 3))
    def the_sender_corrects_the_address(self, pick: int) -> None:
        if (id := self.picked(pick)) is not None:
            sender, number = self.people["siobhan"].actor, self.corrected + 1
            seen = self.do(self.world.container.get_capsule()(sender, id))
            assert seen is not None and seen.recipients is not None
            to = NewAddress(email=f"grainne{number}@example.org")
            if self.do(self.world.container.readdress_capsule()(sender, id, seen.recipients[1].id, to)) is not None:
                self.corrected = number

    @rule(who=WHO, pick=st.integers(0, 3))
    def somebody_answers(self, who: str, pick: int) -> None:
        if (id := self.picked(pick)) is not None:
            reply = self.do(self.world.container.reply_to_capsule()(self.people[who].actor, id, NewReply(text="Yes.")))
            assert reply is None or (id, who) in self.opened

    def picked(self, pick: int) -> CapsuleId | None:
        """One of the letters that there are."""
        ids = list(self.unlocks)
        return ids[pick % len(ids)] if ids else None

    @invariant()
    def nobody_reads_what_is_not_theirs_to_read_now(self) -> None:
        now, use = self.world.clock.now(), self.world.container
        for name, who in self.people.items():
            for id, unlock in self.unlocks.items():
                seen = self.do(use.get_capsule()(who.actor, id))
                assert (seen is None) is (name == "niamh")
                if CANARY in repr(seen):
                    assert now >= unlock and id not in self.cancelled
                    assert name == "siobhan" or (id, name) in self.opened
            for box in ("inbox", "outbox"):
                listed = self.do(use.list_capsules()(who.actor, box, PageRequest(count=True)))
                assert listed is not None and CANARY not in repr(listed)
                mine = {"siobhan": "outbox", "amelie": "inbox"}.get(name)
                assert listed.total == (len(self.unlocks) if box == mine else 0)

    @invariant()
    def each_addressee_is_told_once_in_order_and_never_early(self) -> None:
        rows = [row for row in self.world.ledger.rows.values() if row.job.kind in (UNFOLDED, READY)]
        told = Counter((row.job.kind, row.job.payload) for row in rows)
        # An address that is corrected after the time has come is told anew.
        assert all(count <= (1 if kind == UNFOLDED else 1 + self.corrected) for (kind, _), count in told.items())
        for row in rows:
            unlock = self.unlocks[msgspec.json.decode(row.job.payload, type=CapsuleReady).capsule]
            assert row.job.created_at >= (unlock - UNFOLDS if row.job.kind == UNFOLDED else unlock)
        for mail in self.world.mails:
            assert CANARY not in mail.subject + mail.text + mail.html

    def teardown(self) -> None:
        self.runner.close()


Letters.TestCase.settings = settings(max_examples=15, stateful_step_count=25, deadline=None)
TestLetters = Letters.TestCase
