"""Whether the SMTP server is there."""

import ssl
from pathlib import Path

import aiosmtplib

from asperguide.shared.ports import Probe


class SmtpProbe(Probe):
    """Says hello to the server as a mail would, certificate and all. Not required: mails wait."""

    name = "smtp"
    required = False

    def __init__(self, *, host: str, port: int, security: str, ca_file: Path | str | None) -> None:
        self._host, self._port, self._security, self._ca_file = host, port, security, ca_file

    async def check(self) -> str:
        """Where it was found. Raises what the client raises."""
        client = aiosmtplib.SMTP(
            hostname=self._host,
            port=self._port,
            use_tls=self._security == "tls",
            start_tls=self._security == "starttls",
            tls_context=ssl.create_default_context(cafile=self._ca_file or None),
            timeout=2,
        )
        async with client:
            await client.noop()
        return f"{self._host}:{self._port}"
