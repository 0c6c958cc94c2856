"""Turning what was announced into mails; run by workers, at least once, with the same Message-ID every time.

No mail says what is in a letter, how long it is, or what it is called.
"""

from collections.abc import Callable, Mapping
from datetime import datetime, timedelta
from uuid import UUID
from zoneinfo import ZoneInfo

from msgspec import Struct

from asperguide.capsules.addressees import Addressee
from asperguide.capsules.claiming import ClaimTokens, claimed_until
from asperguide.capsules.events import (
    AddressFailed,
    CapsuleAnswered,
    CapsuleCancelled,
    CapsuleOpened,
    CapsuleReady,
    CapsuleSealed,
    CapsuleUnfolded,
)
from asperguide.capsules.model import SHUT, Capsule, State
from asperguide.capsules.ports import CapsulePolicy, CapsuleReads, People, Person
from asperguide.capsules.repositories import CapsulesUnitOfWork
from asperguide.capsules.settling import Holder, LinkAddress
from asperguide.shared.actor import UserId
from asperguide.shared.ports import Clock, JobOptions, Letters, Mail, Mailer, MailRefused

MOST_BOUNCES = 4
"""One mail, and three more tries."""
NEXT_TRY = timedelta(minutes=30)
LANGUAGE = "en"

ToRecipient = CapsuleSealed | CapsuleUnfolded | CapsuleReady | CapsuleCancelled
ToSender = CapsuleOpened | CapsuleAnswered | AddressFailed

WITH_ACCOUNT: Mapping[type[ToRecipient], str] = {
    CapsuleSealed: "capsule-sealed",
    CapsuleUnfolded: "capsule-unfolding",
    CapsuleReady: "capsule-ready",
    CapsuleCancelled: "capsule-cancelled",
}
WITHOUT: Mapping[type[ToRecipient], str] = {
    CapsuleSealed: "capsule-invitation",
    CapsuleReady: "capsule-claim",
    CapsuleCancelled: "capsule-cancelled",
}
TO_SENDER: Mapping[type[ToSender], str] = {
    CapsuleOpened: "capsule-opened",
    CapsuleAnswered: "capsule-answered",
    AddressFailed: "capsule-undeliverable",
}
TRUE_IN: Mapping[type[ToRecipient], tuple[State, ...]] = {
    CapsuleSealed: SHUT,
    CapsuleUnfolded: (State.UNFOLDING,),
    CapsuleReady: (State.READY,),
    CapsuleCancelled: (State.CANCELLED,),
}
"""In which states the capsule must still be, for the addressee: what is over by then is not said any more."""


class WriteAboutCapsule(Struct, frozen=True, kw_only=True):
    """A mail about a capsule, in the language of whoever gets it."""

    letters: Letters
    mailer: Mailer

    async def __call__(self, kind: str, one: Addressee, to: Person, data: Mapping[str, str]) -> None:
        letter = self.letters.write(kind, to.locale, {"name": to.name, **data})
        key = f"{kind}:{one.id}:{one.addressed}"
        await self.mailer.send(
            Mail(key=key, to=to.email, subject=letter.subject, text=letter.text, html=letter.html, locale=to.locale)
        )


class TellRecipient(Struct, frozen=True, kw_only=True):
    """Tell somebody what became of a capsule that is for them.

    People without an account get an invitation, if the sender wants that, and a link when the time has come. Mails to
    them that come back are tried again three times, half an hour apart.
    """

    begin: Callable[[], CapsulesUnitOfWork]
    reads: CapsuleReads
    people: People
    link: LinkAddress
    write: WriteAboutCapsule
    tokens: ClaimTokens
    clock: Clock
    policy: CapsulePolicy

    async def __call__(self, message: ToRecipient, job: UUID) -> None:
        capsule, one = await self._find(message)
        if capsule is None or one is None or one.left_at is not None:
            return
        if capsule.state_for(one, self.clock.now()) not in TRUE_IN[type(message)]:
            return
        people = await self.people.known({capsule.sender, *([one.user] if one.user else [])})
        kind, to = self._reader(message, capsule, one, people)
        if kind is None or to is None:
            return
        try:
            await self.write(kind, one, to, self._data(capsule, one, to, people))
        except MailRefused:
            if one.user is not None:
                raise
            await self._bounced(message, job)

    async def _find(self, message: ToRecipient) -> tuple[Capsule | None, Addressee | None]:
        """The capsule and its addressee, who by now may have an account that was not there at sealing."""
        capsule, one = await self._read(message)
        key = None if one is None else one.awaited
        user = None if key is None else (await self.people.holders((key,))).get(key)
        if key is None or user is None:
            return capsule, one
        await self.link(Holder(user=user, email_key=key))
        return await self._read(message)

    async def _read(self, message: ToRecipient) -> tuple[Capsule | None, Addressee | None]:
        capsule = await self.reads.capsule(message.capsule)
        return capsule, None if capsule is None else capsule.find(message.addressee)

    def _reader(
        self, message: ToRecipient, capsule: Capsule, one: Addressee, people: Mapping[UserId, Person]
    ) -> tuple[str | None, Person | None]:
        """Which mail there is to write, and to whom."""
        if one.user is not None:
            about_myself = one.user == capsule.sender and isinstance(message, CapsuleSealed | CapsuleCancelled)
            return None if about_myself else WITH_ACCOUNT[type(message)], people.get(one.user)
        if isinstance(message, CapsuleCancelled) and not capsule.invites:
            return None, None  # they never heard of it
        sender = people.get(capsule.sender)
        to = Person(
            id=capsule.sender, name=one.name, email=one.email or "", time_zone=capsule.unlock.zone,
            locale=LANGUAGE if sender is None else sender.locale,
        )  # fmt: skip
        return WITHOUT.get(type(message)), to if one.email else None

    def _data(self, capsule: Capsule, one: Addressee, to: Person, people: Mapping[UserId, Person]) -> dict[str, str]:
        named = capsule.names_sender_to(one.user, self.clock.now()) and capsule.sender in people
        where = f"{self.policy.public_url}/api/v1/capsules"
        claim = f"{where}/claims/{self.tokens.issue(one)}"
        return {
            "sender": people[capsule.sender].name if named else "",
            "theme": capsule.theme,
            "when": _on_clocks(capsule.unlock.at, to.time_zone),
            "until": _on_clocks(claimed_until(capsule), to.time_zone),
            "link": claim if one.user is None else f"{where}/{capsule.id}",
        }

    async def _bounced(self, message: ToRecipient, job: UUID) -> None:
        async with self.begin() as uow:
            capsule = await uow.capsules.get(message.capsule)
            if capsule is not None and (one := capsule.find(message.addressee)) is not None:
                changed = one.bounced()
                await uow.capsules.save(capsule.having(changed), changed)
                if changed.bounces < MOST_BOUNCES:
                    uow.announce(message, JobOptions(run_at=self.clock.now() + NEXT_TRY))
                else:
                    uow.announce(AddressFailed(capsule=capsule.id, addressee=one.id))
            uow.complete(job)
            await uow.commit()


class TellSender(Struct, frozen=True, kw_only=True):
    """Tell the sender of a capsule what a recipient did, or that no mail reaches them."""

    reads: CapsuleReads
    people: People
    write: WriteAboutCapsule
    policy: CapsulePolicy

    async def __call__(self, message: ToSender, job: UUID) -> None:
        capsule = await self.reads.capsule(message.capsule)
        one = None if capsule is None else capsule.find(message.addressee)
        if capsule is None or one is None or one.user == capsule.sender:
            return
        sender = (await self.people.known((capsule.sender,))).get(capsule.sender)
        if sender is None:
            return
        data = {
            "reader": one.name or one.email or "",
            "theme": capsule.theme,
            "link": f"{self.policy.public_url}/api/v1/capsules/{capsule.id}",
        }
        await self.write(TO_SENDER[type(message)], one, sender, data)


def _on_clocks(at: datetime, zone: str) -> str:
    return f"{at.astimezone(ZoneInfo(zone)):%Y-%m-%d %H:%M} ({zone})"
