"""The seven kinds of refusal; every error of a context is one of them.

An error class is a fact named in the past or present tense. Its docstring is the sentence shown to people, its
slug is derived from its name and its `internal_code` is stable for ever (`docs/errors.md` is generated from here).
"""

import re
from dataclasses import dataclass
from datetime import timedelta
from typing import ClassVar


@dataclass(frozen=True, slots=True, kw_only=True)
class FieldError:
    """One thing wrong with one field: a JSON pointer, a code for programs, a sentence for people."""

    pointer: str
    code: str
    detail: str

    @property
    def in_full(self) -> str:
        """The sentence, and before it the place unless that is all of what was sent."""
        place = self.pointer.removeprefix("#").removeprefix("/")
        return f"{place}: {self.detail}" if place else self.detail


BETWEEN_WORDS = re.compile(r"(?<=[a-z0-9])(?=[A-Z])|(?<=[A-Z])(?=[A-Z][a-z])")
"""Where one word of a class's name ends and the next one begins, also behind one of a single letter."""


class DomainError(Exception):
    """A rule said no. Never carries the refused value, so it can be logged and shown."""

    slug: ClassVar[str] = "domain-error"
    internal_code: ClassVar[int] = 50000
    sentence: ClassVar[str] = ""

    def __init_subclass__(cls, *, code: int | None = None) -> None:
        cls.slug = BETWEEN_WORDS.sub("-", cls.__name__).lower()
        cls.sentence = " ".join((cls.__doc__ or "").split("\n\n")[0].split())
        if code is not None:
            cls.internal_code = code

    def __init__(
        self,
        detail: str | None = None,
        *,
        fields: tuple[FieldError, ...] = (),
        retry_after: timedelta | None = None,
    ) -> None:
        self.detail = detail or self.sentence
        self.fields = fields
        self.retry_after = retry_after
        super().__init__(self.detail)

    @property
    def in_full(self) -> str:
        """The detail, and behind it what is wrong with which field, for those who are shown text and nothing else."""
        return " ".join((self.detail, *(field.in_full for field in self.fields)))


class Invalid(DomainError, code=42200):
    """The request is well formed but breaks a rule."""


class Unauthenticated(DomainError, code=40100):
    """Sign in first."""


class Forbidden(DomainError, code=40200):
    """You are not allowed to do this."""


class NotFound(DomainError, code=40400):
    """There is no such thing."""


class Conflict(DomainError, code=40900):
    """The request contradicts the current state."""


class Throttled(DomainError, code=42900):
    """Too many requests. Try again later."""


class Unavailable(DomainError, code=50300):
    """The service cannot answer right now. Try again shortly."""


class RoleNeeded(Forbidden, code=40212):
    """This needs a role that you do not have."""


class NotWhileImpersonating(Forbidden, code=40213):
    """This is not possible while acting for somebody else."""


class EditedMeanwhile(Conflict, code=40901):
    """Somebody changed this since you read it. Read it again and repeat your change."""


class IdempotencyKeyReused(Invalid, code=42201):
    """This Idempotency-Key was already used with a different request."""


class StillRunning(Conflict, code=40902):
    """A request with this Idempotency-Key is still running."""


class DatabaseUnavailable(Unavailable, code=50301):
    """The database does not answer right now. Try again shortly."""


class StorageUnavailable(Unavailable, code=50304):
    """The object storage does not answer right now. Try again shortly."""


class InvalidCursor(Invalid, code=42202):
    """The cursor is not one that this list gave out."""


class InvalidFields(Invalid, code=42203):
    """Some fields are not acceptable."""
