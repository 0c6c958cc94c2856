"""Lists by keyset over things in memory, under the law of the ones in a database."""

from collections.abc import Callable, Mapping, Sequence
from typing import Any, TypeVar

from asperguide.shared.pages import Page, Wanted

T = TypeVar("T")


def page_of(things: Sequence[T], wanted: Wanted, filters: Mapping[str, Callable[[T, Any], bool]]) -> Page[T]:
    """The page of the things that meet the filters; `filters` says what a filter's value means."""

    def place(thing: T) -> tuple[Any, Any]:
        return getattr(thing, wanted.field), thing.id  # type: ignore[attr-defined]

    def behind(thing: T) -> bool:
        if wanted.after is None:
            return True
        return place(thing) < wanted.after if wanted.descending else place(thing) > wanted.after

    met = [thing for thing in things if all(filters[name](thing, value) for name, value in wanted.filters.items())]
    rest = sorted(filter(behind, met), key=place, reverse=wanted.descending)
    return wanted.page(rest[: wanted.limit + 1], len(met) if wanted.count else None)
