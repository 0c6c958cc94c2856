"""Sealing a letter: to whom, until when, with what, and what is told of it then."""

from dataclasses import replace
from datetime import datetime, timedelta
from typing import Any

import pytest

from asperguide.capsules import (
    Draft,
    NewCapsule,
    NewRecipient,
    RecipientChange,
    Sealing,
    State,
    To,
    UnlockTime,
)
from asperguide.capsules.errors import (
    CapsuleAlreadySealed,
    DraftNotFound,
    InvalidCapsule,
    InvalidRecipient,
    InvalidUnlockTime,
    RecipientKnown,
    RecipientNotFound,
)
from asperguide.media import SmallUpload
from asperguide.shared.errors import DomainError, EditedMeanwhile, NotWhileImpersonating
from asperguide.testing import World
from asperguide.testing.world import Person
from tests.capsules import CANARY, at, letter, seal, to
from tests.media import TEXT, in_chunks


async def refused(world: World, sender: Person, new: NewCapsule) -> DomainError:
    with pytest.raises(DomainError) as error:
        await world.container.seal_capsule()(sender.actor, new)
    return error.value


def pointers(error: DomainError) -> list[str]:
    return [field.pointer for field in error.fields]


async def test_a_sealed_letter_is_shut_for_its_sender_too(world: World, siobhan: Person, amelie: Person) -> None:
    sealed = await seal(world, siobhan, amelie)
    assert (sealed.state, sealed.content) == (State.SEALED, None)
    assert sealed.recipients is not None and [one.name for one in sealed.recipients] == ["Amelie"]
    assert sealed.proof is not None and len(sealed.proof) == 64
    for reader in (siobhan, amelie):
        seen = await world.container.get_capsule()(reader.actor, sealed.id)
        assert CANARY not in repr(seen)
        assert seen.theme == "birthday"
    assert seen.recipients is None and seen.proof is None
    assert seen.sender is not None and seen.sender.name == "Siobhan"


@pytest.mark.parametrize("ahead", [timedelta(seconds=-1), timedelta(seconds=30), timedelta(days=6 * 366)])
async def test_a_letter_opens_from_a_minute_to_five_years_ahead(
    world: World, siobhan: Person, ahead: timedelta
) -> None:
    error = await refused(world, siobhan, letter(world, siobhan, unlock=at(world.clock.now() + ahead)))
    assert isinstance(error, InvalidUnlockTime)


async def test_who_a_letter_is_for_must_be_somebody(world: World, siobhan: Person, amelie: Person) -> None:
    nobody = siobhan.actor.session
    book = await world.container.add_recipient()(amelie.actor, NewRecipient(name="Hers", email="hers@example.org"))
    wrong = (
        To(user=nobody), To(recipient=nobody), To(recipient=book.id), To(), To(user=amelie.actor.user, email="a@b.c"),
        To(email="a@-"), To(user=amelie.actor.user),
    )  # fmt: skip
    error = await refused(world, siobhan, letter(world, recipients=wrong))
    assert isinstance(error, InvalidCapsule)
    assert sorted(pointers(error)) == [
        *(f"#/recipients/{place}" for place in range(5)), "#/recipients/5/email",
    ]  # fmt: skip


async def test_nobody_gets_a_letter_twice(world: World, siobhan: Person, amelie: Person) -> None:
    whom = (amelie, amelie, "new@example.org", "NEW@example.org")
    sealed = await seal(world, siobhan, *whom)
    assert sealed.recipients is not None and len(sealed.recipients) == 2


async def test_that_an_address_has_an_account_is_not_told(world: World, siobhan: Person, amelie: Person) -> None:
    known = await seal(world, siobhan, amelie.email)
    unknown = await seal(world, siobhan, "nobody@example.org")
    both = await seal(world, siobhan, amelie, amelie.email)
    assert known.recipients is not None and unknown.recipients is not None and both.recipients is not None
    assert [known.recipients[0].user, unknown.recipients[0].user] == [None, None]
    assert len(both.recipients) == 2
    inbox = await world.container.list_capsules()(amelie.actor)
    assert {one.id for one in inbox.items} == {known.id, both.id}


@pytest.mark.parametrize(
    "fields",
    [
        {"body": "x" * 10_001},
        {"title": ""},
        {"title": "x" * 256},
        {"theme": "x" * 51},
        {"recipients": ()},
        {"recipients": tuple(To(email=f"{number}@example.org") for number in range(101))},
        {"disappears_after": 59},
        {"body": "\ud800"},
        {"body": ""},
    ],
)
async def test_what_does_not_fit_is_refused_and_never_cut(
    world: World, siobhan: Person, fields: dict[str, Any]
) -> None:
    assert isinstance(await refused(world, siobhan, letter(world, siobhan, **fields)), InvalidCapsule)
    assert (await world.container.list_capsules()(siobhan.actor, "outbox")).items == ()


async def test_files_that_are_not_mine_or_not_ready_do_not_go_with_a_letter(
    world: World, siobhan: Person, amelie: Person
) -> None:
    send = world.container.upload_small()
    mine = await send(siobhan.actor, SmallUpload(name="mine.txt", media_type="text/plain"), in_chunks(TEXT))
    hers = await send(amelie.actor, SmallUpload(name="hers.txt", media_type="text/plain"), in_chunks(TEXT))
    error = await refused(world, siobhan, letter(world, amelie, attachments=(mine.id, hers.id)))
    assert pointers(error) == ["#/attachments/1"]
    await world.container.delete_file()(siobhan.actor, mine.id)
    error = await refused(world, siobhan, letter(world, amelie, attachments=(mine.id,)))
    assert pointers(error) == ["#/attachments/0"]


async def test_a_draft_becomes_a_capsule_of_the_same_id_and_is_a_draft_no_more(
    world: World, siobhan: Person, amelie: Person
) -> None:
    use, how = world.container, Sealing(unlock=at(world.clock.now() + timedelta(days=9)))
    draft = await use.create_draft()(siobhan.actor)
    with pytest.raises(InvalidCapsule):
        await use.seal_draft()(siobhan.actor, draft.id, how)
    written = Draft(title="For O'Neil", body=CANARY, recipients=to(amelie))
    draft = await use.save_draft()(siobhan.actor, draft.id, written, draft.version)
    assert (draft.title, draft.version) == ("For O'Neil", 2)
    with pytest.raises(EditedMeanwhile):
        await use.seal_draft()(siobhan.actor, draft.id, how, 1)
    sealed = await use.seal_draft()(siobhan.actor, draft.id, how, 2)
    assert (sealed.id, sealed.state) == (draft.id, State.SEALED)
    for call in (
        use.seal_draft()(siobhan.actor, draft.id, how),
        use.save_draft()(siobhan.actor, draft.id, written),
        use.delete_draft()(siobhan.actor, draft.id),
    ):
        with pytest.raises(CapsuleAlreadySealed):
            await call
    with pytest.raises(DraftNotFound):
        await use.get_draft()(siobhan.actor, draft.id)
    assert (await use.list_drafts()(siobhan.actor)).items == ()


async def test_drafts_are_their_writers_alone(world: World, siobhan: Person, amelie: Person) -> None:
    use = world.container
    draft = await use.create_draft()(siobhan.actor, Draft(title="Mine"))
    for call in (
        use.get_draft()(amelie.actor, draft.id),
        use.save_draft()(amelie.actor, draft.id, Draft()),
        use.delete_draft()(amelie.actor, draft.id),
        use.seal_draft()(amelie.actor, draft.id, Sealing(unlock=at(world.clock.now() + timedelta(days=9)))),
    ):
        with pytest.raises(DraftNotFound):
            await call
    with pytest.raises(EditedMeanwhile):
        await use.save_draft()(siobhan.actor, draft.id, Draft(), 9)
    assert [one.title for one in (await use.list_drafts()(siobhan.actor)).items] == ["Mine"]
    await use.delete_draft()(siobhan.actor, draft.id, 1)
    with pytest.raises(DraftNotFound):
        await use.delete_draft()(siobhan.actor, draft.id)


async def test_nobody_seals_or_reads_drafts_for_somebody_else(world: World, siobhan: Person) -> None:
    acting = replace(siobhan.actor, impersonator=siobhan.actor.user)
    draft = await world.container.create_draft()(siobhan.actor, Draft(title="Mine"))
    for call in (
        world.container.seal_capsule()(acting, letter(world, siobhan)),
        world.container.get_draft()(acting, draft.id),
        world.container.list_drafts()(acting),
    ):
        with pytest.raises(NotWhileImpersonating):
            await call


async def test_an_address_book_has_nobody_twice(world: World, siobhan: Person, amelie: Person) -> None:
    use = world.container
    first = await use.add_recipient()(siobhan.actor, NewRecipient(name="Gráinne", email="grainne@example.org"))
    second = await use.add_recipient()(siobhan.actor, NewRecipient(name="Amélie", user=amelie.actor.user))
    for twice in (
        NewRecipient(name="Again", email="GRAINNE@example.org"),
        NewRecipient(name="Again", user=amelie.actor.user),
    ):
        with pytest.raises(RecipientKnown):
            await use.add_recipient()(siobhan.actor, twice)
    with pytest.raises(RecipientKnown):
        await use.change_recipient()(siobhan.actor, second.id, RecipientChange(email="grainne@example.org"))
    await use.add_recipient()(amelie.actor, NewRecipient(name="Gráinne", email="grainne@example.org"))
    assert {one.id for one in (await use.list_recipients()(siobhan.actor)).items} == {first.id, second.id}
    sealed = await seal(world, siobhan, first.id, second.id)
    assert sealed.recipients is not None
    assert [(one.name, one.email) for one in sealed.recipients] == [
        ("Gráinne", "grainne@example.org"), ("Amélie", None),
    ]  # fmt: skip


@pytest.mark.parametrize(
    "change", [{"email": None}, {"email": "no address@"}, {"email": "x@-"}, {"name": ""}, {"name": "a\nb"}]
)
async def test_a_recipient_stays_somebody_who_can_be_written_to(
    world: World, siobhan: Person, change: dict[str, Any]
) -> None:
    use = world.container
    one = await use.add_recipient()(
        siobhan.actor, NewRecipient(name="G", email="g@example.org", relationship="sister", notes="likes roses")
    )
    with pytest.raises(InvalidRecipient):
        await use.change_recipient()(siobhan.actor, one.id, RecipientChange(**change))
    assert await use.get_recipient()(siobhan.actor, one.id) == one


async def test_recipients_are_changed_and_removed_by_their_owner_alone(
    world: World, siobhan: Person, amelie: Person
) -> None:
    use = world.container
    one = await use.add_recipient()(siobhan.actor, NewRecipient(name="G", email="g@example.org", relationship="sister"))
    changed = await use.change_recipient()(siobhan.actor, one.id, RecipientChange(relationship=None, name="Gráinne"), 1)
    assert (changed.name, changed.relationship, changed.email, changed.version) == ("Gráinne", None, "g@example.org", 2)
    for error, call in (
        (EditedMeanwhile, use.change_recipient()(siobhan.actor, one.id, RecipientChange(name="x"), 1)),
        (EditedMeanwhile, use.remove_recipient()(siobhan.actor, one.id, 1)),
        (RecipientNotFound, use.get_recipient()(amelie.actor, one.id)),
        (RecipientNotFound, use.change_recipient()(amelie.actor, one.id, RecipientChange(name="x"))),
        (RecipientNotFound, use.remove_recipient()(amelie.actor, one.id)),
    ):
        with pytest.raises(error):
            await call
    await use.remove_recipient()(siobhan.actor, one.id)
    with pytest.raises(RecipientNotFound):
        await use.get_recipient()(siobhan.actor, one.id)
    with pytest.raises(InvalidRecipient):
        await use.add_recipient()(siobhan.actor, NewRecipient(name="Nobody", user=one.id))


async def test_a_wall_time_is_resolved_where_it_is_meant(world: World, siobhan: Person) -> None:
    year = world.clock.now().year + 1
    wall = datetime(year, 7, 1, 9)
    sealed = await seal(world, siobhan, siobhan, unlock=UnlockTime(wall=wall, zone="Europe/Paris"))
    assert (sealed.unlock.at.hour, sealed.unlock.wall, sealed.unlock.zone) == (7, wall, "Europe/Paris")
    error = await refused(world, siobhan, letter(world, siobhan, unlock=UnlockTime(wall=wall, zone="Mars/Olympus")))
    assert isinstance(error, InvalidUnlockTime)
