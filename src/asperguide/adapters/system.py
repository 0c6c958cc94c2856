"""The real clock and the real source of ids: the only module that may read the time or draw randomness.

And what this process asks of the C library about its memory.
"""

import ctypes
import secrets
import sys
from contextlib import suppress
from datetime import UTC, datetime
from uuid import UUID

import uuid_utils.compat

from asperguide.shared.ports import Clock, Ids


class SystemClock(Clock):
    """The clock of this machine."""

    def now(self) -> datetime:
        """The present instant in UTC."""
        return datetime.now(UTC)


class SystemIds(Ids):
    """UUIDv7 and the operating system's randomness."""

    def new(self) -> UUID:
        """A new UUIDv7."""
        return uuid_utils.compat.uuid7()

    def secret(self) -> bytes:
        """32 bytes from the operating system."""
        return secrets.token_bytes(32)


M_ARENA_MAX = -8


def keep_one_heap() -> None:
    """Let all threads share one heap, before any is started: of a thread's own heap glibc gives nothing back."""
    _ask_c_library("mallopt", M_ARENA_MAX, 1)


def give_back_memory() -> None:
    """Let the C library return what is free to the system; it keeps large blocks for ever otherwise."""
    _ask_c_library("malloc_trim", 0)


def _ask_c_library(name: str, *arguments: int) -> None:
    """Only glibc knows these; elsewhere memory is as it is."""
    if sys.platform == "linux":
        with suppress(OSError, AttributeError):
            getattr(ctypes.CDLL(None), name)(*arguments)
