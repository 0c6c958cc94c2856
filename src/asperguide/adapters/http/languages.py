"""Which language a page is written in, by what the browser of its reader asks for."""

import re
from collections.abc import Sequence

ASKED = re.compile(r"\s*([A-Za-z]{1,8})(?:-[A-Za-z0-9-]{1,40})?\s*(?:;\s*q\s*=\s*(0(?:\.\d{0,3})?|1(?:\.0{0,3})?)\s*)?")
MOST = 20


def preferred(accept_language: str, known: Sequence[str], default: str) -> str:
    """The known language that is wanted most (RFC 9110, 12.5.4), the first known one when `default` is not known."""
    asked = [ASKED.fullmatch(part) for part in accept_language.split(",")[:MOST]]
    weights = [(float(found[2] or 1), found[1].lower()) for found in asked if found]
    wanted = [language for weight, language in sorted(weights, key=lambda one: -one[0]) if weight > 0]
    return next((language for language in (*wanted, default.partition("-")[0]) if language in known), known[0])
