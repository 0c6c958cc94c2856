"""A tone and a test film, for demonstrations and tests: made of nothing but numbers."""

import subprocess
from pathlib import Path

PATIENCE_SECONDS = 600
SILENT = ("-nostdin", "-hide_banner", "-v", "error", "-y")
PLAIN = ("-map_metadata", "-1", "-fflags", "+bitexact", "-flags:v", "+bitexact", "-flags:a", "+bitexact")


class NotMade(Exception):
    """FFmpeg could not make it; the message says why."""


def make_tone(ffmpeg: Path, target: Path, *, seconds: float = 3.0, hertz: int = 440) -> None:
    """A sine, in the format that the ending of the target's name stands for. Raises NotMade."""
    _make(ffmpeg, target, "-f", "lavfi", "-i", f"sine=frequency={hertz}:sample_rate=48000:duration={seconds}")


def make_clip(
    ffmpeg: Path,
    target: Path,
    *,
    seconds: float = 5.0,
    width: int = 1280,
    height: int = 720,
    rate: int = 30,
    sound: bool = True,
) -> None:
    """A test picture that moves, with a counter, and a tone; H.264 and AAC where the format allows. Raises NotMade."""
    picture = ("-f", "lavfi", "-i", f"testsrc2=size={width}x{height}:rate={rate}:duration={seconds}")
    tone = ("-f", "lavfi", "-i", f"sine=frequency=440:sample_rate=48000:duration={seconds}") if sound else ()
    _make(ffmpeg, target, *picture, *tone, "-pix_fmt", "yuv420p", *_quickly(target), "-shortest")


def make_picture(ffmpeg: Path, target: Path, *, width: int = 1600, height: int = 1200) -> None:
    """A picture with a lot in it, in the format that the ending of the target's name stands for. Raises NotMade.

    It is a part of the Mandelbrot set, of such detail all over that it is a good marker.
    """
    part = "start_x=-0.7453:start_y=-0.1127:start_scale=0.05:maxiter=1500"
    _make(ffmpeg, target, "-f", "lavfi", "-i", f"mandelbrot=size={width}x{height}:{part}", "-frames:v", "1")


def _quickly(target: Path) -> tuple[str, ...]:
    return ("-preset", "veryfast", "-movflags", "+faststart") if target.suffix in (".mp4", ".mov", ".m4v") else ()


def _make(ffmpeg: Path, target: Path, *arguments: str) -> None:
    command = [str(ffmpeg), *SILENT, *arguments, *PLAIN, f"file:{target}"]
    done = subprocess.run(command, stdin=subprocess.DEVNULL, capture_output=True, timeout=PATIENCE_SECONDS, check=False)  # noqa: S603
    if done.returncode != 0:
        raise NotMade(done.stderr.decode(errors="replace").strip()[-500:] or f"ffmpeg ended with {done.returncode}")
