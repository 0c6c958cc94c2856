"""Films for tests, made once per pytest process, and the FFmpegs that there are."""

import functools
import os
import subprocess
import tempfile
from collections.abc import Callable
from pathlib import Path

from asperguide.adapters.ffmpeg.finding import Toolbox, find_tools
from tests.servers import need

NOWHERE = "/nowhere"


@functools.cache
def wheel() -> Toolbox:
    """The tools that come with the package."""
    return find_tools(search=NOWHERE)


@functools.cache
def system() -> Toolbox:
    """The tools of this machine."""
    return find_tools()


TOOLBOXES: dict[str, Callable[[], Toolbox]] = {"wheel": wheel, "system": system}


def toolbox(name: str) -> Toolbox:
    """The tools of that origin; skips the test when the machine has none of its own."""
    if name == "system":
        need("ffmpeg", "ffprobe")
    return TOOLBOXES[name]()


@functools.cache
def film(*arguments: str, ending: str = "mp4") -> bytes:
    """What FFmpeg makes of these arguments; `-i` of pictures and tones, and what to do with them."""
    ffmpeg = wheel().ffmpeg
    assert ffmpeg is not None
    with tempfile.TemporaryDirectory() as folder:
        target = Path(folder) / f"film.{ending}"
        command = [ffmpeg.path, "-nostdin", "-v", "error", "-y", *arguments, str(target)]
        subprocess.run(command, check=True, stdin=subprocess.DEVNULL, timeout=120)
        return target.read_bytes()


def clip(
    seconds: float = 3,
    *,
    width: int = 640,
    height: int = 360,
    frame_rate: float = 25,
    picture: bool = True,
    sound: bool = True,
) -> bytes:
    """A test picture and a tone. The picture of odd sizes is H.264 with full colours, as some screen recorders do."""
    scene = f"testsrc2=size={width}x{height}:rate={frame_rate}:duration={seconds}"
    if width * height * seconds * frame_rate > 30_000_000:
        scene = f"color=size={width}x{height}:rate={frame_rate}:duration={seconds}"
    inputs = ["-f", "lavfi", "-i", scene] if picture else []
    inputs += ["-f", "lavfi", "-i", f"sine=frequency=440:duration={seconds}"] if sound else []
    colours = "yuv444p" if width % 2 or height % 2 else "yuv420p"
    coding = ["-c:v", "libx264", "-preset", "ultrafast", "-pix_fmt", colours] if picture else []
    return film(*inputs, *coding, "-movflags", "+faststart", "-metadata", "title=a secret")


def processes_in(folder: Path) -> list[int]:
    """Processes of which a part of the command line names the folder: FFmpeg, its launcher and its jail."""
    found = []
    for entry in Path("/proc").iterdir():
        if entry.name.isdigit() and int(entry.name) != os.getpid():
            try:
                line = (entry / "cmdline").read_bytes()
            except OSError:
                continue
            if os.fsencode(str(folder)) in line:
                found.append(int(entry.name))
    return found
