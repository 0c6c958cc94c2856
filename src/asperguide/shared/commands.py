"""Commands that Python made, held to the same rules as those that came over HTTP."""

import re
from typing import TypeVar

import msgspec

from asperguide.shared.errors import DomainError, FieldError

S = TypeVar("S", bound=msgspec.Struct)

AT = re.compile(r" - at `(\$[^`]*)`$")
NUL = re.compile(rb"(?<!\\)(?:\\\\)*\\u0000")


def checked(command: S, refusal: type[DomainError]) -> S:
    """The command, held to its own constraints, which msgspec only looks at when it decodes. Raises the refusal.

    Text in it holds neither NUL nor lone surrogates, which cannot be kept everywhere.
    """
    try:
        if holds_nul(msgspec.json.encode(command)):
            raise refusal(fields=(_wrong("#", "This is not text."),))
        return msgspec.convert(msgspec.to_builtins(command), type(command))
    except UnicodeEncodeError:
        raise refusal(fields=(_wrong("#", "This is not text."),)) from None
    except msgspec.ValidationError as error:
        found = AT.search(str(error))
        place = re.sub(r"[.\[]", "/", found[1].removeprefix("$").replace("]", "")) if found else ""
        raise refusal(fields=(_wrong(f"#{place}", "This value is not allowed."),)) from None


def holds_nul(text: bytes) -> bool:
    """Whether there is a NUL in a string of this JSON text."""
    return b"\\u0000" in text and NUL.search(text) is not None


def _wrong(pointer: str, detail: str) -> FieldError:
    return FieldError(pointer=pointer, code="INVALID", detail=detail)
