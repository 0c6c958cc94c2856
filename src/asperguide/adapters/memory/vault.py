"""A vault in this process: what is sealed is a ticket, and the content never leaves."""

from asperguide.capsules.addressees import CapsuleId
from asperguide.capsules.ports import SealBroken, Vault
from asperguide.capsules.repositories import Sealed
from asperguide.shared.ports import Ids


class MemoryVault(Vault):
    """Forgets everything with the process. `turn` makes another key the current one."""

    def __init__(self, ids: Ids, key_id: str = "1") -> None:
        self._ids, self._current = ids, key_id
        self._kept: dict[Sealed, bytes] = {}

    @property
    def current(self) -> str:
        """The one turned to last."""
        return self._current

    def turn(self, key_id: str) -> None:
        """From here on this is the current key."""
        self._current = key_id

    def seal(self, capsule: CapsuleId, content: bytes) -> Sealed:
        """A ticket of as many bytes as the content has, and a few more."""
        ticket = (self._ids.secret() * (len(content) // 32 + 2))[: len(content) + 32]
        return self._keep(capsule, ticket, content)

    def unseal(self, sealed: Sealed) -> bytes:
        """Whatever was given for the ticket."""
        try:
            return self._kept[sealed]
        except KeyError:
            raise SealBroken from None

    def rewrap(self, sealed: Sealed) -> Sealed:
        """The same ticket under another key."""
        return self._keep(sealed.id, sealed.content, self.unseal(sealed))

    def _keep(self, capsule: CapsuleId, ticket: bytes, content: bytes) -> Sealed:
        sealed = Sealed(id=capsule, content=ticket, key=self._ids.secret(), key_id=self._current)
        self._kept[sealed] = content
        return sealed
