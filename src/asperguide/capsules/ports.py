"""What capsules need of the outside."""

from abc import abstractmethod
from dataclasses import dataclass
from typing import Protocol

from asperguide.capsules.model import CapsuleId


class SealBroken(Exception):
    """What is sealed was damaged, belongs to another capsule, or its key is none of those that the service has."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Sealed:
    """Content that can be kept anywhere: nobody reads it who has not the keys of the service.

    `key` is the capsule's own key, wrapped in that key of the service which `key_id` names.
    """

    content: bytes
    key: bytes
    key_id: str


class Vault(Protocol):
    """Seals what is in capsules, each under a key of its own (envelope encryption).

    What is sealed tells how long the content is, and nothing else; sealing the same again gives something different.
    """

    @abstractmethod
    def seal(self, capsule: CapsuleId, content: bytes) -> Sealed:
        """Under a new key, which is wrapped in the current key of the service."""
        ...

    @abstractmethod
    def unseal(self, capsule: CapsuleId, sealed: Sealed) -> bytes:
        """The content, if it is this capsule's. Raises SealBroken."""
        ...

    @abstractmethod
    def is_current(self, sealed: Sealed) -> bool:
        """Whether the key of the service that it hangs on is the current one."""
        ...

    @abstractmethod
    def rewrap(self, capsule: CapsuleId, sealed: Sealed) -> Sealed:
        """The same content, untouched, with its key wrapped in the current key of the service. Raises SealBroken."""
        ...
