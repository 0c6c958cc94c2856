"""Whether the SMTP server is there, and takes our mails."""

import ssl
import time
from collections.abc import Callable
from pathlib import Path

import aiosmtplib

from asperguide.shared.ports import Probe

ASKED_AGAIN_SECONDS = 60.0
"""Checks come every few seconds: servers shut those out who are refused that often."""


class SmtpProbe(Probe):
    """Says hello to the server as a mail would, certificate and all, and signs in. Not required: mails wait."""

    name = "smtp"
    required = False

    def __init__(
        self,
        *,
        host: str,
        port: int,
        username: str,
        password: str,
        security: str,
        ca_file: Path | str | None,
        seconds: Callable[[], float] = time.monotonic,
    ) -> None:
        """An empty `username` means no sign-in."""
        self._host, self._port, self._security, self._ca_file = host, port, security, ca_file
        self._username, self._password = username, password
        self._seconds = seconds
        self._known_until = 0.0
        self._refusal: tuple[int, str] | None = None

    async def check(self) -> str:
        """Where it was found. Raises what the client raises; what became of the sign-in is remembered for a minute."""
        client = aiosmtplib.SMTP(
            hostname=self._host,
            port=self._port,
            use_tls=self._security == "tls",
            start_tls=self._security == "starttls",
            tls_context=ssl.create_default_context(cafile=self._ca_file or None),
            timeout=2,
        )
        async with client:
            if self._username and self._seconds() >= self._known_until:
                await self._sign_in(client)
            if self._refusal is not None:
                raise aiosmtplib.SMTPAuthenticationError(*self._refusal)
            await client.noop()
        return f"{self._host}:{self._port}"

    async def _sign_in(self, client: aiosmtplib.SMTP) -> None:
        self._refusal = None
        try:
            await client.login(self._username, self._password)
        except aiosmtplib.SMTPAuthenticationError as error:
            self._refusal = error.code, error.message
        self._known_until = self._seconds() + ASKED_AGAIN_SECONDS
