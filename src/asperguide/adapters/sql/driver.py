"""The driver of MySQL and MariaDB, without cryptography until a server wants a password encrypted: 7 MiB less.

Only MySQL 8 does, for who signs in without TLS; PyMySQL would import it in any case.
"""

import importlib
from typing import Any

from asperguide.adapters.absent import without

with without("cryptography"):
    import aiomysql as aiomysql  # type: ignore[import-untyped]
    from pymysql import _auth

known: Any = _auth


def _encrypted(password: bytes, salt: bytes, public_key: bytes) -> bytes:
    """As PyMySQL does it, which imports itself anew for that, and never comes back here."""
    login: Any = importlib.reload(known)
    encrypted: bytes = login.sha2_rsa_encrypt(password, salt, public_key)
    return encrypted


if not known._have_cryptography:
    known.sha2_rsa_encrypt = _encrypted
