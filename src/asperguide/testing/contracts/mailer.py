"""The law of mailers."""

import asyncio
from collections.abc import Callable, Sequence
from dataclasses import dataclass, replace
from email.message import EmailMessage

from asperguide.shared.ports import Attachment, Mail, Mailer
from asperguide.testing.contracts.checking import raises


@dataclass(frozen=True, slots=True)
class Post:
    """A mailer, and everything that arrived through it, in any order; a repeated key may arrive once or again."""

    mailer: Mailer
    arrived: Callable[[], Sequence[EmailMessage]]


def _body(message: EmailMessage, kind: str) -> str:
    part = message.get_body((kind,))
    assert isinstance(part, EmailMessage)
    return str(part.get_content()).replace("\r\n", "\n")


MAIL = Mail(
    key="verification:1",
    to="siobhan.o'neil@example.org",
    subject="Bienvenue à Asperguide, Siobhán O'Neil – 你好",
    text="Bonjour O'Neil <b>,\n.\n..\n\nà bientôt\n" + "long " * 400 + "\n",
    html="<p>Bonjour O&#39;Neil &lt;b&gt;, à bientôt</p>\n",
    locale="fr",
)
WIRE = {
    "O'Neil@example.org": "O'Neil@example.org",
    "left+key.or=1@Example.org": "left+key.or=1@Example.org",
    "!#$%&'*+-/=?^_`{|}~@example.org": "!#$%&'*+-/=?^_`{|}~@example.org",
    "a@bücher.example": "a@xn--bcher-kva.example",
    "a@straße.example": "a@xn--strae-oqa.example",
    "a@例え.テスト": "a@xn--r8jz45g.xn--zckzah",
    "josé@例え.テスト": "josé@xn--r8jz45g.xn--zckzah",
}
NOT_ONE_ADDRESS = (
    *("", "nobody", "@example.org", "a@", "a b@example.org", "a@example.org, b@example.org", "a@b@example.org"),
    *("<a@example.org", "a@example.org>b", "a@exa mple.org", "a@-é-.example", "a@."),
    *("a@example..org", "a@example.org\r\nRCPT TO:<b@example.org>"),
)
NAUGHTY = ("\r\n", "\n", "\r", "\0", "\x85", "\u2028", "\x1b")
NOT_YOURS = ("Bcc", "to", "FROM", "Message-ID", "Content-Type", "X Y", "X:Y", "", "É", "Subject")


def spoilt_by(naughty: str) -> tuple[Mail, ...]:
    """Mails that hold these characters where none may be."""
    bad = f"a{naughty}Bcc: victim@example.org"
    file = Attachment(name="a.txt", media_type="text/plain", content=b"")
    return (
        replace(MAIL, to=f"a@example.org{naughty}"),
        replace(MAIL, to=f"x{naughty} <a@example.org>"),
        replace(MAIL, subject=bad),
        replace(MAIL, locale=bad),
        replace(MAIL, headers={"X-Tag": bad}),
        replace(MAIL, headers={f"X{naughty}Y": "a"}),
        replace(MAIL, attachments=[replace(file, name=bad)]),
        replace(MAIL, attachments=[replace(file, media_type=f"text/plain{naughty}")]),
        replace(MAIL, attachments=[replace(file, inline_id=f"id{naughty}")]),
    )


class MailerContract:
    """Give it a fixture `post`, through which nothing was sent yet."""

    async def test_what_was_sent_arrives_word_for_word(self, post: Post) -> None:
        await post.mailer.send(MAIL)
        [message] = post.arrived()
        assert (message["To"], message["Subject"]) == (MAIL.to, MAIL.subject)
        assert (_body(message, "plain"), _body(message, "html")) == (MAIL.text, MAIL.html)
        assert message["From"] and message["Date"]
        assert (message["Auto-Submitted"], message["Content-Language"]) == ("auto-generated", "fr")
        assert not message["Cc"] and not message["Bcc"]

    async def test_extra_headers_arrive(self, post: Post) -> None:
        link = "<https://guides.example/unsubscribe?" + "a" * 200 + ">"
        await post.mailer.send(replace(MAIL, headers={"List-Unsubscribe": link, "X-Request-Id": "é1"}))
        [message] = post.arrived()
        assert (message["List-Unsubscribe"].strip(), message["X-Request-Id"]) == (link, "é1")

    async def test_attachments_and_inline_images_arrive_byte_for_byte(self, post: Post) -> None:
        everything = bytes(range(256)) * 300
        files = [
            Attachment(name="logo.png", media_type="image/png", content=everything, inline_id="logo@1"),
            Attachment(name="mark.svg", media_type="image/svg+xml", content=b"<svg/>", inline_id="mark"),
            Attachment(name=f"facture n° 1 {'é' * 90}.pdf", media_type="application/pdf", content=everything[::-1]),
            Attachment(name="empty.txt", media_type="text/plain", content=b""),
        ]
        await post.mailer.send(replace(MAIL, html='<img src="cid:logo@1">\n', attachments=files))
        [message] = post.arrived()
        parts = [part for part in message.walk() if part.get_filename()]
        assert [(part.get_filename(), part.get_content_type()) for part in parts] == [
            (file.name, file.media_type) for file in files
        ]
        assert [part.get_payload(decode=True) for part in parts] == [file.content for file in files]
        assert [part["Content-ID"] for part in parts] == ["<logo@1>", "<mark>", None, None]
        assert [part.get_content_disposition() for part in parts] == ["inline", "inline", "attachment", "attachment"]
        assert _body(message, "plain") == MAIL.text and "cid:logo@1" in _body(message, "html")

    async def test_a_key_has_one_message_id_for_ever_and_shares_it_with_nobody(self, post: Post) -> None:
        for key in ("a", "b", "a"):
            await post.mailer.send(replace(MAIL, key=key))
        ids = {message["Message-ID"] for message in post.arrived()}
        assert len(ids) == 2

    async def test_mail_reaches_addresses_of_every_kind(self, post: Post) -> None:
        for to in WIRE:
            await post.mailer.send(replace(MAIL, key=to, to=to))
        reached = [address.addr_spec for message in post.arrived() for address in message["To"].addresses]
        assert sorted(reached) == sorted(WIRE.values())

    async def test_dots_where_the_standard_has_none_are_quoted(self, post: Post) -> None:
        await post.mailer.send(replace(MAIL, to="a..b.@docomo.example"))
        assert [address.username for address in post.arrived()[0]["To"].addresses] == ["a..b."]

    async def test_what_is_not_exactly_one_address_is_refused(self, post: Post) -> None:
        for to in NOT_ONE_ADDRESS:
            with raises(ValueError):
                await post.mailer.send(replace(MAIL, to=to))
        assert not post.arrived()

    async def test_control_characters_are_refused_everywhere_and_nothing_is_sent(self, post: Post) -> None:
        for mail in (mail for naughty in NAUGHTY for mail in spoilt_by(naughty)):
            with raises(ValueError) as refused:
                await post.mailer.send(mail)
            assert "victim" not in str(refused.value)
        assert not post.arrived()

    async def test_headers_that_are_ours_or_malformed_are_refused(self, post: Post) -> None:
        for name in NOT_YOURS:
            with raises(ValueError):
                await post.mailer.send(replace(MAIL, headers={name: "b@example.org"}))
        assert not post.arrived()

    async def test_what_looks_encoded_arrives_as_it_was_written(self, post: Post) -> None:
        trap = "=?utf-8?q?hello=0D=0ABcc:_victim@example.org?="
        file = Attachment(name=f"{trap}.txt", media_type="text/plain", content=b"")
        await post.mailer.send(replace(MAIL, subject=trap, headers={"X-Tag": trap}, attachments=[file]))
        [message] = post.arrived()
        assert not message["Bcc"]
        assert b"\nBcc" not in bytes(message)
        assert message["Subject"] == message["X-Tag"] == trap

    async def test_many_mails_at_once_all_arrive_once(self, post: Post) -> None:
        mails = [replace(MAIL, key=f"k{number}", subject=f"mail {number}") for number in range(25)]
        await asyncio.gather(*(post.mailer.send(mail) for mail in mails))
        assert sorted(message["Subject"] for message in post.arrived()) == sorted(mail.subject for mail in mails)

    async def test_a_cancelled_send_leaves_the_mailer_usable(self, post: Post) -> None:
        for turns in range(12):
            sending = asyncio.create_task(post.mailer.send(replace(MAIL, key=f"cancelled {turns}")))
            for _ in range(turns):
                await asyncio.sleep(0)
            sending.cancel()
            await asyncio.gather(sending, return_exceptions=True)
        await post.mailer.send(replace(MAIL, key="after", subject="after"))
        assert "after" in [message["Subject"] for message in post.arrived()]
