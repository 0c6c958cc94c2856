"""A vault in this process: what is sealed is a ticket, and the content never leaves."""

from asperguide.capsules.model import CapsuleId
from asperguide.capsules.ports import SealBroken, Sealed, Vault
from asperguide.shared.ports import Ids


class MemoryVault(Vault):
    """Forgets everything with the process. `turn` makes another key the current one."""

    def __init__(self, ids: Ids, key_id: str = "1") -> None:
        self._ids, self._key_id = ids, key_id
        self._kept: dict[tuple[CapsuleId, bytes, bytes, str], bytes] = {}

    def turn(self, key_id: str) -> None:
        """From here on this is the current key."""
        self._key_id = key_id

    def seal(self, capsule: CapsuleId, content: bytes) -> Sealed:
        """A ticket of as many bytes as the content has, and a few more."""
        ticket = (self._ids.secret() * (len(content) // 32 + 2))[: len(content) + 32]
        return self._keep(capsule, ticket, content)

    def unseal(self, capsule: CapsuleId, sealed: Sealed) -> bytes:
        """Whatever was given for the ticket."""
        try:
            return self._kept[capsule, sealed.content, sealed.key, sealed.key_id]
        except KeyError:
            raise SealBroken from None

    def is_current(self, sealed: Sealed) -> bool:
        """By its name."""
        return sealed.key_id == self._key_id

    def rewrap(self, capsule: CapsuleId, sealed: Sealed) -> Sealed:
        """The same ticket under another key."""
        return self._keep(capsule, sealed.content, self.unseal(capsule, sealed))

    def _keep(self, capsule: CapsuleId, ticket: bytes, content: bytes) -> Sealed:
        sealed = Sealed(content=ticket, key=self._ids.secret(), key_id=self._key_id)
        self._kept[capsule, sealed.content, sealed.key, sealed.key_id] = content
        return sealed
