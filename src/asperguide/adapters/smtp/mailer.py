"""Mails handed to a mail server over verified TLS, on a few connections kept warm."""

import asyncio
import ssl
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager, suppress
from datetime import timedelta
from pathlib import Path
from typing import Literal

from aiosmtplib import (
    SMTP,
    SMTPDataError,
    SMTPException,
    SMTPNotSupported,
    SMTPRecipientsRefused,
    SMTPResponseException,
    SMTPSenderRefused,
)

from asperguide.adapters.mime import Composed, ascii_domain, compose, mailbox
from asperguide.shared.ports import Clock, Mail, MailDelayed, Mailer, MailRefused

Security = Literal["starttls", "tls", "none"]

STEPS = 3
"""A whole handover may last as long as this many slow steps."""

OUR_FAULT = frozenset({503, 530, 534, 535, 538})
"""5xx answers about our credentials or our dialogue: the mail itself is fine once that is mended."""


class SmtpMailer(Mailer):
    """Speaks to one mail server; safe to share among tasks.

    Each step of the dialogue may last `timeout`, all of it three times that. A server that does not prove who it is,
    or offers no TLS when `security` asks for it, gets nothing: neither mail nor password.
    """

    def __init__(
        self,
        *,
        host: str,
        port: int,
        username: str,
        password: str,
        security: Security,
        ca_file: Path | str | None,
        sender: str,
        timeout: timedelta,
        domain: str,
        clock: Clock,
        connections: int = 4,
    ) -> None:
        """ValueError when `sender` or `domain` is malformed, OSError when `ca_file` cannot be read.

        `domain` is the right side of Message-IDs and what we call ourselves; an empty `username` means no sign-in;
        `ca_file` replaces the authorities that this machine trusts.
        """
        mailbox(sender)
        self._host, self._port = host, port
        self._username, self._password = username or None, password if username else None
        self._security = security
        self._context = None if security == "none" else ssl.create_default_context(cafile=ca_file or None)
        self._sender, self._domain = sender, ascii_domain(domain)
        self._timeout = timeout.total_seconds()
        self._clock = clock
        self._places = asyncio.Semaphore(connections)
        self._idle: list[SMTP] = []

    async def send(self, mail: Mail) -> None:
        """Hand the mail over; a cancelled or failed try may still have arrived, so Message-IDs tell repeats apart."""
        composed = compose(mail, sender=self._sender, domain=self._domain, at=self._clock.now())
        try:
            async with asyncio.timeout(STEPS * self._timeout), self._connection() as client:
                await _transfer(client, composed)
        except SMTPRecipientsRefused as error:
            raise _verdict(error.recipients[0]) from error
        except (SMTPSenderRefused, SMTPDataError) as error:
            raise _verdict(error) from error
        except SMTPNotSupported as error:
            raise MailRefused("the server cannot carry an address with such characters (SMTPUTF8)") from error
        except (SMTPException, OSError) as error:
            raise MailDelayed(_words(error)) from error

    async def aclose(self) -> None:
        """Take leave of the server; a later `send` connects again."""
        while self._idle:
            client = self._idle.pop()
            with suppress(SMTPException, OSError):
                await client.quit(timeout=min(self._timeout, 1))
            client.close()

    @asynccontextmanager
    async def _connection(self) -> AsyncIterator[SMTP]:
        """A connection of our own, kept afterwards unless anything went wrong: its dialogue may be out of step."""
        async with self._places:
            client = self._idle.pop() if self._idle else self._stranger()
            try:
                if not await self._answers(client):
                    client.close()
                    await client.connect()
                yield client
            except BaseException:
                client.close()
                raise
            self._idle.append(client)

    async def _answers(self, client: SMTP) -> bool:
        """Whether the server still listens: it may have hung up on an idle connection."""
        if not client.is_connected:
            return False
        try:
            await client.noop(timeout=min(self._timeout, 5))
        except (SMTPException, OSError):
            return False
        return True

    def _stranger(self) -> SMTP:
        return SMTP(
            hostname=self._host,
            port=self._port,
            username=self._username,
            password=self._password,
            local_hostname=self._domain,
            timeout=self._timeout,
            use_tls=self._security == "tls",
            start_tls=self._security == "starttls",
            tls_context=self._context,
        )


async def _transfer(client: SMTP, composed: Composed) -> None:
    options = ["SMTPUTF8"] if composed.utf8 else []
    await client.sendmail(composed.sender, [composed.recipient], composed.content, mail_options=options)


def _verdict(answer: SMTPResponseException) -> MailRefused | MailDelayed:
    final = 500 <= answer.code <= 599 and answer.code not in OUR_FAULT
    return (MailRefused if final else MailDelayed)(_words(answer))


def _words(error: Exception) -> str:
    """What happened, in one bounded line: servers may answer with anything, and logs keep it."""
    answer = f"{error.code} {error.message}" if isinstance(error, SMTPResponseException) else str(error)
    line = "".join(character if character.isprintable() else " " for character in answer[:200])
    return line or type(error).__name__
