"""Numbers on prints, which people read, type and say: `ORD-20260119-000001`."""

from datetime import date


def number_of(day: date, count: int) -> str:
    """The number of the so-manieth print of a company on that day; from the millionth on it has more digits."""
    return f"ORD-{day:%Y%m%d}-{count:06}"
