"""What use cases of letters are called with when each of their calls fails in turn."""

from collections.abc import Awaitable, Callable
from datetime import timedelta
from typing import Any

from asperguide.adapters.security.vault import AesVault
from asperguide.capsules import (
    AddresseeId,
    CapsuleId,
    Draft,
    NewAddress,
    NewRecipient,
    NewReflection,
    NewReply,
    Postponement,
    RecipientChange,
    Sealing,
    To,
)
from asperguide.capsules.events import CapsuleOpened, CapsuleReady
from asperguide.capsules.ports import Person
from asperguide.capsules.sealing import Letter
from asperguide.capsules.settling import Holder
from asperguide.identity.events import AccountErased
from tests.capsules import at, letter
from tests.faults.media_cases import JOB, Case, arrived, itself

NEW = "grainne@example.org"
KEYS = {"new": b"\x01" * 32, "old": b"\x02" * 32}


def vault(world: Any) -> AesVault:
    """One that worlds which are set up again have in common."""
    return AesVault(KEYS, world.ids)


async def drafted(cast: Any) -> CapsuleId:
    """A draft of Siobhán's."""
    written = Draft(title="t", body="b", recipients=(To(user=cast.boss.actor.user),))
    return (await cast.world.container.create_draft()(cast.siobhan.actor, written)).id  # type: ignore[no-any-return]


async def sealed(cast: Any, *whom: Any, **fields: Any) -> Any:
    """A letter of hers to the boss and an address, or to others."""
    new = letter(cast.world, *(whom or (cast.boss, NEW)), **{"days": 4, **fields})
    return await cast.world.container.seal_capsule()(cast.siobhan.actor, new)


async def ready(cast: Any, *whom: Any, **fields: Any) -> Any:
    """One whose time has come."""
    made = await sealed(cast, *whom, **fields)
    cast.world.clock.set(made.unlock.at)
    return made


async def opened(cast: Any, **fields: Any) -> Any:
    """One that the boss has opened."""
    made = await ready(cast, **fields)
    await cast.world.container.open_capsule()(cast.boss.actor, made.id)
    return made


def mine(make: Callable[[Any], Awaitable[Any]], *more: Any, **options: Any) -> Case:
    """A call by Siobhán about what was made, and with more."""

    async def given(cast: Any) -> tuple[Any, ...]:
        made = await make(cast)
        return cast.siobhan.actor, getattr(made, "id", made), *more

    return given, options


def theirs(make: Callable[[Any], Awaitable[Any]], *more: Any, **options: Any) -> Case:
    """The same by the boss."""

    async def given(cast: Any) -> tuple[Any, ...]:
        return cast.boss.actor, (await make(cast)).id, *more

    return given, options


async def kept(cast: Any) -> Any:
    """Somebody in her address book."""
    new = NewRecipient(name="Gráinne", email=NEW)
    return await cast.world.container.add_recipient()(cast.siobhan.actor, new)


async def _adding(cast: Any) -> tuple[Any, ...]:
    return cast.siobhan.actor, NewRecipient(name="Boss", user=cast.boss.actor.user)


async def _creating(cast: Any) -> tuple[Any, ...]:
    return cast.siobhan.actor, Draft(title="t")


def _how(cast: Any) -> Sealing:
    return Sealing(unlock=at(cast.world.clock.now() + timedelta(days=4)), invite=True)


async def _sealing(cast: Any) -> tuple[Any, ...]:
    return cast.siobhan.actor, letter(cast.world, cast.boss, NEW, attachments=(await arrived(cast),))


async def _sealing_a_draft(cast: Any) -> tuple[Any, ...]:
    return cast.siobhan.actor, await drafted(cast), _how(cast)


async def _making(cast: Any) -> tuple[Any, ...]:
    written = Letter(title="t", body="b", theme="", attachments=(), recipients=(To(email=NEW),))
    return cast.siobhan.actor, CapsuleId(JOB), written, _how(cast)


async def _finding(cast: Any) -> tuple[Any, ...]:
    recipients = (To(email=NEW), To(user=cast.boss.actor.user), To(recipient=(await kept(cast)).id))
    return cast.siobhan.actor, CapsuleId(JOB), recipients


async def _postponing(cast: Any) -> tuple[Any, ...]:
    made = await sealed(cast)
    return cast.siobhan.actor, made.id, Postponement(unlock=at(made.unlock.at + timedelta(days=30)))


async def _readdressing(cast: Any) -> tuple[Any, ...]:
    made = await ready(cast)
    return cast.siobhan.actor, made.id, made.recipients[1].id, NewAddress(email="other@example.org")


async def _shared(cast: Any) -> Any:
    made = await sealed(cast)
    return made, await cast.world.container.share_countdown()(cast.siobhan.actor, made.id)


async def _revoking(cast: Any) -> tuple[Any, ...]:
    made, countdown = await _shared(cast)
    return cast.siobhan.actor, made.id, countdown.id


async def _seeing(cast: Any) -> tuple[Any, ...]:
    return ((await _shared(cast))[1].token,)


async def _unfolding(cast: Any) -> Any:
    return await sealed(cast, days=2, allow_early_view=True)


async def _linking(cast: Any) -> tuple[Any, ...]:
    file = await arrived(cast)
    return cast.boss.actor, (await opened(cast, attachments=(file,))).id, file


async def _reading(cast: Any) -> tuple[Any, ...]:
    made = await opened(cast)
    return await cast.world.container.capsule_reads().capsule(made.id), cast.boss.actor.user


async def _token(cast: Any) -> str:
    made = await ready(cast)
    one = await cast.world.container.capsule_reads().addressee(AddresseeId(made.recipients[1].id))
    return cast.world.container.claim_tokens().issue(one)  # type: ignore[no-any-return]


async def _showing_a_claim(cast: Any) -> tuple[Any, ...]:
    return (await _token(cast),)


async def _claiming(cast: Any) -> tuple[Any, ...]:
    return cast.chief.actor, await _token(cast)


async def _to_oneself(cast: Any) -> Any:
    made = await ready(cast, cast.siobhan)
    await cast.world.container.open_capsule()(cast.siobhan.actor, made.id)
    return made


async def _sweeping(cast: Any) -> tuple[Any, ...]:
    cast.world.clock.set((await sealed(cast)).unlock.at - timedelta(days=2))
    return (JOB,)


async def _sweeping_shortly_before(cast: Any) -> tuple[Any, ...]:
    cast.world.clock.set((await sealed(cast, days=2)).unlock.at - timedelta(seconds=5))
    return (JOB,)


async def _telling(cast: Any, place: int) -> tuple[Any, ...]:
    made = await ready(cast)
    return CapsuleReady(capsule=made.id, addressee=made.recipients[place].id), JOB


async def _telling_somebody(cast: Any) -> tuple[Any, ...]:
    return await _telling(cast, 0)


async def _telling_an_address(cast: Any) -> tuple[Any, ...]:
    return await _telling(cast, 1)


async def _telling_the_sender(cast: Any) -> tuple[Any, ...]:
    made = await opened(cast)
    return CapsuleOpened(capsule=made.id, addressee=made.recipients[0].id), JOB


async def _linking_an_address(cast: Any) -> tuple[Any, ...]:
    await sealed(cast)
    return Holder(user=cast.chief.actor.user, email_key=NEW), JOB


async def _to_herself(cast: Any) -> Any:
    return await sealed(cast, cast.siobhan)


def gone(make: Callable[[Any], Awaitable[Any]]) -> Case:
    """A call by a worker when Siobhán is no more, of whom this is kept; each kind of thing goes by itself."""

    async def given(cast: Any) -> tuple[Any, ...]:
        await make(cast)
        return AccountErased(user=cast.siobhan.actor.user), JOB

    return given, {"once": True}


async def _turning(cast: Any) -> tuple[Any, ...]:
    id = await drafted(cast)
    async with cast.world.container.capsules_unit_of_work() as uow:
        await uow.contents.put(AesVault({"old": KEYS["old"]}, cast.world.ids).seal(id, Draft(title="t").packed()))
        await uow.commit()
    return ()


async def _counting(cast: Any) -> tuple[Any, ...]:
    await drafted(cast)
    return ()


async def _writing(cast: Any) -> tuple[Any, ...]:
    made = await sealed(cast)
    one = await cast.world.container.capsule_reads().addressee(AddresseeId(made.recipients[0].id))
    boss = cast.boss.actor.user
    to = Person(id=boss, name="Boss", email="boss@example.org", locale="fr", time_zone="UTC")
    return "capsule-cancelled", one, to, {"sender": "Siobhán", "theme": "garden"}


async def _listing(cast: Any) -> tuple[Any, ...]:
    await sealed(cast)
    return (cast.boss.actor,)


LETTERS: dict[str, list[Case]] = {
    # writing
    "create_draft": [(_creating, {"keyed": True})],
    "get_draft": [mine(drafted)],
    "read_draft": [mine(drafted)],
    "list_drafts": [(itself, {})],
    "save_draft": [mine(drafted, Draft(title="new"))],
    "delete_draft": [mine(drafted)],
    "add_recipient": [(_adding, {"keyed": True})],
    "get_recipient": [mine(kept)],
    "list_recipients": [(itself, {})],
    "change_recipient": [mine(kept, RecipientChange(name="new"))],
    "remove_recipient": [mine(kept)],
    # sealing
    "seal_capsule": [(_sealing, {"keyed": True})],
    "seal_draft": [(_sealing_a_draft, {"keyed": True})],
    "cancel_capsule": [mine(sealed)],
    "postpone_capsule": [(_postponing, {})],
    "readdress_capsule": [(_readdressing, {})],
    "share_countdown": [mine(sealed, keyed=True)],
    "list_countdowns": [mine(sealed)],
    "revoke_countdown": [(_revoking, {})],
    "see_countdown": [(_seeing, {})],
    # reading and answering
    "list_capsules": [(_listing, {})],
    "get_capsule": [mine(sealed), theirs(opened)],
    "open_capsule": [theirs(ready)],
    "peek_capsule": [theirs(_unfolding)],
    "link_attachment": [(_linking, {})],
    "prove_capsule": [mine(sealed), theirs(opened)],
    "show_claim": [(_showing_a_claim, {})],
    "claim_capsule": [(_claiming, {})],
    "reply_to_capsule": [theirs(opened, NewReply(text="Yes."), keyed=True)],
    "reflect": [mine(_to_oneself, NewReflection(text="So it went."))],
    # in the background
    "sweep_capsules": [(_sweeping, {}), (_sweeping_shortly_before, {})],
    "tell_recipient": [(_telling_somebody, {"once": True}), (_telling_an_address, {"once": True})],
    "tell_sender": [(_telling_the_sender, {"once": True})],
    "link_address": [(_linking_an_address, {})],
    "forget_person": [gone(drafted), gone(kept), gone(_to_herself), gone(_shared)],
    "rotate_keys": [(_turning, {})],
    "count_keys": [(_counting, {})],
    # parts of others
    "find_addressees": [(_finding, {})],
    "make_capsule": [(_making, {})],
    "read_letter": [(_reading, {})],
    "show_capsule": [(_reading, {})],
    "write_about_capsule": [(_writing, {"once": True})],
}
