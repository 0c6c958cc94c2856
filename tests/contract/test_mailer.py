"""The law of `Mailer`, run on SMTP, on files and in memory."""

from collections.abc import AsyncIterator, Sequence
from contextlib import asynccontextmanager
from dataclasses import replace
from email.message import EmailMessage
from pathlib import Path

import pytest

from asperguide.adapters.filesystem.mails import FileMailer
from asperguide.adapters.memory.mailer import MemoryMailer
from asperguide.adapters.mime import compose
from asperguide.testing.contracts import MailerContract
from asperguide.testing.contracts.mailer import Post
from tests.mailing import DOMAIN, MAIL, NOW, SENDER, StoppedClock, parsed, smtp_mailer
from tests.smtp_server import Certificates, certificates, smtp_server

__all__ = ["certificates"]


@asynccontextmanager
async def by_smtp(folder: Path, certificates: Certificates) -> AsyncIterator[Post]:
    async with smtp_server(starttls=certificates.server) as server:
        mailer = smtp_mailer(server, certificates)
        yield Post(mailer, lambda: server.messages)
        await mailer.aclose()


@asynccontextmanager
async def by_file(folder: Path, certificates: Certificates) -> AsyncIterator[Post]:
    def arrived() -> Sequence[EmailMessage]:
        return [parsed(path.read_bytes()) for path in sorted(folder.glob("*.eml"))]

    yield Post(FileMailer(folder=folder, sender=SENDER, domain=DOMAIN, clock=StoppedClock()), arrived)


@asynccontextmanager
async def by_memory(folder: Path, certificates: Certificates) -> AsyncIterator[Post]:
    mailer = MemoryMailer()

    def arrived() -> Sequence[EmailMessage]:
        return [parsed(compose(mail, sender=SENDER, domain=DOMAIN, at=NOW).content) for mail in mailer.sent]

    yield Post(mailer, arrived)


@pytest.fixture(params=[by_smtp, by_file, by_memory], ids=["smtp", "file", "memory"])
async def post(request: pytest.FixtureRequest, tmp_path: Path, certificates: Certificates) -> AsyncIterator[Post]:
    """Each adapter in turn."""
    async with request.param(tmp_path / "mails", certificates) as post:
        yield post


class TestMailers(MailerContract):
    """Each of them."""


async def test_a_mail_says_who_sent_it_when_and_under_which_id(post: Post) -> None:
    await post.mailer.send(replace(MAIL, key="a"))
    [message] = post.arrived()
    assert [str(address) for address in message["From"].addresses] == [
        '"Aspérguide, the guides" <no-reply@guides.example>'
    ]
    assert message["Date"].datetime == NOW.replace(microsecond=0)
    # the first half of SHA-256 of "a": a release may not change it
    assert message["Message-ID"] == "<ca978112ca1bbdcafac231b39a23dc4d@guides.example>"
