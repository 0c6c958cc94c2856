"""What use cases of markers are called with when each of their calls fails in turn."""

from typing import Any

from asperguide.testing.contracts.markers import mosaic
from tests.faults.media_cases import Case, Pieces


async def _trying(cast: Any) -> tuple[Any, ...]:
    return cast.siobhan.actor, Pieces(mosaic(320, 320))


MARKERS: dict[str, list[Case]] = {"analyze_marker": [(_trying, {})]}
