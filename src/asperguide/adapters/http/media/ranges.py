"""Parts of a file: Range and If-Range (RFC 9110, section 14)."""

import re

from asperguide.adapters.http.problems import RangeNotSatisfiable

RANGE = re.compile(r"bytes\s*=\s*(?:(\d{1,18})\s*-\s*(\d{1,18})?|-\s*(\d{1,18}))\s*", re.IGNORECASE)


def wanted(header: str, size: int) -> tuple[int, int] | None:
    """Where the wanted part begins and how long it is; None for all of it.

    Several ranges at once are answered with all of it, as the standard allows: what asks for them (PDF viewers) copes,
    and nobody can have a small request answered with many times the file. So is anything that is no range of bytes.
    Raises RangeNotSatisfiable when the part lies behind the end.
    """
    found = RANGE.fullmatch(header)
    if found is None:
        return None
    first, last, suffix = found.groups()
    if suffix is not None:
        length = min(int(suffix), size)
        start = size - length
    else:
        start = int(first)
        end = size - 1 if last is None else min(int(last), size - 1)
        if last is not None and int(last) < start:
            return None
        length = end - start + 1
    if length <= 0:
        raise RangeNotSatisfiable
    return start, length
