"""Archives of what is kept of people: where they lie, for how long, and what leads to them."""

import base64
import hashlib
import hmac
from dataclasses import dataclass
from datetime import datetime, timedelta
from uuid import UUID

from asperguide.identity.errors import ExportNotFound
from asperguide.shared.actor import UserId
from asperguide.shared.storage import ObjectStorage, SignedLinks, SignedRequest

EXPORTS = "exports/"
KEPT = timedelta(days=7)
FETCHED_WITHIN = timedelta(minutes=5)
MEDIA_TYPE = "application/zip"
TOKEN_BYTES = 64


def exports_of(user: UserId) -> str:
    """What the keys of everything begin with that was packed for a person."""
    return f"{EXPORTS}{user}/"


def export_key(user: UserId, export: UUID) -> str:
    """Where an archive lies."""
    return f"{exports_of(user)}{export}.zip"


@dataclass(frozen=True, slots=True)
class ExportTokens:
    """Makes what the link to an archive ends with, and knows what we made. Always the same for one archive.

    Nothing is stored: ids and an HMAC over them. A mail that is sent twice has one link that works.
    """

    secret: bytes

    def issue(self, user: UserId, export: UUID) -> str:
        """The token for this archive of this user."""
        raw = user.bytes + export.bytes + self._mac(user, export)
        return base64.urlsafe_b64encode(raw).decode().rstrip("=")

    def read(self, token: str) -> tuple[UserId, UUID]:
        """Whose archive it is, and which. Raises ExportNotFound for what we did not make."""
        try:
            raw = base64.b64decode(token + "==", altchars=b"-_", validate=True)
        except ValueError:
            raise ExportNotFound from None
        if len(raw) != TOKEN_BYTES:
            raise ExportNotFound
        user, export = UserId(UUID(bytes=raw[:16])), UUID(bytes=raw[16:32])
        if not hmac.compare_digest(raw[32:], self._mac(user, export)):
            raise ExportNotFound
        return user, export

    def _mac(self, user: UserId, export: UUID) -> bytes:
        return hmac.digest(self.secret, b"export\0" + user.bytes + export.bytes, hashlib.sha256)


async def signed_export(
    storage: ObjectStorage, links: SignedLinks, user: UserId, export: UUID, now: datetime
) -> SignedRequest:
    """A request for the archive within 5 minutes. Raises ExportNotFound."""
    key = export_key(user, export)
    found = await storage.stat(key)
    if found is None or now >= found.modified_at + KEPT:
        raise ExportNotFound
    name = f"asperguide-{found.modified_at:%Y-%m-%d}.zip"
    return await links.link(key, FETCHED_WITHIN, name=name, media_type=MEDIA_TYPE)
