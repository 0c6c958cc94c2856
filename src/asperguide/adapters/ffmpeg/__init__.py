"""Video and sound through FFmpeg, each run of it in a jail of its own."""

from asperguide.adapters.ffmpeg.tools import FfmpegTools

__all__ = ["FfmpegTools"]
