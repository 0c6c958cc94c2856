"""What browsers say of themselves, in few words."""

import pytest

from asperguide.ar.analytics_browsers import WORDS, browser_of
from asperguide.ar.analytics_model import Browser

MOZILLA = "Mozilla/5.0 "
WEBKIT = "AppleWebKit/537.36 (KHTML, like Gecko) "

KNOWN = [
    (
        MOZILLA + "(iPhone; CPU iPhone OS 18_1 like Mac OS X) AppleWebKit/605.1.15 (KHTML, like Gecko) Version/18.1 "
        "Mobile/15E148 Safari/604.1",
        ("phone", "ios", "safari"),
    ),
    (
        MOZILLA + "(iPad; CPU OS 12_2 like Mac OS X) AppleWebKit/605.1.15 (KHTML, like Gecko) CriOS/120.0 Safari/604.1",
        ("tablet", "ios", "chrome"),
    ),
    (
        MOZILLA + "(Macintosh; Intel Mac OS X 10_15_7) AppleWebKit/605.1.15 (KHTML, like Gecko) Version/18.1 "
        "Safari/605.1.15",
        ("desktop", "macos", "safari"),
    ),
    (
        MOZILLA + f"(Linux; Android 15; Pixel 9) {WEBKIT}Chrome/131.0.0.0 Mobile Safari/537.36",
        ("phone", "android", "chrome"),
    ),
    (
        MOZILLA + f"(Linux; Android 14; SM-X910) {WEBKIT}Chrome/131.0.0.0 Safari/537.36",
        ("tablet", "android", "chrome"),
    ),
    (
        MOZILLA + f"(Linux; Android 14; SM-S918B) {WEBKIT}SamsungBrowser/25.0 Chrome/121.0.0.0 Mobile Safari/537.36",
        ("phone", "android", "samsung"),
    ),
    (
        MOZILLA + f"(Linux; Android 13; SM-A536B; wv) {WEBKIT}Version/4.0 Chrome/131.0 Mobile Safari/537.36",
        ("phone", "android", "in-app"),
    ),
    (
        MOZILLA + "(iPhone; CPU iPhone OS 17_5 like Mac OS X) AppleWebKit/605.1.15 (KHTML, like Gecko) Mobile/15E148 "
        "Instagram 340.0.0.22.111",
        ("phone", "ios", "in-app"),
    ),
    (
        MOZILLA + f"(Windows NT 10.0; Win64; x64) {WEBKIT}Chrome/131.0.0.0 Safari/537.36 Edg/131.0.0.0",
        ("desktop", "windows", "edge"),
    ),
    (
        MOZILLA + f"(Windows NT 10.0; Win64; x64) {WEBKIT}Chrome/130.0.0.0 Safari/537.36 OPR/115.0.0.0",
        ("desktop", "windows", "opera"),
    ),
    (MOZILLA + "(X11; Linux x86_64; rv:133.0) Gecko/20100101 Firefox/133.0", ("desktop", "linux", "firefox")),
    (
        MOZILLA + f"(X11; CrOS x86_64 14541.0.0) {WEBKIT}Chrome/131.0.0.0 Safari/537.36",
        ("desktop", "chromeos", "chrome"),
    ),
    (
        MOZILLA + f"(X11; Linux x86_64; Quest 3) {WEBKIT}OculusBrowser/35.0 Chrome/126.0 VR Safari/537.36",
        ("headset", "linux", "chrome"),
    ),
    (MOZILLA + "(compatible; Googlebot/2.1; +http://www.google.com/bot.html)", ("bot", "other", "other")),
    ("curl/8.5.0", ("bot", "other", "other")),
    ("", ("other", "other", "other")),
    ("DROP TABLE ar_events; --", ("other", "other", "other")),
]  # fmt: skip


@pytest.mark.parametrize(("said", "expected"), KNOWN, ids=lambda one: "-".join(one) if isinstance(one, tuple) else "")
def test_what_a_browser_says_is_told_in_three_words(said: str, expected: tuple[str, str, str]) -> None:
    found = browser_of(said)
    assert (found.device, found.system, found.browser) == expected


@pytest.mark.parametrize("country", ["FR", "DE"])
def test_a_country_is_two_letters_as_the_edge_says_it(country: str) -> None:
    assert browser_of("", country).country == country


@pytest.mark.parametrize("country", ["", "XX", "ZZ", "T1", "fr", "FRA", "É1", "F\n", "<b", "🇫🇷"])
def test_what_is_no_country_is_none(country: str) -> None:
    assert browser_of("", country).country == ""


def test_whatever_is_said_the_words_are_of_those_that_there_are() -> None:
    for said, _ in KNOWN:
        found: Browser = browser_of(said * 20)
        for name, words in WORDS.items():
            assert getattr(found, name) in {*words, "other"}
            assert len(getattr(found, name)) <= 16
