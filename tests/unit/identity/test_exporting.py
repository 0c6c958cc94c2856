"""Taking one's data along: who may, what is in it, how it is fetched, and when it is gone."""

import asyncio
import json
from collections.abc import AsyncGenerator, AsyncIterator
from contextlib import asynccontextmanager
from dataclasses import replace
from datetime import timedelta
from uuid import UUID

import pytest
from dependency_injector.providers import Object

from asperguide.identity import Closing, Confirmation, ExportRequest, ResetRequest
from asperguide.identity.audit import SecurityEventKind
from asperguide.identity.belongings import Belonging, Belongings
from asperguide.identity.errors import CodeRefused, ExportNotFound, PasswordWrong, ProofNeeded, TooManyExports
from asperguide.identity.events import ExportRequested
from asperguide.identity.exports import EXPORTS, KEPT
from asperguide.media import SmallUpload
from asperguide.operations import MyJobState
from asperguide.shared.actor import OPERATOR, UserId
from asperguide.shared.errors import NotWhileImpersonating, StorageUnavailable
from asperguide.shared.ledger import as_job
from asperguide.shared.ports import JobOptions, Mail, MailDelayed
from asperguide.shared.storage import ObjectMissing
from asperguide.shared.tracing import Trace
from asperguide.testing import Person, World
from asperguide.testing.contracts.images import png
from tests.exports import LINK, stored, token_in_mail, unpacked
from tests.identity import AWAY, BETTER, PASSWORD, an_admin, sign_in


@pytest.fixture
def world() -> World:
    """A fresh one."""
    return World()


@pytest.fixture
async def siobhan(world: World) -> Person:
    """Signed in."""
    return await world.person("siobhan")


async def ask(world: World, person: Person) -> UUID:
    """The job that packs."""
    return (await world.container.ask_for_export()(person.actor, ExportRequest(), AWAY)).job


async def state(world: World, person: Person, job: UUID) -> MyJobState:
    return (await world.container.show_my_job()(person.actor, job)).state


async def fetch(world: World, token: str) -> dict[str, bytes]:
    """What is in the archive that the link leads to."""
    signed = await world.container.open_export()(token)
    assert signed.expires_at - world.clock.now() <= timedelta(minutes=5)
    return unpacked(await stored(world, signed.url))


def kept(world: World) -> list[str]:
    """The archives that there are."""
    return [key for key in world.storage.objects if key.startswith(EXPORTS)]


async def pieces(*content: bytes) -> AsyncIterator[bytes]:
    for piece in content:
        yield piece


async def send(world: World, person: Person, name: str, content: bytes) -> None:
    new = SmallUpload(name=name, media_type="text/plain")
    await world.container.upload_small()(person.actor, new, pieces(content))


async def test_an_archive_holds_what_is_kept_of_its_owner_and_of_nobody_else(world: World, siobhan: Person) -> None:
    oneil = await world.person("oneil")
    await sign_in(world, "siobhan", PASSWORD)
    for name in ("tour.txt", "TOUR.txt", "../../tour.txt"):
        await send(world, siobhan, name, f"a tour called {name}".encode())
    await send(world, oneil, "not hers.txt", b"not hers")
    await world.container.set_avatar()(siobhan.actor, pieces(png(300, 200)))
    job = await ask(world, siobhan)
    assert await state(world, siobhan, job) is MyJobState.WAITING
    await world.settle()
    assert await state(world, siobhan, job) is MyJobState.DONE
    found = await fetch(world, token_in_mail(world, siobhan.email))
    assert sorted(found) == [
        "avatar.webp", "files/TOUR (2).txt", "files/TOUR (2).txt.json", "files/_.._tour.txt", "files/_.._tour.txt.json",
        "files/tour.txt", "files/tour.txt.json", "profile.json", "security-events.json", "sessions.json",
    ]  # fmt: skip
    profile = json.loads(found["profile.json"])
    assert (profile["email"], profile["username"], profile["id"]) == (siobhan.email, "siobhan", str(siobhan.actor.user))
    assert len(json.loads(found["sessions.json"])) == 2
    kinds = [one["kind"] for one in json.loads(found["security-events.json"])]
    assert kinds[0] == "registered"
    assert SecurityEventKind.EXPORT_ASKED in kinds
    assert found["files/TOUR (2).txt"] == b"a tour called TOUR.txt"
    about = json.loads(found["files/_.._tour.txt.json"])
    assert (about["name"], about["size"]) == ("../../tour.txt", len("a tour called ../../tour.txt"))
    assert not [name for name, content in found.items() if b"hash" in content or b"not hers" in content]


async def test_every_security_event_is_in_it_however_many_there_are(world: World, siobhan: Person) -> None:
    for _ in range(230):
        await world.container.end_other_sessions()(siobhan.actor)
    await ask(world, siobhan)
    await world.settle()
    events = json.loads((await fetch(world, token_in_mail(world, siobhan.email)))["security-events.json"])
    assert len(events) > 230
    assert len({one["id"] for one in events}) == len(events)


async def test_from_where_administrators_acted_is_not_in_it(world: World, siobhan: Person) -> None:
    boss = await an_admin(world)
    await world.container.impersonate()(boss.actor, siobhan.actor.user, AWAY)
    await ask(world, siobhan)
    await world.settle()
    events = json.loads((await fetch(world, token_in_mail(world, siobhan.email)))["security-events.json"])
    (line,) = [one for one in events if one["kind"] == SecurityEventKind.IMPERSONATED]
    assert (line["by"], line["address"], line["user_agent"]) == (str(boss.actor.user), "", "")


async def test_asking_needs_a_proof_and_leaves_a_line(world: World, siobhan: Person) -> None:
    world.clock.advance(timedelta(minutes=11))
    with pytest.raises(ProofNeeded):
        await ask(world, siobhan)
    with pytest.raises(PasswordWrong):
        await world.container.ask_for_export()(siobhan.actor, ExportRequest(current_password=BETTER))
    with pytest.raises(NotWhileImpersonating):
        await world.container.ask_for_export()(replace(siobhan.actor, impersonator=OPERATOR.user))
    assert not [row for row in world.ledger.rows.values() if "export" in row.job.kind]
    await world.container.ask_for_export()(siobhan.actor, ExportRequest(current_password=PASSWORD), AWAY)
    log = await world.container.my_security_log()(siobhan.actor)
    assert (log.items[0].kind, log.items[0].address) == (SecurityEventKind.EXPORT_ASKED, AWAY.address)


async def test_there_is_one_at_a_time_and_three_a_day(world: World, siobhan: Person) -> None:
    jobs = set(await asyncio.gather(*(ask(world, siobhan) for _ in range(8))))
    assert len(jobs) == 1
    await world.settle()
    for _ in range(2):
        jobs.add(await ask(world, siobhan))
        await world.settle()
    assert len(jobs) == 3
    with pytest.raises(TooManyExports):
        await ask(world, siobhan)
    await ask(world, await world.person("oneil"))
    await world.advance(days=1, minutes=1)
    again = await sign_in(world)
    actor = await world.container.authenticate()(again.access_token)
    assert (await world.container.ask_for_export()(actor)).job not in jobs


async def test_one_mail_is_sent_in_the_language_of_its_reader_and_says_until_when(world: World) -> None:
    marie = await world.person("marie", locale="fr-CA", time_zone="America/Montreal")
    before = len(world.mails)
    await ask(world, marie)
    await world.settle()
    (mail,) = world.mails[before:]
    assert (mail.to, mail.subject, mail.locale) == (marie.email, "Vos données sont prêtes", "fr-CA")
    assert f"https://{LINK}" in mail.text.replace("http://127.0.0.1:5000", "https://")
    assert str((world.clock.now() + KEPT).year) in mail.text


async def test_the_link_works_as_often_as_needed_for_seven_days(world: World, siobhan: Person) -> None:
    await ask(world, siobhan)
    await world.settle()
    text = token_in_mail(world, siobhan.email)
    for _ in range(3):
        assert "profile.json" in await fetch(world, text)
    await world.advance(days=6, hours=23)
    assert "profile.json" in await fetch(world, text)
    assert len(kept(world)) == 1
    await world.advance(hours=1)
    with pytest.raises(ExportNotFound):
        await fetch(world, text)
    await world.advance(hours=1)
    assert kept(world) == []


@pytest.mark.parametrize("wrong", ["", "x", "A" * 43, "é" * 43, "A" * 42 + "!", "../" * 10])
async def test_what_is_no_token_leads_nowhere(world: World, siobhan: Person, wrong: str) -> None:
    await ask(world, siobhan)
    await world.settle()
    with pytest.raises(ExportNotFound):
        await world.container.open_export()(wrong)


async def test_a_code_for_something_else_is_no_token_and_a_token_is_no_code(world: World, siobhan: Person) -> None:
    await world.container.ask_for_reset()(ResetRequest(email=siobhan.email))
    await ask(world, siobhan)
    await world.settle()
    with pytest.raises(ExportNotFound):
        await world.container.open_export()(world.code_for(siobhan.email))
    stranger = await world.person("oneil")
    for code in (token_in_mail(world, siobhan.email), world.code_for(stranger.email)):
        with pytest.raises(CodeRefused):
            await world.container.confirm_email()(Confirmation(code=code))


async def test_who_is_signed_in_gets_their_own_archive_and_nobody_elses(world: World, siobhan: Person) -> None:
    oneil = await world.person("oneil")
    job = await ask(world, siobhan)
    await world.settle()
    result = (await world.container.show_my_job()(siobhan.actor, job)).result
    assert result is not None
    path, _, id = result.rpartition("/")
    assert path == "/api/v1/users/me/exports"
    open_mine = world.container.open_my_export()
    assert (await stored(world, (await open_mine(siobhan.actor, UUID(id))).url)).startswith(b"PK")
    for who, export in ((oneil.actor, UUID(id)), (siobhan.actor, world.ids.new())):
        with pytest.raises(ExportNotFound):
            await open_mine(who, export)
    with pytest.raises(NotWhileImpersonating):
        await open_mine(replace(siobhan.actor, impersonator=OPERATOR.user), UUID(id))
    world.clock.advance(KEPT)
    with pytest.raises(ExportNotFound):
        await open_mine(siobhan.actor, UUID(id))


async def test_the_link_of_somebody_who_leaves_is_dead_at_once_and_the_archive_goes_with_the_account(
    world: World, siobhan: Person
) -> None:
    await world.advance(days=24)
    again = await sign_in(world)
    actor = await world.container.authenticate()(again.access_token)
    await world.container.close_account()(actor, Closing(current_password=PASSWORD))
    await world.settle()
    key = f"{EXPORTS}{actor.user}/{world.ids.new()}.zip"
    await world.advance(days=29, hours=23)
    await world.storage.put(key, b"PK")
    await world.advance(hours=2)
    assert kept(world) == []


async def test_a_closed_or_suspended_account_fetches_nothing(world: World, siobhan: Person) -> None:
    await ask(world, siobhan)
    await world.settle()
    text = token_in_mail(world, siobhan.email)
    await world.container.suspend_user()(OPERATOR, siobhan.actor.user)
    with pytest.raises(ExportNotFound):
        await fetch(world, text)
    await world.container.restore_user()(OPERATOR, siobhan.actor.user)
    assert await fetch(world, text)


async def test_who_left_while_it_was_packed_gets_no_archive_and_no_mail(world: World, siobhan: Person) -> None:
    job = await ask(world, siobhan)
    await world.container.close_account()(siobhan.actor, Closing(current_password=PASSWORD))
    await world.settle()
    assert kept(world) == []
    assert not [mail for mail in world.mails if LINK in mail.text]
    assert world.ledger.rows[job].state.value == "done"


async def test_a_cancelled_archive_is_not_kept(world: World, siobhan: Person) -> None:
    job = await ask(world, siobhan)
    await world.container.cancel_my_job()(siobhan.actor, job)
    (row,) = [row for row in world.ledger.rows.values() if row.job.id == job]
    export = json.loads(row.job.payload)["export"]
    await world.storage.put(f"{EXPORTS}{siobhan.actor.user}/{export}.zip", b"PK")
    await world.settle()
    assert kept(world) == []
    assert not [mail for mail in world.mails if LINK in mail.text]


async def test_packing_twice_makes_one_archive_and_mails_carry_one_message_id(world: World, siobhan: Person) -> None:
    job = await ask(world, siobhan)
    message = ExportRequested(user=siobhan.actor.user, export=world.ids.new())
    for _ in range(2):
        await world.container.make_export()(message, world.ids.new())
    assert len(kept(world)) == 1
    await world.settle()
    assert await state(world, siobhan, job) is MyJobState.DONE
    made = [row.job for row in world.ledger.rows.values() if row.job.kind.endswith("export-made")]
    keys = {mail.key for mail in world.mails if LINK in mail.text}
    assert keys == {str(row.id) for row in made}


async def test_a_mail_that_is_sent_again_has_the_same_message_id_and_a_link_that_works(
    world: World, siobhan: Person
) -> None:
    class Forgetful:
        """Sends, and says that it did not, once."""

        def __init__(self) -> None:
            self.sent: list[Mail] = []

        async def send(self, mail: Mail) -> None:
            self.sent.append(mail)
            await world.mailer.send(mail)
            if len(self.sent) == 1:
                raise MailDelayed

    mailer = Forgetful()
    world.container.mailer.override(Object(mailer))
    await ask(world, siobhan)
    await world.advance(minutes=1)
    first, second = mailer.sent
    assert first == second
    assert await fetch(world, token_in_mail(world, siobhan.email))


class Things(Belongings):
    """What the test says."""

    def __init__(self, *things: Belonging) -> None:
        self.things, self.failing = things, False

    async def of(self, user: UserId) -> AsyncGenerator[Belonging, None]:
        for thing in self.things:
            yield thing
        if self.failing:
            raise StorageUnavailable

    async def weight(self, user: UserId) -> int:
        return sum(thing.size for thing in self.things)


def thing(world: World, name: str, content: bytes | None) -> Belonging:
    @asynccontextmanager
    async def opened() -> AsyncIterator[AsyncIterator[bytes]]:
        if content is None:
            raise ObjectMissing
        yield pieces(content)

    about, size = {"name": name}, len(content or b"")
    return Belonging(folder="files", name=name, size=size, at=world.clock.now(), about=about, open=opened)


async def test_what_goes_away_while_others_are_packed_is_left_out(world: World, siobhan: Person) -> None:
    things = Things(thing(world, "a", b"a"), thing(world, "gone", None), thing(world, "b", b"b"))
    world.container.belongings.override(Object(things))
    await ask(world, siobhan)
    await world.settle()
    found = await fetch(world, token_in_mail(world, siobhan.email))
    assert {name for name in found if name.startswith("files/")} == {
        "files/a", "files/a.json", "files/b", "files/b.json",
    }  # fmt: skip


async def test_what_fails_half_way_leaves_nothing_and_is_done_later(world: World, siobhan: Person) -> None:
    things = Things(thing(world, "a", b"a"))
    things.failing = True
    world.container.belongings.override(Object(things))
    job = await ask(world, siobhan)
    await world.settle()
    assert (kept(world), await state(world, siobhan, job)) == ([], MyJobState.WAITING)
    assert await ask(world, siobhan) == job
    things.failing = False
    await world.advance(minutes=1)
    assert await state(world, siobhan, job) is MyJobState.DONE
    assert "files/a" in await fetch(world, token_in_mail(world, siobhan.email))


async def test_progress_follows_the_bytes(world: World, siobhan: Person) -> None:
    said: list[float] = []
    job = UUID(int=0)

    class Slow(Things):
        async def of(self, user: UserId) -> AsyncGenerator[Belonging, None]:
            for one in self.things:
                yield one
                said.append((await world.container.show_my_job()(siobhan.actor, job)).progress)
                await asyncio.sleep(1.1)

    world.container.belongings.override(Object(Slow(thing(world, "a", b"a" * 50), thing(world, "b", b"b" * 50))))
    job = await ask(world, siobhan)
    await world.settle()
    assert said == [0.0, 0.5]
    assert (await world.container.show_my_job()(siobhan.actor, job)).progress == 1.0


async def test_somebody_who_is_not_there_ends_the_job(world: World) -> None:
    message = ExportRequested(user=UserId(world.ids.new()), export=world.ids.new())
    row = as_job(message, JobOptions(queue="media"), id=world.ids.new(), now=world.clock.now(), trace=Trace())
    await world.ledger.put([row])
    assert await world.settle() == 1
    assert world.ledger.rows[row.id].state.value == "done"
