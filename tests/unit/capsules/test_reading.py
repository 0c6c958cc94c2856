"""Opening and reading: at the very instant, once for each, and without any worker."""

import asyncio
import base64
import hashlib
from dataclasses import replace
from datetime import timedelta

import pytest

from asperguide.capsules import Anonymously, NewReflection, NewReply, Postponement, State
from asperguide.capsules.errors import (
    AlreadyReplied,
    AttachmentNotFound,
    CapsuleInWrongState,
    CapsuleNotFound,
    CapsuleStillSealed,
    EarlyViewNotAllowed,
    InvalidCapsule,
    InvalidUnlockTime,
    LetterUnreadable,
    RepliesNotAllowed,
)
from asperguide.media import SmallUpload
from asperguide.shared.errors import Forbidden, InvalidFields, NotWhileImpersonating
from asperguide.shared.pages import PageRequest
from asperguide.testing import World
from asperguide.testing.world import Person
from tests.capsules import CANARY, at, seal
from tests.media import TEXT, in_chunks

INSTANT = timedelta(microseconds=1)


async def test_a_letter_opens_at_its_instant_and_needs_no_worker(world: World, siobhan: Person, amelie: Person) -> None:
    sealed = await seal(world, siobhan, amelie)
    world.clock.set(sealed.unlock.at - INSTANT)
    for reader in (amelie, siobhan):
        assert (await world.container.get_capsule()(reader.actor, sealed.id)).content is None
    with pytest.raises(CapsuleStillSealed):
        await world.container.open_capsule()(amelie.actor, sealed.id)
    world.clock.set(sealed.unlock.at)
    assert (await world.container.get_capsule()(amelie.actor, sealed.id)).content is None
    opened = await world.container.open_capsule()(amelie.actor, sealed.id)
    assert opened.content is not None and opened.content.body == f"Body: {CANARY}"
    assert (opened.state, opened.opened_at) == (State.OPENED, sealed.unlock.at)
    seen = await world.container.get_capsule()(siobhan.actor, sealed.id)
    assert seen.content is not None and seen.state is State.OPENED


async def test_opening_at_once_and_again_opens_once(world: World, siobhan: Person, amelie: Person) -> None:
    sealed = await seal(world, siobhan, amelie)
    world.clock.set(sealed.unlock.at)
    first = await asyncio.gather(*(world.container.open_capsule()(amelie.actor, sealed.id) for _ in range(5)))
    world.clock.set(sealed.unlock.at + timedelta(hours=1))
    again = await world.container.open_capsule()(amelie.actor, sealed.id)
    assert {one.opened_at for one in (*first, again)} == {sealed.unlock.at}
    await world.settle()
    opened = [mail for mail in world.mails if mail.to == siobhan.email and mail.key.startswith("capsule-opened")]
    assert len(opened) == 1


async def test_each_of_several_opens_it_for_themselves(world: World, siobhan: Person, amelie: Person) -> None:
    sealed = await seal(world, siobhan, amelie, siobhan)
    world.clock.set(sealed.unlock.at)
    await world.container.open_capsule()(amelie.actor, sealed.id)
    states = [
        [one.state for one in (await world.container.list_capsules()(who.actor, box)).items]
        for who, box in ((amelie, "inbox"), (siobhan, "inbox"), (siobhan, "outbox"))
    ]
    assert states == [[State.OPENED], [State.READY], [State.READY]]
    opened = await world.container.open_capsule()(siobhan.actor, sealed.id)
    assert opened.state is State.OPENED


async def test_strangers_are_told_that_there_is_none(world: World, siobhan: Person, amelie: Person) -> None:
    sealed, use = await seal(world, siobhan, siobhan), world.container
    for call in (
        use.get_capsule()(amelie.actor, sealed.id),
        use.open_capsule()(amelie.actor, sealed.id),
        use.peek_capsule()(amelie.actor, sealed.id),
        use.cancel_capsule()(amelie.actor, sealed.id),
        use.prove_capsule()(amelie.actor, sealed.id),
        use.share_countdown()(amelie.actor, sealed.id),
        use.list_countdowns()(amelie.actor, sealed.id),
        use.link_attachment()(amelie.actor, sealed.id, sealed.id),
        use.reply_to_capsule()(amelie.actor, sealed.id, NewReply(text="x")),
        use.reflect()(amelie.actor, sealed.id, NewReflection(text="x")),
    ):
        with pytest.raises(CapsuleNotFound):
            await call


async def test_an_early_view_is_of_the_last_three_days_and_opens_nothing(
    world: World, siobhan: Person, amelie: Person
) -> None:
    allowed = await seal(world, siobhan, amelie, allow_early_view=True)
    shut = await seal(world, siobhan, amelie)
    peek = world.container.peek_capsule()
    with pytest.raises(CapsuleStillSealed):
        await peek(amelie.actor, allowed.id)
    world.clock.set(allowed.unlock.at - timedelta(days=3))
    seen = await peek(amelie.actor, allowed.id)
    assert seen.content is not None and (seen.state, seen.opened_at) == (State.UNFOLDING, None)
    assert (await world.container.get_capsule()(amelie.actor, allowed.id)).content is None
    with pytest.raises(EarlyViewNotAllowed):
        await peek(amelie.actor, shut.id)
    with pytest.raises(Forbidden):
        await peek(siobhan.actor, allowed.id)


async def test_what_was_cancelled_never_opens(world: World, siobhan: Person, amelie: Person) -> None:
    sealed = await seal(world, siobhan, amelie, invite=True)
    await world.settle()
    cancel = world.container.cancel_capsule()
    with pytest.raises(Forbidden):
        await cancel(amelie.actor, sealed.id)
    assert (await cancel(siobhan.actor, sealed.id)).state is State.CANCELLED
    assert (await cancel(siobhan.actor, sealed.id)).state is State.CANCELLED
    await world.advance(days=40)
    with pytest.raises(CapsuleInWrongState):
        await world.container.open_capsule()(amelie.actor, sealed.id)
    for reader in (siobhan, amelie):
        assert (await world.container.get_capsule()(reader.actor, sealed.id)).content is None
    assert [mail.key.partition(":")[0] for mail in world.mails if "capsule" in mail.key] == [
        "capsule-sealed", "capsule-cancelled",
    ]  # fmt: skip
    late = await seal(world, siobhan, amelie, days=1)
    world.clock.set(late.unlock.at)
    with pytest.raises(CapsuleInWrongState):
        await cancel(siobhan.actor, late.id)


async def test_what_was_postponed_opens_later_and_is_announced_then(
    world: World, siobhan: Person, amelie: Person
) -> None:
    sealed = await seal(world, siobhan, amelie)
    later = sealed.unlock.at + timedelta(days=30)
    postpone = world.container.postpone_capsule()
    with pytest.raises(InvalidUnlockTime):
        await postpone(siobhan.actor, sealed.id, Postponement(unlock=at(sealed.unlock.at - timedelta(days=1))))
    assert (await postpone(siobhan.actor, sealed.id, Postponement(unlock=at(later)))).unlock.at == later
    await world.advance(days=31)
    assert [mail for mail in world.mails if "capsule" in mail.key] == []
    assert [one.unlock.at for one in (await world.container.list_capsules()(amelie.actor)).items] == [later]
    await world.advance(days=27)
    with pytest.raises(CapsuleInWrongState):
        await postpone(siobhan.actor, sealed.id, Postponement(unlock=at(later + timedelta(days=9))))
    await world.advance(days=3)
    assert [mail.key.partition(":")[0] for mail in world.mails if "capsule" in mail.key] == [
        "capsule-unfolding", "capsule-ready",
    ]  # fmt: skip


async def test_an_anonymous_sender_is_named_when_the_wait_is_over(
    world: World, siobhan: Person, amelie: Person
) -> None:
    hints = ("We met in a garden.", "I sing.")
    how = Anonymously(reveal_after=36_000, hints=hints)
    sealed = await seal(world, siobhan, amelie, anonymous=how, invite=True)
    use = world.container
    assert (await use.list_capsules()(amelie.actor)).items[0].sender is None
    assert (await use.list_capsules()(siobhan.actor, "outbox")).items[0].sender is not None
    world.clock.set(sealed.unlock.at)
    opened = await use.open_capsule()(amelie.actor, sealed.id)
    assert opened.sender is None and opened.content is not None
    assert (opened.content.signature, opened.content.hints) == (None, ())
    assert (await use.prove_capsule()(amelie.actor, sealed.id)).packed is None
    assert opened.reveals_at == sealed.unlock.at + timedelta(hours=10)
    for hours, given in ((3.5, hints[:1]), (7, hints), (10, hints)):
        world.clock.set(sealed.unlock.at + timedelta(hours=hours))
        seen = await use.get_capsule()(amelie.actor, sealed.id)
        assert seen.content is not None and seen.content.hints == given
        assert (seen.sender is not None) is (hours == 10)
    assert seen.sender is not None and seen.sender.name == "Siobhan"
    await world.settle()
    assert not [mail for mail in world.mails if mail.to == amelie.email and "Siobhan" in mail.text + mail.subject]


async def test_what_disappears_is_gone_for_who_opened_it(world: World, siobhan: Person, amelie: Person) -> None:
    sealed = await seal(world, siobhan, amelie, disappears_after=3600)
    world.clock.set(sealed.unlock.at)
    await world.container.open_capsule()(amelie.actor, sealed.id)
    world.clock.set(sealed.unlock.at + timedelta(hours=1))
    seen = await world.container.get_capsule()(amelie.actor, sealed.id)
    assert (seen.content, seen.state, seen.proof) == (None, State.OPENED, None)
    assert (await world.container.open_capsule()(amelie.actor, sealed.id)).content is None
    assert (await world.container.get_capsule()(siobhan.actor, sealed.id)).content is not None


async def test_the_proof_is_of_the_very_bytes(world: World, siobhan: Person, amelie: Person) -> None:
    sealed, prove = await seal(world, siobhan, amelie), world.container.prove_capsule()
    early = await prove(siobhan.actor, sealed.id)
    assert (early.proof, early.packed) == (sealed.proof, None)
    with pytest.raises(CapsuleStillSealed):
        await prove(amelie.actor, sealed.id)
    world.clock.set(sealed.unlock.at)
    await world.container.open_capsule()(amelie.actor, sealed.id)
    for reader in (siobhan, amelie):
        proof = await prove(reader.actor, sealed.id)
        assert proof.packed is not None
        packed = base64.b64decode(proof.packed)
        assert hashlib.sha256(packed).hexdigest() == proof.proof == sealed.proof
        assert CANARY.encode() in packed


async def test_attachments_are_for_those_who_may_read(world: World, siobhan: Person, amelie: Person) -> None:
    use = world.container
    file = await use.upload_small()(
        siobhan.actor, SmallUpload(name="O'Neil.txt", media_type="text/plain"), in_chunks(TEXT)
    )
    sealed = await seal(world, siobhan, amelie, attachments=(file.id, file.id))
    for reader in (siobhan, amelie):
        with pytest.raises(CapsuleStillSealed):
            await use.link_attachment()(reader.actor, sealed.id, file.id)
    world.clock.set(sealed.unlock.at)
    opened = await use.open_capsule()(amelie.actor, sealed.id)
    assert opened.content is not None
    (attachment,) = opened.content.attachments
    assert (attachment.name, attachment.size, attachment.available) == ("O'Neil.txt", len(TEXT), True)
    assert str(file.id) in (await use.link_attachment()(amelie.actor, sealed.id, file.id)).url
    with pytest.raises(AttachmentNotFound):
        await use.link_attachment()(amelie.actor, sealed.id, sealed.id)
    await use.delete_file()(siobhan.actor, file.id)
    seen = await use.get_capsule()(amelie.actor, sealed.id)
    assert seen.content is not None and [one.available for one in seen.content.attachments] == [False]
    with pytest.raises(AttachmentNotFound):
        await use.link_attachment()(amelie.actor, sealed.id, file.id)


async def test_there_is_one_reply_of_each_and_the_sender_reads_all(
    world: World, siobhan: Person, amelie: Person
) -> None:
    sealed, reply = await seal(world, siobhan, amelie, siobhan), world.container.reply_to_capsule()
    with pytest.raises(CapsuleStillSealed):
        await reply(amelie.actor, sealed.id, NewReply(text="early"))
    world.clock.set(sealed.unlock.at)
    for reader in (amelie, siobhan):
        await world.container.open_capsule()(reader.actor, sealed.id)
    for wrong in (NewReply(), NewReply(text="x", emoji="❤️"), NewReply(emoji="ab"), NewReply(text="x" * 2001)):
        with pytest.raises(InvalidCapsule):
            await reply(amelie.actor, sealed.id, wrong)
    await reply(amelie.actor, sealed.id, NewReply(emoji="👩‍👩‍👧‍👦"))
    with pytest.raises(AlreadyReplied):
        await reply(amelie.actor, sealed.id, NewReply(text="again"))
    await reply(siobhan.actor, sealed.id, NewReply(text="to myself"))
    mine = await world.container.get_capsule()(amelie.actor, sealed.id)
    all_of_them = await world.container.get_capsule()(siobhan.actor, sealed.id)
    assert [one.emoji for one in mine.replies] == ["👩‍👩‍👧‍👦"]
    assert sorted(one.text or "" for one in all_of_them.replies) == ["", "to myself"]
    silent = await seal(world, siobhan, amelie, allow_reply=False)
    world.clock.set(silent.unlock.at)
    await world.container.open_capsule()(amelie.actor, silent.id)
    with pytest.raises(RepliesNotAllowed):
        await reply(amelie.actor, silent.id, NewReply(text="x"))


async def test_a_letter_to_oneself_is_reflected_on(world: World, siobhan: Person, amelie: Person) -> None:
    sealed, reflect = await seal(world, siobhan, siobhan), world.container.reflect()
    with pytest.raises(CapsuleStillSealed):
        await reflect(siobhan.actor, sealed.id, NewReflection(text="early"))
    world.clock.set(sealed.unlock.at)
    await world.container.open_capsule()(siobhan.actor, sealed.id)
    for text in ("So it went.", "No, otherwise."):
        await reflect(siobhan.actor, sealed.id, NewReflection(text=text))
    seen = await world.container.get_capsule()(siobhan.actor, sealed.id)
    assert seen.reflection is not None and seen.reflection.text == "No, otherwise."
    hers = await seal(world, siobhan, amelie)
    world.clock.set(hers.unlock.at)
    await world.container.open_capsule()(amelie.actor, hers.id)
    with pytest.raises(CapsuleInWrongState):
        await reflect(siobhan.actor, hers.id, NewReflection(text="x"))


async def test_nobody_reads_letters_while_acting_for_somebody_else(
    world: World, siobhan: Person, amelie: Person
) -> None:
    sealed, acting = await seal(world, siobhan, amelie), replace(amelie.actor, impersonator=siobhan.actor.user)
    world.clock.set(sealed.unlock.at)
    with pytest.raises(NotWhileImpersonating):
        await world.container.open_capsule()(acting, sealed.id)
    await world.container.open_capsule()(amelie.actor, sealed.id)
    assert (await world.container.get_capsule()(acting, sealed.id)).content is None


async def test_lists_are_filtered_by_what_state_things_are_in_now(
    world: World, siobhan: Person, amelie: Person
) -> None:
    ids = {}
    for name, days in (("sealed", 30), ("unfolding", 5), ("ready", 3), ("opened", 3), ("cancelled", 30)):
        ids[name] = (await seal(world, siobhan, amelie, days=days)).id
    await world.container.cancel_capsule()(siobhan.actor, ids["cancelled"])
    world.clock.set(world.clock.now() + timedelta(days=3))
    await world.container.open_capsule()(amelie.actor, ids["opened"])
    for box, who in (("inbox", amelie), ("outbox", siobhan)):
        for state, id in ids.items():
            page = PageRequest(filters={"state": state}, count=True)
            found = await world.container.list_capsules()(who.actor, box, page)
            assert [one.id for one in found.items] == [id], (box, state)
            assert found.total == 1 and found.items[0].state == state
    for wrong in (PageRequest(filters={"state": "draft"}), PageRequest(sort="title")):
        with pytest.raises(InvalidFields):
            await world.container.list_capsules()(amelie.actor, "inbox", wrong)
    with pytest.raises(InvalidFields):
        await world.container.list_capsules()(amelie.actor, "letterbox")


async def test_a_letter_whose_key_is_lost_is_not_taken_for_an_empty_one(
    world: World, siobhan: Person, amelie: Person
) -> None:
    from dependency_injector.providers import Object

    from asperguide.adapters.memory.vault import MemoryVault

    sealed = await seal(world, siobhan, amelie)
    draft = await world.container.create_draft()(siobhan.actor)
    world.clock.set(sealed.unlock.at)
    with world.container.vault.override(Object(MemoryVault(world.ids))):
        for call in (
            world.container.open_capsule()(amelie.actor, sealed.id),
            world.container.get_draft()(siobhan.actor, draft.id),
        ):
            with pytest.raises(LetterUnreadable):
                await call
    assert (await world.container.open_capsule()(amelie.actor, sealed.id)).content is not None
