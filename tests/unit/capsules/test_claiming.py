"""Letters for people without an account; countdowns for everybody; people who come and go; keys that are turned."""

import re
from collections.abc import Collection, Mapping
from dataclasses import replace
from datetime import timedelta
from typing import Any
from uuid import UUID

import pytest
from dependency_injector.providers import Object

from asperguide.adapters.memory.vault import MemoryVault
from asperguide.capsules import (
    Addressee,
    AddresseeId,
    CapsuleId,
    CapsuleView,
    ClaimTokens,
    Draft,
    NewAddress,
    NewRecipient,
    State,
)
from asperguide.capsules.errors import (
    CapsuleInWrongState,
    CapsuleNotFound,
    ClaimExpired,
    ClaimNotFound,
    ClaimUsed,
    CountdownNotFound,
    LetterUnreadable,
    TooManyCountdowns,
)
from asperguide.identity.events import AccountErased
from asperguide.shared.actor import UserId
from asperguide.shared.errors import Forbidden
from asperguide.testing import World
from asperguide.testing.world import Person
from tests.capsules import CANARY, seal

NEW = "grainne@example.org"


class Nobody:
    """Whoever asks whose an address is a moment too early."""

    def __init__(self, world: World) -> None:
        self._people = world.container.people()

    async def known(self, ids: Collection[UserId]) -> Mapping[UserId, Any]:
        return await self._people.known(ids)

    async def holders(self, email_keys: Collection[str]) -> Mapping[str, UserId]:
        return {}


def claims(world: World, email: str = NEW) -> list[str]:
    """The tokens of the links that were sent to this address."""
    texts = [mail.text for mail in world.mails if mail.to == email]
    return [found for text in texts for found in re.findall(r"/capsules/claims/(\S+)", text)]


async def test_the_link_takes_a_letter_into_the_account_of_who_uses_it_first(
    world: World, siobhan: Person, amelie: Person
) -> None:
    sealed = await seal(world, siobhan, NEW)
    await world.advance(days=30)
    (token,) = claims(world)
    seen = await world.container.show_claim()(token)
    assert (seen.capsule, seen.theme, CANARY in repr(seen)) == (sealed.id, "birthday", False)
    claim = world.container.claim_capsule()
    for _ in range(2):
        assert (await claim(amelie.actor, token)).id == sealed.id
    with pytest.raises(ClaimUsed):
        await claim(siobhan.actor, token)
    with pytest.raises(ClaimUsed):
        await world.container.show_claim()(token)
    opened = await world.container.open_capsule()(amelie.actor, sealed.id)
    assert opened.content is not None and opened.state is State.OPENED


async def test_links_that_we_did_not_make_lead_nowhere(world: World, siobhan: Person, amelie: Person) -> None:
    await seal(world, siobhan, NEW)
    await world.advance(days=30)
    (token,) = claims(world)
    forged = [token[:place] + ("B" if token[place] == "A" else "A") + token[place + 1 :] for place in (0, 24, 40)]
    for wrong in ("", "é", "x" * 70, token[:-1], token + "A", *forged):
        for call in (world.container.show_claim()(wrong), world.container.claim_capsule()(amelie.actor, wrong)):
            with pytest.raises(ClaimNotFound):
                await call


async def test_a_link_is_good_for_a_year(world: World, siobhan: Person, amelie: Person) -> None:
    await seal(world, siobhan, NEW)
    await world.advance(days=30)
    (token,) = claims(world)
    world.clock.set(world.clock.now() + timedelta(days=365))
    for call in (world.container.show_claim()(token), world.container.claim_capsule()(amelie.actor, token)):
        with pytest.raises(ClaimExpired):
            await call


async def test_a_link_ends_when_the_address_is_corrected(world: World, siobhan: Person, amelie: Person) -> None:
    sealed = await seal(world, siobhan, NEW)
    await world.advance(days=30)
    (old,) = claims(world)
    assert sealed.recipients is not None
    await world.container.readdress_capsule()(
        siobhan.actor, sealed.id, sealed.recipients[0].id, NewAddress(email="other@example.org")
    )
    await world.settle()
    with pytest.raises(ClaimNotFound):
        await world.container.claim_capsule()(amelie.actor, old)
    (new,) = claims(world, "other@example.org")
    assert (await world.container.claim_capsule()(amelie.actor, new)).id == sealed.id


async def test_somebody_who_has_the_letter_already_does_not_get_it_twice(
    world: World, siobhan: Person, amelie: Person
) -> None:
    sealed = await seal(world, siobhan, amelie, NEW)
    await world.advance(days=30)
    (token,) = claims(world)
    for _ in range(2):
        assert (await world.container.claim_capsule()(amelie.actor, token)).id == sealed.id
    assert [one.id for one in (await world.container.list_capsules()(amelie.actor)).items] == [sealed.id]
    opened = await world.container.open_capsule()(amelie.actor, sealed.id)
    seen = await world.container.get_capsule()(siobhan.actor, sealed.id)
    assert (opened.state, seen.state) == (State.OPENED, State.OPENED)


async def test_whoever_has_opened_it_has_opened_it_also_as_who_they_turn_out_to_be(
    world: World, siobhan: Person, amelie: Person
) -> None:
    sealed = await seal(world, siobhan, amelie, NEW)
    await world.advance(days=30)
    opened = await world.container.open_capsule()(amelie.actor, sealed.id)
    assert (await world.container.get_capsule()(siobhan.actor, sealed.id)).state is State.READY
    await world.container.claim_capsule()(amelie.actor, claims(world)[0])
    seen = await world.container.get_capsule()(siobhan.actor, sealed.id)
    assert (seen.state, seen.opened_at) == (State.OPENED, opened.opened_at)


async def test_letters_for_an_address_are_for_whoever_registers_with_it(world: World, siobhan: Person) -> None:
    early, late = await seal(world, siobhan, NEW), await seal(world, siobhan, NEW, days=1)
    await world.advance(days=2)
    (token,) = claims(world)
    grainne = await world.person("grainne")
    await world.settle()
    inbox = await world.container.list_capsules()(grainne.actor)
    assert {one.id for one in inbox.items} == {early.id, late.id}
    assert (await world.container.open_capsule()(grainne.actor, late.id)).content is not None
    assert (await world.container.claim_capsule()(grainne.actor, token)).id == late.id
    await world.advance(days=30)
    assert "capsule-ready" in {mail.key.partition(":")[0] for mail in world.mails if mail.to == NEW}


async def test_a_countdown_shows_when_and_nothing_else_until_it_is_revoked(
    world: World, siobhan: Person, amelie: Person
) -> None:
    sealed, use = await seal(world, siobhan, amelie), world.container
    shared = await use.share_countdown()(siobhan.actor, sealed.id)
    assert shared.url.endswith(f"/api/v1/capsules/countdowns/{shared.token}")
    seen = await use.see_countdown()(shared.token)
    assert (seen.state, seen.unlock) == (State.SEALED, sealed.unlock)
    assert not [word for word in (CANARY, "Siobhan", str(sealed.id)) if word in repr(seen)]
    with pytest.raises(Forbidden):
        await use.share_countdown()(amelie.actor, sealed.id)
    with pytest.raises(CapsuleNotFound):
        await use.revoke_countdown()(amelie.actor, sealed.id, shared.id)
    assert [one.id for one in await use.list_countdowns()(siobhan.actor, sealed.id)] == [shared.id]
    world.clock.set(sealed.unlock.at)
    await use.open_capsule()(amelie.actor, sealed.id)
    assert (await use.see_countdown()(shared.token)).state is State.READY
    await use.revoke_countdown()(siobhan.actor, sealed.id, shared.id)
    with pytest.raises(CountdownNotFound):
        await use.revoke_countdown()(siobhan.actor, sealed.id, shared.id)
    for token in (shared.token, "é", ""):
        with pytest.raises(CountdownNotFound):
            await use.see_countdown()(token)
    with pytest.raises(CapsuleInWrongState):
        await use.share_countdown()(siobhan.actor, sealed.id)


async def test_there_are_twenty_countdowns_of_a_letter(world: World, siobhan: Person) -> None:
    sealed = await seal(world, siobhan, siobhan)
    for _ in range(20):
        await world.container.share_countdown()(siobhan.actor, sealed.id)
    with pytest.raises(TooManyCountdowns):
        await world.container.share_countdown()(siobhan.actor, sealed.id)


async def gone(world: World, who: Person) -> None:
    """Their account is closed, and its grace over."""
    await world.container.close_account()(who.actor)
    await world.advance(days=31)


async def test_letters_of_somebody_who_left_open_as_they_were_signed(
    world: World, siobhan: Person, amelie: Person
) -> None:
    use = world.container
    theirs = await seal(world, siobhan, amelie, days=60)
    mine = await seal(world, siobhan, siobhan, days=60)
    shared = await use.share_countdown()(siobhan.actor, theirs.id)
    draft = await use.create_draft()(siobhan.actor, Draft(title=CANARY))
    await use.add_recipient()(siobhan.actor, NewRecipient(name="Gráinne", email=NEW))
    await gone(world, siobhan)
    with pytest.raises(CountdownNotFound):
        await use.see_countdown()(shared.token)
    assert await use.capsule_reads().draft(draft.id) is None
    assert await use.capsule_reads().capsule(mine.id) is None
    assert set(await use.capsule_reads().sealed([draft.id, mine.id, theirs.id])) == {theirs.id}
    await world.advance(days=30)
    opened = await use.open_capsule()(amelie.actor, theirs.id)
    assert opened.content is not None and opened.content.body == f"Body: {CANARY}"
    assert opened.sender is not None and (opened.sender.name, opened.content.signature) == ("Siobhan", "Siobhan")


async def test_a_letter_does_not_wait_for_somebody_who_left(world: World, siobhan: Person, amelie: Person) -> None:
    sealed = await seal(world, siobhan, siobhan, amelie, days=40)
    await gone(world, amelie)
    seen = await world.container.get_capsule()(siobhan.actor, sealed.id)
    assert seen.recipients is not None
    assert [(one.name, one.left_at is not None) for one in seen.recipients] == [("Siobhan", False), ("", True)]
    await world.advance(days=10)
    assert (await world.container.open_capsule()(siobhan.actor, sealed.id)).state is State.OPENED


async def test_forgetting_somebody_again_changes_nothing(world: World, siobhan: Person, amelie: Person) -> None:
    await seal(world, siobhan, amelie)
    message, before = AccountErased(user=siobhan.actor.user), None
    for _ in range(2):
        await world.container.forget_person()(message)
        after = world.dump()
        assert before in (None, after)
        before = after


async def test_what_hangs_on_old_keys_is_hung_on_the_new_one_unread(
    world: World, siobhan: Person, amelie: Person
) -> None:
    use, vault = world.container, world.container.vault()
    assert isinstance(vault, MemoryVault)
    old = vault.current
    sealed = [await seal(world, siobhan, amelie) for _ in range(3)]
    await use.create_draft()(siobhan.actor)
    vault.turn("next")
    await seal(world, siobhan, amelie)
    assert [(one.name, one.letters, one.current) for one in await use.count_keys()()] == [
        ("next", 1, True), (old, 4, False),
    ]  # fmt: skip
    assert await use.rotate_keys()() == 4
    assert await use.rotate_keys()() == 0
    assert [(one.name, one.letters) for one in await use.count_keys()()] == [("next", 5)]
    world.clock.set(sealed[0].unlock.at)
    assert (await use.open_capsule()(amelie.actor, sealed[0].id)).content is not None


async def test_turning_keys_stops_where_one_is_missing_and_loses_nothing(
    world: World, siobhan: Person, amelie: Person
) -> None:
    sealed = await seal(world, siobhan, amelie)
    with world.container.vault.override(Object(MemoryVault(world.ids, "strange"))):
        assert await world.container.rotate_keys()() == 0
    world.clock.set(sealed.unlock.at)
    assert (await world.container.open_capsule()(amelie.actor, sealed.id)).content is not None


async def test_a_letter_that_cannot_be_read_is_not_opened_either(world: World, siobhan: Person, amelie: Person) -> None:
    sealed: CapsuleView = await seal(world, siobhan, amelie, disappears_after=60)
    world.clock.set(sealed.unlock.at)
    with world.container.vault.override(Object(MemoryVault(world.ids))), pytest.raises(LetterUnreadable):
        await world.container.open_capsule()(amelie.actor, sealed.id)
    seen = await world.container.get_capsule()(amelie.actor, sealed.id)
    assert (seen.state, seen.opened_at) == (State.READY, None)


async def test_an_administrator_who_acts_for_somebody_claims_nothing(
    world: World, siobhan: Person, amelie: Person
) -> None:
    await seal(world, siobhan, NEW)
    await world.advance(days=30)
    acting = replace(amelie.actor, impersonator=siobhan.actor.user)
    with pytest.raises(Forbidden):
        await world.container.claim_capsule()(acting, claims(world)[0])


async def test_an_account_that_appeared_between_finding_out_and_sealing_gets_the_letter_too(
    world: World, siobhan: Person, amelie: Person
) -> None:
    with world.container.people.override(Object(Nobody(world))):
        sealed = await seal(world, siobhan, amelie.email)
    assert (await world.container.list_capsules()(amelie.actor)).items == ()
    await world.advance(days=30)
    assert [one.id for one in (await world.container.list_capsules()(amelie.actor)).items] == [sealed.id]
    assert claims(world, amelie.email) == []


def test_links_outlive_the_turning_of_keys_until_their_key_is_taken_away() -> None:
    one = Addressee(id=AddresseeId(UUID(int=7)), capsule=CapsuleId(UUID(int=8)), email=NEW)
    old = ClaimTokens((b"old",)).issue(one)
    turned = ClaimTokens((b"new", b"old"))
    assert turned.read(old) == turned.read(turned.issue(one)) == (one.id, 1)
    assert turned.issue(one) != old
    with pytest.raises(ClaimNotFound):
        ClaimTokens((b"new",)).read(old)
