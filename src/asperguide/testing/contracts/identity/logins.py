"""The law of what a sign-in finds."""

from datetime import datetime

from asperguide.identity.audit import Outcome, SecurityEventKind, event
from asperguide.identity.errors import UsernameTaken
from asperguide.identity.guessing import Guesses, GuessSubject, subject_of_login, subject_of_nobody
from asperguide.identity.model import (
    decoy_of,
)
from asperguide.shared.actor import Origin
from asperguide.testing.contracts.checking import raises
from asperguide.testing.contracts.people import (
    DAY,
    IDS,
    NOW,
    known,
    person,
)
from asperguide.testing.contracts.persistence import Persistence


class LoginsContract:
    """What a sign-in finds of a login, in one read."""

    async def test_a_login_is_found_with_password_and_tries(self, persistence: Persistence) -> None:
        user = person("oneil", "o'neil@example.org")
        await persistence.keep(user, person("other"))
        tried = await persistence.change(lambda uow: uow.guesses.save(Guesses(id=GuessSubject(user.id)).take(NOW)))
        nobody = subject_of_login("x")
        for email, username in ((user.email_key, None), (None, "oneil")):
            found = await persistence.reads.candidate(email, username, nobody, Origin(), NOW)
            assert (found.user, found.guesses) == (known(user), tried)
            assert found.typed == Guesses(id=nobody)

    async def test_a_login_knows_whether_it_was_used_from_there_before(self, persistence: Persistence) -> None:
        user, there = person("oneil"), Origin(address="203.0.113.7", user_agent="Firefox")
        await persistence.keep(user)

        async def seen(origin: Origin, since: datetime = NOW - DAY) -> bool:
            found = await persistence.reads.candidate(None, "oneil", subject_of_login("x"), origin, since)
            assert found.user is not None
            return found.user.seen_here

        async def note(kind: SecurityEventKind, outcome: Outcome) -> None:
            entry = event(IDS.new(), kind, NOW, user=user.id, origin=there, outcome=outcome)
            await persistence.change(lambda uow: uow.audit.add(entry))

        await note(SecurityEventKind.SIGNED_IN, Outcome.REFUSED)
        await note(SecurityEventKind.SIGNED_OUT, Outcome.DONE)
        assert not await seen(there)
        await note(SecurityEventKind.SIGNED_IN, Outcome.DONE)
        assert await seen(there)
        assert not await seen(there, since=NOW)
        assert not await seen(Origin(address="203.0.113.8", user_agent="Firefox"))
        assert not await seen(Origin(address="203.0.113.7", user_agent="curl"))

    async def test_a_known_login_without_tries_counts_for_the_account(self, persistence: Persistence) -> None:
        user = person()
        await persistence.keep(user)
        found = await persistence.reads.candidate(None, user.username_key, subject_of_login("x"), Origin(), NOW)
        assert found.guesses == Guesses(id=GuessSubject(user.id))

    async def test_an_unknown_login_has_the_tries_of_nobody(self, persistence: Persistence) -> None:
        await persistence.keep(person())
        typed = subject_of_login("nobody")
        found = await persistence.reads.candidate(None, "nobody", typed, Origin(), NOW)
        assert (found.user, found.guesses) == (None, Guesses(id=subject_of_nobody(typed)))
        tried = await persistence.change(lambda uow: uow.guesses.save(found.guesses.take(NOW)))
        for email, username in ((None, "nobody"), ("nobody@example.org", None)):
            assert (await persistence.reads.candidate(email, username, typed, Origin(), NOW)).guesses == tried

    async def test_tries_of_a_login_as_it_was_typed_come_whoever_has_it(self, persistence: Persistence) -> None:
        user = person("oneil", "o'neil@example.org")
        await persistence.keep(user)
        for n, login in enumerate((user.email_key, user.username_key, "nobody", "nobody@example.org")):
            typed = subject_of_login(login)
            tried = await persistence.counter.count(Guesses(id=typed).take(NOW))
            email, username = (login, None) if "@" in login else (None, login)
            found = await persistence.reads.candidate(email, username, typed, Origin(), NOW)
            assert (found.typed, found.guesses.tries) == (tried, ())
            assert (found.user is None) == (n > 1)

    async def test_a_decoy_is_nobody_to_sign_in_as_but_holds_its_username(self, persistence: Persistence) -> None:
        await persistence.keep(person("first", "taken@example.org"))
        decoy = decoy_of(person("Wanted", "taken@example.org"))
        await persistence.keep(decoy)
        found = await persistence.reads.candidate(None, "wanted", subject_of_login("wanted"), Origin(), NOW)
        assert found.user is None
        assert found.guesses.id == subject_of_nobody(subject_of_login("wanted"))
        assert found.typed == Guesses(id=subject_of_login("wanted"))
        assert await persistence.reads.username_taken("wanted")
        assert not await persistence.reads.username_taken("wante")
        with raises(UsernameTaken):
            await persistence.keep(person("wanted", "somebody@example.org"))
