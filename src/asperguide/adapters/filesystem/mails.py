"""Mails kept as `.eml` files in a folder, for a laptop without a mail server, and the reader that shows them.

What is done for each mail is done with strings: `pathlib` puts every part of a path into the interpreter's table of
names, which grows by MiB at once, and of which CPython 3.12 forgets none.
"""

import asyncio
import os
import re
import shutil
import tempfile
from collections.abc import Sequence
from contextlib import suppress
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
KEYS = ".keys"


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
    """Writes each mail whole or not at all, readable by its owner only; a repeated key replaces its earlier file.

    Any number of processes may share the folder. The file of a key is found by a symbolic link of that name in `.keys`.
    """

    def __init__(self, *, folder: Path, sender: str, domain: str, clock: Clock) -> None:
        """The folder is made with the first mail. ValueError when `sender` or `domain` is malformed."""
        mailbox(sender)
        self._folder, self._sender, self._domain, self._clock = folder, sender, ascii_domain(domain), clock
        self._keys = folder / KEYS

    async def send(self, mail: Mail) -> None:
        """Put the mail into the folder. MailDelayed when the disk does not take it."""
        now = self._clock.now()
        composed = compose(mail, sender=self._sender, domain=self._domain, at=now)
        try:
            await asyncio.to_thread(self._keep, f"{now.astimezone(UTC):{TIME}}", digest(mail.key), composed.content)
        except OSError as error:
            raise MailDelayed(f"the folder of mails: {error.strerror}") from error

    def _keep(self, moment: str, key: str, content: bytes) -> None:
        if not self._keys.is_dir():
            self._index()
        _write(self._folder, self._name(key, f"{moment}-{key}.eml"), content)

    def _name(self, key: str, new: str) -> str:
        """The name that whoever came first gave the key's file, before there was one: nobody ever gives it another."""
        link = f"{self._keys}/{key}"
        with suppress(FileExistsError):
            os.symlink(f"../{new}", link)
        return os.readlink(link).rpartition("/")[2]

    def _index(self) -> None:
        """Make the folder of links, whole or not at all, with one for each mail that is there from before it was."""
        self._folder.mkdir(mode=0o700, parents=True, exist_ok=True)
        draft = Path(tempfile.mkdtemp(dir=self._folder, prefix=KEYS))  # mode 0700
        try:
            for id in sorted(_ids(self._folder)):
                with suppress(FileExistsError):
                    os.symlink(f"../{id}.eml", f"{draft}/{id.partition('-')[2]}")
            with suppress(OSError):  # somebody else was quicker
                draft.replace(self._keys)
        finally:
            shutil.rmtree(draft, ignore_errors=True)


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
        ids = sorted(_ids(self._folder), reverse=True)
        return [mail for id in ids[:limit] if (mail := self._summary(id)) is not None]

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


def _ids(folder: Path) -> list[str]:
    """Of all mails in the folder, in any order; none when there is no folder yet."""
    try:
        names = os.listdir(folder)
    except FileNotFoundError:
        return []
    return [id for name in names if name.endswith(".eml") and ID.fullmatch(id := name.removesuffix(".eml"))]


def _write(folder: Path, name: str, content: bytes) -> None:
    """Into a neighbour first, then renamed: readers see the whole file or none."""
    handle, draft = tempfile.mkstemp(dir=folder, prefix=".", suffix=".draft")  # mode 0600
    try:
        with os.fdopen(handle, "wb") as file:
            file.write(content)
        os.replace(draft, f"{folder}/{name}")
    except BaseException:
        os.unlink(draft)
        raise


def _body(message: EmailMessage, kind: str) -> str:
    part = message.get_body((kind,))
    return "" if part is None else str(part.get_content())
