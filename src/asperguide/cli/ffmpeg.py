"""`ffmpeg`: which tools videos are processed with, and something to try them on."""

import asyncio
import json as json_module
from pathlib import Path
from typing import Any

import rich_click as click
from rich.console import Console
from rich.markup import escape
from rich.table import Table

from asperguide.adapters.ffmpeg.finding import Tool, Toolbox, ability_of, find_tools
from asperguide.adapters.ffmpeg.jail import WORDS
from asperguide.adapters.ffmpeg.samples import NotMade, make_clip, make_tone
from asperguide.adapters.ffmpeg.tools import FfmpegTools
from asperguide.media.errors import ToolsMissing
from asperguide.settings import Settings, SettingsRefused, load

ADVICE = "There is no FFmpeg. Install it (Debian: apt install ffmpeg), or say where it is: FFMPEG_PATH, FFPROBE_PATH."


@click.group(invoke_without_command=True)
@click.option("--json", "as_json", is_flag=True, help="As one JSON object.")
@click.pass_context
def ffmpeg(ctx: click.Context, as_json: bool) -> None:
    """Show which FFmpeg is used, from where, what it can do and what it is kept from. Nothing is ever downloaded.

    It is looked for where FFMPEG_PATH and FFPROBE_PATH say, then on PATH, then in the wheel that comes along.
    """
    if ctx.invoked_subcommand is not None:
        return
    settings = load()
    found = asyncio.run(_found(settings, _tools(settings)))
    if as_json:
        click.echo(json_module.dumps(found))
    else:
        _show(found)
    if found["jail"] is None:
        click.echo(ADVICE, err=True)
        raise SystemExit(1)


@ffmpeg.command()
@click.argument("file", type=click.Path(path_type=Path, dir_okay=False))
@click.option("--seconds", type=click.FloatRange(0.1, 600), default=3.0, show_default=True)
@click.option("--hertz", type=click.IntRange(20, 20_000), default=440, show_default=True)
def tone(file: Path, seconds: float, hertz: int) -> None:
    """Make a tone in the format that the ending of FILE stands for: tone.mp3, tone.wav ..."""
    _made(file, lambda program: make_tone(program, file, seconds=seconds, hertz=hertz))


@ffmpeg.command()
@click.argument("file", type=click.Path(path_type=Path, dir_okay=False))
@click.option("--seconds", type=click.FloatRange(0.1, 600), default=5.0, show_default=True)
@click.option("--width", type=click.IntRange(16, 3840), default=1280, show_default=True)
@click.option("--height", type=click.IntRange(16, 3840), default=720, show_default=True)
@click.option("--rate", type=click.IntRange(1, 60), default=30, show_default=True, help="Frames a second.")
@click.option("--silent", is_flag=True, help="Without sound.")
def clip(file: Path, seconds: float, width: int, height: int, rate: int, silent: bool) -> None:
    """Make a film of a test picture and a tone: clip.mp4, clip.webm ..."""
    about: dict[str, Any] = {"seconds": seconds, "width": width, "height": height, "rate": rate, "sound": not silent}
    _made(file, lambda program: make_clip(program, file, **about))


def _tools(settings: Settings) -> Toolbox:
    try:
        return find_tools(settings.ffmpeg_path, settings.ffprobe_path)
    except FileNotFoundError as error:
        raise SettingsRefused(f"{error}.") from error


def _made(file: Path, make: Any) -> None:
    tool = _tools(load()).ffmpeg
    if tool is None:
        raise click.ClickException(ADVICE)
    try:
        make(tool.path)
    except NotMade as error:
        raise click.ClickException(str(error)) from error
    click.echo(f"{file}: {file.stat().st_size} bytes")


async def _found(settings: Settings, tools: Toolbox) -> dict[str, Any]:
    programs = (tools.ffmpeg, tools.ffprobe, tools.ffplay)
    named = zip(("ffmpeg", "ffprobe", "ffplay"), programs, strict=True)
    return {**{name: await _about(tool) for name, tool in named}, "jail": await _jail(settings, tools)}


async def _about(tool: Tool | None) -> dict[str, Any] | None:
    if tool is None:
        return None
    ability = await ability_of(tool)
    told: dict[str, Any] = {"path": str(tool.path), "from": tool.origin, "version": ability.version}
    if tool.name == "ffmpeg":
        told |= {"encoders": list(ability.encoders), "decoders": list(ability.decoders)}
    return told


async def _jail(settings: Settings, tools: Toolbox) -> str | None:
    try:
        return WORDS[await FfmpegTools(lambda: tools, settings.scratch_folder).strength()]
    except ToolsMissing:
        return None


def _show(found: dict[str, Any]) -> None:
    table = Table("", "Version", "From", "Path")
    for name in ("ffmpeg", "ffprobe", "ffplay"):
        about = found[name] or {"version": "missing", "from": "", "path": ""}
        table.add_row(name, escape(about["version"]), about["from"], escape(about["path"]))
    console = Console()
    console.print(table)
    if found["ffmpeg"]:
        console.print(f"encodes: {' '.join(found['ffmpeg']['encoders'])}")
        console.print(f"decodes: {' '.join(found['ffmpeg']['decoders'])}")
    if found["jail"]:
        console.print(f"jail: {escape(found['jail'])}")
