"""Capsules: letters that open when their time has come. What they are at a moment follows from time and stored facts.

The two tables, RIGHTS and SEEN, are the whole law of who may do and see what; nothing else decides it.
"""

from collections.abc import Mapping
from dataclasses import dataclass, replace
from datetime import datetime, timedelta
from enum import StrEnum
from types import MappingProxyType

from asperguide.capsules.addressees import Addressee, AddresseeId, CapsuleId
from asperguide.capsules.anonymity import Anonymity
from asperguide.capsules.errors import (
    CapsuleAlreadySealed,
    CapsuleInWrongState,
    CapsuleNotFound,
    CapsuleStillSealed,
    EarlyViewNotAllowed,
    InvalidUnlockTime,
    RepliesNotAllowed,
)
from asperguide.capsules.unlocking import Unlock, check_unlock
from asperguide.shared.actor import UserId
from asperguide.shared.errors import DomainError, Forbidden

UNFOLDS = timedelta(days=3)
"""For so long before it opens a capsule is unfolding."""


class State(StrEnum):
    """draft: not sealed. sealed, unfolding: shut. ready: its time has come. opened: by everybody it is for."""

    DRAFT = "draft"
    SEALED = "sealed"
    UNFOLDING = "unfolding"
    READY = "ready"
    OPENED = "opened"
    CANCELLED = "cancelled"


class Part(StrEnum):
    """What somebody is to a capsule. Whoever writes to themselves is both of the first two."""

    SENDER = "sender"
    RECIPIENT = "recipient"
    STRANGER = "stranger"


class Action(StrEnum):
    """What can be done with a capsule."""

    EDIT = "edit"
    DELETE = "delete"
    SEAL = "seal"
    CANCEL = "cancel"
    POSTPONE = "postpone"
    READDRESS = "readdress"
    SHARE = "share"
    PEEK = "peek"
    OPEN = "open"
    REPLY = "reply"
    REFLECT = "reflect"


class Fact(StrEnum):
    """What can be known of a capsule. existence: that there is one, its theme and time. content: all of the rest."""

    EXISTENCE = "existence"
    CONTENT = "content"


SHUT = (State.SEALED, State.UNFOLDING)
ALL_BUT_DRAFTS = (*SHUT, State.READY, State.OPENED, State.CANCELLED)

RIGHTS: Mapping[Action, tuple[Part, tuple[State, ...]]] = MappingProxyType(
    {
        Action.EDIT: (Part.SENDER, (State.DRAFT,)),
        Action.DELETE: (Part.SENDER, (State.DRAFT,)),
        Action.SEAL: (Part.SENDER, (State.DRAFT,)),
        Action.CANCEL: (Part.SENDER, SHUT),
        Action.POSTPONE: (Part.SENDER, (State.SEALED,)),
        Action.READDRESS: (Part.SENDER, (*SHUT, State.READY)),
        Action.SHARE: (Part.SENDER, SHUT),
        Action.PEEK: (Part.RECIPIENT, (State.UNFOLDING,)),
        Action.OPEN: (Part.RECIPIENT, (State.READY,)),
        Action.REPLY: (Part.RECIPIENT, (State.OPENED,)),
        Action.REFLECT: (Part.SENDER, (State.OPENED,)),
    }
)
"""Who may do it, and in which states. Peeking and replying need the sender's leave, reflecting a letter to oneself."""

SEEN: Mapping[tuple[Part, Fact], tuple[State, ...]] = MappingProxyType(
    {
        (Part.SENDER, Fact.EXISTENCE): (State.DRAFT, *ALL_BUT_DRAFTS),
        (Part.SENDER, Fact.CONTENT): (State.DRAFT, State.READY, State.OPENED),
        (Part.RECIPIENT, Fact.EXISTENCE): ALL_BUT_DRAFTS,
        (Part.RECIPIENT, Fact.CONTENT): (State.OPENED,),
        (Part.STRANGER, Fact.EXISTENCE): (),
        (Part.STRANGER, Fact.CONTENT): (),
    }
)
"""In which states who sees what. From sealing to its time even the sender sees nothing of what is in a capsule."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Capsule:
    """A capsule that was sealed. What is in it is kept apart from it, under a key of its own.

    `proof` is a checksum over all that was sealed. `opened_at` is when the last addressee opened it. With `invites`
    addressees are told at sealing that it is there.
    """

    id: CapsuleId
    sender: UserId
    addressees: tuple[Addressee, ...] = ()
    theme: str = ""
    unlock: Unlock
    allow_early_view: bool = False
    allow_reply: bool = True
    anonymity: Anonymity | None = None
    disappears_after: timedelta | None = None
    invites: bool = False
    proof: bytes
    sealed_at: datetime
    opened_at: datetime | None = None
    cancelled_at: datetime | None = None
    version: int = 1

    @property
    def unlocks_at(self) -> datetime:
        """The instant at which it opens."""
        return self.unlock.at

    def state(self, now: datetime) -> State:
        """What it is at this moment, with no worker having to say so."""
        if self.cancelled_at is not None:
            return State.CANCELLED
        if now < self.unlock.at:
            return State.SEALED if now < self.unlock.at - UNFOLDS else State.UNFOLDING
        return State.READY if self.opened_at is None else State.OPENED

    def state_for(self, addressee: Addressee, now: datetime) -> State:
        """What it is for one of several: opened as soon as they have opened it."""
        return self.state_if(addressee.opened_at is not None, now)

    def state_if(self, opened: bool, now: datetime) -> State:
        """What it is for somebody who has, or has not, opened it."""
        state = self.state(now)
        return State.OPENED if state is State.READY and opened else state

    def addressee(self, user: UserId) -> Addressee | None:
        """The user as one whom it is for: the first, if its sender wrote them down in several ways."""
        return next((one for one in self.addressees if one.user == user), None)

    def parts(self, user: UserId) -> tuple[Part, ...]:
        """What the user is to it."""
        sender = (Part.SENDER,) if user == self.sender else ()
        recipient = (Part.RECIPIENT,) if self.addressee(user) else ()
        return (*sender, *recipient) or (Part.STRANGER,)

    @property
    def is_to_oneself(self) -> bool:
        """Whether it is a letter of the sender to themselves alone."""
        return [one.user for one in self.addressees] == [self.sender]

    def sees(self, user: UserId, fact: Fact, now: datetime) -> bool:
        """Whether the user may know this now. What has disappeared is seen by nobody whom it was for."""
        return any(self._state_of(part, user, now) in SEEN[part, fact] for part in self.parts(user)) and not (
            fact is Fact.CONTENT and self.has_disappeared(user, now)
        )

    def names_sender_to(self, user: UserId | None, now: datetime) -> bool:
        """Whether the user, or somebody without an account, may know who sent it."""
        if self.anonymity is None or user == self.sender:
            return True
        return self.anonymity.is_over(self.unlock.at, now)

    def has_disappeared(self, user: UserId, now: datetime) -> bool:
        """Whether the user opened it so long ago that it is gone for them."""
        mine = self.addressee(user)
        if self.disappears_after is None or mine is None or mine.opened_at is None:
            return False
        return now >= mine.opened_at + self.disappears_after

    def demand(self, user: UserId, action: Action, now: datetime) -> None:
        """Raises the reason why the user may not do this now; CapsuleNotFound for whoever may not know of it."""
        part, states = RIGHTS[action]
        if part not in self.parts(user):
            raise Forbidden if self.sees(user, Fact.EXISTENCE, now) else CapsuleNotFound
        if self._state_of(part, user, now) not in states:
            raise _too_soon_or_late(action, self.state(now))
        if action is Action.PEEK and not self.allow_early_view:
            raise EarlyViewNotAllowed
        if action is Action.REPLY and not self.allow_reply:
            raise RepliesNotAllowed
        if action is Action.REFLECT and not self.is_to_oneself:
            raise CapsuleInWrongState

    def find(self, id: AddresseeId) -> Addressee | None:
        """The addressee of this id."""
        return next((one for one in self.addressees if one.id == id), None)

    def named(self, id: AddresseeId) -> Addressee:
        """The addressee of this id. Raises CapsuleNotFound when it has none."""
        if (found := self.find(id)) is None:
            raise CapsuleNotFound
        return found

    def cancelled(self, user: UserId, now: datetime) -> "Capsule":
        """It will never open."""
        self.demand(user, Action.CANCEL, now)
        return replace(self, cancelled_at=now)

    def postponed(self, user: UserId, unlock: Unlock, now: datetime, latest: timedelta) -> "Capsule":
        """It opens later than it would have; never earlier."""
        self.demand(user, Action.POSTPONE, now)
        if unlock.at <= self.unlock.at:
            raise InvalidUnlockTime("A capsule can be postponed, not brought forward.")
        return replace(self, unlock=check_unlock(unlock, now, latest))

    def readdressed(self, user: UserId, id: AddresseeId, email: str, now: datetime) -> "Capsule":
        """An addressee without an account gets their mails elsewhere: only while they have not opened it."""
        self.demand(user, Action.READDRESS, now)
        if (one := self.named(id)).email is None or one.opened_at is not None or one.left_at is not None:
            raise CapsuleInWrongState
        return self.having(one.readdressed(email))

    def opened(self, user: UserId, now: datetime) -> "Capsule":
        """It is open for this user. Once is enough: opening again changes nothing."""
        mine = self.addressee(user)
        if mine is not None and mine.opened_at is not None and self.state(now) in (State.READY, State.OPENED):
            return self
        self.demand(user, Action.OPEN, now)
        addressees = tuple(one.opened(now) if one.user == user else one for one in self.addressees)
        return replace(self, addressees=addressees).settled(now)

    def settled(self, now: datetime) -> "Capsule":
        """Opened, if everybody who is still there has opened it, and somebody has."""
        over = all(one.opened_at is not None or one.left_at is not None for one in self.addressees)
        done = self.opened_at is None and over and any(one.opened_at is not None for one in self.addressees)
        return replace(self, opened_at=now) if done else self

    def replied(self, user: UserId, now: datetime) -> "Capsule":
        """This user has answered, for the only time."""
        self.demand(user, Action.REPLY, now)
        mine = self.addressee(user)
        assert mine is not None
        return self.having(mine.replied(now))

    def having(self, changed: Addressee) -> "Capsule":
        """With this addressee as it is now."""
        return replace(self, addressees=tuple(changed if one.id == changed.id else one for one in self.addressees))

    def _state_of(self, part: Part, user: UserId, now: datetime) -> State:
        mine = self.addressee(user) if part is Part.RECIPIENT else None
        return self.state(now) if mine is None else self.state_for(mine, now)


def _too_soon_or_late(action: Action, state: State) -> DomainError:
    if action in (Action.EDIT, Action.DELETE, Action.SEAL):
        return CapsuleAlreadySealed()
    if action in (Action.OPEN, Action.PEEK, Action.REPLY, Action.REFLECT) and state in SHUT:
        return CapsuleStillSealed()
    return CapsuleInWrongState()
