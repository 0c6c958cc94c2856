"""Keys that sign and verify tokens: made, read, and named by what they are."""

import base64
import hashlib
import json
import re
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field, replace
from typing import TYPE_CHECKING, Any

from asperguide.adapters.security.derive import derive
from asperguide.shared.ports import Ids

if TYPE_CHECKING:
    from cryptography.hazmat.primitives.asymmetric.types import PrivateKeyTypes, PublicKeyTypes

SECRET_SIZES = {"HS256": 32, "HS384": 48, "HS512": 64}
_PEM = re.compile("-----BEGIN [A-Z ]+-----.+?-----END [A-Z ]+-----", re.DOTALL)
_LEAST_SECRET = 32
_LEAST_RSA_BITS = 2048
_REQUIRED_MEMBERS = {"EC": ("crv", "kty", "x", "y"), "OKP": ("crv", "kty", "x"), "RSA": ("e", "kty", "n")}


@dataclass(frozen=True, slots=True, kw_only=True)
class TokenKey:
    """A key and the one algorithm it is used with.

    `signer` is None when it is retired; `public` is its JSON Web Key, None when it is a shared secret.
    """

    id: str
    algorithm: str
    verifier: Any = field(repr=False)
    signer: Any = field(default=None, repr=False)
    public: Mapping[str, Any] | None = None


def new_secret(ids: Ids) -> str:
    """A secret with 256 random bits, as 43 URL-safe characters."""
    return _text(ids.secret())


def new_private_key(algorithm: str) -> str:
    """A private key for EdDSA, ES256 or RS256 (3072 bits), as PEM. ValueError for any other algorithm."""
    from cryptography.hazmat.primitives import serialization
    from cryptography.hazmat.primitives.asymmetric import ec, ed25519, rsa

    key: ed25519.Ed25519PrivateKey | ec.EllipticCurvePrivateKey | rsa.RSAPrivateKey
    match algorithm:
        case "EdDSA":
            key = ed25519.Ed25519PrivateKey.generate()
        case "ES256":
            key = ec.generate_private_key(ec.SECP256R1())
        case "RS256":
            key = rsa.generate_private_key(public_exponent=65537, key_size=3072)
        case _:
            raise ValueError(f"{algorithm} has no private keys; choose EdDSA, ES256 or RS256.")
    return key.private_bytes(
        serialization.Encoding.PEM, serialization.PrivateFormat.PKCS8, serialization.NoEncryption()
    ).decode()


def shared_key(secret: str, algorithm: str) -> TokenKey:
    """The key that a secret of at least 32 bytes gives for HS256, HS384 or HS512, as long as the algorithm's hash.

    Key and id are derived from the secret with different labels, so neither the id nor a key tells the secret.
    """
    if len(secret.encode()) < _LEAST_SECRET:
        raise ValueError(f"A secret that signs tokens needs at least {_LEAST_SECRET} bytes.")
    key = derive(secret, f"access token {algorithm}", SECRET_SIZES[algorithm])
    id = _text(derive(secret, f"access token {algorithm} id", 12))
    return TokenKey(id=id, algorithm=algorithm, verifier=key, signer=key)


def private_key(pem: str, algorithm: str) -> TokenKey:
    """The key in a PEM text (line ends may be written as `\\n`). ValueError when it does not fit the algorithm."""
    from cryptography.hazmat.primitives import serialization

    try:
        private = serialization.load_pem_private_key(pem.replace("\\n", "\n").encode(), password=None)
    except (ValueError, TypeError) as error:
        raise ValueError("The private key is not an unencrypted PEM.") from error
    public = _public_key(private.public_key())
    if public.algorithm != algorithm:
        raise ValueError(f"The private key is one for {public.algorithm}, not for {algorithm}.")
    return replace(public, signer=private)


def retired_keys(text: str) -> Iterator[TokenKey]:
    """Keys that only verify: a JSON Web Key Set, or PEM blocks and secrets separated by white space.

    A private key gives its public half; a secret gives its key for each HS algorithm. ValueError when unreadable.
    """
    text = text.replace("\\n", "\n").strip()
    if text.startswith("{"):
        yield from (_public_key(key) for key in _from_jwks(text))
        return
    yield from (_public_key(_from_pem(block)) for block in _PEM.findall(text))
    yield from (shared_key(secret, name) for secret in _PEM.sub(" ", text).split() for name in SECRET_SIZES)


def _from_pem(pem: str) -> "PublicKeyTypes":
    from cryptography.hazmat.primitives import serialization

    try:
        if "PRIVATE KEY" in pem:
            return serialization.load_pem_private_key(pem.encode(), password=None).public_key()
        return serialization.load_pem_public_key(pem.encode())
    except (ValueError, TypeError) as error:
        raise ValueError("A retired key is not an unencrypted PEM.") from error


def _from_jwks(text: str) -> "Iterator[PublicKeyTypes]":
    from jwt import PyJWKSet, PyJWTError

    try:
        keys = PyJWKSet.from_dict(json.loads(text)).keys
    except (PyJWTError, ValueError, TypeError, AttributeError) as error:
        raise ValueError("The retired keys are not a JSON Web Key Set.") from error
    for key in keys:
        if key.key_type not in _REQUIRED_MEMBERS:
            raise ValueError("A retired JSON Web Key must be public; give secrets as they were.")
        yield key.key.public_key() if hasattr(key.key, "private_bytes") else key.key


def _public_key(key: "PublicKeyTypes | PrivateKeyTypes") -> TokenKey:
    """The key under its RFC 7638 thumbprint, with the algorithm that its type and size allow."""
    from cryptography.hazmat.primitives.asymmetric import ec, ed25519, rsa
    from jwt.algorithms import ECAlgorithm, OKPAlgorithm, RSAAlgorithm

    match key:
        case ed25519.Ed25519PublicKey():
            algorithm, members = "EdDSA", OKPAlgorithm.to_jwk(key, as_dict=True)
        case ec.EllipticCurvePublicKey(curve=ec.SECP256R1()):
            algorithm, members = "ES256", ECAlgorithm.to_jwk(key, as_dict=True)
        case rsa.RSAPublicKey() if key.key_size >= _LEAST_RSA_BITS:
            algorithm, members = "RS256", RSAAlgorithm.to_jwk(key, as_dict=True)
        case _:
            raise ValueError("Keys are Ed25519 (EdDSA), P-256 (ES256) or RSA of at least 2048 bits (RS256).")
    required = {name: members[name] for name in _REQUIRED_MEMBERS[members["kty"]]}
    id = _text(hashlib.sha256(json.dumps(required, separators=(",", ":"), sort_keys=True).encode()).digest())
    public = {**required, "kid": id, "alg": algorithm, "use": "sig"}
    return TokenKey(id=id, algorithm=algorithm, verifier=key, public=public)


def _text(data: bytes) -> str:
    return base64.urlsafe_b64encode(data).rstrip(b"=").decode()
