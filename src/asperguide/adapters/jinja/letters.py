"""The words of each mail. One template per kind and language gives the subject, the text and the HTML alike."""

import re
from collections.abc import Mapping
from functools import cache
from pathlib import Path
from typing import TYPE_CHECKING

from asperguide.adapters.jinja.catalogue import KINDS, LANGUAGES
from asperguide.shared.ports import Letter, Letters

if TYPE_CHECKING:
    from jinja2 import Environment

TEMPLATES = Path(__file__).parent / "templates"
BREAKS = re.compile(r"[ \x00-\x1f\x7f-\x9f\u2028\u2029]+")


class JinjaLetters(Letters):
    """Writes letters from the templates in this package, each compiled once in a process, when it is first needed."""

    def write(self, kind: str, locale: str, data: Mapping[str, str]) -> Letter:
        """The letter in the language of `locale` (`fr`, `fr-CA`, `fr_FR`), else in English.

        KeyError when the kind is unknown, ValueError naming what `data` lacks.
        """
        if missing := KINDS[kind] - data.keys():
            raise ValueError(f"the letter {kind} needs {', '.join(sorted(missing))}")
        language = _closest(locale)
        name, given = f"{language}/{kind}.jinja", {**data, "language": language}
        words = _environment("txt", escapes=False).get_template(name)
        subject = _flow("".join(words.blocks["subject"](words.new_context(given))))
        html = _environment("html", escapes=True).get_template(name)
        return Letter(subject=subject, text=words.render(given), html=html.render(given))


@cache
def _environment(format: str, *, escapes: bool) -> "Environment":
    """HTML and text differ in what they escape and in the layout and parts that a template finds."""
    from jinja2 import Environment, FileSystemLoader, StrictUndefined

    environment = Environment(
        autoescape=escapes,  # noqa: S701 - plain text has nothing to escape
        undefined=StrictUndefined,
        loader=FileSystemLoader(TEMPLATES),
        trim_blocks=True,
        lstrip_blocks=True,
        keep_trailing_newline=True,
        auto_reload=False,
    )
    environment.globals["format"] = format
    environment.filters["flow"] = _flow
    return environment


def _closest(locale: str) -> str:
    language = locale.replace("_", "-").partition("-")[0].lower()
    return language if language in LANGUAGES else LANGUAGES[0]


def _flow(text: str) -> str:
    """One line: a line break inside a name can neither end a subject nor begin a paragraph of its own."""
    return BREAKS.sub(" ", text).strip(" ")
