"""Slugs in every script there is, and when names are the same."""

import re
import unicodedata

import pytest
from hypothesis import given
from hypothesis import strategies as st

from asperguide.shared.naming import LONGEST_SLUG, SLUG, can_be_seen, free_slug, name_key, numbered, slug_of, tidied


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


@given(st.text(max_size=50))
def test_what_can_be_seen_is_told_by_unicode(text: str) -> None:
    assert can_be_seen(text) == any(unicodedata.category(one)[0] in "LNPS" for one in text)


def test_spaces_and_joiners_cannot_be_seen() -> None:
    for text in ("", " ", "\u200b", "\u00a0\u2003", "\u202e", "\u0301"):
        assert not can_be_seen(text)
    for text in ("a", "😀", "張", "&"):
        assert can_be_seen(text)
