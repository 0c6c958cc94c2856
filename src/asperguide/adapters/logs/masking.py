"""Keeps secrets out of log lines: by the name under which a value stands, and by what secrets look like in a text.

It errs towards masking: a line that hides an innocent word is a nuisance, one that shows a token is an incident.
"""

import re
from collections.abc import Callable, Iterable, Mapping
from functools import lru_cache
from typing import Any

MASK = "******"
DEEPEST = 6
LARGE = 2**53
"""Integers from here on are told as text: few programs that read JSON keep them exactly."""
LONGEST_TEXT = 16 * 1024
SHORT = 64
TOKEN_LENGTH = 43
"""32 random bytes as base64: codes and device tokens have as many characters, refresh tokens and keys more."""

SECRET_PARTS = (
    *("password", "passwd", "passphrase", "pwd", "token", "secret", "cookie", "authorization", "credential"),
    *("apikey", "api_key", "private_key", "signature", "query_string", "payload", "dsn"),
)
SECRET_NAMES = frozenset({"code", "codes", "csrf", "body", "query", "otp", "pin", "link", "jwt", "bearer", "auth"})

# Atomic, so that no text can make it slow: up to the first such word, then to the end of the name.
_NAME = (
    r"(?>[\w-]*?(?:passw(?:or)?d|passphrase|pwd|token|secret|credential|api[_-]?key|private[_-]?key|csrf|session[_-]?key))"
    r"[\w-]*+"
)
_VALUE = r"""(?:"(?:[^"\\]|\\.)*"|'(?:[^'\\]|\\.)*'|[^\s,;&"'<>)}\]]+)"""
_RULES: tuple[tuple[re.Pattern[str], str | Callable[[re.Match[str]], str]], ...] = (
    # Whole header fields, to the end of their line: they hold several words.
    (
        re.compile(r"""(?i)((?:proxy-)?authorization|(?:set-)?cookie)\b(["']?\s*[:=,]\s*(?:b(?=["']))?).*"""),
        rf"\1\2{MASK}",
    ),
    (re.compile(r"((?i:bearer)|Basic|Digest)\s+[\w.~+/=-]{4,}"), rf"\1 {MASK}"),
    # What a URL carries beside its path.
    (re.compile(r"(\w://)[^\s/@]*@"), rf"\1{MASK}@"),
    (re.compile(r"\?[\w.\[\]%~+-]+=[^\s\"'<>)]*"), f"?{MASK}"),
    (re.compile(r"(\w://[^\s#\"'<>]{0,500})#[^\s\"'<>)]*"), rf"\1#{MASK}"),
    (re.compile(rf"""(?i)(?<![\w-])({_NAME})(["']?\s*[:=]\s*(?:b(?=["']))?){_VALUE}"""), rf"\1\2{MASK}"),
    # What secrets look like wherever they stand.
    (re.compile(r"eyJ[\w-]*\.[\w-]*(?:\.[\w-]*)?"), MASK),
    (re.compile(r"\$(?:argon2\w*|2[abxy]|pbkdf2[\w-]*|scrypt)\$[^\s\"']+"), MASK),
    (re.compile(r"-----BEGIN [A-Z ]*PRIVATE KEY-----.*?(?:-----END [A-Z ]*-----|\Z)", re.DOTALL), MASK),
)
_LONG = re.compile(rf"[A-Za-z0-9_-]{{{TOKEN_LENGTH},}}")
_PLAIN = re.compile(
    r"(?:[a-z]+-)*[0-9a-f]{8}(?:-[0-9a-f]{4}){3}-[0-9a-f]{12}"  # an id, perhaps of something
    r"|00-[0-9a-f]{32}-[0-9a-f]{16}-[0-9a-f]{2}"  # a traceparent
    r"|_*[a-z][a-z0-9]*(?:_[a-z][a-z0-9]*)+_*"  # the name of a function
)
_SUSPECT = re.compile(r"[=:@#$]|eyJ|-----BEGIN|(?i:bearer|authorization|cookie)|Basic|Digest")


class Masking:
    """Masks texts and values. `secrets` are texts that are masked wherever they occur, such as configured passwords."""

    def __init__(self, secrets: Iterable[str] = ()) -> None:
        known = sorted({secret for secret in secrets if len(secret) >= 4}, key=len, reverse=True)
        self._known = re.compile("|".join(map(re.escape, known))) if known else None
        self._short = lru_cache(maxsize=1024)(self._masked)

    def text(self, text: str) -> str:
        """The text without secrets; of one with more than 16 Ki characters, both ends."""
        # Names of routes, addresses and the like come again with every request.
        return self._short(text) if len(text) <= SHORT else self._masked(text)

    def _masked(self, text: str) -> str:
        if len(text) > LONGEST_TEXT:
            half = LONGEST_TEXT // 2
            text = f"{text[:half]} [{len(text) - LONGEST_TEXT} more] {text[-half:]}"
        if self._known is not None:
            text = self._known.sub(MASK, text)
        if _SUSPECT.search(text):
            for pattern, replacement in _RULES:
                text = pattern.sub(replacement, text)
        return _LONG.sub(_unless_plain, text) if len(text) >= TOKEN_LENGTH else text

    def named(self, name: str, value: Any, depth: int = 0) -> Any:
        """What may be told of a value that stands under this name: numbers as they are, everything else as text."""
        if is_secret(name):
            return MASK
        if isinstance(value, str):
            return self.text(value)
        if value is None or isinstance(value, (bool, float)) or (isinstance(value, int) and abs(value) < LARGE):
            return value
        if depth < DEEPEST and isinstance(value, Mapping):
            return {self.text(str(key)): self.named(str(key), one, depth + 1) for key, one in value.items()}
        if depth < DEEPEST and isinstance(value, list | tuple | set | frozenset):
            return [self.named("", one, depth + 1) for one in value]
        if isinstance(value, bytes | bytearray | memoryview):
            return f"{len(value)} bytes"
        return self.text(_as_text(value))


@lru_cache(maxsize=1024)
def is_secret(name: str) -> bool:
    """Whether what stands under such a name is nobody's business."""
    name = name.lower().replace("-", "_")
    return name in SECRET_NAMES or any(part in name for part in SECRET_PARTS)


def _as_text(value: Any) -> str:
    try:
        return str(value)
    except Exception as error:
        return f"{type(value).__name__} without a text: {type(error).__name__}"


def _unless_plain(found: re.Match[str]) -> str:
    return found[0] if _PLAIN.fullmatch(found[0]) else MASK
