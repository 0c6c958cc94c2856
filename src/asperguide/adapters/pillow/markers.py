"""An eye for markers by Pillow and NumPy, which are loaded when it first opens."""

from asperguide.adapters.pool import LowPriorityPool
from asperguide.ar.marker_errors import MarkerRefused
from asperguide.ar.marker_ports import MarkerEye
from asperguide.ar.markers import Measured, demand_size
from asperguide.media.ports import Refusal


class PillowMarkerEye(MarkerEye):
    """Opens whatever PillowImages open, under the same limits and in the same threads. Raises TooManyImages beyond."""

    def __init__(self, pool: LowPriorityPool) -> None:
        self._pool = pool

    async def measure(self, content: bytes) -> Measured:
        """Decodes all of it; too few pixels are refused by the header alone."""
        return await self._pool.run(_measure, content)


def _measure(content: bytes) -> Measured:
    from asperguide.adapters.pillow.corners import seen_on
    from asperguide.adapters.pillow.grey import grey_copy

    try:
        picture = grey_copy(content, demand_size)
    except Refusal as refused:
        raise MarkerRefused(str(refused)) from None
    return seen_on(picture)
