"""Slugs in every script there is, and when names are the same."""

import re
import unicodedata

import pytest
from hypothesis import given
from hypothesis import strategies as st

from asperguide.shared.naming import (
    LONGEST_SLUG,
    SLUG,
    can_be_seen,
    free_slug,
    is_plain,
    made_plain,
    name_key,
    numbered,
    slug_of,
    tidied,
    unfit,
)


@pytest.mark.parametrize(
    ("name", "slug"),
    [
        ("東京 / O'Neil & Söhne", "oneil-and-sohne"),
        ("O’Neil", "oneil"),
        ("𝐁old 𝒮cript Ⓒircle ﬁn", "bold-script-circle-fin"),
        ("東京", "company"),
        ("😀👩‍👧‍👦", "company"),
        ("مرحبا", "company"),
        ("   ", "company"),
        ("--", "company"),
        ("Straße Æsir Œuvre Łódź Đà Nẵng Þór Øre", "strasse-aesir-oeuvre-lodz-da-nang-thor-ore"),
        ("Чайка & Щука", "chaika-and-shchuka"),
        ("Київ Їжак Ґанок", "kiiv-izhak-ganok"),
        ("Ελλάδα Ψωμί", "ellada-psomi"),
        ("İstanbul ISPARTA", "istanbul-isparta"),
        ("ＡＣＭＥ　１２３", "acme-123"),
        ("a@b", "a-at-b"),
        ("Ⅷ ½ ²", "viii-1-2-2"),
        ("Café\u0301", "cafe"),
        ("x" * 255, "x" * 80),
        ("ab " * 100, ("ab-" * 27)[:80]),
    ],
)
def test_a_slug_is_made_of_what_can_be_written_with_latin_letters(name: str, slug: str) -> None:
    assert slug_of(name, "company") == slug.strip("-")


@given(st.text(max_size=255))
def test_a_slug_is_one_whatever_the_name(name: str) -> None:
    slug = slug_of(name, "company")
    assert re.fullmatch(SLUG, slug) and len(slug) <= LONGEST_SLUG
    assert slug_of(slug, "company") == slug
    assert slug_of(name.upper().lower(), "company") == slug_of(name.upper().lower().upper().lower(), "company")


@given(
    st.text(alphabet="abc-", min_size=1, max_size=90).filter(lambda text: re.fullmatch(SLUG, text[:80])),
    st.integers(2, 10**6),
)
def test_a_number_always_fits_behind_a_slug(text: str, number: int) -> None:
    found = numbered(text[:80], number)
    assert re.fullmatch(SLUG, found) and len(found) <= LONGEST_SLUG and found.endswith(f"-{number}")


def test_the_first_free_number_is_taken() -> None:
    assert free_slug("oneil", ()) == "oneil"
    assert free_slug("oneil", {"oneil-2"}) == "oneil"
    assert free_slug("oneil", {"oneil", "oneil-2", "oneil-4"}) == "oneil-3"


def test_names_are_the_same_whatever_case_composition_and_spaces() -> None:
    assert len({name_key(name) for name in ("Zoë  Ltd", " ZOE\u0308 LTD", "zoë\u00a0ltd")}) == 1
    assert name_key("Zoe") != name_key("Zoë")
    assert tidied("  a \t b ") == "a b"


BLANKS = "\u115f\u1160\u2800\u3164\uffa0"


@given(st.text(max_size=50))
def test_what_can_be_seen_is_told_by_unicode(text: str) -> None:
    assert can_be_seen(text) == any(unicodedata.category(one)[0] in "LNPS" and one not in BLANKS for one in text)


@given(st.text(st.characters() | st.sampled_from("\u200b\u200f\u202e\u2066\u2069\x07\u3164"), max_size=20))
def test_a_name_that_was_made_plain_is_fit_as_soon_as_it_can_be_seen(text: str) -> None:
    plain = made_plain(text)
    assert is_plain(plain)
    assert (unfit(plain, "#") is None) == can_be_seen(plain)
    assert (plain == text) == is_plain(text)


@pytest.mark.parametrize("turning", "\u202a\u202b\u202c\u202d\u202e\u2066\u2067\u2068\u2069")
def test_what_turns_text_around_is_in_no_name(turning: str) -> None:
    flaw = unfit(f"a{turning}b", "#/name")
    assert flaw is not None
    assert (flaw.pointer, flaw.code) == ("#/name", "NOT_PLAIN")


@pytest.mark.parametrize("name", ["\u200fשלום\u200e", "👩\u200d👧", "Zoë", "می\u200cخواهم", "!"])
def test_marks_and_joiners_may_be_in_names(name: str) -> None:
    assert unfit(name, "#/name") is None


def test_spaces_and_joiners_cannot_be_seen() -> None:
    for text in ("", " ", "\u200b", *BLANKS, BLANKS, "\u00a0\u2003", "\u202e", "\u0301"):
        assert not can_be_seen(text)
    for text in ("a", "😀", "張", "&"):
        assert can_be_seen(text)
