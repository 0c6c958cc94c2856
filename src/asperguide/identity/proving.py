"""Proving to be the owner: a guess at the password, counted before it is looked at, or a code out of a mail."""

from collections.abc import Callable, Collection
from contextlib import suppress
from dataclasses import dataclass
from datetime import datetime

from msgspec import Struct

from asperguide.identity.codes import Code, Purpose, digest_of
from asperguide.identity.errors import (
    CodeRefused,
    PasswordQueueFull,
    PasswordWrong,
    ProofNeeded,
    TooManyGuesses,
)
from asperguide.identity.events import AddressVerified
from asperguide.identity.guessing import PER_WINDOW, Guesses, subject_of_user
from asperguide.identity.model import User
from asperguide.identity.ports import GuessCounter, IdentityReads, IdentityUnitOfWork, PasswordHasher, Policy
from asperguide.shared.actor import Actor, refuse_impersonators
from asperguide.shared.errors import EditedMeanwhile
from asperguide.shared.ports import Clock


@dataclass(frozen=True, slots=True, kw_only=True)
class Proof:
    """The outcome of one guess; a right one still has to be forgiven in the transaction that acts on it."""

    right: bool
    tries: tuple[Guesses, ...]
    at: datetime

    async def forgive(self, uow: IdentityUnitOfWork) -> None:
        """Take the try back wherever it was counted."""
        for guesses in self.tries:
            await uow.guesses.forgive(guesses, self.at)


class GuessPassword(Struct, frozen=True, kw_only=True):
    """Look at one guess, within the limits of the account.

    The try is committed before the hash is computed. Raises TooManyGuesses when the limits are reached and
    PasswordQueueFull, taking the try back, when nobody looked at it.

    With `typed`, the tries of the login that a stranger typed, only those may be too many; an account that has no try
    left looks like a wrong password, at the same cost, as it would tell otherwise whom the login belongs to.
    """

    begin: Callable[[], IdentityUnitOfWork]
    reads: IdentityReads
    counter: GuessCounter
    hasher: PasswordHasher
    clock: Clock

    async def __call__(self, guesses: Guesses, hash: str | None, password: str, typed: Guesses | None = None) -> Proof:
        now = self.clock.now()
        if typed is None:
            tries: tuple[Guesses, ...] = (await self._take(guesses, now),)
        else:
            seen = await self._take(typed, now)
            counted = await self._take_silently(guesses, now)
            tries, hash = (seen, *counted), hash if counted else None
        try:
            return Proof(right=await self.hasher.verify(password, hash), tries=tries, at=now)
        except PasswordQueueFull:
            async with self.begin() as uow:
                await Proof(right=False, tries=tries, at=now).forgive(uow)
                await uow.commit()
            raise

    async def _take(self, guesses: Guesses, now: datetime) -> Guesses:
        # Losing the compare-and-set means that another try was counted, and only so many can be: twice that many
        # rounds leave room for tries that are being forgiven at the same time.
        for _ in range(2 * PER_WINDOW):
            try:
                return await self.counter.count(guesses.take(now))
            except EditedMeanwhile:
                guesses = await self.reads.guesses(guesses.id)
        raise TooManyGuesses

    async def _take_silently(self, guesses: Guesses, now: datetime) -> tuple[Guesses, ...]:
        """The tries with one more; none when there is none left, after as much writing."""
        try:
            return (await self._take(guesses, now),)
        except TooManyGuesses:
            with suppress(EditedMeanwhile):
                await self.counter.count(guesses)
            return ()


class ProveOwner(Struct, frozen=True, kw_only=True):
    """Let an actor do something grave: with their current password, or shortly after they typed it.

    Raises PasswordWrong, TooManyGuesses, ProofNeeded, NotWhileImpersonating.
    """

    begin: Callable[[], IdentityUnitOfWork]
    guess: GuessPassword
    clock: Clock
    policy: Policy

    async def __call__(self, actor: Actor, password: str | None) -> None:
        refuse_impersonators(actor)
        if password is None:
            if self.clock.now() - actor.proved_at > self.policy.proof_lifetime:
                raise ProofNeeded
            return
        async with self.begin() as uow:
            credential = await uow.users.credential(actor.user)
            guesses = await uow.guesses.get(subject_of_user(actor.user))
        proof = await self.guess(guesses, credential.hash if credential else None, password)
        if not proof.right:
            raise PasswordWrong
        async with self.begin() as uow:
            await proof.forgive(uow)
            await uow.commit()


def announce_address(uow: IdentityUnitOfWork, user: User, before: User | None = None) -> None:
    """Tell others that the user's address is proved to be theirs, unless it was `before`."""
    known = before is not None and before.email_verified_at is not None and before.email_key == user.email_key
    if user.email_verified_at is not None and not known:
        uow.announce(AddressVerified(user=user.id, email_key=user.email_key))


async def spend_code(uow: IdentityUnitOfWork, text: str, purposes: Collection[Purpose], now: datetime) -> Code:
    """Use a code up as part of the transaction. Raises CodeRefused, also for the later one of two at the same time."""
    code = await uow.codes.by_digest(digest_of(text))
    if code is None or code.purpose not in purposes:
        raise CodeRefused
    try:
        return await uow.codes.save(code.used(code.purpose, now))
    except EditedMeanwhile:
        raise CodeRefused from None
