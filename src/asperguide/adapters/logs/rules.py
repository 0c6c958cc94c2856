"""What operators decide about the log of a process."""

import logging
from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import timedelta
from pathlib import Path
from typing import Literal


@dataclass(frozen=True, slots=True, kw_only=True)
class Collector:
    """Where lines are sent over HTTP: when `batch_size` of them wait, or `every` so many seconds.

    It takes OTLP in JSON, or else OpenObserve's lists of JSON objects. `headers` are secret.
    """

    url: str
    headers: Mapping[str, str] = field(default_factory=dict, repr=False)
    otlp: bool = False
    batch_size: int = 10
    every: float = 5.0


@dataclass(frozen=True, slots=True, kw_only=True)
class LogRules:
    """The least level, the format on standard error, the file if there is one, and collectors elsewhere.

    `auto` is `console` on a terminal and `json` elsewhere. `secrets` are masked wherever they occur.
    """

    level: int = logging.INFO
    format: Literal["auto", "console", "json"] = "auto"
    file: Path | None = None
    file_bytes: int = 10 * 1024 * 1024
    file_keep: timedelta = timedelta(days=90)
    collectors: tuple[Collector, ...] = ()
    secrets: tuple[str, ...] = field(default=(), repr=False)
