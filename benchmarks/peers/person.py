"""The answer that every peer gives: the same fields, and about the same bytes, as our `GET /api/v1/users/me`."""

import hashlib
import os
from datetime import UTC, datetime
from uuid import UUID

import jwt
import msgspec

SECRET = os.environ.get("BENCH_SECRET", "benchmarks only: 32 bytes and a few more")
ISSUER = "http://127.0.0.1:5000"
AUDIENCE = "asperguide"
PASSWORD = "violet harbour 41 kites"


class Preferences(msgspec.Struct, frozen=True, kw_only=True):
    """How the person wants pages to look."""

    colour_filter: str = "normal"
    filter_intensity: int = 100
    transparency: int = 0


class Person(msgspec.Struct, frozen=True, kw_only=True):
    """A user as the owner sees it."""

    id: UUID
    email: str
    username: str
    full_name: str
    gender: str | None = None
    age_range: str | None = None
    locale: str = "en"
    time_zone: str = "UTC"
    preferences: Preferences = Preferences()
    roles: tuple[str, ...] = ("user",)
    state: str = "active"
    email_verified_at: datetime | None = None
    version: int = 1
    created_at: datetime = datetime(2026, 1, 19, 10, 30, 0, 123456, tzinfo=UTC)
    updated_at: datetime = datetime(2026, 1, 19, 10, 30, 0, 123456, tzinfo=UTC)


def nth_id(number: int) -> UUID:
    """The same UUIDv7-shaped id for the same number in every process."""
    digest = bytearray(hashlib.sha256(f"person {number}".encode()).digest()[:16])
    digest[:6] = (0x019B_0000_0000 + number).to_bytes(6, "big")
    digest[6] = 0x70 | digest[6] & 0x0F
    digest[8] = 0x80 | digest[8] & 0x3F
    return UUID(bytes=bytes(digest))


def nth(number: int) -> Person:
    """The person with this number."""
    name = f"reader{number:06d}"
    return Person(id=nth_id(number), email=f"{name}@example.org", username=name, full_name="Zoë O'Neil-Left")


def token(number: int) -> str:
    """An access token with the claims that ours carries, good for an hour."""
    now = int(datetime.now(UTC).timestamp())
    sub = str(nth_id(number))
    claims = {"iss": ISSUER, "aud": AUDIENCE, "sub": sub, "sid": sub, "jti": sub, "iat": now, "exp": now + 3600}
    return jwt.encode(claims, SECRET, "HS256", headers={"typ": "at+jwt"})


def claims_of(authorization: str) -> dict[str, str]:
    """The checked claims of a `Bearer` header. Raises jwt.PyJWTError or KeyError."""
    return jwt.decode(authorization[7:], SECRET, algorithms=["HS256"], audience=AUDIENCE, issuer=ISSUER)
