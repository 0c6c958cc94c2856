"""`python -m benchmarks [names...]`: measure, show, and end with 1 when a bar was missed."""

import argparse
import json
import os
import sys
import tempfile
import traceback
from collections.abc import Callable
from pathlib import Path

from rich.console import Console

from benchmarks import (
    analytics,
    campaigns,
    chaos,
    crowd,
    file_pages,
    films,
    ledger,
    letter_kills,
    letter_pages,
    letter_race,
    letter_storm,
    letter_sweep,
    logs,
    media_kills,
    numbers,
    packing,
    print_pages,
    rolling,
    scenarios,
    soak,
    traces,
    transfers,
    viewer,
)
from benchmarks.figures import Report, show
from benchmarks.machine import facts
from benchmarks.processes import CLIENT_CORE, DidNotStart
from benchmarks.rigs import Run
from benchmarks.servers import backends

SCENARIOS: dict[str, Callable[[Run], Report]] = {
    "peers": scenarios.peers,
    "read": scenarios.read,
    "cold": scenarios.cold,
    "sign-in": scenarios.sign_in,
    "register": scenarios.register,
    "start-up": scenarios.start_up,
    "memory": scenarios.memory,
    "refresh-storm": campaigns.refresh_storm,
    "guessing": campaigns.guessing,
    "limit": campaigns.limit,
    "jobs": ledger.jobs,
    "job-kills": ledger.job_kills,
    "ledger-plans": ledger.ledger_plans,
    "crowd": crowd.crowd,
    "rolling-restarts": rolling.rolling_restarts,
    "logging": logs.logging_cost,
    "log-storm": logs.log_storm,
    "log-sink-down": logs.log_sink_down,
    "traces": traces.traces,
    "transfers": transfers.transfers,
    "films": films.films,
    "file-pages": file_pages.file_pages,
    "media-kills": media_kills.media_kills,
    "letter-sweep": letter_sweep.letter_sweep,
    "packing": packing.packing,
    "letter-storm": letter_storm.letter_storm,
    "letter-pages": letter_pages.letter_pages,
    "letter-race": letter_race.letter_race,
    "letter-kills": letter_kills.letter_kills,
    "manifest": viewer.manifest,
    "numbers": numbers.numbers,
    "print-pages": print_pages.print_pages,
    "views": analytics.views,
    "view-kills": analytics.view_kills,
    "chaos": chaos.chaos,
    "soak": soak.soak,
}
BY_NAME_ONLY = {"peers", "rolling-restarts", "chaos", "soak", "media-kills", "letter-kills", "view-kills"}
SECONDS = {"soak": 600}
"""How long a round is unless told; 4 for all others."""

GROUPS = {
    "all": [name for name in SCENARIOS if name not in BY_NAME_ONLY],
    "correctness": ["refresh-storm", "guessing", "limit", "job-kills", "crowd"],
    "logs": ["logging", "log-storm", "log-sink-down"],
    "letters": ["letter-sweep", "letter-storm", "letter-pages", "letter-race"],
    "analytics": ["views", "view-kills"],
    "viewer": ["manifest"],
    "prints": ["numbers", "print-pages"],
    "ledger": ["jobs", "job-kills", "ledger-plans", "crowd"],
}


def main() -> int:
    """Run what was asked for; 0 when every bar was reached, 1 when not."""
    asked = _arguments()
    names = [name for given in asked.names for name in GROUPS.get(given, [given])]
    os.sched_setaffinity(0, {CLIENT_CORE})
    console = Console(width=None if sys.stdout.isatty() else 150)
    measured = facts(asked.seed)
    console.print(f"{measured['machine']}, {measured['python']}, seed {asked.seed}", highlight=False)
    reports = [_run(name, asked, console) for name in names]
    if asked.json:
        found = {**measured, "rounds": asked.rounds, "seconds": asked.seconds}
        asked.json.write_text(json.dumps({**found, "reports": [one.as_json() for one in reports]}, indent=1) + "\n")
    failed = [report.name for report in reports if not report.passed]
    console.print(f"[red]FAIL[/]: {', '.join(failed)}" if failed else "[green]PASS[/]")
    return 1 if failed else 0


def _run(name: str, asked: argparse.Namespace, console: Console) -> Report:
    try:
        with tempfile.TemporaryDirectory(prefix=f"bench-{name}-") as folder, backends(Path(folder)) as servers:
            run = Run(
                folder=Path(folder),
                servers=servers,
                rounds=asked.rounds,
                seconds=asked.seconds or SECONDS.get(name, 4),
                restarts=asked.restarts,
                seed=asked.seed,
            )
            report = SCENARIOS[name](run)
    except DidNotStart as error:
        report = Report(name, failure=str(error))
    except Exception:
        report = Report(name, failure=traceback.format_exc())
    show(report, console)
    return report


def _arguments() -> argparse.Namespace:
    parser = argparse.ArgumentParser(prog="benchmarks", description="Figures in ratios to peers on one pinned core.")
    choices = [*SCENARIOS, *GROUPS]
    parser.add_argument("names", nargs="*", default=["all"], metavar="name", help=f"of {', '.join(choices)}")
    parser.add_argument("--rounds", type=int, default=5, help="how often subjects take turns (at least 3)")
    parser.add_argument("--seconds", type=int, help="length of one round of one subject (4; soak: 600)")
    parser.add_argument(
        "--restarts", type=int, default=20, help="how often each process is restarted (rolling-restarts)"
    )
    parser.add_argument("--seed", type=int, default=20260119, help="decides people, orders and forged addresses")
    parser.add_argument("--json", type=Path, help="keep everything here too")
    asked = parser.parse_args()
    if unknown := [name for name in asked.names if name not in choices]:
        parser.error(f"unknown: {', '.join(unknown)}; there are {', '.join(choices)}")
    if asked.rounds < 3 or (asked.seconds is not None and asked.seconds < 1):
        parser.error("at least 3 rounds of at least 1 second")
    return asked


if __name__ == "__main__":
    sys.exit(main())
