"""Mails kept as `.eml` files in a folder, for a laptop without a mail server, and the reader that shows them."""

import asyncio
import os
import re
import tempfile
import threading
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import UTC, datetime
from email import message_from_string, policy
from email.message import EmailMessage
from email.parser import HeaderParser
from pathlib import Path

from asperguide.adapters.mime import ascii_domain, compose, digest, mailbox
from asperguide.operations.ports import MailArchive
from asperguide.shared.ports import Clock, Mail, MailDelayed, Mailer

TIME = "%Y%m%dT%H%M%S.%fZ"
ID = re.compile(r"[0-9]{8}T[0-9]{6}\.[0-9]{6}Z-[0-9a-f]{32}")


@dataclass(frozen=True, slots=True, kw_only=True)
class SentMail:
    """A mail in the folder; `sent_at` is when its key was first sent, in UTC."""

    id: str
    to: str
    subject: str
    sent_at: datetime


@dataclass(frozen=True, slots=True, kw_only=True)
class ReadMail:
    """A mail with its headers (decoded, in order) and both bodies, empty when there is none."""

    id: str
    headers: Sequence[tuple[str, str]]
    text: str
    html: str


class FileMailer(Mailer):
    """Writes each mail whole or not at all, readable by its owner only; a repeated key replaces its earlier file."""

    def __init__(self, *, folder: Path, sender: str, domain: str, clock: Clock) -> None:
        """The folder is made with the first mail. ValueError when `sender` or `domain` is malformed."""
        mailbox(sender)
        self._folder, self._sender, self._domain, self._clock = folder, sender, ascii_domain(domain), clock
        self._one_at_a_time = threading.Lock()

    async def send(self, mail: Mail) -> None:
        """Put the mail into the folder. MailDelayed when the disk does not take it."""
        now = self._clock.now()
        composed = compose(mail, sender=self._sender, domain=self._domain, at=now)
        try:
            await asyncio.to_thread(self._keep, f"{now.astimezone(UTC):{TIME}}", digest(mail.key), composed.content)
        except OSError as error:
            raise MailDelayed(f"the folder of mails: {error.strerror}") from error

    def _keep(self, moment: str, key: str, content: bytes) -> None:
        # Looking for the key's file and making it must not interleave, or a key sent twice at once gets two files.
        with self._one_at_a_time:
            self._folder.mkdir(mode=0o700, parents=True, exist_ok=True)
            _write(self._earlier(key) or self._folder / f"{moment}-{key}.eml", content)

    def _earlier(self, key: str) -> Path | None:
        # Not `glob`, which lists the whole folder at once and remembers up to 32 768 patterns, a new one for each mail.
        with os.scandir(self._folder) as entries:
            return next((Path(entry) for entry in entries if entry.name.endswith(f"-{key}.eml")), None)


class SentMails(MailArchive):
    """Reads what a FileMailer wrote into the folder; other files there are left alone."""

    def __init__(self, folder: Path) -> None:
        self._folder = folder

    async def list(self, limit: int = 100) -> Sequence[SentMail]:
        """The latest mails, newest first; none when nothing was sent yet."""
        return await asyncio.to_thread(self._list, limit)

    async def read(self, id: str) -> ReadMail | None:
        """The mail with this id as `list` gave it, None when there is none: an id is never taken for a path."""
        return await asyncio.to_thread(self._read, id) if ID.fullmatch(id) else None

    def _list(self, limit: int) -> Sequence[SentMail]:
        names = sorted((path.stem for path in self._folder.glob("*.eml") if ID.fullmatch(path.stem)), reverse=True)
        return [mail for name in names[:limit] if (mail := self._summary(name)) is not None]

    def _summary(self, id: str) -> SentMail | None:
        try:
            sent_at = datetime.strptime(id.partition("-")[0], TIME).replace(tzinfo=UTC)
            with self._path(id).open(encoding="utf-8", errors="replace") as file:
                headers = HeaderParser(policy=policy.default).parse(file)
        except (FileNotFoundError, ValueError):  # removed since it was listed, or not ours
            return None
        return SentMail(id=id, to=str(headers["To"]), subject=str(headers["Subject"]), sent_at=sent_at)

    def _read(self, id: str) -> ReadMail | None:
        try:
            content = self._path(id).read_text(encoding="utf-8", errors="replace")
        except FileNotFoundError:
            return None
        message = message_from_string(content, policy=policy.default)
        headers = [(name, str(value)) for name, value in message.items()]
        return ReadMail(id=id, headers=headers, text=_body(message, "plain"), html=_body(message, "html"))

    def _path(self, id: str) -> Path:
        return self._folder / f"{id}.eml"


def _write(path: Path, content: bytes) -> None:
    """Into a neighbour first, then renamed: readers see the whole file or none."""
    handle, draft = tempfile.mkstemp(dir=path.parent, prefix=".", suffix=".draft")  # mode 0600
    try:
        with os.fdopen(handle, "wb") as file:
            file.write(content)
        Path(draft).replace(path)
    except BaseException:
        Path(draft).unlink()
        raise


def _body(message: EmailMessage, kind: str) -> str:
    part = message.get_body((kind,))
    return "" if part is None else str(part.get_content())
