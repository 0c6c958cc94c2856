"""The law of Vault, in memory and with AES, and what AES alone promises."""

import base64
from pathlib import Path

import pytest

from asperguide import choosing
from asperguide.adapters.memory.vault import MemoryVault
from asperguide.adapters.security.probe import VaultProbe
from asperguide.adapters.security.vault import AesVault
from asperguide.adapters.system import SystemIds
from asperguide.capsules.ports import SealBroken
from asperguide.settings import load
from asperguide.testing.contracts import VaultContract
from asperguide.testing.contracts.vault import CANARY, MINE, Turn

OLD, NEW = bytes(range(32)), bytes(range(32, 64))


class TestMemoryVault(VaultContract):
    @pytest.fixture
    def vault(self) -> MemoryVault:
        return MemoryVault(SystemIds())

    @pytest.fixture
    def turn(self, vault: MemoryVault) -> Turn:
        def do() -> MemoryVault:
            vault.turn("2")
            return vault

        return do

    @pytest.fixture
    def strange(self) -> MemoryVault:
        return MemoryVault(SystemIds())


class TestAesVault(VaultContract):
    @pytest.fixture
    def vault(self) -> AesVault:
        return AesVault({"old": OLD}, SystemIds())

    @pytest.fixture
    def turn(self) -> Turn:
        return lambda: AesVault({"new": NEW, "old": OLD}, SystemIds())

    @pytest.fixture
    def strange(self) -> AesVault:
        return AesVault({"old": NEW}, SystemIds())

    def test_what_was_rewrapped_needs_the_old_key_no_more(self, vault: AesVault, turn: Turn) -> None:
        sealed = turn().rewrap(vault.seal(MINE, CANARY))
        assert AesVault({"new": NEW}, SystemIds()).unseal(sealed) == CANARY
        with pytest.raises(SealBroken):
            vault.unseal(sealed)


def test_the_first_key_of_the_settings_seals_and_the_others_open(tmp_path: Path) -> None:
    texts = {name: base64.urlsafe_b64encode(key).decode() for name, key in (("new", NEW), ("old", OLD))}
    given = load({"DATA_DIR": str(tmp_path), "CAPSULE_KEYS": ",".join(f"{name}:{key}" for name, key in texts.items())})
    vault = choosing.vault(given, SystemIds())
    assert vault.seal(MINE, CANARY).key_id == "new"
    assert vault.unseal(AesVault({"old": OLD}, SystemIds()).seal(MINE, CANARY)) == CANARY


async def test_the_doctor_names_the_keys_when_what_is_sealed_comes_back() -> None:
    keys = {"new": NEW, "old": OLD}
    assert await VaultProbe(lambda: AesVault(keys, SystemIds()), [*keys]).check() == "keys: new, old"
    with pytest.raises(ValueError, match="32 bytes"):
        await VaultProbe(lambda: AesVault({}, SystemIds()), []).check()


@pytest.mark.parametrize("keys", [{}, {"a": bytes(16)}, {"a": bytes(32), "b": b""}])
def test_a_vault_needs_whole_keys(keys: dict[str, bytes]) -> None:
    with pytest.raises(ValueError, match="32 bytes"):
        AesVault(keys, SystemIds())
