"""Letters: written, sealed, waited for, opened, answered; and all that can come between."""

import base64
import hashlib
import re
from datetime import timedelta
from typing import Any
from uuid import UUID

import msgspec
import pytest

from asperguide.capsules import (
    Anonymously,
    CapsuleView,
    Draft,
    NewCapsule,
    NewRecipient,
    Sealing,
    State,
    To,
    UnlockTime,
)
from asperguide.capsules.errors import (
    AlreadyReplied,
    AttachmentNotFound,
    CapsuleAlreadySealed,
    CapsuleInWrongState,
    CapsuleNotFound,
    CapsuleStillSealed,
    ClaimUsed,
    CountdownNotFound,
    EarlyViewNotAllowed,
    InvalidUnlockTime,
)
from asperguide.shared.errors import EditedMeanwhile
from tests.acceptance.driver import Driver, address
from tests.media import TEXT

TITLE, BODY = "To be opened when you are thirty", "Dear Niamh, when you read this..."
SIOBHAN, NIAMH, GRAINNE = map(address, ("siobhan", "niamh", "grainne"))


class Person:
    """Somebody who signs in anew whenever they do something: between two letters years pass."""

    def __init__(self, driver: Driver, username: str, id: UUID) -> None:
        self._driver, self._username, self.id = driver, username, id

    async def token(self) -> str:
        """A fresh access token."""
        return (await self._driver.sign_in(self._username)).access_token


async def person(driver: Driver, username: str) -> Person:
    """Somebody who registered and confirmed."""
    token = (await driver.member(username)).access_token
    return Person(driver, username, (await driver.me(token)).id)


def ahead(driver: Driver, **by: float) -> UnlockTime:
    """So far from now."""
    return UnlockTime(wall=(driver.world.clock.now() + timedelta(**by)).replace(tzinfo=None), zone="UTC")


def to(*whom: Person | str) -> tuple[To, ...]:
    """Users and addresses."""
    return tuple(To(email=one, name="Gráinne") if isinstance(one, str) else To(user=one.id) for one in whom)


async def seal(driver: Driver, sender: Person, *whom: Person | str, days: float = 30, **fields: Any) -> CapsuleView:
    """A letter that opens in so many days."""
    ready: dict[str, Any] = {"title": TITLE, "body": BODY, "theme": "birthday", "recipients": to(*whom)}
    new = NewCapsule(**{**ready, "unlock": ahead(driver, days=days), **fields})
    return await driver.seal(await sender.token(), new)


async def body(driver: Driver, who: Person, id: UUID) -> str | None:
    """What somebody reads now, without opening it."""
    content = (await driver.capsule(await who.token(), id)).content
    return None if content is None else content.body


async def test_a_letter_is_written_sealed_waited_for_opened_and_answered(driver: Driver) -> None:
    siobhan, niamh = await person(driver, "siobhan"), await person(driver, "niamh")
    token = await siobhan.token()
    draft = await driver.write(token, Draft(title="Dear"))
    draft = await driver.save(token, draft.id, draft.version, Draft(title=TITLE, body=BODY, recipients=to(niamh)))
    with pytest.raises(EditedMeanwhile):
        await driver.save(token, draft.id, 1, Draft(title="Lost"))
    how = Sealing(unlock=ahead(driver, days=30))
    with pytest.raises(EditedMeanwhile):
        await driver.seal_draft(token, draft.id, how, version=1)
    sealed = await driver.seal_draft(token, draft.id, how, version=2)
    assert (sealed.id, sealed.state, sealed.content) == (draft.id, State.SEALED, None)
    with pytest.raises(CapsuleAlreadySealed):
        await driver.save(token, draft.id, 2, Draft(title="Too late"))
    assert list(await driver.drafts(token)) == []

    await driver.world.advance(days=29)
    (waiting,) = await driver.capsules(await niamh.token(), state="unfolding")
    assert (waiting.id, waiting.sender and waiting.sender.name) == (sealed.id, "Siobhan O'Neil")
    for who in (siobhan, niamh):
        assert await body(driver, who, sealed.id) is None
    with pytest.raises(EarlyViewNotAllowed):
        await driver.peek(await niamh.token(), sealed.id)
    with pytest.raises(CapsuleStillSealed):
        await driver.open(await niamh.token(), sealed.id)

    told = len(await driver.subjects(NIAMH))
    await driver.world.advance(days=1)
    assert len(await driver.subjects(NIAMH)) == told + 1
    assert (await driver.capsule(await niamh.token(), sealed.id)).state is State.READY
    opened = await driver.open(await niamh.token(), sealed.id)
    assert opened.content is not None and (opened.content.title, opened.content.body) == (TITLE, BODY)
    reply = await driver.reply(await niamh.token(), sealed.id, text="I cried.")
    with pytest.raises(AlreadyReplied):
        await driver.reply(await niamh.token(), sealed.id, emoji="❤️")
    mine = await driver.capsule(await siobhan.token(), sealed.id)
    assert (mine.state, mine.replies) == (State.OPENED, (reply,))
    assert len([mail for mail in await driver.subjects(SIOBHAN) if "letter" in mail.lower()]) >= 2


async def test_an_early_view_is_the_senders_to_allow(driver: Driver) -> None:
    siobhan, niamh = await person(driver, "siobhan"), await person(driver, "niamh")
    sealed = await seal(driver, siobhan, niamh, allow_early_view=True)
    with pytest.raises(CapsuleStillSealed):
        await driver.peek(await niamh.token(), sealed.id)
    await driver.world.advance(days=27)
    seen = await driver.peek(await niamh.token(), sealed.id)
    assert seen.content is not None and seen.content.body == BODY
    assert (await body(driver, niamh, sealed.id), seen.opened_at) == (None, None)


async def test_who_registers_with_the_address_finds_the_letter(driver: Driver) -> None:
    siobhan = await person(driver, "siobhan")
    sealed = await seal(driver, siobhan, GRAINNE, invite=True)
    assert len(await driver.subjects(GRAINNE)) == 1
    grainne = await person(driver, "grainne")
    await driver.world.settle()
    assert [one.id for one in await driver.capsules(await grainne.token())] == [sealed.id]
    (recipient,) = (await driver.capsule(await siobhan.token(), sealed.id)).recipients or ()
    assert (recipient.user, recipient.email) == (None, GRAINNE)
    await driver.world.advance(days=30)
    assert (await driver.open(await grainne.token(), sealed.id)).state is State.OPENED


async def test_a_letter_to_oneself_is_reflected_on(driver: Driver) -> None:
    siobhan = await person(driver, "siobhan")
    sealed = await seal(driver, siobhan, siobhan)
    token = await siobhan.token()
    assert [one.id for one in await driver.capsules(token)] == [
        one.id for one in await driver.capsules(token, "outbox")
    ]
    await driver.world.advance(days=30)
    with pytest.raises(CapsuleInWrongState):
        await driver.reflect(await siobhan.token(), sealed.id, "Not yet")
    await driver.open(await siobhan.token(), sealed.id)
    for text in ("Hm.", "I still think so."):
        await driver.reflect(await siobhan.token(), sealed.id, text)
    reflection = (await driver.capsule(await siobhan.token(), sealed.id)).reflection
    assert reflection is not None and reflection.text == "I still think so."


async def test_several_recipients_open_it_each_for_themselves(driver: Driver) -> None:
    siobhan, niamh, orla = [await person(driver, name) for name in ("siobhan", "niamh", "orla")]
    sealed = await seal(driver, siobhan, niamh, orla)
    await driver.world.advance(days=30)
    await driver.open(await niamh.token(), sealed.id)
    await driver.reply(await niamh.token(), sealed.id, emoji="🎂")
    assert await body(driver, orla, sealed.id) is None
    assert [one.state for one in await driver.capsules(await niamh.token())] == [State.OPENED]
    assert [one.state for one in await driver.capsules(await orla.token())] == [State.READY]
    mine = await driver.capsule(await siobhan.token(), sealed.id)
    assert [one.opened_at is not None for one in mine.recipients or ()] == [True, False]
    assert mine.state is State.READY
    theirs = await driver.open(await orla.token(), sealed.id)
    assert (theirs.replies, theirs.recipients) == ((), None)
    assert (await driver.capsule(await siobhan.token(), sealed.id)).state is State.OPENED


async def test_an_anonymous_sender_is_hinted_at_and_named_later(driver: Driver) -> None:
    siobhan, niamh = await person(driver, "siobhan"), await person(driver, "niamh")
    hints = ("We met in a garden.", "It rained.")
    sealed = await seal(driver, siobhan, niamh, anonymous=Anonymously(reveal_after=36_000, hints=hints))
    assert (await driver.capsule(await niamh.token(), sealed.id)).sender is None
    await driver.world.advance(days=30)
    await driver.open(await niamh.token(), sealed.id)
    for hours, given in ((0, ()), (3.5, hints[:1]), (7, hints), (9.9, hints)):
        driver.world.clock.set(sealed.unlock.at + timedelta(hours=hours))
        seen = await driver.capsule(await niamh.token(), sealed.id)
        assert seen.content is not None
        assert (seen.sender, seen.content.signature, seen.content.hints) == (None, None, given)
        assert [one.sender for one in await driver.capsules(await niamh.token())] == [None]
        assert (await driver.proof(await niamh.token(), sealed.id)).packed is None
    driver.world.clock.set(sealed.unlock.at + timedelta(hours=10))
    seen = await driver.capsule(await niamh.token(), sealed.id)
    assert seen.content is not None
    assert (seen.sender and seen.sender.name, seen.content.signature) == ("Siobhan O'Neil", "Siobhan O'Neil")
    assert not [mail for mail in driver.world.mails if mail.to == NIAMH and "Siobhan" in mail.text]


async def test_a_letter_disappears_for_each_who_has_read_it(driver: Driver) -> None:
    siobhan, niamh, orla = [await person(driver, name) for name in ("siobhan", "niamh", "orla")]
    sealed = await seal(driver, siobhan, niamh, orla, disappears_after=3600)
    await driver.world.advance(days=30)
    await driver.open(await niamh.token(), sealed.id)
    await driver.world.advance(minutes=59)
    assert await body(driver, niamh, sealed.id) == BODY
    await driver.world.advance(minutes=1)
    assert await body(driver, niamh, sealed.id) is None
    assert (await driver.open(await niamh.token(), sealed.id)).content is None
    opened = await driver.open(await orla.token(), sealed.id)
    assert opened.content is not None
    assert await body(driver, siobhan, sealed.id) == BODY


async def test_a_letter_that_is_taken_back_never_opens(driver: Driver) -> None:
    siobhan, niamh = await person(driver, "siobhan"), await person(driver, "niamh")
    sealed, late = await seal(driver, siobhan, niamh), await seal(driver, siobhan, niamh, days=1)
    told = len(await driver.subjects(NIAMH))
    assert (await driver.cancel(await siobhan.token(), sealed.id)).state is State.CANCELLED
    assert len(await driver.subjects(NIAMH)) == told + 1
    await driver.world.advance(days=31)
    with pytest.raises(CapsuleInWrongState):
        await driver.open(await niamh.token(), sealed.id)
    for who in (siobhan, niamh):
        assert await body(driver, who, sealed.id) is None
    with pytest.raises(CapsuleInWrongState):
        await driver.cancel(await siobhan.token(), late.id)


async def test_a_letter_is_put_off_and_never_brought_forward(driver: Driver) -> None:
    siobhan, niamh = await person(driver, "siobhan"), await person(driver, "niamh")
    sealed = await seal(driver, siobhan, niamh)
    with pytest.raises(InvalidUnlockTime):
        await driver.postpone(await siobhan.token(), sealed.id, ahead(driver, days=29))
    later = await driver.postpone(await siobhan.token(), sealed.id, ahead(driver, days=60))
    await driver.world.advance(days=58)
    with pytest.raises(CapsuleStillSealed):
        await driver.open(await niamh.token(), sealed.id)
    with pytest.raises(CapsuleInWrongState):
        await driver.postpone(await siobhan.token(), sealed.id, ahead(driver, days=90))
    await driver.world.advance(days=2)
    assert later.unlock.at == driver.world.clock.now()
    assert (await driver.open(await niamh.token(), sealed.id)).state is State.OPENED


async def test_the_link_out_of_a_mail_takes_a_letter_into_any_account_once(driver: Driver) -> None:
    siobhan, niamh, orla = [await person(driver, name) for name in ("siobhan", "niamh", "orla")]
    sealed = await seal(driver, siobhan, "grainne@example.com")
    (recipient,) = sealed.recipients or ()
    await driver.readdress(await siobhan.token(), sealed.id, recipient.id, GRAINNE)
    await driver.world.advance(days=30)
    assert await driver.subjects("grainne@example.com") == []
    link = re.search(r"/capsules/claims/(\S+)", driver.world.mails[-1].text)
    assert driver.world.mails[-1].to == GRAINNE and link is not None
    seen = await driver.waiting(link[1])
    assert (seen.capsule, seen.theme) == (sealed.id, "birthday")
    with pytest.raises(CapsuleNotFound):
        await driver.open(await niamh.token(), sealed.id)
    claimed = await driver.claim(await niamh.token(), link[1])
    assert (claimed.state, claimed.content) == (State.READY, None)
    with pytest.raises(ClaimUsed):
        await driver.claim(await orla.token(), link[1])
    assert (await driver.open(await niamh.token(), sealed.id)).state is State.OPENED


async def test_a_countdown_is_everybodys_until_it_is_revoked(driver: Driver) -> None:
    siobhan, niamh = await person(driver, "siobhan"), await person(driver, "niamh")
    sealed = await seal(driver, siobhan, niamh)
    shared = await driver.share(await siobhan.token(), sealed.id)
    seen = await driver.countdown(shared.token)
    assert (seen.theme, seen.state, seen.unlock) == ("birthday", State.SEALED, sealed.unlock)
    assert [one.id for one in await driver.countdowns(await siobhan.token(), sealed.id)] == [shared.id]
    await driver.world.advance(days=30)
    await driver.open(await niamh.token(), sealed.id)
    assert (await driver.countdown(shared.token)).state is State.READY
    await driver.revoke_countdown(await siobhan.token(), sealed.id, shared.id)
    with pytest.raises(CountdownNotFound):
        await driver.countdown(shared.token)


async def test_the_proof_can_be_held_against_the_letter(driver: Driver) -> None:
    siobhan, niamh = await person(driver, "siobhan"), await person(driver, "niamh")
    sealed = await seal(driver, siobhan, niamh)
    before = await driver.proof(await siobhan.token(), sealed.id)
    assert (before.proof, before.packed) == (sealed.proof, None)
    with pytest.raises(CapsuleStillSealed):
        await driver.proof(await niamh.token(), sealed.id)
    await driver.world.advance(days=30)
    await driver.open(await niamh.token(), sealed.id)
    after = await driver.proof(await niamh.token(), sealed.id)
    packed = base64.b64decode(after.packed or "")
    assert hashlib.sha256(packed).hexdigest() == sealed.proof
    content = msgspec.msgpack.decode(packed)
    assert (content["title"], content["body"], content["signature"]) == (TITLE, BODY, "Siobhan O'Neil")


async def test_a_file_goes_with_a_letter_as_long_as_its_owner_keeps_it(driver: Driver) -> None:
    siobhan, niamh = await person(driver, "siobhan"), await person(driver, "niamh")
    file = await driver.upload_small(await siobhan.token(), "garden.txt", TEXT)
    sealed = await seal(driver, siobhan, niamh, attachments=(file.id,))
    with pytest.raises(CapsuleStillSealed):
        await driver.attachment(await niamh.token(), sealed.id, file.id)
    await driver.world.advance(days=30)
    await driver.open(await niamh.token(), sealed.id)
    assert await driver.attachment(await niamh.token(), sealed.id, file.id) == TEXT
    await driver.delete_file(await siobhan.token(), file.id)
    with pytest.raises(AttachmentNotFound):
        await driver.attachment(await niamh.token(), sealed.id, file.id)


async def test_a_letter_to_somebody_in_the_address_book_goes_where_the_book_says(driver: Driver) -> None:
    siobhan, niamh = await person(driver, "siobhan"), await person(driver, "niamh")
    new = NewRecipient(name="My sister", user=niamh.id)
    recipient = await driver.add_recipient(await siobhan.token(), new)
    sealed = await seal(driver, siobhan, recipients=(To(recipient=recipient.id),))
    assert [one.name for one in sealed.recipients or ()] == ["My sister"]
    assert [one.id for one in await driver.capsules(await niamh.token())] == [sealed.id]


async def test_a_letter_outlives_the_account_of_its_sender(driver: Driver) -> None:
    siobhan, niamh = await person(driver, "siobhan"), await person(driver, "niamh")
    sealed, own = await seal(driver, siobhan, niamh, days=60), await seal(driver, siobhan, siobhan, days=60)
    shared = await driver.share(await siobhan.token(), sealed.id)
    await driver.close(await siobhan.token())
    await driver.world.advance(days=31)
    with pytest.raises(CountdownNotFound):
        await driver.countdown(shared.token)
    await driver.world.advance(days=29)
    opened = await driver.open(await niamh.token(), sealed.id)
    assert opened.content is not None and opened.content.body == BODY
    assert (opened.sender and opened.sender.name, opened.content.signature) == ("Siobhan O'Neil", "Siobhan O'Neil")
    assert await driver.world.container.capsule_reads().capsule(own.id) is None
