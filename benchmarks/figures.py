"""Figures over rounds, what they are held to, and how they are shown."""

from dataclasses import asdict, dataclass, field
from statistics import median
from typing import Any

from rich.console import Console
from rich.table import Table

from benchmarks.load import Load

QUIET = 0.05


@dataclass(frozen=True, slots=True, kw_only=True)
class Check:
    """One statement with the value found; `bar` None means that it is told and not judged."""

    name: str
    value: float
    unit: str = ""
    at_least: float | None = None
    at_most: float | None = None
    spread: float | None = None
    note: str = ""

    @property
    def judged(self) -> bool:
        """Whether there is a bar."""
        return self.at_least is not None or self.at_most is not None

    @property
    def holds(self) -> bool:
        """Whether the value is on the right side of its bar."""
        high_enough = self.at_least is None or self.value >= self.at_least
        return high_enough and (self.at_most is None or self.value <= self.at_most)

    @property
    def bar(self) -> str:
        """The bar as text."""
        if self.at_least is not None and self.at_least == self.at_most:
            return f"= {self.at_least:g}"
        parts = [f"≥ {self.at_least:g}"] if self.at_least is not None else []
        return " ".join([*parts, *([f"≤ {self.at_most:g}"] if self.at_most is not None else [])])


@dataclass(slots=True)
class Series:
    """All rounds of one subject."""

    name: str
    loads: list[Load] = field(default_factory=list)

    @property
    def rate(self) -> float:
        """The median of answers per second."""
        return median(load.rate for load in self.loads)

    @property
    def spread(self) -> float:
        """Fastest minus slowest round, as a share of the median."""
        rates = [load.rate for load in self.loads]
        return (max(rates) - min(rates)) / self.rate

    @property
    def share(self) -> float:
        """How much of its core the subject got; well below 1 means that neighbours or the client slowed it."""
        return median(load.cpu / load.seconds for load in self.loads)

    @property
    def neighbours(self) -> float:
        """The largest share of the core that anybody else took in a round."""
        return max(load.neighbours for load in self.loads)

    def middle(self, name: str) -> float:
        """The median over rounds of a field of Load."""
        return median(float(getattr(load, name)) for load in self.loads)

    @property
    def lost(self) -> int:
        """Answers that were errors, and connections that broke."""
        return sum(load.refused + load.broken for load in self.loads)


@dataclass(slots=True)
class Report:
    """What one scenario found."""

    name: str
    series: list[Series] = field(default_factory=list)
    checks: list[Check] = field(default_factory=list)
    failure: str = ""

    @property
    def passed(self) -> bool:
        """Whether it ran and every bar was reached."""
        return not self.failure and all(check.holds for check in self.checks)

    def as_json(self) -> dict[str, Any]:
        """Everything, rounds included."""
        rounds = {
            one.name: [asdict(load) | {"rate": load.rate, "rate_per_cpu": load.rate_per_cpu} for load in one.loads]
            for one in self.series
        }
        checks = [asdict(check) | {"holds": check.holds} for check in self.checks]
        return {"name": self.name, "passed": self.passed, "failure": self.failure, "rounds": rounds, "checks": checks}


def ratio(name: str, ours: Series, theirs: Series, at_least: float | None = None) -> Check:
    """Ours to theirs: the median of the ratios of rounds that ran next to each other, and their spread."""
    ratios = [a.rate / b.rate for a, b in zip(ours.loads, theirs.loads, strict=True)]
    work = [a.rate_per_cpu / b.rate_per_cpu for a, b in zip(ours.loads, theirs.loads, strict=True) if a.cpu and b.cpu]
    note = f"per processor second {median(work):.3f}" if work else ""
    spread = (max(ratios) - min(ratios)) / median(ratios)
    if max(ours.neighbours, theirs.neighbours) > QUIET:
        note += ", DISTURBED"
    return Check(name=name, value=median(ratios), unit="x", at_least=at_least, spread=spread, note=note)


def lost(*series: Series) -> Check:
    """Nobody may have been answered with an error."""
    return Check(name="errors and broken connections", value=sum(one.lost for one in series), at_most=0)


def show(report: Report, console: Console) -> None:
    """Two tables: the rates, and the verdicts."""
    if report.series:
        console.print(_rates(report))
    if report.checks:
        console.print(_verdicts(report))
    if report.failure:
        console.print(f"[red]FAIL[/] {report.name}: ", end="")
        console.print(report.failure, markup=False, highlight=False)


def _rates(report: Report) -> Table:
    table = Table("subject", title=report.name, title_justify="left", title_style="bold")
    for heading in ("median /s", "spread", "p50 ms", "p99 ms", "slowest ms", "core used", "by others", "errors"):
        table.add_column(heading, justify="right")
    for one in report.series:
        latencies = (f"{one.middle(name):.2f}" for name in ("p50", "p99", "slowest"))
        shares = (f"{one.share:.0%}", f"{one.neighbours:.0%}", str(one.lost))
        table.add_row(one.name, f"{one.rate:,.1f}", f"{one.spread:.1%}", *latencies, *shares)
    return table


def _verdicts(report: Report) -> Table:
    table = Table(f"{report.name}: figure", "value", "bar", "spread", "", "note")
    for check in report.checks:
        verdict = ("[green]PASS[/]" if check.holds else "[red]FAIL[/]") if check.judged else ""
        spread = "" if check.spread is None else f"{check.spread:.1%}"
        table.add_row(check.name, f"{check.value:.4g} {check.unit}", check.bar, spread, verdict, check.note)
    return table
