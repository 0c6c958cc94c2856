"""What things are called: when two names are the same, and what stands for a name in addresses."""

import unicodedata
from collections.abc import Collection
from itertools import count
from uuid import UUID

from asperguide.shared.emails import folded

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
    return any(unicodedata.category(character)[0] in "LNPS" for character in text)


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
