"""For the doctor: whether videos can be processed here, and how strong the jail is that they are processed in."""

from asperguide.adapters.ffmpeg.finding import Toolbox, ability_of
from asperguide.adapters.ffmpeg.jail import WORDS, Walls
from asperguide.adapters.ffmpeg.tools import FfmpegTools
from asperguide.media.errors import ToolsMissing
from asperguide.shared.ports import Probe

NEEDED = ("libx264", "aac", "libwebp")


class ToolsUnfit(Exception):
    """There is an FFmpeg, but not one that can do all that is needed."""


class JailWeak(Exception):
    """Nothing on this host keeps FFmpeg from what this service can read."""


class ToolsProbe(Probe):
    """Looks for the tools and asks them what they can do."""

    name = "ffmpeg"
    required = False

    def __init__(self, tools: FfmpegTools) -> None:
        self._tools = tools

    async def check(self) -> str:
        """The version and where it is from. Raises ToolsMissing, ToolsUnfit, FileNotFoundError."""
        found: Toolbox = self._tools.find()
        if found.ffmpeg is None or found.ffprobe is None:
            raise ToolsMissing
        ability = await ability_of(found.ffmpeg)
        if missing := [name for name in NEEDED if name not in ability.encoders]:
            raise ToolsUnfit(f"{found.ffmpeg.path} cannot encode {', '.join(missing)}")
        return f"FFmpeg {ability.version} ({found.ffmpeg.origin})"


class JailProbe(Probe):
    """Tries the jails that there may be on this host."""

    name = "jail"
    required = False

    def __init__(self, tools: FfmpegTools) -> None:
        self._tools = tools

    async def check(self) -> str:
        """What it keeps FFmpeg from. Raises JailWeak when that is next to nothing, ToolsMissing."""
        walls = await self._tools.strength()
        if walls is Walls.LIMITS:
            raise JailWeak(WORDS[walls])
        return WORDS[walls]
