"""Mails that go nowhere but can be read."""

from datetime import UTC, datetime

from asperguide.adapters.mime import compose
from asperguide.shared.ports import Mail, Mailer


class MemoryMailer(Mailer):
    """Remembers mails in `sent`, in the order of their first sending; a repeated key replaces its earlier mail."""

    def __init__(self) -> None:
        self.sent: list[Mail] = []

    async def send(self, mail: Mail) -> None:
        """Remember the mail, held to the same rules as on its way to a server."""
        compose(mail, sender="nobody@localhost", domain="localhost", at=datetime(2000, 1, 1, tzinfo=UTC))
        for index, earlier in enumerate(self.sent):
            if earlier.key == mail.key:
                self.sent[index] = mail
                return
        self.sent.append(mail)
