"""Passwords for tests: the law of the real ones at no cost, and no protection at all."""

import hashlib
import unicodedata
from collections.abc import Sequence
from itertools import count

from asperguide.identity.errors import PasswordQueueFull
from asperguide.identity.ports import PasswordHasher


class MemoryPasswords(PasswordHasher):
    """Salted SHA-256. A hash of another `cost` is outdated; `busy` makes every call find the queue full."""

    def __init__(self, cost: int = 1) -> None:
        self.busy = False
        self._ours = f"memory${cost}$"
        self._salts = count(1)

    async def hash(self, password: str) -> str:
        """A hash that differs each time."""
        self._enter()
        salt = str(next(self._salts))
        return f"{self._ours}{salt}${_digest(salt, password)}"

    async def verify(self, password: str, hash: str | None) -> bool:
        """Whether the password is right, whatever the cost in the hash."""
        self._enter()
        return hash is not None and _matches(password, hash)

    async def any_matches(self, password: str, hashes: Sequence[str]) -> bool:
        """Whether the password belongs to one of the hashes."""
        self._enter()
        return any(_matches(password, hash) for hash in hashes)

    def is_outdated(self, hash: str) -> bool:
        """Whether the hash has another cost."""
        return not hash.startswith(self._ours)

    def _enter(self) -> None:
        if self.busy:
            raise PasswordQueueFull


def _matches(password: str, hash: str) -> bool:
    match hash.split("$"):
        case ["memory", _, salt, digest]:
            return digest == _digest(salt, password)
        case _:
            return False


def _digest(salt: str, password: str) -> str:
    text = f"{salt}${unicodedata.normalize('NFC', password)}"
    return hashlib.sha256(text.encode("utf-8", "surrogatepass")).hexdigest()
