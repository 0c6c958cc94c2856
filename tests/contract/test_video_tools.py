"""The law of `VideoTools`, run on the FFmpeg of the wheel, on that of the system, and in memory."""

from pathlib import Path

import pytest

from asperguide.adapters.ffmpeg import FfmpegTools
from asperguide.adapters.memory.video_tools import MemoryVideoTools, toy_clip
from asperguide.testing.contracts import VideoToolsContract
from asperguide.testing.contracts.video_tools import Studio
from tests.films import clip, processes_in, toolbox


@pytest.fixture(params=["memory", "wheel", "system"])
def studio(request: pytest.FixtureRequest, tmp_path: Path) -> Studio:
    """Each adapter in turn."""
    if request.param == "memory":
        tools = MemoryVideoTools()
        return Studio(tools, toy_clip, lambda: tools.open)
    found = toolbox(request.param)
    scratch = tmp_path / "scratch"

    def left() -> int:
        folders = len(list(scratch.iterdir())) if scratch.exists() else 0
        return folders or len(processes_in(scratch))

    return Studio(FfmpegTools(lambda: found, scratch), clip, left)


class TestVideoTools(VideoToolsContract):
    """Each of them."""
