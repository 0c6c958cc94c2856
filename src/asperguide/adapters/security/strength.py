"""How many guesses a password would take, as zxcvbn estimates it (docs/adr/0010)."""

import re
from collections.abc import Iterable, Mapping, Sequence
from decimal import Decimal
from typing import Any

from asperguide.adapters.measuring import Family, Measured
from asperguide.adapters.pool import LowPriorityPool
from asperguide.identity.errors import PasswordQueueFull
from asperguide.identity.ports import PasswordStrength

SERVICE_WORDS = ("asperguide", "asper", "guide")
SCORED_CHARACTERS = 72
SCORED_WORDS = 40
LEAST_BESIDE_WORDS = 6
OWN_WORDS = "It is hardly more than words that others connect with you or with this service."

_SUBSTITUTES = frozenset("@({[<!|$+%")
_MOST_SUBSTITUTES = 2
_LONG = 24
_HIDDEN = {ord(char): 0xE000 + ord(char) for char in _SUBSTITUTES}
_ALPHABETS = (
    (re.compile("[a-z]"), 26),
    (re.compile("[A-Z]"), 26),
    (re.compile("[0-9]"), 10),
    (re.compile("[^a-zA-Z0-9]"), 32),
)
_MIXED = 3
_WORD_IN_SIGNS = re.compile("[^a-zA-Z]*([A-Z]?[a-z]+|[A-Z]+)[^a-zA-Z]*")


class ZxcvbnStrength(PasswordStrength, Measured):
    """Accepts passwords of at least this score, 0 to 4, where 3 means 10^8 guesses or more."""

    def __init__(self, min_score: int = 3) -> None:
        self._min_score = min_score
        self._pool = LowPriorityPool("strength", threads=1, queue=20, full=PasswordQueueFull)

    async def weakness(self, password: str, words: Sequence[str]) -> str | None:
        """Why it is guessed too easily, in English. The service's own names count as words.

        Raises PasswordQueueFull.
        """
        return await self._pool.run(self._judge, password, _fragments([*words, *SERVICE_WORDS]))

    def measure(self) -> Iterable[Family]:
        """How busy the threads are."""
        return self._pool.measure()

    def close(self) -> None:
        """Let the thread go; nothing can be judged afterwards."""
        self._pool.close()

    def _judge(self, password: str, words: Sequence[str]) -> str | None:
        # Imported here, by the pool's thread: the word lists take 40 ms that no start should wait for.
        from zxcvbn import feedback, matching, scoring, time_estimates  # type: ignore[import-untyped]

        if _is_hardly_more_than(words, password):
            return OWN_WORDS
        scored = _bounded(password) or " "
        # Not through zxcvbn(): it keeps one caller's words in a global that another thread's call would read.
        dictionaries = {**matching.RANKED_DICTIONARIES, "user_inputs": matching.build_ranked_dict(words)}
        found = scoring.most_guessable_match_sequence(scored, matching.omnimatch(scored, dictionaries))
        guesses = max(Decimal(found["guesses"]), _guesses_of_random(scored, found["sequence"]))
        if time_estimates.guesses_to_score(guesses) >= self._min_score:
            return None
        return _sentence(feedback.get_feedback(0, found["sequence"]))


def _fragments(words: Sequence[str]) -> list[str]:
    """The words and what they are made of (`zoe.martin@example.org` also as zoe, martin ...), lower case."""
    whole = [word[:SCORED_CHARACTERS].lower() for word in words]
    parts = [part for word in whole for part in (word.partition("@")[0], *re.split(r"[\W_]+", word))]
    return [word for word in dict.fromkeys((*whole, *parts)) if len(word) > 2][:SCORED_WORDS]


def _is_hardly_more_than(words: Sequence[str], password: str) -> bool:
    """Whether fewer than 6 characters are left of a password without the words in it."""
    rest = password.lower()
    for word in sorted(words, key=len, reverse=True):
        rest = rest.replace(word, "")
    return len(rest) < min(LEAST_BESIDE_WORDS, len(password))


def _bounded(password: str) -> str:
    """What is scored: the start of the password, such that no input takes longer than about 0.2 s.

    zxcvbn tries every combination of leet spellings. A long password with many kinds of them is not a leet word, so
    they are replaced, each by a character that spells nothing.
    """
    start = password[:SCORED_CHARACTERS]
    if len(start) > _LONG and len(_SUBSTITUTES.intersection(start)) > _MOST_SUBSTITUTES:
        return start.translate(_HIDDEN)
    return start


def _guesses_of_random(password: str, sequence: Sequence[Mapping[str, Any]]) -> Decimal:
    """The guesses for a password of three kinds of characters in which nothing is recognised, else 0.

    zxcvbn counts 10 guesses for an unknown character, since it may belong to a word not in its lists. That would
    refuse every password of 8 characters. Where kinds of characters mix, other than around one word, there is none.
    """
    if _WORD_IN_SIGNS.fullmatch(password):
        return Decimal(0)
    sizes = [size for kind, size in _ALPHABETS if kind.search(password)]
    if len(sizes) < _MIXED or any(match["pattern"] != "bruteforce" for match in sequence):
        return Decimal(0)
    return Decimal(sum(sizes)) ** len(password)


def _sentence(feedback: Mapping[str, Any]) -> str:
    return " ".join((feedback["warning"] or "It is too easy to guess.", *feedback["suggestions"][:1]))
