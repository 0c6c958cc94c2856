"""The law of letters."""

from html.parser import HTMLParser

from asperguide.adapters.jinja.catalogue import KINDS, LANGUAGES, SAMPLES
from asperguide.shared.ports import Letters
from asperguide.testing.contracts.checking import raises

LOCALES = ("en", "fr", "fr-CA", "fr_FR.UTF-8", "zh-Hant-TW", "", "../fr", "é")
NASTY = """O'Neil <b onload="x">&amp; {{ 7*7 }} <script>alert(1)</script>"""


class Words(HTMLParser):
    """What a reader sees of a letter in HTML, the names of its elements, and where its links lead."""

    def __init__(self, html: str) -> None:
        super().__init__()
        self.text, self.elements, self.links = "", set[str](), set[str]()
        self._hidden = False
        self.feed(html)
        self.close()

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        """Note it, and its link."""
        self.elements.add(tag)
        self._hidden = tag == "style"
        self.links |= {value or "" for name, value in attrs if name == "href"}

    def handle_data(self, data: str) -> None:
        """Note what is shown."""
        self.text += "" if self._hidden else data


class LettersContract:
    """Give it a fixture `letters` that knows every kind of mail of the service."""

    def test_every_kind_tells_everything_in_every_language(self, letters: Letters) -> None:
        for kind, data in SAMPLES.items():
            for locale in LOCALES:
                letter = letters.write(kind, locale, data)
                shown = Words(letter.html)
                assert letter.subject.isprintable() and letter.subject.strip() == letter.subject != ""
                assert [name for name, value in data.items() if value not in letter.text] == [], (kind, locale)
                assert [name for name, value in data.items() if value not in shown.text] == [], (kind, locale)
                assert shown.links == {value for name, value in data.items() if "link" in name}

    def test_english_serves_everybody_whose_language_is_missing(self, letters: Letters) -> None:
        for kind, data in SAMPLES.items():
            assert letters.write(kind, "tlh", data) == letters.write(kind, "en", data)

    def test_what_people_call_themselves_is_text_and_never_markup(self, letters: Letters) -> None:
        for kind, names in KINDS.items():
            data = {**SAMPLES[kind], **{name: NASTY + name for name in names if "link" not in name}}
            for language in LANGUAGES:
                letter = letters.write(kind, language, data)
                shown = Words(letter.html)
                assert not shown.elements & {"script", "b"} and "<" not in letter.subject
                assert [value for value in data.values() if value not in letter.text or value not in shown.text] == []

    def test_a_link_cannot_leave_its_attribute(self, letters: Letters) -> None:
        link = 'https://example.org/?a=1&b="><script>alert(1)</script>'
        for kind, names in KINDS.items():
            data = {name: link for name in names if "link" in name}
            for language in LANGUAGES:
                shown = Words(letters.write(kind, language, {**SAMPLES[kind], **data}).html)
                assert shown.links == set(data.values())
                assert "script" not in shown.elements

    def test_an_unknown_kind_is_a_key_error(self, letters: Letters) -> None:
        for kind in ("", "letter", "layout.html", "../en/reset", "nothing"):
            with raises(KeyError):
                letters.write(kind, "en", {})
