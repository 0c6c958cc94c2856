"""What tests of mail share: one mail, a clock that stands still, a mailer for the test server."""

from datetime import UTC, datetime, timedelta
from email import message_from_string, policy
from email.message import EmailMessage

from asperguide.adapters.smtp import SmtpMailer
from asperguide.shared.ports import Clock, Mail
from tests.smtp_server import Certificates, SmtpServer

NOW = datetime(2026, 3, 14, 9, 26, 53, 589793, tzinfo=UTC)
SENDER = "Aspérguide, the guides <no-reply@guides.example>"
DOMAIN = "guides.example"

MAIL = Mail(
    key="verification:1",
    to="siobhan.o'neil@example.org",
    subject="Bienvenue à Asperguide, Siobhán O'Neil – 你好",
    text="Bonjour O'Neil <b>,\n.\n..\n\nà bientôt\n" + "long " * 400 + "\n",
    html="<p>Bonjour O&#39;Neil &lt;b&gt;, à bientôt</p>\n",
    locale="fr",
)


class StoppedClock(Clock):
    """A clock that shows what it is told."""

    def __init__(self, time: datetime = NOW) -> None:
        self.time = time

    def now(self) -> datetime:
        return self.time


def smtp_mailer(server: SmtpServer | int, certificates: Certificates, **changes: object) -> SmtpMailer:
    """A mailer for this server: STARTTLS, no sign-in, ten seconds of patience."""
    options: dict[str, object] = {
        "host": "127.0.0.1",
        "port": server if isinstance(server, int) else server.port,
        "username": "",
        "password": "",
        "security": "starttls",
        "ca_file": certificates.ca_file,
        "sender": SENDER,
        "timeout": timedelta(seconds=10),
        "domain": DOMAIN,
        "clock": StoppedClock(),
    }
    return SmtpMailer(**(options | changes))  # type: ignore[arg-type]


def parsed(content: bytes) -> EmailMessage:
    """The message as a reader understands it; raw UTF-8 in headers is allowed (RFC 6532)."""
    return message_from_string(content.decode(), policy=policy.default)
