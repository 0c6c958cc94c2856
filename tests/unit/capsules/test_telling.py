"""Announcements: each once, in order, never early; and the mails that are made of them."""

from datetime import timedelta

import pytest
from dependency_injector.providers import Object

from asperguide.capsules import AddresseeId, CapsuleView, NewAddress, NewReply
from asperguide.capsules.errors import CapsuleInWrongState, CapsuleNotFound, InvalidRecipient
from asperguide.capsules.events import CapsulesSweepDue
from asperguide.shared.errors import Forbidden
from asperguide.shared.ports import Mail, MailRefused
from asperguide.testing import World
from asperguide.testing.world import Person
from tests.capsules import CANARY, seal

NEW = "grainne.o'neil@example.org"


def kinds(world: World, email: str) -> list[str]:
    """Which mails about letters went to this address, the oldest first."""
    return [mail.key.partition(":")[0] for mail in world.mails if mail.to == email and mail.key.startswith("capsule")]


class Refusing:
    """A mail server that takes nothing for some addresses."""

    def __init__(self, world: World, *addresses: str) -> None:
        self.world, self.addresses, self.tries = world, addresses, 0

    async def send(self, mail: Mail) -> None:
        if mail.to in self.addresses:
            self.tries += 1
            raise MailRefused("550 no such user")
        await self.world.mailer.send(mail)


async def test_somebody_with_an_account_is_told_twice_at_the_very_times(
    world: World, siobhan: Person, amelie: Person
) -> None:
    sealed = await seal(world, siobhan, amelie)
    await world.advance(days=26, hours=23, minutes=59)
    assert kinds(world, amelie.email) == []
    await world.advance(minutes=1)
    assert kinds(world, amelie.email) == ["capsule-unfolding"]
    await world.advance(days=2, hours=23, minutes=59, seconds=59)
    assert kinds(world, amelie.email) == ["capsule-unfolding"]
    await world.advance(seconds=1)
    assert kinds(world, amelie.email) == ["capsule-unfolding", "capsule-ready"]
    assert world.clock.now() == sealed.unlock.at
    await world.advance(days=30)
    assert kinds(world, amelie.email) == ["capsule-unfolding", "capsule-ready"]


async def test_no_mail_says_what_is_in_a_letter(world: World, siobhan: Person, amelie: Person) -> None:
    sealed = await seal(world, siobhan, amelie, NEW, invite=True)
    await world.advance(days=31)
    await world.container.open_capsule()(amelie.actor, sealed.id)
    await world.container.reply_to_capsule()(amelie.actor, sealed.id, NewReply(text=CANARY))
    await world.settle()
    assert kinds(world, siobhan.email) == ["capsule-opened", "capsule-answered"]
    assert kinds(world, amelie.email) == ["capsule-sealed", "capsule-unfolding", "capsule-ready"]
    assert kinds(world, NEW) == ["capsule-invitation", "capsule-claim"]
    assert not [mail for mail in world.mails if CANARY in mail.subject + mail.text + mail.html]


async def test_after_a_week_without_a_worker_all_is_announced_in_order_and_what_is_over_is_not_said(
    world: World, siobhan: Person, amelie: Person
) -> None:
    await seal(world, siobhan, amelie, days=4)
    world.clock.set(world.clock.now() + timedelta(days=7))
    assert await world.container.sweep_capsules()() == 2
    told = [row.job.kind for row in world.ledger.rows.values() if row.job.kind.startswith("capsules.capsule-")]
    assert told == ["capsules.capsule-unfolded", "capsules.capsule-ready"]
    await world.settle()
    assert kinds(world, amelie.email) == ["capsule-ready"]


async def test_what_is_due_soon_is_looked_for_when_it_is_due(world: World, siobhan: Person, amelie: Person) -> None:
    sealed = await seal(world, siobhan, amelie, days=1)
    world.clock.set(sealed.unlock.at - timedelta(seconds=20))
    assert await world.container.sweep_capsules()() == 0
    assert await world.container.sweep_capsules()() == 0
    waiting = [row for row in world.ledger.rows.values() if row.job.kind == "capsules.capsules-sweep-due"]
    assert [row.run_at - sealed.unlock.at < timedelta(seconds=1) for row in waiting] == [True]
    assert waiting[0].run_at >= sealed.unlock.at
    world.clock.set(waiting[0].run_at)
    await world.settle()
    assert kinds(world, amelie.email) == ["capsule-ready"]


async def test_mails_about_letters_that_are_due_keep_no_sweep_waiting_and_no_registration(
    world: World, siobhan: Person, amelie: Person
) -> None:
    sealed = await seal(world, siobhan, amelie, days=1)
    await world.settle()
    world.clock.set(sealed.unlock.at)
    assert await world.container.sweep_capsules()() == 1
    async with world.container.capsules_unit_of_work() as uow:
        uow.announce(CapsulesSweepDue())
        await uow.commit()
    first, second = await world.ledger.claim("somebody", "default", 2, timedelta(minutes=1))
    assert (first.kind, second.kind) == ("capsules.capsules-sweep-due", "capsules.capsule-ready")


async def test_a_letter_that_was_opened_before_it_was_announced_is_not_announced_by_mail(
    world: World, siobhan: Person, amelie: Person
) -> None:
    sealed = await seal(world, siobhan, amelie, days=1)
    world.clock.set(sealed.unlock.at)
    await world.container.open_capsule()(amelie.actor, sealed.id)
    await world.advance(days=1)
    assert kinds(world, amelie.email) == []


async def test_mails_that_come_back_are_tried_three_times_more_and_the_sender_is_told(
    world: World, siobhan: Person, amelie: Person
) -> None:
    refusing = Refusing(world, NEW)
    with world.container.mailer.override(Object(refusing)):
        sealed = await seal(world, siobhan, NEW, days=1)
        await world.advance(days=1)
        assert (refusing.tries, await bounces(world, siobhan, sealed)) == (1, 1)
        await world.advance(minutes=29)
        assert refusing.tries == 1
        await world.advance(minutes=1)
        assert refusing.tries == 2
        await world.advance(days=2)
    assert (refusing.tries, await bounces(world, siobhan, sealed)) == (4, 4)
    assert kinds(world, siobhan.email) == ["capsule-undeliverable"]
    moved = await world.container.readdress_capsule()(
        siobhan.actor, sealed.id, first(sealed), NewAddress(email="right@example.org")
    )
    assert moved.recipients is not None and (moved.recipients[0].bounces, moved.recipients[0].email) == (
        0, "right@example.org",
    )  # fmt: skip
    await world.settle()
    assert kinds(world, "right@example.org") == ["capsule-claim"]


async def test_an_address_is_corrected_before_the_time_by_the_sender_alone(
    world: World, siobhan: Person, amelie: Person
) -> None:
    sealed = await seal(world, siobhan, amelie, NEW)
    move = world.container.readdress_capsule()
    assert sealed.recipients is not None
    theirs, news = (one.id for one in sealed.recipients)
    for error, who, whose, email in (
        (Forbidden, amelie, news, "x@example.org"),
        (CapsuleInWrongState, siobhan, theirs, "x@example.org"),
        (CapsuleNotFound, siobhan, AddresseeId(sealed.id), "x@example.org"),
        (InvalidRecipient, siobhan, news, "x@-"),
    ):
        with pytest.raises(error):
            await move(who.actor, sealed.id, whose, NewAddress(email=email))
    await move(siobhan.actor, sealed.id, news, NewAddress(email=siobhan.email))
    await world.advance(days=30)
    assert kinds(world, NEW) == []
    assert "capsule-ready" in kinds(world, siobhan.email)


async def test_a_letter_to_oneself_is_not_told_of_by_its_own_sealing_and_opening(world: World, siobhan: Person) -> None:
    sealed = await seal(world, siobhan, siobhan, invite=True)
    await world.advance(days=30)
    await world.container.open_capsule()(siobhan.actor, sealed.id)
    await world.settle()
    assert kinds(world, siobhan.email) == ["capsule-unfolding", "capsule-ready"]


async def test_who_never_heard_of_a_letter_is_not_told_that_it_was_cancelled(
    world: World, siobhan: Person, amelie: Person
) -> None:
    for invite in (False, True):
        sealed = await seal(world, siobhan, NEW, invite=invite)
        await world.container.cancel_capsule()(siobhan.actor, sealed.id)
    await world.settle()
    assert kinds(world, NEW) == ["capsule-cancelled"]  # by then the invitation would not have been true


def first(sealed: CapsuleView) -> AddresseeId:
    assert sealed.recipients is not None
    return sealed.recipients[0].id


async def bounces(world: World, sender: Person, sealed: CapsuleView) -> int:
    seen = await world.container.get_capsule()(sender.actor, sealed.id)
    assert seen.recipients is not None
    return seen.recipients[0].bounces
