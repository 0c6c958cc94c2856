"""The video tools: benches in the strongest jail that this host allows, a few at a time."""

import asyncio
import logging
from collections.abc import AsyncIterable, AsyncIterator, Callable, Sequence
from contextlib import asynccontextmanager
from pathlib import Path

from asperguide.adapters.ffmpeg.bench import LOOKING, FfmpegBench
from asperguide.adapters.ffmpeg.containers import HEAD, demuxer_of
from asperguide.adapters.ffmpeg.finding import Toolbox
from asperguide.adapters.ffmpeg.jail import Jail, Walls, candidates
from asperguide.adapters.ffmpeg.running import run
from asperguide.adapters.ffmpeg.scratch import Scratch, fill
from asperguide.media.errors import ToolsMissing
from asperguide.media.model import MIB
from asperguide.media.ports import VideoBench, VideoTools

log = logging.getLogger("asperguide.ffmpeg")

LARGEST = 500 * MIB


class FfmpegTools(VideoTools):
    """FFmpeg and ffprobe. At most `concurrency` benches are open at once; others wait for their turn."""

    def __init__(
        self,
        find: Callable[[], Toolbox],
        scratch: Path,
        *,
        concurrency: int = 1,
        largest: int = LARGEST,
        jails: Callable[[], Sequence[Jail]] = candidates,
    ) -> None:
        self.find = find
        self._scratch = Scratch(scratch)
        self._turns = asyncio.Semaphore(concurrency)
        self._largest, self._jails = largest, jails
        self._jail: Jail | None = None

    @asynccontextmanager
    async def bench(self, content: AsyncIterable[bytes], media_type: str) -> AsyncIterator[VideoBench]:
        """The type is not relied on: the demuxer is chosen by the bytes."""
        tools = self._toolbox()
        if tools.ffmpeg is None or tools.ffprobe is None:
            raise ToolsMissing
        async with self._turns, self._scratch.folder() as folder:
            jail = await self.jail()
            room = jail.room(folder)
            head = await fill(room.input, content, self._largest)
            yield FfmpegBench(jail, room, demuxer_of(head[:HEAD]), tools.ffmpeg.path, tools.ffprobe.path)

    async def jail(self) -> Jail:
        """The strongest jail that works here; tried once. Raises ToolsMissing when there is no FFmpeg."""
        if self._jail is None:
            await asyncio.to_thread(self._scratch.sweep)
            self._jail = await self._strongest()
        return self._jail

    async def strength(self) -> Walls:
        """What the jail is made of on this host."""
        return (await self.jail()).walls

    async def _strongest(self) -> Jail:
        tools = self._toolbox()
        if tools.ffmpeg is None:
            raise ToolsMissing
        async with self._scratch.folder() as folder:
            (folder / "in" / "source").touch()
            for jail in self._jails():
                ended = await run(jail, tools.ffmpeg.path, ["-version"], jail.room(folder), LOOKING)
                if ended.code == 0 and ended.said.startswith(b"ffmpeg version"):
                    return jail
                log.info("FFmpeg does not run in a jail of %s: %s", jail.walls, ended.complaints[-200:])
        raise ToolsMissing

    def _toolbox(self) -> Toolbox:
        try:
            return self.find()
        except FileNotFoundError as error:
            raise ToolsMissing from error
