"""What a doctor asks about the keys that sealed capsules hang on."""

from collections.abc import Callable, Sequence
from uuid import UUID

from asperguide.capsules.addressees import CapsuleId
from asperguide.capsules.ports import Vault
from asperguide.shared.ports import Probe

NOBODYS = CapsuleId(UUID(int=0))
WORD = b"what is sealed has to come back"


class VaultProbe(Probe):
    """Seals and unseals once, and names the keys, the current one first: they have to be the same on every machine."""

    name = "vault"
    required = True

    def __init__(self, vault: Callable[[], Vault], names: Sequence[str]) -> None:
        self._vault, self._names = vault, names

    async def check(self) -> str:
        """Raises SealBroken, and ValueError when there are no keys."""
        vault = self._vault()
        if vault.unseal(vault.seal(NOBODYS, WORD)) != WORD:
            raise ValueError("What was sealed came back as something else.")
        return "keys: " + ", ".join(self._names)
