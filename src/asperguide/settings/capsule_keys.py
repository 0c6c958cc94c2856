"""The keys of the service that sealed capsules hang on, in one setting that may come from a file: `name:key,name:key`.

The first one is current, the others open what was sealed before. They are derived from nothing: what is sealed for
years must not hang on a secret that is changed for other reasons.
"""

import base64
import re
from collections.abc import Mapping

NAME = re.compile(r"[a-z0-9\-]{1,32}")
KEY = re.compile(r"[A-Za-z0-9_\-]{43}=?")
LEAST_VARIETY = 8


def entries(text: str) -> Mapping[str, str]:
    """The keys as they are written, by name, out of entries divided by commas or blanks.

    A key is 32 random bytes in URL-safe base64. Raises ValueError, with no secret in it.
    """
    found: dict[str, str] = {}
    for number, entry in enumerate(filter(None, re.split(r"[\s,]+", text)), 1):
        name, _, key = entry.partition(":")
        if NAME.fullmatch(name) is None or name in found:
            raise ValueError(f"entry {number} needs a name of its own of 1 to 32 a-z 0-9 - in front of a `:`")
        if KEY.fullmatch(key) is None or len(set(key)) < LEAST_VARIETY:
            raise ValueError(f"the key of entry {number} is no 32 random bytes in URL-safe base64")
        if decoded(key) in map(decoded, found.values()):
            raise ValueError(f"entry {number} has the key of another")
        found[name] = key.rstrip("=")
    return found


def decoded(key: str) -> bytes:
    """The 32 bytes."""
    return base64.urlsafe_b64decode(f"{key[:43]}=")
