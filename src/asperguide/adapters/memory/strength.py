"""Password strength for tests: a handful of rules in no time."""

from collections.abc import Sequence

from asperguide.identity.ports import PasswordStrength

COMMON = frozenset({"password", "password1", "12345678", "123456789", "qwertyuiop", "iloveyou", "letmein1"})
_DISTINCT_CHARACTERS = 5


class MemoryStrength(PasswordStrength):
    """Refuses some famous passwords, those that are hardly more than a given word, and endless repetition."""

    async def weakness(self, password: str, words: Sequence[str]) -> str | None:
        """The first thing wrong with it."""
        lower = password.lower()
        if lower in COMMON:
            return "This is a very common password."
        if len(set(lower)) < _DISTINCT_CHARACTERS:
            return "It repeats the same few characters."
        if any(len(word) > 2 and _is_little_more_than(lower, word.lower()) for word in words):
            return "It contains a word that others know about you."
        return None


def _is_little_more_than(password: str, word: str) -> bool:
    return any(part in password and len(password) < len(part) + 6 for part in (word, word.partition("@")[0]) if part)
