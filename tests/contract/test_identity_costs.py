"""What identity costs a database: how many statements a use case sends, each of them answered by an index."""

import contextlib
from collections.abc import Awaitable, Callable, Iterator
from typing import Any

import msgspec
import pytest
import sqlalchemy as sa
from dependency_injector.providers import Object
from sqlalchemy import event

from asperguide.adapters.caching.identity import CachedIdentityReads
from asperguide.adapters.caching.read_through import ReadThrough
from asperguide.adapters.memory.cache import MemoryCache
from asperguide.adapters.memory.mailer import MemoryMailer
from asperguide.adapters.memory.passwords import MemoryPasswords
from asperguide.adapters.sql.engine import Database
from asperguide.adapters.sql.identity_rows import CodeRow, GuessesRow, SecurityEventRow, SessionRow, UserRow, roles_mask
from asperguide.adapters.sql.store import to_row
from asperguide.container import Container
from asperguide.identity import NewUser, RefreshRequest, SignInRequest
from asperguide.identity.audit import SecurityEventKind
from asperguide.identity.codes import Purpose
from asperguide.identity.errors import AccessTokenRefused, SignInRefused
from asperguide.identity.guessing import Guesses, GuessSubject, subject_of_login
from asperguide.identity.model import User
from asperguide.identity.ports import SESSION_KEYS, USER_KEYS, LiveSession
from asperguide.identity.rotation import EndReason
from asperguide.identity.views import Profile, profile_of
from asperguide.shared.actor import Origin, UserId
from asperguide.shared.pages import PageRequest
from asperguide.testing import MovableClock
from asperguide.testing.contracts import Persistence
from asperguide.testing.contracts.people import (
    DAY,
    HOUR,
    IDS,
    NOW,
    active,
    admin,
    code,
    line,
    live,
    person,
    session,
)
from asperguide.testing.world import PASSWORD, SETTINGS
from tests.contract.persistences import sql_persistence

MANY = 3000


@contextlib.contextmanager
def watching(database: Database) -> Iterator[list[tuple[str, Any]]]:
    """Every statement that is sent meanwhile, with its parameters."""
    seen: list[tuple[str, Any]] = []

    def note(_: Any, __: Any, statement: str, parameters: Any, ___: Any, ____: bool) -> None:
        seen.append((statement, parameters))

    event.listen(database.engine.sync_engine, "before_cursor_execute", note)
    try:
        yield seen
    finally:
        event.remove(database.engine.sync_engine, "before_cursor_execute", note)


def verbs(seen: list[tuple[str, Any]]) -> list[str]:
    """The first words, in order."""
    return [statement.split()[0] for statement, _ in seen]


@pytest.fixture
def persistence(database: Database, clock: MovableClock) -> Persistence:
    """On a database only."""
    return sql_persistence(database, clock)


async def test_an_authenticated_read_is_one_statement_cold_and_none_warm(
    persistence: Persistence, database: Database, clock: MovableClock
) -> None:
    user = active("oneil")
    opened = session(user.id)
    await persistence.keep(user)
    await persistence.change(lambda uow: uow.sessions.add(opened))
    cache = MemoryCache(clock)
    sessions = ReadThrough(cache, clock, SESSION_KEYS, LiveSession, lambda found: found.version, HOUR / 720)
    profiles = ReadThrough(cache, clock, USER_KEYS, Profile, lambda found: found.version, HOUR / 720)
    reads = CachedIdentityReads(persistence.reads, sessions, profiles)
    with watching(database) as cold:
        assert await reads.access(opened.id, user.id) == (live(opened), profile_of(user))
    with watching(database) as warm:
        assert await reads.access(opened.id, user.id) == (live(opened), profile_of(user))
        assert await reads.profile(user.id) == profile_of(user)
    assert (verbs(cold), verbs(warm)) == (["SELECT"], [])


async def test_a_known_and_an_unknown_login_cost_the_same_single_statement(
    persistence: Persistence, database: Database
) -> None:
    user = person()
    await persistence.keep(user)
    with watching(database) as seen:
        for keys in ((user.email_key, None), (None, user.username_key), ("nobody@example.org", None), (None, "nobody")):
            await persistence.reads.candidate(*keys, subject_of_login("x"), Origin(), NOW)
    assert verbs(seen) == ["SELECT"] * 4


async def test_many_people_are_read_in_one_statement_and_nobody_in_none(
    persistence: Persistence, database: Database
) -> None:
    people = [active(f"person{n}") for n in range(3)]
    await persistence.keep(*people)
    with watching(database) as seen:
        assert len(await persistence.reads.contacts([user.id for user in people])) == 3
        assert len(await persistence.reads.holders([user.email_key for user in people])) == 3
    assert verbs(seen) == ["SELECT"] * 2
    with watching(database) as seen:
        assert await persistence.reads.contacts([]) == await persistence.reads.holders(()) == {}
    assert seen == []


async def test_each_write_costs_few_statements(persistence: Persistence, database: Database) -> None:
    user = person()
    await persistence.keep(user)
    opened, token = session(user.id), code(user.id)
    tried = await persistence.change(lambda uow: uow.guesses.save(Guesses(id=GuessSubject(user.id)).take(NOW)))

    async def cost(*writes: Callable[[Any], Awaitable[Any]]) -> list[str]:
        with watching(database) as seen:
            async with persistence.begin() as uow:
                for write in writes:
                    await write(uow)
                await uow.commit()
        assert (verbs(seen)[0], verbs(seen)[-1]) == ("BEGIN", "COMMIT")
        return verbs(seen)[1:-1]

    assert await cost(
        lambda uow: uow.sessions.add(opened),
        lambda uow: uow.guesses.forgive(tried, NOW),
        lambda uow: uow.audit.add(line(user.id)),
    ) == ["INSERT", "UPDATE", "INSERT"]
    assert await cost(
        lambda uow: uow.sessions.get(opened.id), lambda uow: uow.sessions.rotate(opened.rotated(NOW, DAY), 0)
    ) == ["SELECT", "UPDATE"]
    assert await cost(lambda uow: uow.users.save(user)) == ["UPDATE"]
    assert await cost(lambda uow: uow.codes.add(token)) == ["INSERT"]
    assert await cost(lambda uow: uow.codes.void(user.id, token.purpose, NOW)) == ["UPDATE"]
    assert await cost(lambda uow: uow.sessions.end_all(user.id, NOW, EndReason.CLOSED)) == ["SELECT", "UPDATE"]
    assert await cost(lambda uow: uow.sessions.end_all(user.id, NOW, EndReason.CLOSED)) == ["SELECT"]
    assert await cost(lambda uow: uow.users.count_admins()) == ["SELECT"]


async def test_the_statements_of_the_most_common_use_cases(database: Database, clock: MovableClock) -> None:
    container = Container(settings=SETTINGS)
    container.database.override(Object(database))
    container.clock.override(Object(clock))
    container.hasher.override(Object(MemoryPasswords()))
    container.mailer.override(Object(MemoryMailer()))
    container.cache.override(Object(MemoryCache(clock)))

    async def cost(use_case: Awaitable[Any]) -> tuple[Any, str]:
        with watching(database) as seen:
            result = await use_case
        return result, " ".join(verbs(seen))

    new = NewUser(email="siobhan@example.org", username="oneil", full_name="Siobhán O'Neil", password=PASSWORD)
    registered, register = await cost(container.register()(new))
    assert register == "BEGIN SELECT INSERT INSERT INSERT INSERT COMMIT"
    await _confirm(container, registered.id, clock)

    mine = SignInRequest(login="oneil", password=PASSWORD)
    _, first = await cost(container.sign_in()(mine))
    assert first == "SELECT INSERT INSERT BEGIN INSERT UPDATE UPDATE INSERT UPDATE COMMIT"  # the last one: seen now
    signed_in, again = await cost(container.sign_in()(mine))
    assert again == "SELECT UPDATE UPDATE BEGIN INSERT UPDATE UPDATE INSERT COMMIT"
    _, elsewhere = await cost(container.sign_in()(mine, Origin(address="203.0.113.7")))
    assert elsewhere == "SELECT UPDATE UPDATE BEGIN INSERT UPDATE UPDATE INSERT INSERT COMMIT"  # the last one: a notice
    known = msgspec.structs.replace(mine, device_token=signed_in.device_token)
    signed_in, at_home = await cost(container.sign_in()(known))
    assert at_home == "SELECT SELECT INSERT BEGIN INSERT UPDATE INSERT COMMIT"

    with pytest.raises(SignInRefused), watching(database) as unknown:
        await container.sign_in()(SignInRequest(login="nobody", password=PASSWORD))
    with pytest.raises(SignInRefused), watching(database) as wrong:
        await container.sign_in()(SignInRequest(login="oneil", password="x"))
    assert " ".join(verbs(unknown)) == "SELECT INSERT INSERT BEGIN INSERT COMMIT"
    assert " ".join(verbs(wrong)) == "SELECT UPDATE UPDATE BEGIN INSERT COMMIT"

    refreshed, refresh = await cost(container.refresh_session()(RefreshRequest(refresh_token=signed_in.refresh_token)))
    assert refresh == "BEGIN SELECT UPDATE COMMIT"
    actor, cold = await cost(container.authenticate()(refreshed.access_token))
    assert cold == "SELECT"
    assert (await cost(container.authenticate()(refreshed.access_token)))[1] == ""
    assert (await cost(container.get_me()(actor)))[1] == ""
    assert (await cost(container.sign_out()(actor)))[1] == "BEGIN SELECT UPDATE INSERT COMMIT"
    with pytest.raises(AccessTokenRefused):
        await container.authenticate()(refreshed.access_token)


async def _confirm(container: Container, id: UserId, clock: MovableClock) -> None:
    async with container.identity_unit_of_work() as uow:
        user = await uow.users.get(id)
        assert user is not None
        await uow.users.save(user.confirmed(user.email, clock.now()))
        await uow.commit()


# plans


async def fill(database: Database) -> list[User]:
    """Many rows of everything."""
    users = [active(f"person{n:05}", f"Name {n:05} of {n % 7}", created_at=NOW - n * HOUR) for n in range(MANY)]
    users[7:9] = [admin("boss"), admin("chief")]
    users[9:12] = [person("pending1"), person("pending2"), active("closing").closing(NOW, HOUR)]
    owners = [UserId(IDS.new()) for _ in range(MANY // 5)]
    rows: dict[Any, list[dict[str, Any]]] = {
        UserRow: [{**to_row(UserRow, user), "roles_mask": roles_mask(user.roles)} for user in users],
        SessionRow: [
            to_row(SessionRow, session(owners[n % len(owners)], idle_expires_at=NOW + n * HOUR,
                                       impersonator=owners[n] if n % 100 == 0 and n < len(owners) else None))
            for n in range(MANY)
        ],
        CodeRow: [to_row(CodeRow, code(owners[n % len(owners)], now=NOW + n * HOUR)) for n in range(MANY)],
        GuessesRow: [
            {"id": IDS.new(), "tries": (NOW + n * HOUR,), "last_at": NOW + n * HOUR, "version": 1} for n in range(MANY)
        ],
        SecurityEventRow: [
            to_row(SecurityEventRow, line(owners[n % len(owners)], NOW + n * HOUR)) for n in range(MANY)
        ],
    }  # fmt: skip
    async with database.transaction() as store:
        for row, values in rows.items():
            await store.execute(sa.insert(row.__table__), values)
    if not database.embedded:  # nobody ever analyses an embedded database
        for row in rows:
            async with database.writing() as store:
                await store.execute(sa.text(f"ANALYZE TABLE {row.__tablename__}"))
    return users


async def slow(database: Database, statement: str, parameters: Any) -> list[str]:
    """The tables that the database would read from end to end to answer the statement."""
    explain = "EXPLAIN QUERY PLAN " if database.embedded else "EXPLAIN "
    async with database.engine.connect() as connection:
        plan = (await connection.exec_driver_sql(explain + statement, parameters)).mappings().all()
    if database.embedded:
        return [step["detail"] for step in plan if step["detail"].startswith("SCAN") and _is_whole(step["detail"])]
    return [
        f"{step['table']}: {step['key']} {step['rows']} {step['Extra']}"
        for step in plan
        if step["type"] in ("ALL", "index") and int(step["rows"] or 0) > MANY / 10
    ]


def _is_whole(detail: str) -> bool:
    return not any(words in detail for words in ("USING INDEX", "CONSTANT ROW", "asked"))


async def test_every_hot_statement_is_answered_by_an_index(persistence: Persistence, database: Database) -> None:
    users = await fill(database)
    me, someone = users[50], session(users[50].id)
    page = await persistence.reads.list(PageRequest())
    named = await persistence.reads.list(PageRequest(sort="username"))
    events = await persistence.reads.events(PageRequest())
    reads = persistence.reads
    with watching(database) as seen:
        await reads.session(someone.id)
        await reads.access(someone.id, me.id)
        await reads.profile(me.id)
        await reads.user(me.id)
        await reads.candidate(me.email_key, None, subject_of_login("x"), Origin(), NOW)
        await reads.candidate(None, me.username_key, subject_of_login("x"), Origin(), NOW)
        await reads.guesses(subject_of_login("x"))
        await reads.live_sessions(me.id, NOW)
        await reads.username_taken("somebody")
        await reads.search("person0042", 1)
        await reads.contacts([user.id for user in users[:50]])
        await reads.holders([user.email_key for user in users[:50]])
        await reads.list(PageRequest(cursor=page.next_cursor))
        await reads.list(PageRequest(cursor=named.next_cursor, sort="username"))
        await reads.list(PageRequest(filters={"role": "admin"}))
        await reads.list(PageRequest(filters={"state": "pending"}))
        await reads.list(PageRequest(filters={"email": "x@example.org"}))
        await reads.events(PageRequest(cursor=events.next_cursor))
        await reads.events(PageRequest(filters={"kind": "impersonated"}))
        await reads.events(PageRequest(), me.id)
        async with persistence.begin() as uow:
            await uow.users.get(me.id)
            await uow.users.by_email(me.email_key)
            await uow.users.credential(me.id)
            await uow.users.save(me)
            await uow.users.seen(me.id, NOW)
            await uow.users.count_admins()
            await uow.users.due_for_closing(NOW + DAY, 100)
            await uow.users.delete_unconfirmed(NOW + DAY, 100)
            await uow.users.forget_secrets(me.id)
            await uow.sessions.rotate(someone.rotated(NOW, DAY), 0)
            await uow.sessions.end_all(me.id, NOW, EndReason.CLOSED)
            await uow.sessions.delete_over(NOW + 50 * HOUR, 100)
            await uow.codes.by_digest(b"0" * 32)
            await uow.codes.void(me.id, Purpose.VERIFY_EMAIL, NOW)
            await uow.codes.count_since(me.id, Purpose.VERIFY_EMAIL, NOW)
            await uow.codes.delete_over(NOW + 50 * HOUR, 100)
            await uow.guesses.forgive(Guesses(id=GuessSubject(me.id), version=1), NOW)
            await uow.guesses.clear(GuessSubject(me.id))
            await uow.guesses.delete_idle(NOW + 50 * HOUR, 100)
            await uow.audit.count_since(me.id, SecurityEventKind.SIGNED_IN, NOW)
            await uow.audit.anonymise(me.id)
    explained = [(text, values) for text, values in seen if text.split()[0] in ("SELECT", "UPDATE", "DELETE")]
    assert len(explained) > 40
    found = {text: plan for text, values in explained if (plan := await slow(database, text, values))}
    assert found == {}
