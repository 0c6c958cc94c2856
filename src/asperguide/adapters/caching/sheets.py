"""Manifests that were made already, in this process."""

from dataclasses import dataclass
from datetime import datetime
from itertools import islice

from asperguide.ar.manifests import Sheet
from asperguide.ar.model import PublicId
from asperguide.ar.viewer_ports import Sheets, Showing


@dataclass(frozen=True, slots=True)
class _Kept:
    """A sheet, what it was made of, and from when on."""

    showing: Showing
    sheet: Sheet
    since: datetime


class KeptSheets(Sheets):
    """As long as a print is shown from the same object it has the same manifest, until its time."""

    def __init__(self, max_entries: int = 10_000) -> None:
        self._max_entries = max_entries
        self._kept: dict[PublicId, _Kept] = {}

    def ready(self, showing: Showing, now: datetime) -> Sheet | None:
        """By identity: what has been read anew may be another. None of what a clock that was set back has not seen."""
        kept = self._kept.get(showing.content.public_id)
        if kept is None or kept.showing is not showing or not kept.since <= now < kept.sheet.until:
            return None
        return kept.sheet

    def keep(self, showing: Showing, sheet: Sheet, now: datetime) -> None:
        """Instead of the one before; the oldest tenth goes when there are too many."""
        self._kept.pop(showing.content.public_id, None)
        self._kept[showing.content.public_id] = _Kept(showing, sheet, now)
        if len(self._kept) > self._max_entries:
            for oldest in list(islice(self._kept, self._max_entries // 10 or 1)):
                del self._kept[oldest]
