"""Commands that Python made, held to the same rules as those that came over HTTP."""

import re
from typing import TypeVar

import msgspec

from asperguide.shared.errors import DomainError, FieldError
from asperguide.shared.instants import out_of_reach

S = TypeVar("S", bound=msgspec.Struct)

AT = re.compile(r" - at `(\$[^`]*)`$")


def checked(command: S, refusal: type[DomainError]) -> S:
    """The command, held to its own constraints, which msgspec only looks at when it decodes. Raises the refusal.

    Instants in it have to be within reach.
    """
    try:
        msgspec.json.encode(command)  # lone surrogates cannot be kept anywhere
        found = msgspec.convert(msgspec.to_builtins(command), type(command))
    except UnicodeEncodeError:
        raise refusal(fields=(_wrong("#", "This is not text."),)) from None
    except msgspec.ValidationError as error:
        at = AT.search(str(error))
        place = re.sub(r"[.\[]", "/", at[1].removeprefix("$").replace("]", "")) if at else ""
        raise refusal(fields=(_wrong(f"#{place}", "This value is not allowed."),)) from None
    if far := tuple(out_of_reach(found)):
        raise refusal(fields=far)
    return found


def _wrong(pointer: str, detail: str) -> FieldError:
    return FieldError(pointer=pointer, code="INVALID", detail=detail)
