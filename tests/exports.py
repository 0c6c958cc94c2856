"""What tests of exports have in common: the link out of the mail, and what is behind it."""

import io
import zipfile
from urllib.parse import urlsplit

from asperguide.adapters.signing import DOOR
from asperguide.testing import World

LINK = "/api/v1/exports/"


def token_in_mail(world: World, email: str) -> str:
    """What the newest mail with a link to an archive has behind the address."""
    text = next(mail.text for mail in reversed(world.mails) if mail.to == email and LINK in mail.text)
    return text.partition(LINK)[2].split()[0]


async def stored(world: World, url: str) -> bytes:
    """What whoever follows the signed address gets."""
    async with world.storage.open(urlsplit(url).path.removeprefix(DOOR)) as opened:
        return b"".join([chunk async for chunk in opened.chunks])


def unpacked(content: bytes) -> dict[str, bytes]:
    """What is in a sound archive, by name."""
    archive = zipfile.ZipFile(io.BytesIO(content))
    assert archive.testzip() is None
    return {name: archive.read(name) for name in archive.namelist()}
