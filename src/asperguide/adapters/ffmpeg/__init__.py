"""Video and sound through FFmpeg, each run of it in a jail of its own."""

from asperguide.adapters.ffmpeg.bench import FfmpegTools

__all__ = ["FfmpegTools"]
