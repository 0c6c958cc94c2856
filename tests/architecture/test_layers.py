"""Who may import whom: the contracts of pyproject.toml, and what a library user's interpreter loads."""

import subprocess
import sys
from pathlib import Path

import grimp
import pytest

from tests.architecture.source import CONTEXTS, is_use_case, modules

ROOT = Path(__file__).parents[2]

LOADED = """
import sys
before = set(sys.modules)
import asperguide.{package}
paths = {{name: getattr(sys.modules[name], "__file__", None) or "" for name in set(sys.modules) - before}}
print(*sorted({{name.partition(".")[0] for name, path in paths.items() if "site-packages" in path}}))
"""

# msgspec itself tries to import typing_extensions
ALLOWED = {"msgspec", "typing_extensions"}


def test_the_import_contracts_of_pyproject_hold() -> None:
    code = "import sys; from importlinter.cli import lint_imports; sys.exit(lint_imports(no_cache=True, no_logo=True))"
    done = subprocess.run([sys.executable, "-c", code], cwd=ROOT, capture_output=True, text=True, check=False)
    assert done.returncode == 0, done.stdout + done.stderr


@pytest.mark.parametrize("package", [*CONTEXTS, "shared"])
def test_importing_a_context_loads_no_third_party_but_msgspec(package: str) -> None:
    code = LOADED.format(package=package)
    done = subprocess.run([sys.executable, "-c", code], cwd=ROOT, capture_output=True, text=True, check=True)
    assert set(done.stdout.split()) <= ALLOWED


def test_a_server_imports_no_framework_that_just_lies_around() -> None:
    done = subprocess.run(
        [sys.executable, "-c", LOADED.format(package="server")], cwd=ROOT, capture_output=True, text=True, check=True
    )
    assert not {"advanced_alchemy", "attrs", "fastapi", "pydantic", "starlette", "werkzeug"} & set(done.stdout.split())


@pytest.mark.parametrize("context", CONTEXTS)
def test_ports_and_model_of_a_context_know_none_of_its_activities(context: str) -> None:
    graph = grimp.build_graph("asperguide", cache_dir=None)
    activities = {
        module.__name__
        for module in modules(context)
        if any(isinstance(thing, type) and is_use_case(thing) for thing in _own(module))
    }
    for inner in ("ports", "model"):
        name = f"asperguide.{context}.{inner}"
        if name in graph.modules:
            assert not graph.find_upstream_modules(name) & activities


def _own(module: object) -> list[object]:
    name = module.__name__  # type: ignore[attr-defined]
    return [thing for thing in vars(module).values() if getattr(thing, "__module__", None) == name]
