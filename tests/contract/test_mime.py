"""Mail as MIME: whatever people are called or write, a mail keeps its shape."""

from dataclasses import replace

from hypothesis import example, given, settings
from hypothesis import strategies as st

from asperguide.adapters.mime import compose
from asperguide.shared.ports import Attachment
from tests.mailing import DOMAIN, MAIL, NOW, parsed

TRAPS = st.sampled_from(
    [
        *("=?utf-8?q?", "=0D=0A", "?=", "=?utf-8?q?x=0D=0ABcc:_b@example.org?=", "Bcc:", "<b@example.org>"),
        *'",;:\\()<>@.é ',
    ]
)
LETTERS = st.characters(exclude_categories=["Cc", "Cs", "Zl", "Zp"])
LINES = st.lists(TRAPS | LETTERS, min_size=1, max_size=120).map("".join).map(str.strip)
OWN_HEADERS = [
    *("From", "To", "Date", "Message-ID", "Auto-Submitted", "Subject", "X-Tag"),
    *("MIME-Version", "Content-Type", "Content-Language"),
]


@settings(max_examples=300, deadline=None)
@given(subject=LINES, tag=LINES, text=st.text(max_size=200), file=LINES)
@example(subject="", tag="", text="", file="")
@example(subject="é " * 90 + "é", tag="2+2=? 3+3=?=", text=".\n.\r\n\r.", file="n° 1 " * 30)
def test_no_words_of_a_stranger_change_the_shape_of_a_mail(subject: str, tag: str, text: str, file: str) -> None:
    attachment = Attachment(name=file, media_type="text/plain", content=b"x")
    mail = replace(MAIL, subject=subject, headers={"X-Tag": tag}, text=text, attachments=[attachment])
    content = compose(mail, sender="Asperguide <a@example.org>", domain=DOMAIN, at=NOW).content
    message = parsed(content)
    assert message.keys() == OWN_HEADERS
    assert (message["Subject"].strip(), message["X-Tag"].strip()) == (subject, tag)
    assert [part.get_content_type() for part in message.walk()] == [
        *("multipart/mixed", "multipart/alternative", "text/plain", "text/html", "text/plain")
    ]
    assert [part.get_payload(decode=True) for part in message.iter_attachments()] == [b"x"]
    assert content.isascii() and all(len(line) <= 998 for line in content.split(b"\r\n"))
    assert b"\n" not in content.replace(b"\r\n", b"")


@settings(max_examples=300, deadline=None)
@given(name=LINES)
@example(name="Équipe, des guides " * 20)
def test_no_name_of_a_sender_changes_the_address(name: str) -> None:
    content = compose(MAIL, sender=f"{name} <a@example.org>", domain=DOMAIN, at=NOW).content
    message = parsed(content)
    assert [address.addr_spec for address in message["From"].addresses] == ["a@example.org"]
    # The standard library's reader puts a space where one encoded word follows another.
    assert _ink(message["From"].addresses[0].display_name) == _ink(name.strip('"'))
    assert message["To"] == MAIL.to


def _ink(text: str) -> str:
    return "".join(text.split())
