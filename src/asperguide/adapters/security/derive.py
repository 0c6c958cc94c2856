"""One secret, many keys: each purpose gets its own, so that none reveals or replaces another."""

import hashlib
import hmac

_BLOCK = hashlib.sha256().digest_size


def derive(secret: str, label: str, length: int = 32) -> bytes:
    """The key of `length` bytes for the purpose named by the label: HKDF-SHA256 (RFC 5869) without a salt."""
    pseudorandom = hmac.digest(bytes(_BLOCK), secret.encode(), "sha256")
    key = block = b""
    for number in range(1, -(-length // _BLOCK) + 1):
        block = hmac.digest(pseudorandom, block + label.encode() + bytes([number]), "sha256")
        key += block
    return key[:length]
