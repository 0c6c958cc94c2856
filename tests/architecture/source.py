"""The source tree as the architecture tests see it."""

import ast
import importlib
import inspect
import pkgutil
from collections.abc import Iterator
from pathlib import Path
from types import ModuleType

import asperguide

SOURCE = Path(asperguide.__file__).parent
OUTSIDE = {"adapters", "cli", "migrations", "settings", "shared", "testing"}
CONTEXTS = sorted(path.parent.name for path in SOURCE.glob("*/__init__.py") if path.parent.name not in OUTSIDE)


def files(package: str = "") -> list[Path]:
    """Every module below a package, as paths."""
    return sorted((SOURCE / package).rglob("*.py"))


def tree(path: Path) -> ast.Module:
    """The syntax tree of a module."""
    return ast.parse(path.read_text(), filename=str(path))


def modules(package: str) -> Iterator[ModuleType]:
    """Every module of a package, imported."""
    root = importlib.import_module(f"asperguide.{package}")
    yield root
    for found in pkgutil.walk_packages(root.__path__, prefix=f"{root.__name__}."):
        if not found.name.endswith("__main__"):
            yield importlib.import_module(found.name)


def classes(package: str) -> list[type]:
    """Every class that a package defines itself."""
    return [
        thing
        for module in modules(package)
        for thing in vars(module).values()
        if inspect.isclass(thing) and thing.__module__ == module.__name__
    ]


def is_use_case(cls: type) -> bool:
    """Whether awaiting a call of an instance tells a story."""
    return inspect.iscoroutinefunction(vars(cls).get("__call__"))


def use_cases() -> list[type]:
    """Every use case of every context."""
    return [cls for context in CONTEXTS for cls in classes(context) if is_use_case(cls)]
