"""Letters written with Jinja templates, in English and French."""

from asperguide.adapters.jinja.catalogue import KINDS, LANGUAGES, SAMPLES
from asperguide.adapters.jinja.letters import JinjaLetters

__all__ = ["KINDS", "LANGUAGES", "SAMPLES", "JinjaLetters"]
