"""Envelope encryption with AES-256-GCM: a key for each content, wrapped in a key of the service."""

from collections.abc import Mapping

from cryptography.exceptions import InvalidTag
from cryptography.hazmat.primitives.ciphers.aead import AESGCM

from asperguide.capsules.addressees import CapsuleId
from asperguide.capsules.ports import SealBroken, Vault
from asperguide.capsules.repositories import Sealed
from asperguide.shared.ports import Ids

NONCE = 12
"""Bytes. Drawn for each encryption: of the wrapping keys, which are used again and again, 2^32 may be drawn."""


class AesVault(Vault):
    """`keys` are those of the service (32 bytes each) by their names; the first is the current one.

    Both ciphertexts are bound to the capsule, so that neither can be put into another's row.
    """

    def __init__(self, keys: Mapping[str, bytes], ids: Ids) -> None:
        """ValueError when there is no key, or one of another length."""
        if not keys or any(len(key) != 32 for key in keys.values()):
            raise ValueError("a vault needs keys of 32 bytes")
        self._keys = {name: AESGCM(key) for name, key in keys.items()}
        self._current, self._ids = next(iter(keys)), ids

    @property
    def current(self) -> str:
        """The name of the first key."""
        return self._current

    def seal(self, capsule: CapsuleId, content: bytes) -> Sealed:
        """16 + 12 bytes longer than the content."""
        key = self._ids.secret()
        return self._wrapped(capsule, key, self._encrypted(AESGCM(key), content, b"content " + capsule.bytes))

    def unseal(self, sealed: Sealed) -> bytes:
        """Checked before a byte is given out."""
        key = AESGCM(self._key_of(sealed))
        return _decrypted(key, sealed.content, b"content " + sealed.id.bytes)

    def rewrap(self, sealed: Sealed) -> Sealed:
        """Only the wrapped key is made anew."""
        return self._wrapped(sealed.id, self._key_of(sealed), sealed.content)

    def _wrapped(self, capsule: CapsuleId, key: bytes, content: bytes) -> Sealed:
        wrapped = self._encrypted(self._keys[self._current], key, b"key " + capsule.bytes)
        return Sealed(id=capsule, content=content, key=wrapped, key_id=self._current)

    def _key_of(self, sealed: Sealed) -> bytes:
        if (wrapping := self._keys.get(sealed.key_id)) is None:
            raise SealBroken
        return _decrypted(wrapping, sealed.key, b"key " + sealed.id.bytes)

    def _encrypted(self, key: AESGCM, plain: bytes, bound_to: bytes) -> bytes:
        nonce = self._ids.secret()[:NONCE]
        return nonce + key.encrypt(nonce, plain, bound_to)


def _decrypted(key: AESGCM, sealed: bytes, bound_to: bytes) -> bytes:
    try:
        return key.decrypt(sealed[:NONCE], sealed[NONCE:], bound_to)
    except (InvalidTag, ValueError):
        raise SealBroken from None
