"""Clients of a company: the end customers, of whom it keeps a name and ways to reach them.

They are found by beginnings of the words of their name, whatever the case, the accents, the order and the alphabet;
by the beginning of their address; and by that of their number, however it is written.
"""

import re
from collections.abc import Collection, Iterator
from dataclasses import dataclass
from datetime import datetime
from itertools import groupby
from unicodedata import category

from asperguide.shared.emails import canonical_email, folded
from asperguide.shared.naming import plain
from asperguide.shared.tenancy import ClientId, CompanyId

LONGEST_WORD, MOST_WORDS, MOST_SOUGHT = 64, 64, 8
PHONE = re.compile(r"\+?[\d\s./()-]+")


@dataclass(frozen=True, slots=True, kw_only=True)
class Client:
    """An end customer of a company. `phone` is E.164 and unique in the company."""

    id: ClientId
    company: CompanyId
    name: str
    phone: str | None = None
    email: str | None = None
    notes: str = ""
    created_at: datetime
    updated_at: datetime
    version: int = 1

    @property
    def name_key(self) -> str:
        """What the name is sorted by."""
        return folded(self.name)

    @property
    def email_key(self) -> str | None:
        """The canonical address, which several may have."""
        return None if self.email is None else canonical_email(self.email)

    @property
    def words(self) -> tuple[str, ...]:
        """What they are found by."""
        return words_of(self.name, self.email_key, self.phone)

    def matches(self, sought: Collection[str]) -> bool:
        """Whether each of these begins one of the words; nobody is found by nothing."""
        words = self.words
        return bool(sought) and all(any(word.startswith(one) for word in words) for one in sought)


def words_of(name: str, *ways: str | None) -> tuple[str, ...]:
    """Words of which beginnings are looked for: all of the name, and each way of reaching somebody as one word."""
    found = [word for chunk in name.split()[:MOST_WORDS] for word in (_joined(chunk), *_parts(chunk))]
    first = [_joined(way) for way in ways if way is not None]
    return tuple(dict.fromkeys(word for word in (*first, *found) if word))[:MOST_WORDS]


def sought(text: str) -> tuple[str, ...]:
    """Beginnings of words that somebody looks for, of which nobody is found who has not all; a phone number is one."""
    if PHONE.fullmatch(text) and (digits := _joined(text)).isdigit():
        return (digits,)
    found = (_joined(chunk) for chunk in text.split())
    return tuple(dict.fromkeys(word for word in found if word))[:MOST_SOUGHT]


def _joined(chunk: str) -> str:
    """A word without what stands inside of it and is no letter or digit; all of it where nothing else is."""
    letters = "".join(filter(_counts, chunk))
    return (plain(letters) if letters else folded(chunk))[:LONGEST_WORD]


def _parts(chunk: str) -> Iterator[str]:
    """What such characters divide it into."""
    for is_word, characters in groupby(chunk, key=_counts):
        if is_word:
            yield plain("".join(characters))[:LONGEST_WORD]


def _counts(character: str) -> bool:
    return character.isalnum() or category(character).startswith("M")
