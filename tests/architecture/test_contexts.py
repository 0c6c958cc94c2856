"""The shape of a context's inside: immutable, small, documented, with time and chance coming from ports."""

import ast
import dataclasses
import enum
import inspect
import typing
from collections import Counter
from collections.abc import Iterator
from pathlib import Path

import msgspec
import pytest

from asperguide.projects.errors import NotATemplate, TooManyProjects
from asperguide.shared.errors import (
    Conflict,
    DomainError,
    Forbidden,
    Invalid,
    NotFound,
    Throttled,
    Unauthenticated,
    Unavailable,
)
from asperguide.shared.ports import Message
from tests.architecture.source import CONTEXTS, SOURCE, classes, files, modules, tree, use_cases

INSIDE = [*CONTEXTS, "shared"]
LONGEST_MODULE = 300

RANGES: dict[type[DomainError], tuple[int, ...]] = {
    Invalid: (400, 413, 415, 422),
    Unauthenticated: (401,),
    Forbidden: (402,),
    NotFound: (404,),
    Conflict: (409, 412),
    Throttled: (429,),
    Unavailable: (500, 503),
}

CHANCE_AND_TIME = {
    "datetime.now",
    "datetime.utcnow",
    "datetime.today",
    "date.today",
    "time.time",
    "time.time_ns",
    "os.urandom",
    "uuid.uuid1",
    "uuid.uuid4",
    "uuid.uuid7",
}
SOURCES_OF_CHANCE = {"random", "secrets", "uuid_utils"}
MAY_DRAW = {
    "adapters/system.py": CHANCE_AND_TIME | SOURCES_OF_CHANCE,
    "settings/safety.py": {"secrets"},
    "settings/keeping.py": {"secrets"},
}


def test_there_are_contexts_to_look_at() -> None:
    assert "identity" in CONTEXTS
    assert use_cases()


@pytest.mark.parametrize("package", INSIDE)
def test_every_class_is_immutable_or_a_port_or_an_error(package: str) -> None:
    assert [cls.__qualname__ for cls in classes(package) if not _is_immutable(cls)] == []


def test_every_use_case_is_a_frozen_keyword_only_struct() -> None:
    assert [cls.__qualname__ for cls in use_cases() if not _is_story(cls)] == []


def test_every_command_refuses_unknown_fields_and_positions() -> None:
    taken = {struct for cls in use_cases() for struct in _structs_taken_by(cls)}
    commands = {struct for struct in taken if not issubclass(struct, Message)}
    loose = [
        struct.__name__
        for struct in commands
        if not struct.__struct_config__.forbid_unknown_fields
        or any(field.kind is not field.KEYWORD_ONLY for field in inspect.signature(struct).parameters.values())
    ]
    assert commands
    assert loose == []


@pytest.mark.parametrize(
    "path", [path for name in CONTEXTS for path in files(name)], ids=lambda path: f"{path.parent.name}/{path.stem}"
)
def test_no_module_of_a_context_is_too_long(path: Path) -> None:
    assert len(path.read_text().splitlines()) <= LONGEST_MODULE


@pytest.mark.parametrize("package", INSIDE)
def test_everything_public_says_what_it_promises(package: str) -> None:
    assert [f"{path.name}: {name}" for path in files(package) for name in _undocumented(tree(path))] == []


def test_error_codes_are_unique() -> None:
    codes = Counter(error.internal_code for error in _errors())
    assert [error.__name__ for error in _errors() if codes[error.internal_code] > 1] == []


def test_error_slugs_are_the_words_of_their_classes() -> None:
    assert (NotATemplate.slug, TooManyProjects.slug) == ("not-a-template", "too-many-projects")


def test_error_slugs_are_unique() -> None:
    slugs = Counter(error.slug for error in _errors())
    assert [slug for slug, times in slugs.items() if times > 1] == []


def test_every_error_code_lies_in_the_range_of_its_kind() -> None:
    astray = [f"{error.__name__} {error.internal_code}" for error in _errors() if not _is_in_range(error)]
    assert astray == []


def test_time_and_chance_come_from_the_system_adapter_only() -> None:
    found = {
        str(path.relative_to(SOURCE)): sorted(drawn - MAY_DRAW.get(str(path.relative_to(SOURCE)), set()))
        for path in files()
        if (drawn := set(_draws(tree(path))))
    }
    assert {path: drawn for path, drawn in found.items() if drawn} == {}


def _is_immutable(cls: type) -> bool:
    if issubclass(cls, Exception | enum.Enum) or getattr(cls, "_is_protocol", False):
        return True
    if issubclass(cls, msgspec.Struct):
        return bool(cls.__struct_config__.frozen)
    return _is_frozen_and_slotted(cls)


def _is_frozen_and_slotted(cls: type) -> bool:
    return dataclasses.is_dataclass(cls) and "__slots__" in vars(cls) and cls.__dataclass_params__.frozen  # type: ignore[attr-defined, no-any-return]


def _is_story(cls: type) -> bool:
    if not issubclass(cls, msgspec.Struct):
        return False
    fields = inspect.signature(cls).parameters.values()
    return (
        cls.__struct_config__.frozen and all(field.kind is field.KEYWORD_ONLY for field in fields) and bool(cls.__doc__)
    )


def _structs_taken_by(use_case: type) -> Iterator[type[msgspec.Struct]]:
    hints = typing.get_type_hints(use_case.__call__)
    for name in inspect.signature(use_case.__call__).parameters:
        if inspect.isclass(hint := hints.get(name)) and issubclass(hint, msgspec.Struct):
            yield hint


def _undocumented(node: ast.Module | ast.ClassDef, inside: str = "") -> Iterator[str]:
    if isinstance(node, ast.Module) and ast.get_docstring(node) is None:
        yield "(module)"
    for child in node.body:
        if isinstance(child, ast.ClassDef | ast.FunctionDef | ast.AsyncFunctionDef) and not child.name.startswith("_"):
            if ast.get_docstring(child) is None and not _is_part_of_a_port(child):
                yield inside + child.name
            if isinstance(child, ast.ClassDef):
                yield from _undocumented(child, f"{child.name}.")


def _is_part_of_a_port(node: ast.AST) -> bool:
    """Whether it is a property without a body: it names another port, which says what it promises."""
    if not isinstance(node, ast.FunctionDef) or ast.unparse(node.body[0]) != "...":
        return False
    return "property" in [ast.unparse(decorator) for decorator in node.decorator_list]


def _errors() -> list[type[DomainError]]:
    """Every error of the contexts, of what they share and of the adapters."""
    for package in (*INSIDE, "adapters"):
        list(modules(package))
    found, waiting = [], [DomainError]
    while waiting:
        kinds = waiting.pop().__subclasses__()
        waiting += kinds
        found += [kind for kind in kinds if kind.__module__.startswith("asperguide.")]
    return found


def _is_in_range(error: type[DomainError]) -> bool:
    """An adapter may also have errors of no kind: failures of the server itself."""
    kinds = [kind for kind in RANGES if issubclass(error, kind)]
    if not kinds and error.__module__.startswith("asperguide.adapters."):
        return error.internal_code // 100 == 500
    return any(error.internal_code // 100 in RANGES[kind] for kind in kinds)


def _draws(module: ast.Module) -> Iterator[str]:
    for node in ast.walk(module):
        if isinstance(node, ast.Attribute) and isinstance(node.value, ast.Name):
            if (name := f"{node.value.id}.{node.attr}") in CHANCE_AND_TIME:
                yield name
        elif isinstance(node, ast.ImportFrom):
            yield from (
                f"{node.module}.{alias.name}"
                for alias in node.names
                if f"{node.module}.{alias.name}" in CHANCE_AND_TIME
            )
            yield from {node.module or ""} & SOURCES_OF_CHANCE
        elif isinstance(node, ast.Import):
            yield from {alias.name.partition(".")[0] for alias in node.names} & SOURCES_OF_CHANCE
