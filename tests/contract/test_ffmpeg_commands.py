"""What operators are told of FFmpeg, by the doctor and by `asperguide ffmpeg`."""

import json
from pathlib import Path

import pytest
from click.testing import CliRunner

from asperguide.adapters.ffmpeg import FfmpegTools
from asperguide.adapters.ffmpeg.finding import Tool, Toolbox, find_tools
from asperguide.adapters.ffmpeg.jail import Jail, Walls
from asperguide.adapters.ffmpeg.probe import JailProbe, JailWeak, ToolsProbe
from asperguide.cli.ffmpeg import ffmpeg
from asperguide.media.errors import ToolsMissing
from asperguide.operations.doctor import ADVICE
from tests.films import wheel

NONE = Toolbox(ffmpeg=None, ffprobe=None)


def tools_of(found: Toolbox, folder: Path, *walls: Walls) -> FfmpegTools:
    if walls:
        return FfmpegTools(lambda: found, folder, jails=lambda: [Jail(walls=one) for one in walls])
    return FfmpegTools(lambda: found, folder)


async def test_the_doctor_is_told_which_ffmpeg_there_is(tmp_path: Path) -> None:
    assert (await ToolsProbe(tools_of(wheel(), tmp_path)).check()).endswith("(wheel)")
    with pytest.raises(ToolsMissing):
        await ToolsProbe(tools_of(NONE, tmp_path)).check()
    gone = Tool(name="ffmpeg", path=tmp_path / "ffmpeg", origin="settings")
    with pytest.raises(OSError):
        await ToolsProbe(tools_of(Toolbox(ffmpeg=gone, ffprobe=gone), tmp_path)).check()


async def test_the_doctor_warns_of_a_weak_jail(tmp_path: Path) -> None:
    with pytest.raises(JailWeak, match="limits only"):
        await JailProbe(tools_of(wheel(), tmp_path, Walls.LIMITS)).check()
    with pytest.raises(ToolsMissing):
        await JailProbe(tools_of(NONE, tmp_path)).check()
    assert {JailProbe.name, ToolsProbe.name} <= set(ADVICE)


async def test_walls_that_cannot_be_built_are_passed_over(tmp_path: Path) -> None:
    broken = Jail(walls=Walls.BUBBLEWRAP, bwrap="/bin/false")
    tools = FfmpegTools(wheel, tmp_path, jails=lambda: [broken, Jail(walls=Walls.LIMITS)])
    assert await tools.strength() is Walls.LIMITS
    with pytest.raises(ToolsMissing):
        await FfmpegTools(wheel, tmp_path, jails=lambda: [broken]).strength()


async def test_without_tools_nothing_is_processed(tmp_path: Path) -> None:
    for tools in (
        tools_of(NONE, tmp_path),
        FfmpegTools(lambda: find_tools(str(tmp_path / "none")), tmp_path),
    ):
        with pytest.raises(ToolsMissing):
            async with tools.bench(_nothing(), "video/mp4"):
                raise AssertionError("there is nothing to work with")


async def _nothing():  # type: ignore[no-untyped-def]
    yield b""


@pytest.fixture
def in_folder(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """Where settings are read from and files are made."""
    monkeypatch.chdir(tmp_path)
    return tmp_path


def test_the_command_tells_what_there_is(in_folder: Path) -> None:
    answer = CliRunner().invoke(ffmpeg, ["--json"])
    assert answer.exit_code == 0, answer.output
    told = json.loads(answer.output)
    assert told["ffmpeg"]["from"] in ("PATH", "wheel") and "libx264" in told["ffmpeg"]["encoders"]
    assert told["ffprobe"]["version"] and told["jail"]
    shown = CliRunner().invoke(ffmpeg, [])
    assert shown.exit_code == 0 and "ffprobe" in shown.output and "libx264" in shown.output


@pytest.mark.parametrize(
    "command",
    [
        ["tone", "tone.mp3", "--seconds", "1"], ["tone", "tone.wav", "--seconds", "0.5", "--hertz", "880"],
        ["clip", "clip.mp4", "--seconds", "1", "--width", "160", "--height", "90"],
        ["clip", "clip.webm", "--seconds", "0.5", "--width", "160", "--height", "90", "--silent"],
    ],
)  # fmt: skip
def test_the_command_makes_something_to_try(in_folder: Path, command: list[str]) -> None:
    answer = CliRunner().invoke(ffmpeg, command)
    assert answer.exit_code == 0, answer.output
    assert (in_folder / command[1]).stat().st_size > 1000


def test_the_command_says_what_it_cannot_make(in_folder: Path) -> None:
    answer = CliRunner().invoke(ffmpeg, ["tone", "tone.xyz"])
    assert answer.exit_code == 1 and "tone.xyz" in answer.output
    assert not (in_folder / "tone.xyz").exists()
