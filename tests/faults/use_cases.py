"""Every use case of the container with something to do: whom it finds, and what it is called with."""

import inspect
import typing
from collections.abc import AsyncIterator, Awaitable, Callable, Mapping
from dataclasses import dataclass, fields, is_dataclass, replace
from datetime import timedelta
from typing import Any
from uuid import UUID

from msgspec import Struct

from asperguide.adapters.memory.passwords import MemoryPasswords
from asperguide.container import Container
from asperguide.identity import (
    AddressOnly,
    Closing,
    Confirmation,
    EmailChange,
    ExportRequest,
    NewAdmin,
    PasswordChange,
    PasswordReset,
    ProfileChange,
    RefreshRequest,
    Registered,
    Reopening,
    ResetRequest,
    SignInRequest,
    User,
    UsernameChange,
    events,
)
from asperguide.identity.audit import SecurityEventKind
from asperguide.identity.codes import Purpose
from asperguide.identity.errors import (
    ExportNotFound,
    PasswordWrong,
    PictureRefused,
    PortraitNotFound,
    RefreshTokenReused,
    SignInRefused,
    UsernameTaken,
)
from asperguide.identity.exports import export_key
from asperguide.identity.guessing import subject_of_user
from asperguide.operations import MaintenanceNotice, NewBucket, NewObjectLink, Pruning
from asperguide.shared.actor import Role, UserId
from asperguide.shared.errors import DomainError
from asperguide.shared.ledger import NewJob
from asperguide.testing import Person, World
from asperguide.testing.faults import Faults
from tests.architecture.source import is_use_case
from tests.faults.company_cases import COMPANIES
from tests.faults.content_cases import CONTENTS
from tests.faults.letter_cases import LETTERS
from tests.faults.marker_cases import MARKERS
from tests.faults.media_cases import MEDIA
from tests.faults.packing_cases import PACKING
from tests.faults.playing_cases import PLAYING
from tests.faults.project_cases import PROJECTS
from tests.faults.view_cases import VIEWS
from tests.faults.viewer_cases import VIEWER
from tests.identity import BETTER, HOME, PASSWORD, an_admin, new_user, register

JOB = UUID(int=99)


@dataclass(frozen=True, kw_only=True)
class Cast:
    """Who lives in the world when a use case is called. `tokens` are refresh tokens, of which the last is current."""

    world: World
    siobhan: Person
    boss: Person
    chief: Person
    gone: Person
    locked: Person
    newt: Registered
    tokens: tuple[str, ...]
    codes: Mapping[str, str]

    async def user(self) -> User:
        """Siobhán's account."""
        async with self.world.container.identity_unit_of_work() as uow:
            user = await uow.users.get(self.siobhan.actor.user)
        assert user is not None
        return user

    def later(self, **by: float) -> None:
        """Let time pass in which nobody does anything."""
        self.world.clock.advance(timedelta(**by))


async def assemble(world: World) -> Cast:
    """People in every state, with codes in their mails."""
    c = world.container
    siobhan, boss, chief = await world.person("siobhan"), await an_admin(world), await an_admin(world, "chief")
    tokens = [siobhan.signed_in.refresh_token]
    for _ in range(2):
        tokens.append((await c.refresh_session()(RefreshRequest(refresh_token=tokens[-1]))).refresh_token)
    newt, gone, locked = await register(world, "newt"), await world.person("gone"), await world.person("locked")
    await c.close_account()(gone.actor)
    await c.suspend_user()(boss.actor, locked.actor.user)
    await c.ask_for_reset()(ResetRequest(email=siobhan.email))
    await world.settle()
    reset = world.code_for(siobhan.email)
    await c.change_email()(siobhan.actor, EmailChange(email="moved@example.org"))
    await world.settle()
    codes = {"verify": world.code_for(newt.email), "reopen": world.code_for(gone.email), "reset": reset}
    return Cast(
        world=world, siobhan=siobhan, boss=boss, chief=chief, gone=gone, locked=locked, newt=newt,
        tokens=tuple(tokens), codes={**codes, "move": world.code_for("moved@example.org")},
    )  # fmt: skip


Arguments = tuple[Any, ...]


async def _under_maintenance(cast: Cast) -> Arguments:
    await cast.world.container.begin_maintenance()(cast.boss.actor, MaintenanceNotice())
    return (cast.boss.actor,)


@dataclass(frozen=True, kw_only=True)
class Scenario:
    """One call, and its answer when that is no.

    `keyed` when clients make it under an idempotency key. `once` when making it again may not do it again.
    """

    given: Callable[[Cast], Arguments | Awaitable[Arguments]]
    refused: type[DomainError] | None = None
    keyed: bool = False
    once: bool = False

    async def arguments(self, cast: Cast) -> Arguments:
        """What the use case is called with, once the scene is set."""
        given = self.given(cast)
        return await given if inspect.isawaitable(given) else given


def calls(given: Callable[[Cast], Arguments | Awaitable[Arguments]], **more: Any) -> Scenario:
    """A scenario in one line."""
    return Scenario(given=given, **more)


async def _with_an_old_hash(cast: Cast) -> Arguments:
    async with cast.world.container.identity_unit_of_work() as uow:
        credential = await uow.users.credential(cast.siobhan.actor.user)
        assert credential is not None
        hash = await MemoryPasswords(cost=2).hash(PASSWORD)
        await uow.users.save_credential(replace(credential, hash=hash))
        await uow.commit()
    return _sign_in()


def _sign_in(password: str = PASSWORD, **more: Any) -> Arguments:
    return SignInRequest(login="siobhan", password=password, **more), HOME


async def _guess(cast: Cast) -> Arguments:
    return await cast.world.container.reads().guesses(subject_of_user(cast.siobhan.actor.user)), None, "wrong"


async def _letter(cast: Cast) -> Arguments:
    user = await cast.user()
    return "account-reopened", user, user.email, str(JOB), {}


async def _code(cast: Cast) -> Arguments:
    user = await cast.user()
    return user, Purpose.RESET_PASSWORD, user.email, JOB


async def _with_a_job(cast: Cast) -> Arguments:
    now = cast.world.clock.now()
    job = NewJob(id=JOB, kind="identity.user-registered", payload="{}", queue="aside", run_at=now, created_at=now)
    await cast.world.container.ledger().put([job])
    return cast.boss.actor, JOB


async def _with_my_job(cast: Cast) -> Arguments:
    now, me = cast.world.clock.now(), cast.siobhan.actor
    job = NewJob(
        id=JOB, kind="a.kind", payload="{}", queue="aside", run_at=now, created_at=now, owner=me.user, result="/x"
    )
    await cast.world.container.ledger().put([job])
    return me, JOB


async def _with_an_export(cast: Cast) -> UserId:
    me = cast.siobhan.actor.user
    await cast.world.container.storage().put(export_key(me, JOB), b"PK")
    return me


async def _export_link(cast: Cast) -> Arguments:
    return (cast.world.container.export_tokens().issue(await _with_an_export(cast), JOB),)


async def _my_export(cast: Cast) -> Arguments:
    await _with_an_export(cast)
    return cast.siobhan.actor, JOB


async def _old_exports(cast: Cast) -> Arguments:
    await _with_an_export(cast)
    cast.later(days=8)
    return ()


async def _exports_of_nobody(cast: Cast) -> Arguments:
    return events.AccountErased(user=await _with_an_export(cast)), JOB


async def _with_a_dead_job(cast: Cast) -> Arguments:
    arguments, ledger = await _with_a_job(cast), cast.world.container.ledger()
    (claimed,) = await ledger.claim("a worker", "aside", 1, timedelta(seconds=30))
    await ledger.fail(claimed, "why", None)
    return arguments


async def _with_jobs_to_forget(cast: Cast) -> Arguments:
    await _with_a_dead_job(cast)
    cast.later(days=1)
    return cast.boss.actor, Pruning(before=cast.world.clock.now(), states=("done", "dead"))


async def _with_a_paused_queue(cast: Cast) -> Arguments:
    await cast.world.container.pause_queue()(cast.boss.actor, "default")
    return cast.boss.actor, "default"


class Pieces:
    """A body that can be read as often as it is sent."""

    def __init__(self, content: bytes) -> None:
        self._content = content

    async def __aiter__(self) -> AsyncIterator[bytes]:
        yield self._content


async def _with_a_picture(cast: Cast) -> Arguments:
    await cast.world.container.change_portrait()(cast.siobhan.actor, "a" * 32)
    return (cast.siobhan.actor,)


async def _with_an_object(cast: Cast) -> Arguments:
    await cast.world.storage.put("some/object", b"12345")
    return cast.boss.actor, "default", "some/object"


async def _linking_an_object(cast: Cast) -> Arguments:
    actor, store, key = await _with_an_object(cast)
    return actor, store, NewObjectLink(key=key)


async def _with_a_bucket(cast: Cast) -> Arguments:
    return cast.boss.actor, "default", "asperguide"


def _after(given: Callable[[Cast], Arguments], **by: float) -> Callable[[Cast], Arguments]:
    def later(cast: Cast) -> Arguments:
        cast.later(**by)
        return given(cast)

    return later


def _nothing(_: Cast) -> Arguments:
    return ()


def _told(message: Callable[[Cast], object]) -> Scenario:
    return calls(lambda cast: (message(cast), JOB), once=True)


SCENARIOS: dict[str, list[Scenario]] = {
    # becoming a user
    "register": [
        calls(lambda cast: (new_user("roisin"), HOME), keyed=True),
        calls(lambda cast: (new_user("thief", email=cast.siobhan.email), HOME), keyed=True),
        calls(lambda cast: (new_user("siobhan", email="another@example.org"),), refused=UsernameTaken),
    ],
    "confirm_email": [
        calls(lambda cast: (Confirmation(code=cast.codes["verify"]),)),
        calls(lambda cast: (Confirmation(code=cast.codes["move"]),)),
    ],
    "resend_verification": [calls(lambda cast: (AddressOnly(email=cast.newt.email),))],
    "check_username": [calls(lambda cast: ("roisin",))],
    # signing in
    "sign_in": [
        calls(lambda cast: _sign_in(), keyed=True),
        calls(lambda cast: _sign_in(device_token=cast.siobhan.signed_in.device_token), keyed=True),
        calls(lambda cast: _sign_in("wrong"), refused=SignInRefused),
        calls(_with_an_old_hash, keyed=True),
    ],
    "refresh_session": [
        calls(lambda cast: (RefreshRequest(refresh_token=cast.tokens[2]),)),
        calls(lambda cast: (RefreshRequest(refresh_token=cast.tokens[1]),)),
        calls(lambda cast: (RefreshRequest(refresh_token=cast.tokens[0]),), refused=RefreshTokenReused),
    ],
    "sign_out": [calls(lambda cast: (cast.siobhan.actor,))],
    "authenticate": [calls(lambda cast: (cast.siobhan.signed_in.access_token,))],
    "list_sessions": [calls(lambda cast: (cast.siobhan.actor,))],
    "end_session": [calls(lambda cast: (cast.siobhan.actor, cast.siobhan.actor.session))],
    "end_all_sessions": [calls(lambda cast: (cast.siobhan.actor,))],
    "end_other_sessions": [calls(lambda cast: (replace(cast.siobhan.actor, session=JOB),))],
    "revoke_token": [calls(lambda cast: (cast.tokens[2],))],
    "introspect_token": [
        calls(lambda cast: (cast.siobhan.actor, cast.tokens[2])),
        calls(lambda cast: (cast.boss.actor, cast.siobhan.signed_in.access_token)),
    ],
    # my account
    "get_me": [calls(lambda cast: (cast.siobhan.actor,))],
    "update_me": [calls(lambda cast: (cast.siobhan.actor, ProfileChange(full_name="Síle")))],
    "change_username": [calls(lambda cast: (cast.siobhan.actor, UsernameChange(username="sile")))],
    "change_email": [
        calls(lambda cast: (cast.siobhan.actor, EmailChange(email="sile@example.org", current_password=PASSWORD))),
        calls(
            lambda cast: (cast.siobhan.actor, EmailChange(email="sile@example.org", current_password="wrong")),
            refused=PasswordWrong,
        ),
    ],
    "search_users": [calls(lambda cast: (cast.siobhan.actor, "bos"))],
    # What is half done when a picture was made leaves a job that cleans up: see tests/unit/identity/test_portraits.py.
    "set_avatar": [calls(lambda cast: (cast.siobhan.actor, Pieces(b"<svg/>")), refused=PictureRefused)],
    "remove_avatar": [calls(_with_a_picture)],
    "show_avatar": [calls(lambda cast: (cast.siobhan.actor.user, "a" * 32, 64), refused=PortraitNotFound)],
    "change_password": [
        calls(lambda cast: (cast.siobhan.actor, PasswordChange(new_password=BETTER, current_password=PASSWORD)))
    ],
    "ask_for_reset": [calls(lambda cast: (ResetRequest(email=cast.siobhan.email),))],
    "reset_password": [calls(lambda cast: (PasswordReset(code=cast.codes["reset"], new_password=BETTER),))],
    "close_account": [
        calls(lambda cast: (cast.siobhan.actor,)),
        calls(lambda cast: (cast.siobhan.actor, Closing(current_password=PASSWORD))),
    ],
    "reopen_account": [
        calls(lambda cast: (Reopening(code=cast.codes["reopen"]),)),
        calls(lambda cast: (Reopening(login="gone", password=PASSWORD),)),
    ],
    "ask_for_export": [calls(lambda cast: (cast.siobhan.actor, ExportRequest(), HOME), keyed=True)],
    "open_export": [calls(_export_link), calls(lambda _: ("x",), refused=ExportNotFound)],
    "open_my_export": [calls(_my_export)],
    "my_security_log": [calls(lambda cast: (cast.siobhan.actor,))],
    # administering
    "list_users": [calls(lambda cast: (cast.boss.actor,))],
    "get_user": [calls(lambda cast: (cast.boss.actor, cast.siobhan.actor.user))],
    "grant_role": [calls(lambda cast: (cast.boss.actor, cast.siobhan.actor.user, Role.MODERATOR))],
    "revoke_role": [calls(lambda cast: (cast.boss.actor, cast.chief.actor.user, Role.ADMIN))],
    "suspend_user": [calls(lambda cast: (cast.boss.actor, cast.siobhan.actor.user))],
    "restore_user": [calls(lambda cast: (cast.boss.actor, cast.locked.actor.user))],
    "end_user_sessions": [calls(lambda cast: (cast.boss.actor, cast.siobhan.actor.user))],
    "impersonate": [calls(lambda cast: (cast.boss.actor, cast.siobhan.actor.user), keyed=True)],
    "security_log": [calls(lambda cast: (cast.boss.actor,))],
    "create_admin": [
        calls(
            lambda cast: (NewAdmin(email="head@example.org", username="head", full_name="The Head", password=PASSWORD),)
        )
    ],
    # in the background
    "send_verification": [
        _told(lambda cast: events.UserRegistered(user=cast.newt.id)),
        _told(lambda cast: events.VerificationRequested(email=cast.newt.email)),
    ],
    "send_reset": [_told(lambda cast: events.ResetRequested(email=cast.siobhan.email))],
    "tell_taken_address": [_told(lambda cast: events.TakenAddressTried(email_key=cast.siobhan.email))],
    "send_email_change": [
        _told(lambda cast: events.EmailChangeRequested(user=cast.siobhan.actor.user, email="sile@example.org")),
        _told(lambda cast: events.EmailChangeRequested(user=cast.siobhan.actor.user, email=cast.boss.email)),
    ],
    "send_closing": [
        _told(lambda cast: events.AccountClosing(user=cast.gone.actor.user, until=cast.world.clock.now()))
    ],
    "tell_owner": [
        _told(
            lambda cast: events.EmailChanged(user=cast.siobhan.actor.user, old="old@x.org", at=cast.world.clock.now())
        ),
        _told(
            lambda cast: events.PasswordChanged(
                user=cast.siobhan.actor.user, at=cast.world.clock.now(), device="", address=""
            )
        ),
        _told(lambda cast: events.AccountReopened(user=cast.siobhan.actor.user)),
        _told(lambda cast: events.UserSuspended(user=cast.locked.actor.user)),
    ],
    "make_export": [calls(lambda cast: (events.ExportRequested(user=cast.siobhan.actor.user, export=JOB), JOB))],
    "send_export": [
        _told(lambda cast: events.ExportMade(user=cast.siobhan.actor.user, export=JOB, at=cast.world.clock.now()))
    ],
    "prune_exports": [calls(_old_exports)],
    "forget_exports": [calls(_exports_of_nobody)],
    "prune_sessions": [calls(_after(_nothing, days=100))],
    "prune_codes": [calls(_after(_nothing, days=100))],
    "prune_unconfirmed": [calls(_after(_nothing, days=8))],
    "purge_closed_accounts": [calls(_after(_nothing, days=31))],
    "prune_ledger": [calls(_after(_nothing, days=8))],
    "forget_portrait": [
        _told(lambda cast: events.PortraitAbandoned(user=cast.siobhan.actor.user, name="a" * 32)),
    ],
    # operations
    "show_my_job": [calls(_with_my_job)],
    "list_my_jobs": [calls(lambda cast: (cast.siobhan.actor,))],
    "cancel_my_job": [calls(_with_my_job)],
    "list_jobs": [calls(lambda cast: (cast.boss.actor,))],
    "show_job": [calls(_with_a_job)],
    "retry_job": [calls(_with_a_dead_job)],
    "cancel_job": [calls(_with_a_job, once=True)],
    "prune_jobs": [calls(_with_jobs_to_forget)],
    "queue_overview": [calls(lambda cast: (cast.boss.actor,))],
    "pause_queue": [calls(lambda cast: (cast.boss.actor, "default"))],
    "resume_queue": [calls(_with_a_paused_queue)],
    "check_readiness": [calls(_nothing)],
    "examine": [calls(_nothing)],
    "check_invariants": [calls(_nothing)],
    "report_invariants": [calls(_nothing)],
    "check_maintenance": [calls(_nothing)],
    "begin_maintenance": [calls(lambda cast: (cast.boss.actor, MaintenanceNotice()))],
    "end_maintenance": [calls(_under_maintenance)],
    # operations: object stores
    "list_stores": [calls(lambda cast: (cast.boss.actor,))],
    "try_store": [calls(lambda cast: (cast.boss.actor, "default"))],
    "list_objects": [calls(lambda cast: (cast.boss.actor, "default"))],
    "show_object": [calls(_with_an_object)],
    "link_object": [calls(_linking_an_object)],
    "delete_object": [calls(_with_an_object)],
    "list_buckets": [calls(lambda cast: (cast.boss.actor, "default"))],
    "create_bucket": [calls(lambda cast: (cast.boss.actor, "default", NewBucket(name="another")), once=True)],
    "delete_bucket": [calls(_with_a_bucket, once=True)],
    # parts of others
    "change_portrait": [calls(lambda cast: (cast.siobhan.actor, "a" * 32))],
    "guess": [calls(_guess)],
    "prove": [calls(lambda cast: (cast.siobhan.actor, PASSWORD))],
    "check_login": [calls(lambda cast: ("siobhan", PASSWORD, None, HOME, lambda known: True))],
    "set_password": [calls(lambda cast: (cast.siobhan.actor.user, BETTER, SecurityEventKind.PASSWORD_CHANGED))],
    "recognise": [calls(lambda cast: (cast.tokens[2],))],
    "write_mail": [calls(_letter, once=True)],
    "send_code": [calls(_code, once=True)],
}


OF_CONTEXTS = (CONTENTS, MEDIA, LETTERS, MARKERS, VIEWS, COMPANIES, PROJECTS, PLAYING, VIEWER, PACKING)
for cases_of_context in OF_CONTEXTS:
    for name, cases in cases_of_context.items():
        SCENARIOS[name] = [calls(given, **more) for given, more in cases]


def wired() -> dict[str, type]:
    """Every use case by its entry in the container."""
    made = {name: getattr(provider, "cls", None) for name, provider in Container.providers.items()}
    return {name: cls for name, cls in made.items() if cls is not None and is_use_case(cls)}


def under(faults: Faults, thing: Any, name: str = "") -> Any:
    """The use case with every port of it, and of the use cases it is made of, wrapped."""
    if not (type(thing).__module__.startswith("asperguide.") and (is_dataclass(thing) or isinstance(thing, Struct))):
        return thing
    hints = typing.get_type_hints(type(thing))
    names = [field.name for field in fields(thing)] if is_dataclass(thing) else thing.__struct_fields__
    parts = {name: _part(faults, getattr(thing, name), name, hints[name]) for name in names}
    return type(thing)(**parts)


def _part(faults: Faults, value: Any, name: str, hint: Any) -> Any:
    if isinstance(value, Mapping):
        return {key: faults.wrap(one, name) for key, one in value.items()}
    if _is_port(hint) or (_result(hint) is not None and _is_port(_result(hint))):
        return faults.wrap(value, name)
    if isinstance(value, tuple) and typing.get_args(hint)[:1] and _is_port(typing.get_args(hint)[0]):
        return tuple(faults.wrap(one, name) for one in value)
    return under(faults, value, name)


def _is_port(hint: Any) -> bool:
    return bool(getattr(hint, "_is_protocol", False))


def _result(hint: Any) -> Any:
    """What a callable of this type gives."""
    return typing.get_args(hint)[-1] if typing.get_origin(hint) is not None and typing.get_args(hint) else None
