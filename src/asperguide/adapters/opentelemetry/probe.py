"""Whether the collector takes what it is sent."""

from collections.abc import Mapping

import httpx

from asperguide.adapters.opentelemetry.collector import INSTALL, OtlpCollector, sdk_is_installed
from asperguide.shared.ports import Probe

EMPTY = {"logs": "resourceLogs", "metrics": "resourceMetrics", "traces": "resourceSpans"}


class CollectorProbe(Probe):
    """Sends nothing to each address that something is to be sent to. Not required: the service does without."""

    name = "collector"
    required = False

    def __init__(self, collector: OtlpCollector, wanted: Mapping[str, bool]) -> None:
        self._collector = collector
        self._signals = [signal for signal, is_wanted in wanted.items() if is_wanted]

    async def check(self) -> str:
        """What it takes. Raises RuntimeError for what it refuses, or what cannot be made, and what httpx raises."""
        if "traces" in self._signals and not sdk_is_installed():
            raise RuntimeError(f"no traces can be sent: {INSTALL}")
        async with httpx.AsyncClient(headers=self._collector.headers, timeout=2) as client:
            for signal in self._signals:
                status = (await client.post(self._collector.url(signal), json={EMPTY[signal]: []})).status_code
                if status >= 300:
                    raise RuntimeError(f"it answered {status} to {signal}")
        return f"takes {', '.join(self._signals)}"
