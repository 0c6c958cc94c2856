"""Secrets that the embedded service makes for itself and keeps in its data folder."""

import contextlib
import os
import secrets
from collections.abc import Callable
from pathlib import Path

from asperguide.settings.model import SettingsRefused


def kept(path: Path, new: Callable[[], str]) -> str:
    """What is in this file: made once, readable by its owner only, the same for every process that races for it.

    SettingsRefused when it can be neither read nor made.
    """
    try:
        if not path.exists():
            _make(path, new())
        return path.read_text().strip()
    except (OSError, UnicodeDecodeError) as error:
        reason = error.strerror if isinstance(error, OSError) else "it is no text"
        raise SettingsRefused(f"DATA_DIR: {path} cannot be kept: {reason}.") from error


def _make(path: Path, text: str) -> None:
    """Write a draft and link it into place: whoever links first wins, and nobody ever sees half a secret."""
    path.parent.mkdir(mode=0o700, parents=True, exist_ok=True)
    draft = path.with_name(f"{path.name}.{os.getpid()}.{secrets.token_hex(4)}")
    draft.touch(mode=0o600)
    try:
        draft.write_text(text)
        _sync(draft)
        with contextlib.suppress(FileExistsError):
            path.hardlink_to(draft)
    finally:
        draft.unlink()
    _sync(path.parent)


def _sync(path: Path) -> None:
    """On the disk from here on: what was sealed with a secret that a power cut takes back is lost."""
    handle = os.open(path, os.O_RDONLY)
    try:
        os.fsync(handle)
    finally:
        os.close(handle)
