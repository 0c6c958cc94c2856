"""The law of addresses and usernames: each is somebody's to the letter."""

import asyncio

from asperguide.identity.errors import EmailTaken, UsernameTaken
from asperguide.shared.emails import canonical_email
from asperguide.testing.contracts.checking import raises
from asperguide.testing.contracts.people import (
    NOW,
    person,
)
from asperguide.testing.contracts.persistence import Persistence

LOOKALIKES = [
    "o'neil@example.org",
    "oneil@example.org",
    "O’Neil@example.org",
    "óneil@example.org",
    "önei̇l@example.org",
    "ıbrahim@example.org",
    "ibrahim@example.org",
    "i̇brahim@example.org",
    "íbrahim@example.org",
    "strasse@example.org",
    "straẞe-2@example.org",
    "ﬁnn-ﬂ@example.org",
    "æther@example.org",
    "aether@example.org",
    "а@example.org",  # Cyrillic
    "a@example.org",
    "select'--@example.org",
    'x"; drop table users@example.org',
    "a%@example.org",
    "a_@example.org",
    "back\\slash@example.org",
    "😀@example.org",
    "😁@example.org",
    "zwj\u200d@example.org",
    "zwj@example.org",
]


class AccountKeysContract:
    """Addresses and usernames: unique, and compared to the letter."""

    async def test_a_taken_address_is_named(self, persistence: Persistence) -> None:
        await persistence.keep(person("first", "taken@example.org"))
        with raises(EmailTaken):
            await persistence.keep(person("second", "TAKEN@example.org"))

    async def test_a_taken_username_is_named_whatever_its_case(self, persistence: Persistence) -> None:
        await persistence.keep(person("Taken", "first@example.org"))
        with raises(UsernameTaken):
            await persistence.keep(person("tAKEN", "second@example.org"))

    async def test_a_change_to_a_taken_username_is_named(self, persistence: Persistence) -> None:
        other = person("other")
        await persistence.keep(person("taken"), other)
        with raises(UsernameTaken):
            await persistence.change(lambda uow: uow.users.save(other.renamed("TAKEN", NOW)))

    async def test_of_concurrent_registrations_one_wins_and_the_others_are_told(self, persistence: Persistence) -> None:
        same_name = [person("same", f"{number}@example.org") for number in range(8)]
        same_address = [person(f"person{number}", "same@a.org") for number in range(8)]
        for rivals, error in ((same_name, UsernameTaken), (same_address, EmailTaken)):
            results = await asyncio.gather(*map(persistence.keep, rivals), return_exceptions=True)
            assert [type(result) for result in results if result is not None] == [error] * 7

    async def test_look_alike_addresses_are_different_people(self, persistence: Persistence) -> None:
        keys = {canonical_email(email) for email in LOOKALIKES}
        assert len(keys) == len(LOOKALIKES)
        people = [
            person(f"person{number}", email_key=canonical_email(email)) for number, email in enumerate(LOOKALIKES)
        ]
        await persistence.keep(*people)
        async with persistence.begin() as uow:
            found = [await uow.users.by_email(user.email_key) for user in people]
        assert found == people

    async def test_keys_that_differ_by_trailing_space_case_or_tail_are_different(
        self, persistence: Persistence
    ) -> None:
        keys = ["key@a", "key@a ", "key@a  ", "KEY@a", "key@a\t", "key@", "key@aa", "ke\u0301y@a", "k\u00e9y@a"]
        people = [person(f"person{number}", email_key=key) for number, key in enumerate(keys)]
        await persistence.keep(*people)
        async with persistence.begin() as uow:
            assert [await uow.users.by_email(key) for key in keys] == people
            assert await uow.users.by_email("key@a   ") is None
            assert await uow.users.by_email("0") is None
