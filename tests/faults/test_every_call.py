"""Every use case fails at its first call of a port, then at its second, until it gets by: nothing is ever half done.

After each failure the world is as before or as after, trying again succeeds, and then it is as if nothing had
happened. What is not so is named in `EXCEPTIONS`, with the reason.
"""

import asyncio
import itertools
from collections.abc import Collection
from dataclasses import dataclass
from pathlib import Path
from typing import Any, get_type_hints

import pytest
from dependency_injector.providers import Object

from asperguide.adapters.memory.passwords import MemoryPasswords
from asperguide.identity import GrantRole, SignInRequest
from asperguide.identity.audit import SecurityEventKind, event
from asperguide.shared.actor import Actor, Role, UserId
from asperguide.shared.errors import DatabaseUnavailable, DomainError
from asperguide.shared.ports import Probe
from asperguide.testing import World
from asperguide.testing.faults import CrashAfter, CrashBefore, Error, Fault, Faults, Injected, failing_in_turn
from tests.faults.stage import Kept, Stage, State, named_alike, stage
from tests.faults.use_cases import SCENARIOS, Arguments, Cast, Scenario, assemble, under, wired
from tests.identity import PASSWORD

COUNTED = "a try is counted before the password is looked at, and for good: else crashing would be a way to guess"
AGAIN = "a mail whose handing over was not confirmed is handed over again, under the same Message-ID"
CODE_FIRST = "the code is kept before its mail goes; trying again replaces it, so that the last mail is the good one"
TOLD_FIRST = "mails of this kind are counted once they went: who crashes between tells again, under the same Message-ID"
ONE_BY_ONE = "each kind of thing that is over is removed by a transaction of its own"
ARCHIVE_FIRST = "the archive is there before anybody is told of it; one that nobody is told of goes after its 7 days"
LATER = "a hash of an old cost is replaced after the session is open; if not at this sign-in, then at the next"

BYTES_FIRST = (
    "bytes are there before anything says so, and go after it: what is left over is swept, see test_reconciling"
)
SAID_FIRST = "that a file is being checked is said before it is"
GIVEN_UP = "room is set aside before the bytes come: it is given back at once, or when the hour of the upload is over"
LEFT_BEHIND = "what a run that died has made so far is removed by a job"
ROW_DECIDES = "the row says that nobody wants it; the job is cancelled after that, only to have it stop sooner"
DEED_FIRST = "what an administrator does to a store is written down before it is done, and again when it is tried again"
TAKEN_FIRST = "files are the company's before a print has them: those that none has are swept a day later"
SENT_FIRST = "files are there before a print has them: they are thrown away when it gets none, or swept a day later"
FILES_FIRST = (
    "files are the company's before a print shows them: what is left over is swept a day later, or taken again"
)
ANOTHER_LINK = "whoever tries again gets another link: nobody was told of the first"
ONE_FILM = "each video is processed again by a job of its own, and the photo looked at after that"
TRIAL = "what was put to try a store stays when nobody is left to remove it"
BY_PARTS = "a company is taken apart a batch at a time: nobody sees it any more, and what is left goes next time"
HIDDEN = "what is made of an archive is seen by nobody before all of it is there; begun anew it goes on, or is removed"
THEN_FILES = "that a project is given up is said before its files are dropped; those that stay are swept"

COUNTED_FIRST = "what viewers did is counted once more, and then forgotten: what is not forgotten yet goes next time"

EXCEPTIONS: dict[str, dict[str, str]] = {
    "sign_in": {"guesses": COUNTED, "credentials": LATER},
    "create_content": {"files": FILES_FIRST, "media_usage": FILES_FIRST},
    "create_content_with_files": {
        "ar_contents": ANOTHER_LINK,
        "files": GIVEN_UP,
        "media_usage": GIVEN_UP,
        "ledger_jobs": GIVEN_UP,
        "objects": BYTES_FIRST,
    },
    "replace_photo": {"files": FILES_FIRST, "media_usage": FILES_FIRST},
    "regenerate_media": {"ledger_jobs": ONE_FILM},
    "check_login": {"guesses": COUNTED},
    "prove": {"guesses": COUNTED},
    "change_email": {"guesses": COUNTED},
    "change_password": {"guesses": COUNTED},
    "close_account": {"guesses": COUNTED},
    "reopen_account": {"guesses": COUNTED},
    "send_code": {"one_time_codes": CODE_FIRST, "handed over": AGAIN},
    "send_verification": {"one_time_codes": CODE_FIRST, "handed over": AGAIN},
    "send_reset": {"one_time_codes": CODE_FIRST, "handed over": AGAIN},
    "send_email_change": {"one_time_codes": CODE_FIRST, "security_events": TOLD_FIRST, "handed over": AGAIN},
    "send_closing": {"one_time_codes": CODE_FIRST, "handed over": AGAIN},
    "tell_taken_address": {"security_events": TOLD_FIRST, "handed over": AGAIN},
    "make_export": {"objects": ARCHIVE_FIRST},
    "make_project_export": {"objects": ARCHIVE_FIRST},
    "send_export": {"handed over": AGAIN},
    "tell_owner": {"handed over": AGAIN},
    "tell_recipient": {"handed over": AGAIN},
    "tell_sender": {"handed over": AGAIN},
    "tell_contact": {"handed over": AGAIN},
    "write_about_capsule": {"handed over": AGAIN},
    "write_mail": {"handed over": AGAIN},
    "prune_sessions": {"guesses": ONE_BY_ONE},
    "append_to_upload": {"objects": BYTES_FIRST},
    "finish_upload": {"objects": BYTES_FIRST},
    "upload_small": {
        "files": GIVEN_UP,
        "uploads": GIVEN_UP,
        "media_usage": GIVEN_UP,
        "ledger_jobs": GIVEN_UP,
        "objects": BYTES_FIRST,
    },
    "check_file": {"files": SAID_FIRST, "objects": BYTES_FIRST},
    "arrive": {"objects": BYTES_FIRST},
    "try_store": {"objects": TRIAL},
    "delete_object": {"security_events": DEED_FIRST},
    "create_bucket": {"security_events": DEED_FIRST},
    "delete_bucket": {"security_events": DEED_FIRST},
    "cancel_processing": {"ledger_jobs": ROW_DECIDES},
    "process_video": {"videos": SAID_FIRST, "objects": BYTES_FIRST, "ledger_jobs": LEFT_BEHIND},
    "make_stills": {"objects": BYTES_FIRST, "ledger_jobs": LEFT_BEHIND},
    "convert_file": {"objects": BYTES_FIRST},
    "send_invitation": {"company_invitations": CODE_FIRST, "handed over": AGAIN},
    "take_apart": {"companies": BY_PARTS, "company_settings": BY_PARTS, "ledger_jobs": BY_PARTS},
    "forget_content": dict.fromkeys(("ar_counts", "ar_events", "ar_turns", "ar_turn_sessions"), COUNTED_FIRST),
    "forget_videos": {"ar_counts": COUNTED_FIRST},
    "forget_prints_of_company": {"ar_numbers": BY_PARTS, "objects": BYTES_FIRST},
    "receive_file": {
        "files": GIVEN_UP,
        "uploads": GIVEN_UP,
        "media_usage": GIVEN_UP,
        "ledger_jobs": GIVEN_UP,
        "objects": BYTES_FIRST,
    },
    "bring_files": {"files": HIDDEN, "media_usage": HIDDEN, "objects": HIDDEN},
    "make_project": {
        "projects": HIDDEN,
        "project_counts": HIDDEN,
        "files": HIDDEN,
        "media_usage": HIDDEN,
        "ledger_jobs": HIDDEN,
        "objects": HIDDEN,
    },
    "undo_import": {"ledger_jobs": THEN_FILES},
    "drop_import": {"ledger_jobs": THEN_FILES},
    "add_films": {"files": TAKEN_FIRST, "videos": TAKEN_FIRST, "media_usage": TAKEN_FIRST},
    "add_sent_films": {
        "files": SENT_FIRST,
        "media_usage": SENT_FIRST,
        "ledger_jobs": SENT_FIRST,
        "objects": SENT_FIRST,
    },
}
"""What of the state may be ahead of the rest after a crash, or differ at the end, for each use case."""

CASES = [
    pytest.param(name, scenario, id=f"{name}-{number}")
    for name, scenarios in SCENARIOS.items()
    for number, scenario in enumerate(scenarios, 1)
]


def test_every_use_case_of_the_container_has_a_scenario() -> None:
    assert sorted(wired()) == sorted(SCENARIOS)


class Well(Probe):
    """A dependency that is well."""

    name, required = "well", True

    async def check(self) -> str:
        """Fine."""
        return "fine"


@dataclass(frozen=True, kw_only=True)
class Scene:
    """A world with its people, as many times as it is needed."""

    folder: Path
    on_sqlite: bool
    kept: Kept
    cast: Cast
    numbers: "itertools.count[int]"

    def opened(self, kept: Kept | None = None) -> Any:
        """The world as it was kept."""
        folder = self.folder / str(next(self.numbers))
        folder.mkdir()
        return stage(folder, kept or self.kept, on_sqlite=self.on_sqlite)


@pytest.fixture(scope="module")
def scene(request: pytest.FixtureRequest, tmp_path_factory: pytest.TempPathFactory) -> Scene:
    folder, on_sqlite = tmp_path_factory.mktemp("scene"), request.param == "sqlite"

    async def set_up() -> tuple[Kept, Cast]:
        async with stage(folder, on_sqlite=on_sqlite) as first:
            cast = await assemble(first.world)
            return first.keep(), cast

    kept, cast = asyncio.run(set_up())
    return Scene(folder=folder, on_sqlite=on_sqlite, kept=kept, cast=cast, numbers=itertools.count())


@dataclass(frozen=True, kw_only=True)
class Ending:
    """How a call ended: the world, and what it raised."""

    state: State
    error: Exception | None


async def call(on: Stage, name: str, scenario: Scenario, arguments: Arguments, faults: Faults | None = None) -> Ending:
    """Call the use case as a client does, under a key if that is how clients do it."""
    container = on.world.container
    container.probes.override(Object((Well(),)))
    use_case = getattr(container, name)()
    use_case = under(faults, use_case) if faults else use_case
    error: Exception | None = None
    try:
        if scenario.keyed:
            answer = get_type_hints(type(use_case).__call__)["return"]
            async with container.idempotency().claim("scope", "key", b"fingerprint", answer) as kept:
                if kept is None:
                    await use_case(*arguments)
        else:
            await use_case(*arguments)
    except Exception as raised:
        error = raised
    return Ending(state=on.state(), error=error)


async def check(scene: Scene, name: str, scenario: Scenario, fault: Fault, exempt: Collection[str]) -> None:
    """Fail at every call in turn. AssertionError, naming the call, where the rule is broken."""

    def exactly(state: State) -> State:
        return {part: rows for part, rows in state.items() if rows and part not in exempt}

    async with scene.opened() as on:
        cast = Cast(**{**vars(scene.cast), "world": on.world})
        arguments = await scenario.arguments(cast)
        kept = on.keep()
        before = on.state()
        once = await call(on, name, scenario, arguments)
        twice = once if scenario.keyed or scenario.once else await call(on, name, scenario, arguments)
    assert type(once.error) is (scenario.refused or type(None)), once.error
    was, done, tried = exactly(before), exactly(once.state), list[State]()
    ends = [named_alike(ending.state, but=exempt) for ending in (once, twice)]
    for faults in failing_in_turn(fault):
        async with scene.opened(kept) as on:
            failed = await call(on, name, scenario, arguments, faults)
            where = f"at {faults.injected[0].call}" if faults.injected else "untouched"
            assert isinstance(failed.error, Injected | DomainError | type(None)), where
            if not faults.injected:
                assert (failed.state, type(failed.error)) == (once.state, type(once.error))
                continue
            left = exactly(failed.state)
            assert left in (was, done), where
            if failed.state in tried:  # from the same world, trying again ends the same
                continue
            tried.append(failed.state)
            retried = await call(on, name, scenario, arguments)
        assert isinstance(retried.error, DomainError) or retried.error is None, where
        assert left != was or type(retried.error) is type(once.error), where
        assert named_alike(retried.state, but=exempt) in (ends[:1] if left == was else ends), where


@pytest.mark.parametrize(
    ("scene", "fault"),
    [("memory", CrashBefore()), ("memory", CrashAfter()), ("sqlite", CrashAfter())],
    indirect=["scene"],
    scope="module",
    ids=["memory before", "memory after", "sqlite after"],
)
@pytest.mark.parametrize(("name", "scenario"), CASES)
async def test_whichever_call_fails_nothing_is_half_done_and_trying_again_succeeds(
    scene: Scene, name: str, scenario: Scenario, fault: Fault
) -> None:
    await check(scene, name, scenario, fault, EXCEPTIONS.get(name, ()))


@pytest.mark.parametrize("scene", ["memory"], indirect=True, scope="module")
@pytest.mark.parametrize(("name", "part"), [(name, part) for name, parts in EXCEPTIONS.items() for part in parts])
async def test_no_exception_is_made_in_vain(scene: Scene, name: str, part: str) -> None:
    others = set(EXCEPTIONS[name]) - {part}
    with pytest.raises(AssertionError, match="at Call"):
        for scenario in SCENARIOS[name]:
            for fault in (CrashBefore(), CrashAfter()):
                await check(scene, name, scenario, fault, others)


async def in_two_transactions(self: GrantRole, actor: Actor, id: UserId, role: Role) -> None:
    """What nobody should write: the role first, and its line in the log when that has worked."""
    now = self.clock.now()
    async with self.begin() as uow:
        user = await uow.users.get(id)
        assert user is not None
        await uow.users.save(user.with_role(role, now))
        await uow.commit()
    async with self.begin() as uow:
        await uow.audit.add(event(self.ids.new(), SecurityEventKind.ROLE_GRANTED, now, user=id, by=actor.user))
        await uow.commit()


@pytest.mark.parametrize("scene", ["memory", "sqlite"], indirect=True, scope="module")
async def test_what_is_done_by_halves_is_found(scene: Scene, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(GrantRole, "__call__", in_two_transactions)
    with pytest.raises(AssertionError, match=r"at Call\(name='begin\.commit', number=1"):
        await check(scene, "grant_role", SCENARIOS["grant_role"][0], CrashAfter(), ())


async def test_a_database_that_goes_away_after_the_session_is_open_does_not_refuse_the_sign_in() -> None:
    world = World()
    await world.person("siobhan")
    world.container.hasher.override(Object(MemoryPasswords(cost=2)))
    faults = Faults(
        lambda call: Error(DatabaseUnavailable) if call.name == "begin" and faults.calls["begin.commit"] else None
    )
    sign_in = under(faults, world.container.sign_in())
    signed_in = await sign_in(SignInRequest(login="siobhan", password=PASSWORD))
    assert await world.container.authenticate()(signed_in.access_token)
    assert faults.injected
