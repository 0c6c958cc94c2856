"""Mail as MIME (RFC 5322, 2045, 2047, 2231, 6532): built in one way, whoever delivers it."""

import hashlib
import re
import unicodedata
from dataclasses import dataclass
from datetime import datetime
from email.header import Header
from email.headerregistry import Address, HeaderRegistry
from email.message import EmailMessage
from email.policy import SMTP, EmailPolicy
from typing import Any

from asperguide.shared.ports import Attachment, Mail

OURS = frozenset(
    (
        *("from", "to", "cc", "bcc", "sender", "return-path", "subject", "date"),
        *("message-id", "mime-version", "auto-submitted"),
    )
)
"""Headers that a mail may not set: they are made from its other fields. Neither may it set any `Content-` header."""

_LOCAL_PART = re.compile(r'[^\s"(),:;<>@\[\\\]]+')
_PLAIN_NAME = re.compile(r"[A-Za-z0-9 ]{0,60}")
_DOMAIN = re.compile(r"(?=.{1,253}$)[A-Za-z0-9_-]{1,63}(?:\.[A-Za-z0-9_-]{1,63})*")
_HEADER_NAME = re.compile(r"[!-9;-~]+")
_MEDIA_TYPE = re.compile(r"(?:application|audio|font|image|model|text|video)/[A-Za-z0-9][A-Za-z0-9!#$&^_.+-]*")
_INLINE_ID = re.compile(r"[A-Za-z0-9_.+@-]+")
_NOT_IN_FILE_NAMES = str.maketrans('/\\:*?"<>|', "_________")


class _Headers(HeaderRegistry):
    """The library's, which makes new classes for the headers of each mail; classes are garbage that stays for long."""

    def __init__(self) -> None:
        super().__init__()
        self._made: dict[str, Any] = {}

    def __getitem__(self, name: str) -> Any:
        if (made := self._made.get(name)) is None:
            made = self._made[name] = super().__getitem__(name)
        return made


_HEADERS = _Headers()


@dataclass(frozen=True, slots=True, kw_only=True)
class Composed:
    """A mail ready for the wire: `content` has CRLF lines and 7-bit bodies; `utf8` asks for SMTPUTF8 (RFC 6531)."""

    sender: str
    recipient: str
    content: bytes
    utf8: bool


def compose(mail: Mail, *, sender: str, domain: str, at: datetime) -> Composed:
    """Build the message. ValueError when anything could not be carried literally; the message never repeats values."""
    origin, recipient = mailbox(sender), mailbox(mail.to)
    utf8 = not (origin.addr_spec + recipient.addr_spec).isascii()
    message = EmailMessage(policy=SMTP.clone(cte_type="7bit", utf8=utf8, header_factory=_HEADERS))
    message["From"] = _Written("From", _named(origin))
    message["To"] = _Written("To", _named(recipient))
    message["Date"] = at
    message["Message-ID"] = f"<{digest(mail.key)}@{ascii_domain(domain)}>"
    message["Auto-Submitted"] = "auto-generated"
    for name, value in (("Subject", mail.subject), *_extra_headers(mail)):
        message[name] = _Written(name, _encoded(_printable(name, value), after=name))
    _fill(message, mail)
    message["Content-Language"] = _Written("Content-Language", _encoded(_printable("locale", mail.locale)))
    return Composed(sender=origin.addr_spec, recipient=recipient.addr_spec, content=bytes(message), utf8=utf8)


def digest(key: str) -> str:
    """What stands for a mail's key in its Message-ID and file name: 128 bits of SHA-256, in hexadecimal."""
    return hashlib.sha256(key.encode()).hexdigest()[:32]


def mailbox(text: str) -> Address:
    """One address, alone or as `Name <address>`; its domain in ASCII. ValueError when it is not exactly one."""
    spec, name = _printable("address", text), ""
    if text.endswith(">"):
        name, _, spec = text[:-1].rpartition("<")
    local_part, _, domain = spec.rpartition("@")
    if not _LOCAL_PART.fullmatch(local_part):
        raise ValueError("not one e-mail address")
    return Address(name.strip().strip('"'), local_part, ascii_domain(domain))


def ascii_domain(domain: str) -> str:
    """The domain as DNS knows it. IDNA 2008, because 2003 turns `straße` into `strasse`: somebody else's domain."""
    if not domain.isascii():
        import idna  # loaded for those who need it

        domain = idna.encode(domain, uts46=True).decode()
    if not _DOMAIN.fullmatch(domain):
        raise ValueError("not a domain name")
    return domain


class _Written(str):
    """A header value that is already encoded and folded, and written as it is.

    The e-mail package, left to fold, decodes what looks like an encoded word and writes it out unchecked
    (CVE-2024-6923), loses spaces between encoded words and quotes around names. Values with a name it leaves alone.
    """

    __slots__ = ("name",)
    name: str

    def __new__(cls, name: str, value: str) -> "_Written":
        written = super().__new__(cls, value)
        written.name = name
        return written

    def fold(self, *, policy: EmailPolicy) -> str:
        """The whole header."""
        return f"{self.name}: {self}{policy.linesep}"


def _encoded(value: str, after: str = "") -> str:
    """The text in lines of at most 76 characters, as encoded words (RFC 2047) when it is not plain ASCII."""
    plain = value.isascii() and "=?" not in value
    return Header(value, "us-ascii" if plain else "utf-8", maxlinelen=76, header_name=after).encode(linesep="\r\n")


def _named(address: Address) -> str:
    """`Name <address>`, or the address alone."""
    name = address.display_name
    if not name:
        return address.addr_spec
    if not _PLAIN_NAME.fullmatch(name):
        # Encoded words hold no character that means anything between a name and its address.
        name = Header(name, "utf-8", maxlinelen=66).encode(linesep="\r\n")
    return f"{name}\r\n <{address.addr_spec}>"


def _extra_headers(mail: Mail) -> list[tuple[str, str]]:
    headers = list((mail.headers or {}).items())
    for name, _ in headers:
        if not _HEADER_NAME.fullmatch(name) or name.lower() in OURS or name.lower().startswith("content-"):
            raise ValueError("a header has a name that is malformed or reserved")
    return headers


def _printable(what: str, value: str) -> str:
    if any(unicodedata.category(character) in ("Cc", "Cs", "Zl", "Zp") for character in value):
        raise ValueError(f"control characters in {what}")
    return value


def _fill(message: EmailMessage, mail: Mail) -> None:
    message.set_content(mail.text)
    message.add_alternative(mail.html, subtype="html")
    html = message.get_body(("html",))
    for attachment in mail.attachments:
        main, sub = _media_type(attachment)
        name = _printable("attachment name", attachment.name).translate(_NOT_IN_FILE_NAMES)
        if attachment.inline_id is None:
            message.add_attachment(attachment.content, main, sub, filename=name)
        elif html is not None and _INLINE_ID.fullmatch(attachment.inline_id):
            cid = f"<{attachment.inline_id}>"
            html.add_related(attachment.content, main, sub, filename=name, cid=cid, disposition="inline")
        else:
            raise ValueError("an inline id is malformed")
    # The library would look through all bodies for a boundary that is in none, with new patterns for each mail. Nobody
    # who writes a text knows the key of the mail that it will be in.
    for number, part in enumerate(message.walk()):
        if part.is_multipart():
            part.set_boundary(f"=_{number}_{digest(mail.key)}")


def _media_type(attachment: Attachment) -> tuple[str, str]:
    if not _MEDIA_TYPE.fullmatch(attachment.media_type):
        raise ValueError("an attachment has a malformed media type")
    main, _, sub = attachment.media_type.partition("/")
    return main, sub
