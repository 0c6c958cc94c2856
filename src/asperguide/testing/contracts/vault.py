"""The law of vaults."""

from collections.abc import Callable
from dataclasses import replace
from uuid import UUID

from asperguide.capsules.addressees import CapsuleId
from asperguide.capsules.ports import SealBroken, Vault
from asperguide.capsules.repositories import Sealed
from asperguide.testing.contracts.checking import raises

Turn = Callable[[], Vault]
MINE, OTHER = CapsuleId(UUID(int=1 << 64)), CapsuleId(UUID(int=2 << 64))
CANARY = b"canary: nobody reads this before its time"


class VaultContract:
    """Give it fixtures `vault`, `turn`: gives the same vault with another current key, and `strange`: of other keys."""

    def test_what_was_sealed_comes_back(self, vault: Vault) -> None:
        for content in (b"", CANARY, bytes(100_000)):
            assert vault.unseal(vault.seal(MINE, content)) == content

    def test_what_is_sealed_tells_nothing_but_how_long_it_is(self, vault: Vault) -> None:
        first, second = vault.seal(MINE, CANARY), vault.seal(MINE, CANARY)
        assert first.content != second.content and first.key != second.key
        for sealed in (first, second):
            assert not any(CANARY[i : i + 8] in sealed.content + sealed.key for i in range(len(CANARY) - 8))
            assert len(sealed.content) == len(first.content)

    def test_it_opens_for_its_own_capsule_only(self, vault: Vault) -> None:
        mine, other = vault.seal(MINE, CANARY), vault.seal(OTHER, b"another")
        for sealed in (
            replace(mine, id=OTHER),
            replace(mine, key=other.key),
            replace(mine, content=other.content),
            replace(mine, key_id="nobody's"),
        ):
            with raises(SealBroken):
                vault.unseal(sealed)

    def test_a_single_bit_that_changed_is_noticed(self, vault: Vault) -> None:
        sealed = vault.seal(MINE, CANARY)
        for name in ("content", "key"):
            whole = bytes(getattr(sealed, name))
            for place in (0, len(whole) // 2, len(whole) - 1):
                changed = whole[:place] + bytes([whole[place] ^ 1]) + whole[place + 1 :]
                with raises(SealBroken):
                    vault.unseal(_with(sealed, name, changed))
            for short in (b"", whole[:-1]):
                with raises(SealBroken):
                    vault.unseal(_with(sealed, name, short))

    def test_old_keys_open_and_are_replaced_without_touching_the_content(self, vault: Vault, turn: Turn) -> None:
        old = vault.seal(MINE, CANARY)
        assert old.key_id == vault.current
        turned = turn()
        assert old.key_id != turned.current
        new = turned.rewrap(old)
        assert new.key_id == turned.current and new.content == old.content and new.key != old.key
        assert turned.unseal(new) == turned.unseal(old) == CANARY
        with raises(SealBroken):
            turned.rewrap(replace(old, id=OTHER))

    def test_other_keys_open_nothing(self, vault: Vault, strange: Vault) -> None:
        sealed = vault.seal(MINE, CANARY)
        for fail in (strange.unseal, strange.rewrap):
            with raises(SealBroken):
                fail(sealed)


def _with(sealed: Sealed, name: str, value: bytes) -> Sealed:
    return replace(sealed, content=value) if name == "content" else replace(sealed, key=value)
