"""The dashboard in docs shows figures that the service really tells."""

import json
import re
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
from prometheus_client.parser import text_string_to_metric_families

from asperguide.container import Container
from asperguide.monitoring import monitored
from asperguide.server import build, close, prepare
from asperguide.settings import Settings
from asperguide.worker import worker_of

ROOT = Path(__file__).parents[2]
DASHBOARD = json.loads((ROOT / "docs/grafana-dashboard.json").read_text())
METRIC = re.compile(r"\b(?:asperguide|process)_\w+")


def queries() -> Iterator[str]:
    """Everything that Grafana asks Prometheus."""
    for panel in DASHBOARD["panels"]:
        for target in panel.get("targets", ()):
            yield target["expr"]
    for variable in DASHBOARD["templating"]["list"]:
        if variable["type"] == "query":
            yield variable["query"]["query"]


async def exported(folder: Path) -> dict[str, str]:
    """The kind of every name in a scrape of a service that has everything, Redis too."""
    settings = Settings(data_dir=folder, oauth_secret_key="b3Jn4wq0Zk7fXyT1uLhPc9sVd2mGeRa8", redis_host="127.0.0.1")
    container = Container(settings=settings)
    try:
        await prepare(container)
        container.monitor().watch(build(container))
        container.monitor().watch(worker_of(container))
        async with monitored(container):
            text, _ = await container.exposition().text()
    finally:
        await close(container)
    return {family.name: family.type for family in text_string_to_metric_families(text.decode())}


SUFFIXES = {"counter": ("_total",), "gauge": ("",), "histogram": ("_bucket", "_count", "_sum")}


async def test_every_name_on_the_dashboard_is_exported_and_every_name_exported_is_on_it(tmp_path: Path) -> None:
    kinds = await exported(tmp_path)
    shown = {name for query in queries() for name in METRIC.findall(query)}
    known = {family + suffix: family for family, kind in kinds.items() for suffix in SUFFIXES[kind]}
    assert shown - known.keys() == set()
    assert kinds.keys() - {known[name] for name in shown} == set()


def test_panels_are_whole_and_none_covers_another() -> None:
    panels: list[dict[str, Any]] = DASHBOARD["panels"]
    assert len({panel["id"] for panel in panels}) == len(panels) > 20
    taken: set[tuple[int, int]] = set()
    for panel in panels:
        at = panel["gridPos"]
        cells = {(at["x"] + x, at["y"] + y) for x in range(at["w"]) for y in range(at["h"])}
        assert not cells & taken, panel["title"]
        assert at["x"] + at["w"] <= 24
        taken |= cells


@pytest.mark.parametrize("query", sorted(set(queries())), ids=str)
def test_a_query_is_balanced_and_asks_the_chosen_machines(query: str) -> None:
    for opening, closing in ("()", "{}", "[]"):
        assert query.count(opening) == query.count(closing)
    if not query.startswith("label_values"):
        assert query.count('job=~"$job", instance=~"$instance"') == len(METRIC.findall(query))
