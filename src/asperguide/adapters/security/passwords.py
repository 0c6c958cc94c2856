"""Passwords as argon2id hashes; those of older software are still understood.

A password is normalised to NFC and hashed as UTF-8, whole: accents typed on different keyboards agree, no byte is
dropped and NUL is a byte like any other.
"""

import unicodedata
from collections.abc import Iterable, Sequence
from functools import cached_property
from typing import Any

from asperguide.adapters.measuring import Family, Measured
from asperguide.adapters.pool import LowPriorityPool
from asperguide.identity.errors import PasswordQueueFull
from asperguide.identity.ports import PasswordHasher

OLD_SCHEMES = ("bcrypt", "bcrypt_sha256", "pbkdf2_sha256", "pbkdf2_sha512", "pbkdf2_sha1")
_BCRYPT_BYTES = 72


class ArgonPasswords(PasswordHasher, Measured):
    """Argon2id with these costs, made in its own low-priority threads. bcrypt and PBKDF2 hashes verify, as outdated.

    `queue` callers may wait. The defaults are OWASP's minimum and cost about 12 ms and 19 MiB a hash.
    Our own hashes are made by libsodium, whose code for the processor at hand is a third faster than argon2's portable
    code (docs/adr/0009); what others made goes through passlib.
    """

    def __init__(self, threads: int = 1, queue: int = 20, memory_kib: int = 19456, time_cost: int = 2) -> None:
        self._costs = {"opslimit": time_cost, "memlimit": memory_kib * 1024}
        self._ours = f"$argon2id$v=19$m={memory_kib},t={time_cost},p=1$"
        self._nobodys = f"{self._ours}{'A' * 22}${'A' * 43}"
        self._pool = LowPriorityPool("passwords", threads, queue, full=PasswordQueueFull)

    async def hash(self, password: str) -> str:
        """The hash, with a fresh salt of 16 bytes. Raises PasswordQueueFull."""
        return await self._pool.run(self._hash, password)

    async def verify(self, password: str, hash: str | None) -> bool:
        """Whether the password is right; False for a hash that is damaged or of an unknown kind.

        Without a hash the same work is done on a hash that nobody has. Raises PasswordQueueFull.
        """
        right = await self._pool.run(self._verify, password, hash or self._nobodys)
        return right and hash is not None

    async def any_matches(self, password: str, hashes: Sequence[str]) -> bool:
        """Whether the password belongs to one of the hashes, tried in order in one turn of the queue."""
        return await self._pool.run(lambda: any(self._verify(password, hash) for hash in hashes))

    def is_outdated(self, hash: str) -> bool:
        """Whether it is anything else than argon2id with today's costs."""
        return not hash.startswith(self._ours)

    def measure(self) -> Iterable[Family]:
        """How busy the threads are."""
        return self._pool.measure()

    def close(self) -> None:
        """Let the threads go; nothing can be hashed afterwards."""
        self._pool.close()

    @cached_property
    def _argon2id(self) -> Any:
        """Loaded by a thread of the pool on first use: no start should wait for it."""
        from nacl.pwhash import argon2id

        return argon2id

    @cached_property
    def _context(self) -> Any:
        """Made when the first hash of somebody else's comes: the import takes 50 ms."""
        from passlib.context import CryptContext  # type: ignore[import-untyped]

        return CryptContext(schemes=["argon2", *OLD_SCHEMES])

    def _hash(self, password: str) -> str:
        return str(self._argon2id.str(_as_bytes(password), **self._costs), "ascii")

    def _verify(self, password: str, hash: str) -> bool:
        typed = _as_bytes(password)
        if hash.startswith(self._ours):
            return self._verify_ours(typed, hash)
        if hash.startswith("$2"):
            # bcrypt never saw more than this: whoever had a longer password signs in once and is hashed anew, whole.
            typed = typed[:_BCRYPT_BYTES]
        try:
            return bool(self._context.verify(typed, hash))
        except (ValueError, TypeError, NotImplementedError):
            return False

    def _verify_ours(self, typed: bytes, hash: str) -> bool:
        from nacl.exceptions import CryptoError

        try:
            return bool(self._argon2id.verify(hash.encode(), typed))
        except (CryptoError, ValueError):
            return False


def _as_bytes(password: str) -> bytes:
    return unicodedata.normalize("NFC", password).encode("utf-8", "surrogatepass")
