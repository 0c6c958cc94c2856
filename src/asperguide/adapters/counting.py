"""Adapters around adapters, which count what goes through them."""

from collections.abc import Iterator

from asperguide.adapters.measuring import Counter, Family, Measured
from asperguide.shared.ports import Mail, MailDelayed, Mailer, MailRefused


class CountedMailer(Mailer, Measured):
    """Hands mails on to `inner` and remembers how that went."""

    def __init__(self, inner: Mailer) -> None:
        self._inner = inner
        self._mails = Counter("asperguide_mails", "Mails that were to be handed over, by how that went.", "outcome")

    async def send(self, mail: Mail) -> None:
        """As `inner` does it."""
        try:
            await self._inner.send(mail)
        except MailRefused:
            self._mails.add("refused")
            raise
        except MailDelayed:
            self._mails.add("delayed")
            raise
        self._mails.add("sent")

    async def aclose(self) -> None:
        """Take leave of what `inner` speaks to."""
        if (close := getattr(self._inner, "aclose", None)) is not None:
            await close()

    def measure(self) -> Iterator[Family]:
        """The counts."""
        yield self._mails.family()
