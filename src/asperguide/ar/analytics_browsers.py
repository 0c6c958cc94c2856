"""What a User-Agent field tells, in words of which there are only so many; the field itself is kept nowhere.

The first rule that fits decides, because browsers claim to be those before them: Edge names Chrome, which names Safari.
What cannot be told is not guessed: an iPad that asks for desktop pages says that it is a Mac, and counts as one.
"""

import re
from functools import lru_cache

from asperguide.ar.analytics_model import Browser

OTHER = "other"
COUNTRY = re.compile(r"[A-Z]{2}")
NO_COUNTRY = frozenset({"XX", "ZZ"})
"""What edges say when they do not know."""

Rules = tuple[tuple[str, re.Pattern[str]], ...]


def _rules(**patterns: str) -> Rules:
    return tuple((name.replace("_", "-"), re.compile(pattern)) for name, pattern in patterns.items())


DEVICES = _rules(
    bot=r"(?i)bot\b|crawl|spider|slurp|headless|externalhit|^curl/|^wget/|^python|^okhttp|^go-http",
    headset=r"OculusBrowser|Quest|VisionOS",
    tv=r"SmartTV|SMART-TV|AppleTV|CrKey|Web0S|Tizen.*TV",
    tablet=r"iPad|Tablet|Android(?!.*Mobile)",
    phone=r"iPhone|iPod|Mobile",
    desktop=r"Windows NT|Macintosh|CrOS|X11",
)
SYSTEMS = _rules(
    ios=r"iPhone|iPad|iPod",
    android=r"Android",
    windows=r"Windows",
    chromeos=r"CrOS",
    macos=r"Macintosh",
    linux=r"Linux|X11",
)
BROWSERS = _rules(
    in_app=r"FBAN|FBAV|Instagram|TikTok|musical_ly|Snapchat|MicroMessenger|\bLine/|; wv\)",
    edge=r"Edg(?:e|A|iOS)?/",
    opera=r"OPR/|Opera",
    samsung=r"SamsungBrowser",
    firefox=r"Firefox/|FxiOS/",
    chrome=r"Chrome/|CriOS/|Chromium/",
    safari=r"Version/.*Safari/",
)
WORDS = {
    "device": tuple(name for name, _ in DEVICES),
    "system": tuple(name for name, _ in SYSTEMS),
    "browser": tuple(name for name, _ in BROWSERS),
}


@lru_cache(maxsize=512)
def browser_of(user_agent: str, country: str = "") -> Browser:
    """What somebody looks with; `country` is what an edge says, ISO 3166-1, and empty when that is none."""
    known = COUNTRY.fullmatch(country) is not None and country not in NO_COUNTRY
    return Browser(
        device=_first(DEVICES, user_agent), system=_first(SYSTEMS, user_agent), browser=_first(BROWSERS, user_agent),
        country=country if known else "",
    )  # fmt: skip


def _first(rules: Rules, text: str) -> str:
    return next((name for name, pattern in rules if pattern.search(text)), OTHER)
