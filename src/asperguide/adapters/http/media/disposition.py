"""What browsers are told to do with a file: its name, and whether it may be shown instead of saved."""

import unicodedata
from urllib.parse import quote

UNNAMED = "file"
ATTR_CHARS = "!#$&+-.^_`|~"
"""What RFC 8187 leaves as it is, beside letters and digits."""
LONGEST = 180
"""Characters of a name that are told: four times as many bytes as this are at most 12 times as many when quoted."""


def disposition(name: str, *, inline: bool = False) -> str:
    """The Content-Disposition of a file (RFC 6266): to be saved, unless `inline`.

    The name is told twice: in ASCII for old programs, and whole as RFC 8187 writes it.
    """
    kind = "inline" if inline else "attachment"
    told = harmless(name)
    plain = "".join(char if 0x20 <= ord(char) < 0x7F and char not in '"\\%' else "_" for char in _folded(told))
    return f"{kind}; filename=\"{plain}\"; filename*=UTF-8''{quote(told, safe=ATTR_CHARS)}"


def harmless(name: str) -> str:
    """The name as one that can be a file in any folder: without separators, control characters and leading dots."""
    clean = "".join(
        "_" if char in '/\\:*?"<>|' else char for char in name if unicodedata.category(char) not in ("Cc", "Cf", "Cs")
    )
    clean = clean.strip().lstrip(".-~ ").rstrip(". ")
    if len(clean) > LONGEST:
        stem, dot, ending = clean.rpartition(".")
        clean = stem[: LONGEST - len(ending) - 1] + dot + ending if dot and len(ending) <= 10 else clean[:LONGEST]
    return clean or UNNAMED


def _folded(name: str) -> str:
    """Letters without their accents, as far as they have any."""
    parts = unicodedata.normalize("NFKD", name)
    return "".join(char for char in parts if not unicodedata.combining(char))
