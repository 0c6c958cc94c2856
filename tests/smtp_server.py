"""A real SMTP server for tests: TLS of both kinds, sign-in, refusals on demand, silence, and a record of every word."""

import asyncio
import ssl
from collections.abc import AsyncIterator, Iterator
from contextlib import asynccontextmanager
from dataclasses import dataclass, field
from email import message_from_string, policy
from email.message import EmailMessage
from pathlib import Path

import pytest
import trustme
from aiosmtpd.smtp import SMTP, AuthResult, Envelope, LoginPassword, Session

USERNAME, PASSWORD = "asperguide", "correct horse é"


@dataclass(frozen=True, kw_only=True)
class Certificates:
    """What the server shows, the authority behind it as a file, a stranger's authority, and a wrong name."""

    server: ssl.SSLContext
    misnamed: ssl.SSLContext
    ca_file: Path
    other_ca_file: Path


@dataclass(kw_only=True)
class SmtpServer:
    """What the server was told. `answers` by command (such as RCPT) replace its own; it says nothing to `stall`."""

    port: int = 0
    messages: list[EmailMessage] = field(default_factory=list)
    envelopes: list[Envelope] = field(default_factory=list)
    sessions: list[bytearray] = field(default_factory=list)
    answers: dict[str, str] = field(default_factory=dict)
    stall: str = ""
    stalled: asyncio.Event = field(default_factory=asyncio.Event)
    dialogues: list["Dialogue"] = field(default_factory=list)

    def hang_up(self) -> None:
        """Close every connection without a word."""
        for dialogue in self.dialogues:
            if dialogue.transport is not None:
                dialogue.transport.abort()  # type: ignore[attr-defined]

    def nobody_is_connected(self) -> bool:
        """Whether every connection so far has ended."""
        return all(dialogue.transport is None for dialogue in self.dialogues)

    async def handle_exception(self, error: Exception) -> str:
        """A client that goes away in the middle, during a TLS handshake say, is no error of the test."""
        return f"500 {type(error).__name__}"

    async def handle_MAIL(
        self, server: SMTP, session: Session, envelope: Envelope, address: str, options: list[str]
    ) -> str:
        if answer := await self._answer("MAIL"):
            return answer
        envelope.mail_from = address
        envelope.mail_options.extend(options)
        return "250 OK"

    async def handle_RCPT(
        self, server: SMTP, session: Session, envelope: Envelope, address: str, options: list[str]
    ) -> str:
        if answer := await self._answer("RCPT"):
            return answer
        envelope.rcpt_tos.append(address)
        return "250 OK"

    async def handle_DATA(self, server: SMTP, session: Session, envelope: Envelope) -> str:
        if answer := await self._answer("DATA"):
            return answer
        assert isinstance(envelope.content, bytes)
        self.envelopes.append(envelope)
        self.messages.append(message_from_string(envelope.content.decode(), policy=policy.default))
        return "250 kept"

    async def _answer(self, command: str) -> str | None:
        if self.stall == command:
            self.stalled.set()
            await asyncio.Event().wait()
        return self.answers.get(command)


class Dialogue(SMTP):
    """One connection, which writes down what it hears once decrypted."""

    def __init__(self, record: SmtpServer, **options: object) -> None:
        super().__init__(record, hostname="mail.test", **options)  # type: ignore[arg-type]
        self.heard = bytearray()
        record.sessions.append(self.heard)
        record.dialogues.append(self)

    def data_received(self, data: bytes) -> None:
        self.heard += data
        super().data_received(data)


def _sign_in(server: SMTP, session: Session, envelope: Envelope, mechanism: str, data: object) -> AuthResult:
    good = isinstance(data, LoginPassword) and data == LoginPassword(USERNAME.encode(), PASSWORD.encode())
    return AuthResult(success=good, handled=False)


@asynccontextmanager
async def smtp_server(
    *,
    starttls: ssl.SSLContext | None = None,
    tls: ssl.SSLContext | None = None,
    auth: bool = False,
    utf8: bool = True,
    port: int = 0,
) -> AsyncIterator[SmtpServer]:
    """A server on this port of this machine, or a free one, in this event loop."""
    record = SmtpServer()

    def dialogue() -> Dialogue:
        return Dialogue(
            record,
            tls_context=starttls,
            require_starttls=starttls is not None,
            enable_SMTPUTF8=utf8,
            authenticator=_sign_in,
            auth_required=auth,
            auth_require_tls=tls is None,
            loop=asyncio.get_running_loop(),
        )

    server = await asyncio.get_running_loop().create_server(dialogue, "127.0.0.1", port, ssl=tls)
    record.port = server.sockets[0].getsockname()[1]
    try:
        yield record
    finally:
        server.close()
        record.hang_up()
        running = [talk._handler_coroutine for talk in record.dialogues if talk._handler_coroutine is not None]
        for task in running:
            task.cancel()
        await asyncio.gather(*running, return_exceptions=True)


@asynccontextmanager
async def silent_server() -> AsyncIterator[int]:
    """The port of a server that accepts connections and never says a word."""
    writers: list[asyncio.StreamWriter] = []

    async def accept(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        writers.append(writer)

    server = await asyncio.start_server(accept, "127.0.0.1", 0)
    try:
        yield server.sockets[0].getsockname()[1]
    finally:
        server.close()
        for writer in writers:
            writer.transport.abort()


@pytest.fixture(scope="session")
def certificates(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Certificates]:
    """Self-made certificates for this run."""
    folder = tmp_path_factory.mktemp("certificates")
    authority, stranger = trustme.CA(), trustme.CA()
    authority.cert_pem.write_to_path(folder / "ca.pem")
    stranger.cert_pem.write_to_path(folder / "other.pem")
    yield Certificates(
        server=_context(authority, "localhost", "127.0.0.1"),
        misnamed=_context(authority, "elsewhere.test"),
        ca_file=folder / "ca.pem",
        other_ca_file=folder / "other.pem",
    )


def _context(authority: trustme.CA, *names: str) -> ssl.SSLContext:
    context = ssl.create_default_context(ssl.Purpose.CLIENT_AUTH)
    authority.issue_cert(*names).configure_cert(context)
    return context
