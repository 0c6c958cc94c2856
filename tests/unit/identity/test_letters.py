"""Mails of identity: in whose language, once per event, at most so many, and with codes that are nowhere else."""

import re
from collections.abc import Awaitable, Callable
from uuid import UUID

import pytest
from dependency_injector.providers import Object

from asperguide.adapters.memory.mailer import MemoryMailer
from asperguide.identity import Closing, Confirmation, EmailChange, PasswordChange, Reopening, ResetRequest
from asperguide.identity.events import (
    AccountReopened,
    EmailChangeRequested,
    PasswordChanged,
    TakenAddressTried,
    UserRegistered,
)
from asperguide.identity.mailing import masked
from asperguide.shared.actor import OPERATOR, Origin, UserId
from asperguide.shared.ledger import JobState
from asperguide.shared.ports import Mail, MailDelayed
from asperguide.testing import Person, World
from tests.identity import BETTER, HOME, PASSWORD, ledger_text, mails_to, register, sign_in

LINK = re.compile(r"https?://\S+")
SOMEWHERE = "amelie@galway.example"


class DelayedMailer(MemoryMailer):
    """A mail server that is away for a while."""

    def __init__(self, failures: int) -> None:
        super().__init__()
        self.failures = failures
        self.keys: list[str] = []

    async def send(self, mail: Mail) -> None:
        """Notes the key, and fails as often as it should."""
        self.keys.append(mail.key)
        if self.failures:
            self.failures -= 1
            raise MailDelayed("come back later")
        await super().send(mail)


@pytest.fixture
def world() -> World:
    """A fresh one."""
    return World()


async def a_whole_life(world: World, locale: str) -> Person:
    """Everything that sends a mail, once."""
    c = world.container
    person = await world.person("amelie", locale=locale, time_zone="Europe/Paris")
    await sign_in(world, "amelie", origin=Origin(address="203.0.113.4", user_agent="Opera"))
    await register(world, "thief", email=person.email)
    await c.ask_for_reset()(ResetRequest(email=person.email))
    await c.change_password()(person.actor, PasswordChange(new_password=BETTER, current_password=PASSWORD), HOME)
    await c.change_email()(person.actor, EmailChange(email=SOMEWHERE, current_password=BETTER))
    await world.settle()
    await c.confirm_email()(Confirmation(code=world.code_for(SOMEWHERE)))
    await world.settle()
    await c.close_account()(person.actor, Closing(current_password=BETTER))
    await world.settle()
    await c.reopen_account()(Reopening(code=world.code_for(SOMEWHERE)))
    await world.settle()
    await c.suspend_user()(OPERATOR, person.actor.user)
    await world.settle()
    return person


@pytest.mark.parametrize("locale", ["fr", "fr-CA", "en", "de"])
async def test_every_mail_is_in_the_language_of_the_person(world: World, locale: str) -> None:
    hello, other = ("Bonjour", "Hello") if locale.startswith("fr") else ("Hello", "Bonjour")
    await a_whole_life(world, locale)
    assert len(world.mails) == 10
    for mail in world.mails:
        assert mail.locale == locale
        assert hello in mail.text
        assert other not in mail.text + mail.html
    assert len({mail.subject for mail in world.mails}) == 10


async def test_every_event_is_one_mail_named_after_its_row_in_the_ledger(world: World) -> None:
    await a_whole_life(world, "en")
    keys = [mail.key for mail in world.mails]
    assert len(set(keys)) == len(keys)
    assert set(keys) <= {str(id) for id in world.ledger.rows}
    assert {row.state for row in world.ledger.rows.values()} == {JobState.DONE}


async def test_links_use_the_public_address_and_codes_are_in_the_part_that_no_server_sees(world: World) -> None:
    await a_whole_life(world, "en")
    links = [link for mail in world.mails for link in LINK.findall(mail.text)]
    assert len(links) >= 5
    assert all(link.startswith(f"{world.container.policy().public_url}/account/") for link in links)
    codes = {link.partition("#")[2] for link in links} - {""}
    assert len(codes) == 4
    assert not [code for code in codes if code in ledger_text(world)]


async def test_no_secret_is_in_any_row_or_mail(world: World) -> None:
    person = await a_whole_life(world, "en")
    text = ledger_text(world) + repr(world.mails)
    secrets = [PASSWORD, BETTER, person.signed_in.access_token, person.signed_in.refresh_token]
    assert not [secret for secret in secrets if secret in text]
    assert "memory$" not in text


async def test_times_are_told_on_the_clocks_where_the_person_lives(world: World) -> None:
    await a_whole_life(world, "en")
    assert any("2026-01-01 13:00 (Europe/Paris)" in mail.text for mail in world.mails)


async def test_a_mail_that_was_delayed_is_sent_under_the_same_key_with_a_code_that_works(world: World) -> None:
    mailer = DelayedMailer(failures=3)
    world.container.mailer.override(Object(mailer))
    await register(world)
    await world.advance(hours=1)
    assert len(mailer.keys) == 4
    assert len(set(mailer.keys)) == 1
    code = LINK.search(mailer.sent[0].text)
    assert code
    await world.container.confirm_email()(Confirmation(code=code[0].partition("#")[2]))


async def test_a_row_that_runs_twice_sends_no_code_that_was_used(world: World) -> None:
    registered = await register(world)
    job = next(id for id, row in world.ledger.rows.items() if "user-registered" in row.job.kind)
    await world.container.confirm_email()(Confirmation(code=world.code_for("siobhan@example.org")))
    sent = [*world.mails]
    await world.container.send_verification()(UserRegistered(user=registered.id), job)
    assert world.mails == sent


async def test_the_owner_of_an_address_is_told_at_most_5_times_an_hour(world: World) -> None:
    siobhan = await world.person("siobhan")
    before = len(world.mails)
    for n in range(8):
        await register(world, f"thief{n}", email=siobhan.email)
    assert len(world.mails) - before == 5
    await world.advance(hours=1, seconds=1)
    await register(world, "thief9", email=siobhan.email)
    assert len(world.mails) - before == 6


async def test_nobody_is_written_to_about_an_account_that_is_gone(world: World) -> None:
    nobody, job = UserId(UUID(int=1)), UUID(int=2)
    c = world.container
    calls: list[Callable[[], Awaitable[None]]] = [
        lambda: c.send_verification()(UserRegistered(user=nobody), job),
        lambda: c.tell_taken_address()(TakenAddressTried(email_key="x@example.org"), job),
        lambda: c.tell_owner()(AccountReopened(user=nobody), job),
        lambda: c.tell_owner()(PasswordChanged(user=nobody, at=world.clock.now(), device="", address=""), job),
        lambda: c.send_email_change()(EmailChangeRequested(user=nobody, email="x@example.org"), job),
    ]
    for call in calls:
        await call()
    assert not world.mails


async def test_a_notice_of_a_closing_that_was_taken_back_is_not_sent(world: World) -> None:
    siobhan = await world.person("siobhan")
    await world.container.close_account()(siobhan.actor)
    await world.container.reopen_account()(Reopening(login="siobhan", password=PASSWORD))
    await world.settle()
    assert [mail.subject for mail in mails_to(world, siobhan.email) if "clos" in mail.subject.lower()] == []


def test_a_masked_address_tells_its_owner_only() -> None:
    assert masked("siobhan@example.org") == "s***@example.org"
