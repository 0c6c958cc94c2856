"""What identity asks other contexts for: everything that they keep of a person."""

from abc import abstractmethod
from collections.abc import AsyncGenerator, AsyncIterator, Callable
from contextlib import AbstractAsyncContextManager
from dataclasses import dataclass
from datetime import datetime
from typing import Protocol

from asperguide.shared.actor import UserId


@dataclass(frozen=True, slots=True, kw_only=True)
class Belonging:
    """Something of a person that another context keeps: bytes of about `size`, and what is known about them.

    `open` raises ObjectMissing when they went away meanwhile; the name may be anything that people call things. `about`
    is None where the bytes say it all.
    """

    folder: str
    name: str
    size: int
    at: datetime
    about: object
    open: Callable[[], AbstractAsyncContextManager[AsyncIterator[bytes]]]


class Belongings(Protocol):
    """What other contexts keep of people."""

    @abstractmethod
    def of(self, user: UserId) -> AsyncGenerator[Belonging, None]:
        """Everything of the person that is whole and not deleted, in any order, each once; it is read one by one."""
        ...

    @abstractmethod
    async def weight(self, user: UserId) -> int:
        """About how many bytes that is."""
        ...
