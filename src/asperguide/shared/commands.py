"""Commands that Python made, held to the same rules as those that came over HTTP."""

import re
from typing import TypeVar

import msgspec

from asperguide.shared.errors import DomainError, FieldError
from asperguide.shared.instants import out_of_reach

S = TypeVar("S", bound=msgspec.Struct)

AT = re.compile(r" - at (?:`key` in )?`\$([^`]*)`$")
STEP = re.compile(r"\.([^.\[\]]+)|\[(\d+)\]")
UNNAMED = "[...]"
"""How msgspec writes an entry of a map, of which it does not say the name."""
NUL = re.compile(rb"(?<!\\)(?:\\\\)*\\u0000")


def checked(command: S, refusal: type[DomainError]) -> S:
    """The command, held to its own constraints, which msgspec only looks at when it decodes. Raises the refusal.

    Text in it holds neither NUL nor lone surrogates, which cannot be kept everywhere, and instants are within reach.
    """
    try:
        if holds_nul(msgspec.json.encode(command)):
            raise refusal(fields=(_wrong("#", "This is not text."),))
        found = msgspec.convert(msgspec.to_builtins(command), type(command))
    except UnicodeEncodeError:
        raise refusal(fields=(_wrong("#", "This is not text."),)) from None
    except msgspec.ValidationError as error:
        raise refusal(fields=(_wrong(f"#{place_in(str(error))}", "This value is not allowed."),)) from None
    if far := tuple(out_of_reach(found)):
        raise refusal(fields=far)
    return found


def place_in(message: str) -> str:
    """The steps of a JSON pointer to what msgspec complains of; to the whole map when it is an entry of one."""
    found = AT.search(message)
    path = found[1].partition(UNNAMED)[0] if found else ""
    return "".join(f"/{escaped(name or index)}" for name, index in STEP.findall(path))


def escaped(name: str) -> str:
    """A field name inside a JSON pointer (RFC 6901), cut so that nobody can make an answer long."""
    return name[:64].replace("~", "~0").replace("/", "~1")


def holds_nul(text: bytes) -> bool:
    """Whether there is a NUL in a string of this JSON text."""
    return b"\\u0000" in text and NUL.search(text) is not None


def _wrong(pointer: str, detail: str) -> FieldError:
    return FieldError(pointer=pointer, code="INVALID", detail=detail)
