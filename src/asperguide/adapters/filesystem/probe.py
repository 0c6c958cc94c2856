"""Whether the data folder can be written."""

import asyncio
import shutil
import tempfile
from pathlib import Path

from asperguide.shared.ports import Probe

LEAST_FREE_BYTES = 64 * 1024 * 1024


class FolderProbe(Probe):
    """Writes a file into the folder and takes it away again."""

    required = False

    def __init__(self, folder: Path, name: str = "storage") -> None:
        self._folder, self.name = folder, name

    async def check(self) -> str:
        """How much room is left. Raises OSError when nothing can be written, or hardly anything is left."""
        return await asyncio.to_thread(self._check)

    def _check(self) -> str:
        self._folder.mkdir(parents=True, exist_ok=True)
        with tempfile.TemporaryFile(dir=self._folder) as file:
            file.write(b"well")
        free = shutil.disk_usage(self._folder).free
        if free < LEAST_FREE_BYTES:
            raise OSError("the disk is nearly full")
        return f"{free // 1024**3} GiB free"
