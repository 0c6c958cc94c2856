"""Addresses: which are the same, which only look alike, and which are none."""

import re
import unicodedata

import pytest
from hypothesis import given
from hypothesis import strategies as st

from asperguide.shared.emails import PATTERN, address_digest, canonical_email, is_address


@pytest.mark.parametrize(
    ("one", "other"),
    [
        ("Siobhan@Example.org", "siobhan@example.org"),
        ("stra\u00dfe@example.org", "STRASSE@example.org"),
        ("zo\u00eb@example.org", "zoe\u0308@example.org"),
        ("e\u0301@example.org", "\u00c9@example.org"),
        (" a@example.org ", "a@example.org"),
    ],
)
def test_spellings_of_one_address_are_the_same(one: str, other: str) -> None:
    assert canonical_email(one) == canonical_email(other)
    assert address_digest(one) == address_digest(other)


@pytest.mark.parametrize("other", ["zoe@example.org", "zo\u0131@example.org", "z.oe@example.org", "zoë+x@example.org"])
def test_look_alikes_are_other_addresses(other: str) -> None:
    assert canonical_email("zo\u00eb@example.org") != canonical_email(other)
    assert address_digest("zo\u00eb@example.org") != address_digest(other)


@given(st.text(max_size=60))
def test_the_key_of_an_address_is_its_own_key(text: str) -> None:
    key = canonical_email(text)
    assert canonical_email(key) == key
    assert unicodedata.is_normalized("NFC", key)


@pytest.mark.parametrize(
    "text",
    ["siobhan.o'neil@example.org", "user+tag@sub.example.co.uk", "用户@例え.jp", "a@b", "x" * 248 + "@a.org"],
)
def test_addresses_of_real_people_are_addresses(text: str) -> None:
    assert is_address(text)


@pytest.mark.parametrize(
    "text",
    [
        "", "@", "nobody", "a@", "@example.org", "a@b@c.org", "a b@example.org", "<a@example.org>", "a@-example.org",
        "a@example-.org", "a@.org", "a@example..org", "a@" + "x" * 64 + ".org", "a" * 250 + "@b.org",
        "ß" * 125 + "@example.org", "a@example.org\r\nBcc: b@example.org", "a@example.org\n", "a\x9f@example.org",
        "a\ud800@example.org",
    ],
)  # fmt: skip
def test_what_mail_cannot_be_sent_to_is_none(text: str) -> None:
    assert not is_address(text)


@given(st.text(max_size=20), st.text(max_size=20))
def test_every_address_fits_the_pattern_that_clients_are_told(local: str, domain: str) -> None:
    if is_address(text := f"{local}@{domain}"):
        assert re.match(PATTERN, text)
        assert len(canonical_email(text)) <= 254
