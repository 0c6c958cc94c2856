"""Which of our languages a caller prefers (RFC 9110, 12.5.4)."""

from collections.abc import Sequence

from asperguide.adapters.http.bodies import ApiRequest

SPOKEN = ("en", "fr")
"""The first one is for those who want none of them."""
LONGEST = 200
"""Bytes of the header field that are looked at."""


def language_of(request: ApiRequest, spoken: Sequence[str] = SPOKEN) -> str:
    """By Accept-Language; what is malformed in it is passed over."""
    wanted: dict[str, float] = {}
    for entry in request.call.header(b"accept-language")[:LONGEST].lower().split(","):
        tag, _, weight = entry.partition(";")
        wanted.setdefault(tag.strip().partition("-")[0], _weight(weight))
    return max(spoken, key=lambda one: wanted.get(one, wanted.get("*", 0)))


def _weight(text: str) -> float:
    name, _, value = text.replace(" ", "").partition("=")
    try:
        weight = float(value) if name == "q" else 0.0 if name else 1.0
    except ValueError:
        return 0.0
    return weight if 0 <= weight <= 1 else 0.0
