"""Turning the keys of the service: what hangs on an old one is hung on the current one, without being read."""

from collections.abc import Callable
from dataclasses import dataclass

from msgspec import Struct

from asperguide.capsules.ports import CapsuleReads, SealBroken, Vault
from asperguide.capsules.repositories import CapsulesUnitOfWork

BATCH = 100


@dataclass(frozen=True, slots=True, kw_only=True)
class KeyInUse:
    """A key of the service, and how much hangs on it."""

    name: str
    letters: int
    current: bool


class RotateKeys(Struct, frozen=True, kw_only=True):
    """Hang everything on the current key of the service. How much was; ends early where a key is missing.

    It can be ended at any moment and called again, while letters are sealed and opened.
    """

    begin: Callable[[], CapsulesUnitOfWork]
    vault: Vault

    async def __call__(self) -> int:
        total = 0
        while done := await self._batch():
            total += done
        return total

    async def _batch(self) -> int:
        done = 0
        async with self.begin() as uow:
            for sealed in await uow.contents.under_other_keys(self.vault.current, BATCH):
                try:
                    done += await uow.contents.rewrapped(sealed, self.vault.rewrap(sealed))
                except SealBroken:
                    continue
            await uow.commit()
        return done


class CountKeys(Struct, frozen=True, kw_only=True):
    """What hangs on which key of the service, the current one first."""

    reads: CapsuleReads
    vault: Vault

    async def __call__(self) -> list[KeyInUse]:
        used, current = await self.reads.keys_in_use(), self.vault.current
        names = [current, *sorted(used.keys() - {current})]
        return [KeyInUse(name=name, letters=used.get(name, 0), current=name == current) for name in names]
