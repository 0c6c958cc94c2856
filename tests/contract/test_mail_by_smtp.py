"""What the SMTP mailer promises beyond the law: proof of identity, bounded time, verdicts, warm connections."""

import asyncio
import time
from dataclasses import replace
from datetime import timedelta

import pytest
from aiosmtplib import SMTPAuthenticationError

from asperguide.adapters.smtp.probe import SmtpProbe
from asperguide.shared.ports import MailDelayed, MailRefused
from tests.mailing import MAIL, smtp_mailer
from tests.servers import eventually
from tests.smtp_server import PASSWORD, USERNAME, Certificates, SmtpServer, certificates, silent_server, smtp_server

__all__ = ["certificates"]

pytestmark = pytest.mark.filterwarnings("ignore:Requiring AUTH while not requiring TLS")  # TLS came first


async def test_signs_in_over_starttls_and_speaks_of_nobody_else(certificates: Certificates) -> None:
    async with smtp_server(starttls=certificates.server, auth=True) as server:
        mailer = smtp_mailer(server, certificates, username=USERNAME, password=PASSWORD)
        await mailer.send(MAIL)
        [envelope] = server.envelopes
        assert (envelope.mail_from, envelope.rcpt_tos) == ("no-reply@guides.example", [MAIL.to])
        assert server.sessions[0].startswith(b"EHLO guides.example\r\nSTARTTLS\r\n")
        await mailer.aclose()


async def test_signs_in_over_implicit_tls(certificates: Certificates) -> None:
    async with smtp_server(tls=certificates.server, auth=True) as server:
        mailer = smtp_mailer(server, certificates, username=USERNAME, password=PASSWORD, security="tls")
        await mailer.send(MAIL)
        assert len(server.messages) == 1
        await mailer.aclose()


async def test_without_tls_works_when_it_was_asked_for(certificates: Certificates) -> None:
    async with smtp_server() as server:
        mailer = smtp_mailer(server, certificates, security="none")
        await mailer.send(MAIL)
        assert len(server.messages) == 1
        await mailer.aclose()


async def test_a_wrong_password_delays_mail_since_it_can_be_mended(certificates: Certificates) -> None:
    async with smtp_server(starttls=certificates.server, auth=True) as server:
        with pytest.raises(MailDelayed, match="535"):
            await smtp_mailer(server, certificates, username=USERNAME, password="wrong").send(MAIL)
        with pytest.raises(MailDelayed, match="530"):
            await smtp_mailer(server, certificates).send(MAIL)
        assert not server.messages


@pytest.mark.parametrize("security", ["starttls", "tls"])
async def test_a_server_that_cannot_prove_who_it_is_gets_nothing(certificates: Certificates, security: str) -> None:
    for context, authority in (
        (certificates.server, certificates.other_ca_file),
        (certificates.server, None),
        (certificates.misnamed, certificates.ca_file),
    ):
        async with smtp_server(**{security: context}, auth=True) as server:
            mailer = smtp_mailer(
                server, certificates, security=security, ca_file=authority, username=USERNAME, password=PASSWORD
            )
            with pytest.raises(MailDelayed, match=r"(?i)certificate"):
                await mailer.send(MAIL)
            assert b"".join(server.sessions) in (b"", b"EHLO guides.example\r\nSTARTTLS\r\n")


async def test_without_the_starttls_it_wants_sends_nothing_in_the_clear(certificates: Certificates) -> None:
    async with smtp_server() as server:
        for username in (USERNAME, ""):
            with pytest.raises(MailDelayed, match="STARTTLS"):
                await smtp_mailer(server, certificates, username=username, password=PASSWORD).send(MAIL)
        assert server.sessions == [b"EHLO guides.example\r\n"] * 2


@pytest.mark.parametrize("security", ["starttls", "tls", "none"])
async def test_a_silent_server_delays_mail_in_bounded_time(certificates: Certificates, security: str) -> None:
    async with silent_server() as port:
        mailer = smtp_mailer(port, certificates, security=security, timeout=timedelta(seconds=0.1))
        began = time.monotonic()
        with pytest.raises(MailDelayed):
            await mailer.send(MAIL)
        assert time.monotonic() - began < 5


async def test_waiting_for_others_is_bounded_too(certificates: Certificates) -> None:
    async with smtp_server(starttls=certificates.server) as server:
        server.stall = "RCPT"
        mailer = smtp_mailer(server, certificates, connections=1, timeout=timedelta(seconds=0.2))
        began = time.monotonic()
        outcomes = await asyncio.gather(*(mailer.send(MAIL) for _ in range(40)), return_exceptions=True)
        assert {type(outcome) for outcome in outcomes} == {MailDelayed}
        assert time.monotonic() - began < 5


async def test_nobody_at_home_delays_mail(certificates: Certificates) -> None:
    async with silent_server() as port:
        pass
    with pytest.raises(MailDelayed):
        await smtp_mailer(port, certificates).send(MAIL)


@pytest.mark.parametrize("command", ["MAIL", "RCPT", "DATA"])
@pytest.mark.parametrize(
    ("answer", "outcome"),
    [
        ("450 4.2.0 greylisted", MailDelayed),
        ("421 4.3.2 going down", MailDelayed),
        ("550 5.1.1 no such person", MailRefused),
        ("552 5.2.2 mailbox full", MailRefused),
        ("530 5.7.0 sign in first", MailDelayed),
    ],
)
async def test_4xx_delays_and_5xx_refuses_and_the_next_mail_is_none_the_worse(
    certificates: Certificates, command: str, answer: str, outcome: type[Exception]
) -> None:
    async with smtp_server(starttls=certificates.server) as server:
        mailer = smtp_mailer(server, certificates)
        server.answers = {command: answer}
        with pytest.raises(outcome) as refused:
            await mailer.send(MAIL)
        assert str(refused.value) == answer
        await eventually(server.nobody_is_connected)
        server.answers = {}
        await mailer.send(MAIL)
        assert len(server.messages) == 1
        await mailer.aclose()


async def test_a_local_part_beyond_ascii_is_refused_by_a_server_without_smtputf8(
    certificates: Certificates,
) -> None:
    async with smtp_server(starttls=certificates.server, utf8=False) as server:
        mailer = smtp_mailer(server, certificates)
        with pytest.raises(MailRefused):
            await mailer.send(replace(MAIL, to="josé@example.org"))
        await mailer.send(replace(MAIL, to="a@bücher.example"))
        assert [envelope.rcpt_tos for envelope in server.envelopes] == [["a@xn--bcher-kva.example"]]
        await mailer.aclose()


async def test_keeps_its_connections_few_and_warm(certificates: Certificates) -> None:
    async with smtp_server(starttls=certificates.server) as server:
        mailer = smtp_mailer(server, certificates, connections=2)
        await asyncio.gather(*(mailer.send(replace(MAIL, key=str(number))) for number in range(10)))
        await mailer.send(MAIL)
        assert (len(server.messages), len(server.sessions)) == (11, 2)
        await mailer.aclose()
        assert all(bytes(session).endswith(b"QUIT\r\n") for session in server.sessions)
        await mailer.send(MAIL)
        assert (len(server.messages), len(server.sessions)) == (12, 3)
        await mailer.aclose()


async def test_connects_again_when_the_server_hung_up(certificates: Certificates) -> None:
    async with smtp_server(starttls=certificates.server) as server:
        mailer = smtp_mailer(server, certificates)
        await mailer.send(MAIL)
        server.hang_up()
        await mailer.send(replace(MAIL, key="second"))
        assert len(server.messages) == 2
        await mailer.aclose()


@pytest.mark.parametrize("command", ["MAIL", "RCPT", "DATA"])
async def test_cancelled_in_the_middle_gives_its_place_back(certificates: Certificates, command: str) -> None:
    async with smtp_server(starttls=certificates.server) as server:
        mailer = smtp_mailer(server, certificates, connections=1)
        await mailer.send(MAIL)
        server.stall = command
        sending = asyncio.create_task(mailer.send(replace(MAIL, key="cancelled")))
        await asyncio.wait_for(server.stalled.wait(), 10)
        sending.cancel()
        with pytest.raises(asyncio.CancelledError):
            await sending
        await eventually(server.nobody_is_connected)
        server.stall = ""
        await mailer.send(replace(MAIL, key="after", subject="after"))
        assert [message["Subject"] for message in server.messages] == [MAIL.subject, "after"]
        await mailer.aclose()


async def test_reports_what_a_server_says_in_one_bounded_line(certificates: Certificates) -> None:
    async with smtp_server(starttls=certificates.server) as server:
        server.answers = {"RCPT": "550-first\x1b[31m\r\n550 " + "x" * 400}
        with pytest.raises(MailRefused) as refused:
            await smtp_mailer(server, certificates).send(MAIL)
        assert str(refused.value).isprintable() and len(str(refused.value)) <= 200


@pytest.mark.parametrize("wrong", [{"sender": "nobody"}, {"sender": "a@b\r\n"}, {"domain": "a b"}, {"domain": ""}])
async def test_malformed_settings_stop_it_from_being_made(certificates: Certificates, wrong: dict[str, str]) -> None:
    with pytest.raises(ValueError):
        smtp_mailer(25, certificates, **wrong)


def the_probe(server: SmtpServer, certificates: Certificates, now: list[float], **given: str) -> SmtpProbe:
    """What asks this server how it is, by a clock that only moves when told."""
    return SmtpProbe(
        host="localhost", port=server.port, security="starttls", ca_file=certificates.ca_file,
        username=given.get("username", USERNAME), password=given.get("password", PASSWORD), seconds=lambda: now[0],
    )  # fmt: skip


async def test_a_server_that_refuses_the_sign_in_is_not_well(certificates: Certificates) -> None:
    async with smtp_server(starttls=certificates.server, auth=True) as server:
        now = [0.0]
        probe = the_probe(server, certificates, now, password="wrong")
        for _ in range(3):
            with pytest.raises(SMTPAuthenticationError, match="535"):
                await probe.check()
        assert sum(b"AUTH" in heard for heard in server.sessions) == 1
        now[0] += 60
        with pytest.raises(SMTPAuthenticationError, match="535"):
            await probe.check()
        assert sum(b"AUTH" in heard for heard in server.sessions) == 2


async def test_the_sign_in_is_tried_once_a_minute_and_only_with_a_name(certificates: Certificates) -> None:
    async with smtp_server(starttls=certificates.server, auth=True) as server:
        now = [0.0]
        probe = the_probe(server, certificates, now)
        for _ in range(3):
            assert await probe.check() == f"localhost:{server.port}"
        assert [b"AUTH" in heard for heard in server.sessions] == [True, False, False]
        assert await the_probe(server, certificates, now, username="").check()
        assert b"AUTH" not in server.sessions[-1]
