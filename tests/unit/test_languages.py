"""Which language a page is written in."""

import pytest

from asperguide.adapters.http.languages import preferred


@pytest.mark.parametrize(
    ("asked", "default", "expected"),
    [
        ("fr-FR,fr;q=0.9,en;q=0.8", "en", "fr"), ("en-GB", "fr", "en"), ("de-DE,de;q=0.9", "fr", "fr"),
        ("de,fr;q=0.2,en;q=0.3", "", "en"), ("", "fr-CA", "fr"), ("", "", "en"), ("fr;q=0", "", "en"),
        ("*", "fr", "fr"), ("fr;q=nonsense, en;q=0.1", "fr", "en"), (";;;,,,", "de", "en"),
        ("x" * 10_000, "fr", "fr"), ("FR", "en", "fr"),
        ("de," * 100 + "fr", "en", "en"),
    ],
)  # fmt: skip
def test_the_language_is_the_one_that_is_wanted_most(asked: str, default: str, expected: str) -> None:
    assert preferred(asked, ("en", "fr"), default) == expected
