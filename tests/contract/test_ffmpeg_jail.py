"""What FFmpeg cannot do in its jail, whatever it is fed: read, write, call, stay, or use more than it is allowed."""

import asyncio
import os
import signal
import subprocess
import sys
from dataclasses import replace
from pathlib import Path

import pytest

from asperguide.adapters.ffmpeg import FfmpegTools
from asperguide.adapters.ffmpeg.bench import LOOKING
from asperguide.adapters.ffmpeg.finding import Toolbox
from asperguide.adapters.ffmpeg.jail import WORDS, Jail, Room, Walls, candidates
from asperguide.adapters.ffmpeg.running import Ended, TooSlow, TooTalkative, run
from asperguide.testing.contracts.video_tools import pieces
from tests.films import clip, processes_in, toolbox
from tests.servers import LOCALHOST, eventually, wait_until

SECRET = "correct horse battery staple"
SAY = ("-nostdin", "-v", "error", "-y", "-f", "data")
COPY = ("-map", "0:0", "-c", "copy", "-f", "data")


@pytest.fixture(params=["wheel", "system"])
def tools(request: pytest.FixtureRequest) -> Toolbox:
    """Each FFmpeg in turn."""
    return toolbox(request.param)


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    """Of a room, with a neighbour that holds a secret."""
    (tmp_path / "neighbour").write_text(SECRET)
    for name in ("in", "out"):
        (tmp_path / "room" / name).mkdir(parents=True)
    (tmp_path / "room" / "in" / "source").write_text("what is worked on")
    return tmp_path / "room"


def jail_of(walls: Walls) -> Jail:
    """One of these walls; skips the test where they cannot be had."""
    found = next((jail for jail in candidates() if jail.walls is walls), None)
    if found is None:
        pytest.skip(f"{walls} is not to be had here")
    return found


def endless(folder: Path) -> tuple[str, ...]:
    """A film without end, which can be told from those of other tests by the folder in its command line."""
    film = ("-f", "lavfi", "-i", "testsrc2=s=64x64:r=25", "-metadata", f"title={folder}")
    return ("-nostdin", "-v", "error", "-progress", "pipe:1", "-stats_period", "0.05", *film, "-f", "null", "-")


async def ran(walls: Walls, tools: Toolbox, folder: Path, *arguments: str) -> Ended:
    assert tools.ffmpeg is not None
    jail = jail_of(walls)
    return await run(jail, tools.ffmpeg.path, arguments, jail.room(folder), LOOKING)


def room_of(walls: Walls, folder: Path) -> Room:
    return jail_of(walls).room(folder)


@pytest.mark.parametrize("walls", Walls)
async def test_it_reads_what_it_works_on(walls: Walls, tools: Toolbox, folder: Path) -> None:
    ended = await ran(walls, tools, folder, *SAY, "-i", f"file:{room_of(walls, folder).source}", *COPY, "pipe:1")
    assert (ended.code, ended.said) == (0, b"what is worked on"), ended.complaints


@pytest.mark.parametrize("walls", Walls)
async def test_it_cannot_read_its_neighbours(walls: Walls, tools: Toolbox, folder: Path) -> None:
    for path in (folder.parent / "neighbour", Path("/etc/passwd"), Path(__file__)):
        ended = await ran(walls, tools, folder, *SAY, "-i", f"file:{path}", *COPY, "pipe:1")
        if walls is Walls.LIMITS:
            assert ended.said == path.read_bytes(), "else this test would prove nothing about the others"
        else:
            assert ended.code != 0 and ended.said == b""


@pytest.mark.parametrize("walls", Walls)
async def test_it_writes_nowhere_but_where_it_may(walls: Walls, tools: Toolbox, folder: Path) -> None:
    room = room_of(walls, folder)
    source = ("-i", f"file:{room.source}", *COPY)
    inside = await ran(walls, tools, folder, *SAY, *source, f"file:{room.target}/made")
    assert inside.code == 0 and (folder / "out" / "made").read_bytes() == b"what is worked on"
    outside = folder.parent / "made"
    await ran(walls, tools, folder, *SAY, *source, f"file:{outside}")
    assert outside.exists() == (walls is Walls.LIMITS)


@pytest.mark.parametrize("walls", Walls)
async def test_it_calls_nobody(walls: Walls, tools: Toolbox, folder: Path) -> None:
    called = asyncio.Event()
    server = await asyncio.start_server(lambda reader, writer: (called.set(), writer.close())[0], LOCALHOST, 0)
    port = server.sockets[0].getsockname()[1]
    async with server:
        await ran(walls, tools, folder, *SAY, "-i", f"tcp://{LOCALHOST}:{port}?timeout=2000000", *COPY, "pipe:1")
    assert called.is_set() == (walls is Walls.LIMITS)


@pytest.mark.parametrize("walls", [Walls.LIMITS])
async def test_its_environment_is_empty(walls: Walls, tools: Toolbox, folder: Path) -> None:
    ended = await ran(walls, tools, folder, *SAY, "-i", "file:/proc/self/environ", *COPY, "pipe:1")
    assert ended.said == b""


@pytest.mark.parametrize("walls", Walls)
async def test_it_ends_when_its_time_is_over(walls: Walls, tools: Toolbox, folder: Path) -> None:
    assert tools.ffmpeg is not None
    jail = jail_of(walls)
    with pytest.raises(TooSlow):
        await run(jail, tools.ffmpeg.path, endless(folder), jail.room(folder), replace(LOOKING, seconds=0.7))
    assert processes_in(folder) == []


async def test_it_ends_when_its_share_of_the_processor_is_used_up(tools: Toolbox, folder: Path) -> None:
    assert tools.ffmpeg is not None
    jail, limits = candidates()[0], replace(LOOKING, cpu_seconds=1)
    ended = await run(jail, tools.ffmpeg.path, endless(folder), jail.room(folder), limits)
    assert ended.code in (-signal.SIGXCPU, -signal.SIGKILL, 128 + signal.SIGXCPU, 128 + signal.SIGKILL)


async def test_it_gets_no_more_memory_than_it_may_have(tools: Toolbox, folder: Path) -> None:
    assert tools.ffmpeg is not None
    jail = candidates()[0]
    frame = ("-nostdin", "-v", "error", "-f", "lavfi", "-i", "color=s=16000x16000", "-frames:v", "1", "-f", "null", "-")
    room = jail.room(folder)
    assert (await run(jail, tools.ffmpeg.path, frame, room, LOOKING)).code == 0
    try:
        ended = await run(jail, tools.ffmpeg.path, frame, room, replace(LOOKING, memory=480 * 1024**2, seconds=5))
    except TooSlow:
        return  # FFmpeg 5.1 asks for it for ever
    assert ended.code != 0


async def test_it_writes_no_larger_file_than_it_may(tools: Toolbox, folder: Path) -> None:
    assert tools.ffmpeg is not None
    jail = candidates()[0]
    room = jail.room(folder)
    noise = ("-nostdin", "-v", "error", "-f", "lavfi", "-i", "anoisesrc", "-f", "wav", f"file:{room.target}/noise")
    await run(jail, tools.ffmpeg.path, noise, room, replace(LOOKING, file_size=100_000))
    assert (folder / "out" / "noise").stat().st_size <= 100_000


async def test_what_it_says_is_bounded(tools: Toolbox, folder: Path) -> None:
    assert tools.ffmpeg is not None
    jail = candidates()[0]
    loud = ("-nostdin", "-v", "error", "-f", "lavfi", "-i", "anoisesrc", "-f", "s16le", "pipe:1")
    with pytest.raises(TooTalkative):
        await run(jail, tools.ffmpeg.path, loud, jail.room(folder), LOOKING)
    assert processes_in(folder) == []


@pytest.mark.parametrize("walls", Walls)
async def test_cancelling_kills_it_at_once(walls: Walls, tools: Toolbox, folder: Path) -> None:
    assert tools.ffmpeg is not None
    jail = jail_of(walls)
    heard = asyncio.Event()
    running = asyncio.create_task(
        run(jail, tools.ffmpeg.path, endless(folder), jail.room(folder), LOOKING, lambda line: heard.set())
    )
    await heard.wait()
    assert processes_in(folder)
    before = asyncio.get_running_loop().time()
    running.cancel()
    with pytest.raises(asyncio.CancelledError):
        await running
    assert asyncio.get_running_loop().time() - before < 1.0
    assert processes_in(folder) == []


@pytest.mark.parametrize("walls", Walls)
async def test_it_dies_with_whoever_started_it(walls: Walls, tools: Toolbox, tmp_path: Path) -> None:
    jail_of(walls)
    assert tools.ffmpeg is not None
    parent = subprocess.Popen(
        [sys.executable, "-c", PARENT, walls, str(tools.ffmpeg.path), str(tmp_path)], stdout=subprocess.PIPE
    )
    try:
        assert parent.stdout is not None and parent.stdout.readline() == b"running\n"
        assert set(processes_in(tmp_path)) > {parent.pid}
    finally:
        parent.kill()
        parent.wait()
    wait_until(lambda: not processes_in(tmp_path), 5, "FFmpeg outlived its parent")


PARENT = """
import asyncio, sys
from pathlib import Path
from asperguide.adapters.ffmpeg.bench import LOOKING
from asperguide.adapters.ffmpeg.jail import candidates
from asperguide.adapters.ffmpeg.running import run
walls, program, folder = sys.argv[1:]
folder = Path(folder)
for name in ("in", "out"):
    (folder / name).mkdir()
(folder / "in" / "source").touch()
jail = next(jail for jail in candidates() if jail.walls == walls)
film = ("-f", "lavfi", "-i", "testsrc2=s=64x64:r=25", "-metadata", f"title={folder}")
command = ("-nostdin", "-v", "error", "-progress", "pipe:1", "-stats_period", "0.05", *film, "-f", "null", "-")
told = []
def hear(line):
    if not told:
        told.append(line)
        print("running", flush=True)
asyncio.run(run(jail, Path(program), command, jail.room(folder), LOOKING, hear))
"""


async def test_folders_of_the_dead_are_swept_and_those_of_the_living_stay(tools: Toolbox, tmp_path: Path) -> None:
    living = FfmpegTools(lambda: tools, tmp_path)
    code = SLEEPER.format(folder=tmp_path)
    other = subprocess.Popen([sys.executable, "-c", code], stdout=subprocess.PIPE)
    try:
        assert other.stdout is not None and other.stdout.readline()
        async with living.bench(pieces(clip(1)), "video/mp4"):
            assert len(list(tmp_path.iterdir())) == 2
    finally:
        other.kill()
        other.wait()
    assert len(list(tmp_path.iterdir())) == 1
    await FfmpegTools(lambda: tools, tmp_path).strength()
    assert list(tmp_path.iterdir()) == []


SLEEPER = """
import asyncio
from pathlib import Path
from asperguide.adapters.ffmpeg.scratch import Scratch
async def main():
    async with Scratch(Path({folder!r})).folder():
        print("there", flush=True)
        await asyncio.Event().wait()
asyncio.run(main())
""".replace("{folder!r}", '"{folder}"')


async def test_folders_are_closed_to_others(tools: Toolbox, tmp_path: Path) -> None:
    async with FfmpegTools(lambda: tools, tmp_path / "scratch").bench(pieces(clip(1)), "video/mp4"):
        paths = [tmp_path / "scratch", *(tmp_path / "scratch").rglob("*")]
        assert [path for path in paths if path.is_dir() and path.stat().st_mode & 0o077] == []


async def test_as_many_benches_are_open_as_the_settings_say(tools: Toolbox, tmp_path: Path) -> None:
    two = FfmpegTools(lambda: tools, tmp_path, concurrency=2)
    go, opened = asyncio.Event(), []

    async def look() -> None:
        async with two.bench(pieces(clip(1)), "video/mp4") as bench:
            opened.append(bench)
            await go.wait()

    looking = [asyncio.create_task(look()) for _ in range(3)]
    await eventually(lambda: len(opened) == 2)
    assert len(list(tmp_path.iterdir())) == 2
    go.set()
    await asyncio.gather(*looking)
    assert len(opened) == 3


def test_the_strongest_walls_come_first_and_each_says_what_it_is() -> None:
    assert [jail.walls for jail in candidates()] == sorted({jail.walls for jail in candidates()}, key=list(Walls).index)
    assert set(WORDS) == set(Walls)
    assert os.geteuid() != 0 or candidates()[-1].walls is Walls.LIMITS
