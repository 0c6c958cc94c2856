"""What became of jobs, and how long they took."""

from collections.abc import Container
from time import perf_counter

from asperguide.adapters.measuring import Family, Histogram

SECONDS = (0.005, 0.01, 0.025, 0.05, 0.1, 0.25, 0.5, 1.0, 2.5, 5.0, 10.0, 30.0, 60.0, 300.0)


class JobMeasures:
    """Every job that was worked on is ended once; kinds that nobody here knows are one kind."""

    def __init__(self, kinds: Container[str]) -> None:
        self._kinds = kinds
        self._seconds = Histogram(
            "asperguide_job_seconds",
            "How long jobs ran. `retried` and `dead` did not work out, `lost` ones had been given to somebody else.",
            "kind",
            "outcome",
            bounds=SECONDS,
        )

    def end(self, kind: str, outcome: str, began: float) -> None:
        """The end of a job is in the ledger. `began` is of `perf_counter`."""
        known = kind if kind.partition("#")[0] in self._kinds else "unknown"
        self._seconds.observe(perf_counter() - began, known, outcome)

    def family(self) -> Family:
        """The figures."""
        return self._seconds.family()
