"""Other contexts are told of an address when it is proved to be somebody's: once, and with the proof or not at all."""

import msgspec
import pytest

from asperguide.identity import Confirmation, NewAdmin, PasswordReset, Registered, User
from asperguide.identity.codes import CodeId, Purpose, new_code
from asperguide.identity.errors import CodeRefused, EmailTaken
from asperguide.identity.events import AddressVerified
from asperguide.shared.actor import UserId
from asperguide.shared.ledger import kind_of
from asperguide.testing import World
from asperguide.testing.contracts.people import active, credential, person
from tests.identity import BETTER, PASSWORD, register


@pytest.fixture
def world() -> World:
    """Nothing is worked on here but mails: what is told stays in the ledger."""
    return World()


def told(world: World) -> list[AddressVerified]:
    """What the ledger holds for others, in order."""
    payloads = [row.job.payload for row in world.ledger.rows.values() if row.job.kind == kind_of(AddressVerified)]
    return [msgspec.json.decode(payload, type=AddressVerified) for payload in payloads]


async def keep(world: World, user: User) -> User:
    async with world.container.identity_unit_of_work() as uow:
        await uow.users.add(user, credential(user))
        await uow.commit()
    return user


async def code_for(world: World, user: UserId, purpose: Purpose, address: str) -> str:
    """What a mail to the address would hold."""
    ids = world.ids
    code, text = new_code(CodeId(ids.new()), user, purpose, address, ids.secret(), world.clock.now())
    async with world.container.identity_unit_of_work() as uow:
        await uow.codes.add(code)
        await uow.commit()
    return text


async def confirm(world: World, user: UserId, purpose: Purpose, address: str) -> None:
    await world.container.confirm_email()(Confirmation(code=await code_for(world, user, purpose, address)))


async def test_a_confirmed_registration_tells_the_canonical_address(world: World) -> None:
    new: Registered = await register(world, email="STRASSE@Example.org")
    assert told(world) == []
    await world.container.confirm_email()(Confirmation(code=world.code_for("STRASSE@Example.org")))
    assert told(world) == [AddressVerified(user=new.id, email_key="strasse@example.org")]


async def test_an_address_that_was_confirmed_before_is_no_news(world: World) -> None:
    user = await keep(world, active("oneil"))
    await confirm(world, user.id, Purpose.VERIFY_EMAIL, user.email)
    await confirm(world, user.id, Purpose.CHANGE_EMAIL, user.email.upper())
    assert told(world) == []


async def test_a_move_to_another_address_tells_the_new_one(world: World) -> None:
    user = await keep(world, active("oneil"))
    await confirm(world, user.id, Purpose.CHANGE_EMAIL, "Siobhán@Galway.example")
    assert told(world) == [AddressVerified(user=user.id, email_key="siobhán@galway.example")]


async def test_a_move_of_a_pending_account_tells_the_new_one(world: World) -> None:
    user = await keep(world, person("oneil"))
    await confirm(world, user.id, Purpose.CHANGE_EMAIL, user.email.upper())
    assert told(world) == [AddressVerified(user=user.id, email_key=user.email_key)]


async def test_a_move_to_an_address_that_somebody_has_tells_nothing(world: World) -> None:
    user, other = await keep(world, active("oneil")), await keep(world, active("other"))
    with pytest.raises(EmailTaken):
        await confirm(world, user.id, Purpose.CHANGE_EMAIL, other.email)
    assert told(world) == []


async def test_a_code_that_is_refused_tells_nothing(world: World) -> None:
    user = await keep(world, person("oneil"))
    text = await code_for(world, user.id, Purpose.VERIFY_EMAIL, user.email)
    await world.container.confirm_email()(Confirmation(code=text))
    with pytest.raises(CodeRefused):
        await world.container.confirm_email()(Confirmation(code=text))
    assert len(told(world)) == 1


async def test_a_reset_that_confirms_the_address_of_a_pending_account_tells_it(world: World) -> None:
    pending, confirmed = await keep(world, person("pending")), await keep(world, active("confirmed"))
    for user in (pending, confirmed):
        text = await code_for(world, user.id, Purpose.RESET_PASSWORD, user.email)
        await world.container.reset_password()(PasswordReset(code=text, new_password=BETTER))
    assert told(world) == [AddressVerified(user=pending.id, email_key=pending.email_key)]


async def test_an_administrator_who_is_made_with_a_confirmed_address_is_told_of(world: World) -> None:
    new = NewAdmin(email="Boss@example.org", username="boss", full_name="Boss", password=PASSWORD)
    account = await world.container.create_admin()(new)
    assert told(world) == [AddressVerified(user=account.id, email_key="boss@example.org")]
