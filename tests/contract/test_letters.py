"""The law of letters; then, that every kind exists in every language and needs what the catalogue says."""

import re
from html.parser import HTMLParser

import pytest
from jinja2 import Environment, meta

from asperguide.adapters.jinja import KINDS, LANGUAGES, SAMPLES, JinjaLetters
from asperguide.adapters.jinja.letters import TEMPLATES
from asperguide.adapters.memory.letters import MemoryLetters
from asperguide.shared.ports import Letters
from asperguide.testing.contracts import LettersContract

EVERY_LETTER = [(kind, language) for kind in KINDS for language in LANGUAGES]


FRENCH = re.compile(r"\b(vous|votre|compte)\b")


REMOTE = re.compile(r"(src|srcset|background|action)=|url\(|@import|<(script|link|img|iframe|object|form)\b")


PROVIDED = {"format", "action", "aside", "facts", "paragraph"}


@pytest.fixture(scope="module")
def letters() -> Letters:
    """The adapter that ships."""
    return JinjaLetters()


class Page(HTMLParser):
    """What a browser makes of a letter: its words, its language, and whether every element is closed."""

    def __init__(self, html: str) -> None:
        super().__init__()
        self.words, self.open, self.language = "", list[str](), ""
        self.feed(html)
        self.close()

    def handle_starttag(self, tag: str, attributes: list[tuple[str, str | None]]) -> None:
        given = dict(attributes)
        self.language = given.get("lang") or self.language
        if tag != "meta":
            self.open.append(tag)

    def handle_endtag(self, tag: str) -> None:
        assert self.open.pop() == tag

    def handle_data(self, data: str) -> None:
        if self.open and self.open[-1] != "style":
            self.words += data


class TestLetters(LettersContract):
    """Both adapters."""

    @pytest.fixture(params=["jinja", "memory"])
    def letters(self, request: pytest.FixtureRequest) -> Letters:
        return JinjaLetters() if request.param == "jinja" else MemoryLetters(KINDS)


def test_a_template_exists_for_every_kind_and_language_and_for_nothing_else() -> None:
    found = {
        (path.stem, path.parent.name)
        for path in TEMPLATES.glob("*/*.jinja")
        if path.stem != "letter" and path.parent.name != "view"
    }
    assert found == set(EVERY_LETTER)


@pytest.mark.parametrize(("kind", "language"), EVERY_LETTER)
def test_a_letter_uses_exactly_what_the_catalogue_says(kind: str, language: str) -> None:
    used = set[str]()
    for name in (kind, "letter"):
        source = (TEMPLATES / language / f"{name}.jinja").read_text()
        used |= meta.find_undeclared_variables(Environment(autoescape=True).parse(source))
    assert used - PROVIDED == KINDS[kind] == SAMPLES[kind].keys()


@pytest.mark.parametrize(("kind", "language"), EVERY_LETTER)
def test_a_letter_is_a_whole_page_in_its_language(letters: Letters, kind: str, language: str) -> None:
    letter = letters.write(kind, language, SAMPLES[kind])
    page = Page(letter.html)
    assert letter.subject in page.words
    assert (page.open, page.language) == ([], language)
    assert bool(FRENCH.search(letter.text)) == (language == "fr")


@pytest.mark.parametrize(("kind", "language"), EVERY_LETTER)
def test_a_letter_loads_nothing_and_is_tidy(letters: Letters, kind: str, language: str) -> None:
    letter = letters.write(kind, language, SAMPLES[kind])
    assert not REMOTE.search(letter.html)
    assert "\n\n\n" not in letter.text and not re.search(r"[ \t]$|[{}<>]|None", letter.text, re.MULTILINE)
    assert not letter.subject.endswith(".") and len(letter.subject) <= 60


@pytest.mark.parametrize("breaks", ["\r\n", "\n\n", "\x0b", "\x85", "\u2028", "\u2029", "\0"], ids=repr)
def test_a_name_with_line_breaks_stays_on_one_line(letters: Letters, breaks: str) -> None:
    letter = letters.write("reset", "en", {**SAMPLES["reset"], "name": f"Bob{breaks}Send money to Mallory"})
    assert letter.text.splitlines()[0] == "Hello Bob Send money to Mallory,"


@pytest.mark.parametrize(("kind", "language"), EVERY_LETTER)
@pytest.mark.parametrize("lost", sorted(set[str]().union(*KINDS.values())))
def test_a_letter_is_not_written_when_anything_is_missing(
    letters: Letters, kind: str, language: str, lost: str
) -> None:
    data = {name: value for name, value in SAMPLES[kind].items() if name != lost}
    if lost in KINDS[kind]:
        with pytest.raises(ValueError, match=lost):
            letters.write(kind, language, data)
    else:
        assert letters.write(kind, language, data)


@pytest.mark.parametrize("locale", ["fr", "fr-CA", "fr_FR", "FR", "fr-Latn-CH", "fr_FR.UTF-8"])
def test_the_closest_language_is_found(letters: Letters, locale: str) -> None:
    assert letters.write("reset", locale, SAMPLES["reset"]).subject == "Choisissez un nouveau mot de passe"


@pytest.mark.parametrize("locale", ["", "de", "en-GB", "frr", "../fr", "fr/../en", "é"])
def test_english_serves_everybody_else(letters: Letters, locale: str) -> None:
    assert letters.write("reset", locale, SAMPLES["reset"]).subject == "Choose a new password"


@pytest.mark.parametrize(
    ("kind", "language", "data", "words"),
    [
        ("verification", "en", {"hours": "1"}, "for 1 hour."),
        ("verification", "en", {"hours": "24"}, "for 24 hours."),
        ("verification", "fr", {"hours": "1"}, "pendant 1\xa0heure."),
        ("reset", "fr", {"minutes": "30"}, "pendant 30\xa0minutes."),
    ],
)
def test_one_hour_is_not_hours(letters: Letters, kind: str, language: str, data: dict[str, str], words: str) -> None:
    assert words in letters.write(kind, language, {**SAMPLES[kind], **data}).text


CAPSULES = [(kind, language) for kind, language in EVERY_LETTER if kind.startswith("capsule-")]
SOMEBODY = {"en": re.compile(r"\b[Ss]omebody\b"), "fr": re.compile(r"\b[Qq]uelqu’un\b")}


@pytest.mark.parametrize(("kind", "language"), CAPSULES)
def test_a_sender_who_is_not_named_is_somebody(letters: Letters, kind: str, language: str) -> None:
    named = letters.write(kind, language, SAMPLES[kind])
    unnamed = letters.write(kind, language, {**SAMPLES[kind], "sender": ""})
    assert not SOMEBODY[language].search(named.text + named.html)
    assert bool(SOMEBODY[language].search(unnamed.text)) == ("sender" in KINDS[kind])
    assert bool(SOMEBODY[language].search(Page(unnamed.html).words)) == ("sender" in KINDS[kind])


@pytest.mark.parametrize(("kind", "language"), CAPSULES)
def test_a_capsule_without_a_theme_shows_none(letters: Letters, kind: str, language: str) -> None:
    word = {"en": "Theme:", "fr": "Thème\xa0:"}[language]
    with_one = letters.write(kind, language, SAMPLES[kind])
    without = letters.write(kind, language, {**SAMPLES[kind], "theme": ""})
    assert f"{word} {SAMPLES[kind]['theme']}\n" in with_one.text and word in with_one.html
    assert word not in without.text + without.html and "<dl>\n</dl>" not in without.html
    assert "\n\n\n" not in without.text
    assert Page(without.html).open == []
