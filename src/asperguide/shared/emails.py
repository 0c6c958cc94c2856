"""Mail addresses: what one may look like, and when two are the same."""

import hashlib
import re
import unicodedata
from typing import Annotated

from msgspec import Meta

PATTERN = r"^[^@\s\x00-\x1f\x7f<>,;:\"\\()\[\]]+@[^@\s\x00-\x1f\x7f<>,;:\"\\()\[\]]+$"
DOMAIN = re.compile(r"(?:[^\W_](?:[\w-]{0,61}[^\W_])?\.)*[^\W_](?:[\w-]{0,61}[^\W_])?")
LONGEST = 254

Email = Annotated[str, Meta(min_length=3, max_length=LONGEST, pattern=PATTERN, examples=["siobhan.o'neil@example.org"])]


def is_address(text: str) -> bool:
    """Whether mail could be sent there, and its key be kept: all rules, also those that `Email` has no word for."""
    # Folding can lengthen: the key of an address has to fit as well.
    fits = 3 <= max(len(text), len(canonical_email(text))) <= LONGEST
    clean = fits and not any(unicodedata.category(character) in ("Cc", "Cs") for character in text)
    return clean and re.match(PATTERN, text) is not None and DOMAIN.fullmatch(text.partition("@")[2]) is not None


def canonical_email(address: str) -> str:
    """The key by which addresses are the same: NFC, case-folded, and folded again where folding denormalises."""
    return folded(address.strip())


def address_digest(address: str) -> str:
    """A short name for an address in unique keys: equal exactly for equal canonical addresses."""
    return hashlib.sha256(canonical_email(address).encode()).hexdigest()


def folded(text: str) -> str:
    """The text without what case and composition make different."""
    return unicodedata.normalize("NFC", unicodedata.normalize("NFC", text).casefold())
