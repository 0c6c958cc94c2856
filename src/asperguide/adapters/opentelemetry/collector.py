"""Where spans and figures are sent, and what is said about whoever sends them."""

from collections.abc import Mapping
from dataclasses import dataclass, field
from importlib.util import find_spec

SCOPE = "asperguide"
INSTALL = "they need a package: pip install 'asperguide[telemetry]'"
PATIENCE_SECONDS = 5.0
"""How long a collector may take for what it is sent at once."""


@dataclass(frozen=True, slots=True, kw_only=True)
class OtlpCollector:
    """Something that speaks OTLP over HTTP below `endpoint`. `headers` are secret; `about` describes this process."""

    endpoint: str
    headers: Mapping[str, str] = field(default_factory=dict, repr=False)
    about: Mapping[str, str] = field(default_factory=dict)

    def url(self, signal: str) -> str:
        """Where it takes `traces`, `metrics` or `logs`."""
        return f"{self.endpoint.rstrip('/')}/v1/{signal}"


def sdk_is_installed() -> bool:
    """Whether spans can be made and sent."""
    try:
        return all(find_spec(name) for name in ("opentelemetry.sdk.trace", "opentelemetry.exporter.otlp.proto.http"))
    except ModuleNotFoundError:
        return False
