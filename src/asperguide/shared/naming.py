"""What things are called: when two names are the same, and what stands for a name in addresses."""

import unicodedata
from collections.abc import Collection
from itertools import count
from uuid import UUID

from asperguide.shared.emails import folded
from asperguide.shared.errors import FieldError

LONGEST_SLUG = 80
SLUG = r"^[a-z0-9]+(-[a-z0-9]+)*$"

# What NFKD leaves whole, and how it is written with letters of ASCII.
_LATIN = {
    "ß": "ss", "æ": "ae", "œ": "oe", "ø": "o", "ł": "l", "đ": "d", "ð": "d", "þ": "th", "ħ": "h", "ı": "i", "ŋ": "ng",
    "ŧ": "t", "ĸ": "k", "ə": "e", "ɛ": "e", "ɔ": "o", "ƒ": "f", "&": " and ", "@": " at ",
}  # fmt: skip
# ISO 843 as passports have it, and for Cyrillic letters what ICAO 9303 says of Russian, Ukrainian and Serbian ones.
_GREEK = {
    "α": "a", "β": "v", "γ": "g", "δ": "d", "ε": "e", "ζ": "z", "η": "i", "θ": "th", "ι": "i", "κ": "k", "λ": "l",
    "μ": "m", "ν": "n", "ξ": "x", "ο": "o", "π": "p", "ρ": "r", "σ": "s", "ς": "s", "τ": "t", "υ": "y", "φ": "f",
    "χ": "ch", "ψ": "ps", "ω": "o",
}  # fmt: skip
_CYRILLIC = {
    "а": "a", "б": "b", "в": "v", "г": "g", "ґ": "g", "д": "d", "ђ": "dj", "е": "e", "є": "ie", "ж": "zh", "з": "z",
    "и": "i", "і": "i", "ј": "j", "к": "k", "л": "l", "љ": "lj", "м": "m", "н": "n", "њ": "nj", "о": "o", "п": "p",
    "р": "r", "с": "s", "т": "t", "ћ": "c", "у": "u", "ф": "f", "х": "kh", "ц": "ts", "ч": "ch", "џ": "dz", "ш": "sh",
    "щ": "shch", "ъ": "", "ы": "y", "ь": "", "э": "e", "ю": "iu", "я": "ia", "ѕ": "dz",
}  # fmt: skip
_LETTERS = {**_LATIN, **_GREEK, **_CYRILLIC}
_BLANKS = "\u115f\u1160\u2800\u3164\uffa0"
"""Letters and a symbol that are drawn as nothing."""
_TURNING = "\u202a\u202b\u202c\u202d\u202e\u2066\u2067\u2068\u2069"
"""Embeddings, overrides and isolates (UAX 9): they turn around what stands beside a name as well."""
_JOINED = "'’ʼ`´"
"""What stands inside of a word and divides none."""


def tidied(name: str) -> str:
    """The name as it is kept: without spaces around it, and one where there were several."""
    return " ".join(name.split())


def name_key(name: str) -> str:
    """The key by which names are the same: case and composition make no difference, nor do spaces around."""
    return folded(tidied(name))


def can_be_seen(text: str) -> bool:
    """Whether there is anything in it but spaces and characters that nobody sees."""
    return any(unicodedata.category(one)[0] in "LNPS" and one not in _BLANKS for one in text)


def is_plain(text: str) -> bool:
    """Whether there is nothing in it that controls or turns text instead of being some."""
    return not any(one in _TURNING or unicodedata.category(one) in ("Cc", "Cs") for one in text)


def made_plain(text: str) -> str:
    """The text without what would control or turn it."""
    return "".join(filter(is_plain, text))


def unfit(name: str, pointer: str) -> FieldError | None:
    """What keeps people from being shown this name; None when nothing does."""
    if not is_plain(name):
        return FieldError(pointer=pointer, code="NOT_PLAIN", detail="Nothing that controls text or its direction.")
    if not can_be_seen(name):
        return FieldError(pointer=pointer, code="BLANK", detail="There is nothing to be seen in this name.")
    return None


def slug_of(name: str, nameless: str) -> str:
    """The name in small letters, digits and dashes: never empty, at most 80 characters, the same for the same name.

    `nameless` is that of names in which there is nothing that can be written with Latin letters.
    """
    words = "".join(one if one.isascii() and one.isalnum() else " " for one in plain(name)).split()
    return "-".join(words)[:LONGEST_SLUG].strip("-") or nameless


def plain(text: str) -> str:
    """The text in small Latin letters without accents, as far as we know how to write it so."""
    return "".join(map(_plain, unicodedata.normalize("NFKD", unicodedata.normalize("NFKD", text).casefold())))


def free_slug(wanted: str, taken: Collection[str]) -> str:
    """The slug, or the first of `-2`, `-3`, … behind it that is not taken."""
    if wanted not in taken:
        return wanted
    return next(slug for number in count(2) if (slug := numbered(wanted, number)) not in taken)


def numbered(slug: str, number: int) -> str:
    """The slug with a number behind it, cut so that it fits."""
    return _ending(slug, str(number))


def marked(slug: str, id: UUID) -> str:
    """The slug with the random end of an id behind it, which next to nobody else has."""
    return _ending(slug, id.hex[-12:])


def _ending(slug: str, end: str) -> str:
    return f"{slug[: LONGEST_SLUG - len(end) - 1].rstrip('-')}-{end}"


def _plain(character: str) -> str:
    if character in _JOINED or unicodedata.combining(character):
        return ""
    return _LETTERS.get(character, character)
