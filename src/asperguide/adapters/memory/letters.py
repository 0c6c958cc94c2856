"""Letters for tests: what each mail is told, plainly."""

import html
from collections.abc import Mapping

from asperguide.shared.ports import Letter, Letters


class MemoryLetters(Letters):
    """The kind as the subject and a line for each thing that the mail is told, in English whatever the locale.

    `kinds` names what each kind needs.
    """

    def __init__(self, kinds: Mapping[str, frozenset[str]]) -> None:
        self._kinds = kinds

    def write(self, kind: str, locale: str, data: Mapping[str, str]) -> Letter:
        """The letter. KeyError when the kind is unknown, ValueError naming what `data` lacks."""
        if missing := self._kinds[kind] - data.keys():
            raise ValueError(f"the letter {kind} needs {', '.join(sorted(missing))}")
        told = {name: data[name] for name in sorted(self._kinds[kind])}
        return Letter(
            subject=kind.replace("-", " "),
            text="".join(f"{name}: {value}\n" for name, value in told.items()),
            html="".join(f"<p>{name}: {_shown(name, value)}</p>\n" for name, value in told.items()),
        )


def _shown(name: str, value: str) -> str:
    text = html.escape(value)
    return f'<a href="{text}">{text}</a>' if "link" in name else text
