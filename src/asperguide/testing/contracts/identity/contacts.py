"""The law of people as other contexts ask for them."""

from collections.abc import Iterator
from dataclasses import replace

from asperguide.identity.model import User, UserState, decoy_of
from asperguide.identity.ports import Contact
from asperguide.shared.actor import UserId
from asperguide.shared.emails import canonical_email
from asperguide.testing.contracts.people import HOUR, IDS, NOW, active, person
from asperguide.testing.contracts.persistence import Persistence

MANY = 1000


def out_of_reach() -> Iterator[User]:
    """One account of each kind that nobody writes to."""
    yield person("pending")
    yield active("suspended").suspended(NOW)
    yield active("closing").closing(NOW, HOUR)
    yield active("closed").erased(NOW)
    yield decoy_of(person("decoy"))
    yield replace(decoy_of(person("odd.decoy")), state=UserState.ACTIVE, email_verified_at=NOW)


class ContactsContract:
    """Contacts and holders of addresses: who can be written to, however many are asked for."""

    async def test_a_contact_is_what_it_takes_to_write_to_somebody(self, persistence: Persistence) -> None:
        mine = active(
            "oneil", "Siobhán O'Neil 🦊", email="Siobhán.O'Neil@Example.org", locale="fr-CA", time_zone="Europe/Dublin"
        )
        other, third = active("other"), active("third")
        await persistence.keep(mine, other, third)
        found = await persistence.reads.contacts([mine.id, other.id, mine.id, UserId(IDS.new())])
        assert set(found) == {mine.id, other.id}
        assert found[mine.id] == Contact(
            id=mine.id, full_name="Siobhán O'Neil 🦊", email="Siobhán.O'Neil@Example.org", locale="fr-CA",
            time_zone="Europe/Dublin",
        )  # fmt: skip

    async def test_nobody_writes_to_accounts_that_are_not_active(self, persistence: Persistence) -> None:
        others = list(out_of_reach())
        await persistence.keep(*others)
        assert await persistence.reads.contacts({user.id for user in others}) == {}
        keys = {user.email_key for user in others} | {canonical_email(user.email) for user in others}
        assert await persistence.reads.holders(keys) == {}

    async def test_holders_are_found_by_the_canonical_address_to_the_letter(self, persistence: Persistence) -> None:
        mine, other = person("mine", "STRASSE@Example.org"), person("other", "zo\u00eb@example.org")
        mine, other = (user.confirmed(user.email, NOW) for user in (mine, other))
        await persistence.keep(mine, other)
        asked = ["strasse@example.org", "STRASSE@Example.org", "strasse@example.org ", "zoe@example.org", "", "0"]
        assert await persistence.reads.holders(asked) == {"strasse@example.org": mine.id}
        assert await persistence.reads.holders([canonical_email("zoe\u0308@EXAMPLE.org")]) == {
            other.email_key: other.id
        }

    async def test_an_address_that_was_not_confirmed_is_nobodys(self, persistence: Persistence) -> None:
        unconfirmed = person("unconfirmed", state=UserState.ACTIVE)
        await persistence.keep(unconfirmed)
        assert await persistence.reads.holders([unconfirmed.email_key]) == {}

    async def test_people_are_found_among_a_thousand(self, persistence: Persistence) -> None:
        people = [active(f"person{number}") for number in range(3)]
        await persistence.keep(*people)
        ids = [UserId(IDS.new()) for _ in range(MANY - 3)]
        keys = [f"nobody{number}@example.org" for number in range(MANY - 3)]
        contacts = await persistence.reads.contacts([*ids, *(user.id for user in people)])
        holders = await persistence.reads.holders([*(user.email_key for user in people), *keys])
        assert set(contacts) == {user.id for user in people}
        assert holders == {user.email_key: user.id for user in people}

    async def test_asking_for_nobody_finds_nobody(self, persistence: Persistence) -> None:
        await persistence.keep(active("somebody"))
        assert await persistence.reads.contacts(()) == {}
        assert await persistence.reads.holders(set()) == {}
