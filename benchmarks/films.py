"""What the jail and all around it cost, beside the same FFmpeg typed by hand; how long one waits for thumbnails."""

import asyncio
import subprocess
import time
from collections.abc import AsyncIterator
from pathlib import Path

from asperguide.adapters.ffmpeg import FfmpegTools, recipes
from asperguide.adapters.ffmpeg.finding import Toolbox, find_tools
from asperguide.adapters.ffmpeg.probing import Streams
from asperguide.adapters.ffmpeg.samples import make_clip
from asperguide.media.sizes import rungs_of, sprites_of
from asperguide.media.videos import Facts
from benchmarks.figures import Check, Report
from benchmarks.rigs import Run

SECONDS = 10
WIDTH, HEIGHT = 1920, 1080
PIECE = 1024 * 1024
DEAREST = 1.1
LONGEST_WAIT = 1.5


def films(run: Run) -> Report:
    """A film of 10 s in 1080p: renditions, segments and sprites; before that, the probe with thumbnails."""
    tools = find_tools()
    assert tools.ffmpeg is not None
    source = run.folder / "film.mp4"
    make_clip(tools.ffmpeg.path, source, seconds=SECONDS, width=WIDTH, height=HEIGHT)
    waits, ours, typed = list[float](), list[float](), list[float]()
    for number in range(run.rounds):
        typed.append(_typed(tools, source, run.folder / f"typed-{number}"))
        waited, worked = asyncio.run(_ours(tools, source, run.folder / "scratch"))
        waits.append(waited)
        ours.append(worked)
    ratio = min(ours) / min(typed)
    return Report(
        "films",
        checks=[
            Check(name="our time by that of the same FFmpeg alone", value=ratio, at_most=DEAREST, spread=_spread(ours)),
            Check(name="FFmpeg alone", value=min(typed), unit="s", spread=_spread(typed)),
            Check(
                name="probe and thumbnails of 10 s in 1080p", value=min(waits), unit="s", at_most=LONGEST_WAIT,
                spread=_spread(waits),
            ),
        ],
    )  # fmt: skip


def _spread(figures: list[float]) -> float:
    return (max(figures) - min(figures)) / min(figures)


def _typed(tools: Toolbox, source: Path, target: Path) -> float:
    """Seconds for the two commands, as somebody would type them."""
    assert tools.ffmpeg is not None
    target.mkdir()
    facts = Facts(duration=SECONDS, format="mov", width=WIDTH, height=HEIGHT, video_codec="h264", audio_codec="aac")
    streams = Streams(facts=facts, video=0, audio=1, channels=1)
    rungs, sprites = rungs_of(WIDTH, HEIGHT), sprites_of(WIDTH, HEIGHT, SECONDS)
    before = time.perf_counter()
    for arguments in (
        recipes.ladder("mov", str(source), str(target), streams, rungs, sprites),
        recipes.segments(str(target), rungs, sprites),
    ):
        subprocess.run([tools.ffmpeg.path, *arguments], check=True, stdout=subprocess.DEVNULL)
    return time.perf_counter() - before


async def _ours(tools: Toolbox, source: Path, scratch: Path) -> tuple[float, float]:
    """How long one waits for facts and thumbnails, and the seconds for everything after that."""
    bench = FfmpegTools(lambda: tools, scratch)
    await bench.jail()
    began = time.perf_counter()
    async with bench.bench(_pieces(source), "video/mp4") as one:
        await one.probe()
        await one.stills(None)
        waited, before = time.perf_counter() - began, time.perf_counter()
        for product in await one.ladder(lambda share: None):
            async for _ in product.chunks():
                pass
        return waited, time.perf_counter() - before


async def _pieces(path: Path) -> AsyncIterator[bytes]:
    with path.open("rb") as file:
        while piece := file.read(PIECE):
            yield piece
