"""Whether a statement on what belongs to companies says of which one."""

import re
from collections.abc import Iterator
from typing import Any

TABLES = re.compile(r"\b(companies|company_\w+|projects|project_\w+|ar_\w+)\b")
COLUMNS = re.compile(r"\b(companies|company_\w+|projects|project_\w+|ar_\w+)\.[\"`]?(\w+)")
WRITES = ("UPDATE", "DELETE")
SCOPES = {"companies": "id", "company_settings": "id"}
"""Tables whose rows are found by the company's own id; all others have it in a column."""

KNOWN: dict[str, tuple[set[str], ...]] = {
    # What nobody can guess, and what tells where an id belongs before anybody is let through to it.
    "ar_contents": ({"public_id"}, {"id"}, {"photo"}),
    "projects": ({"id"},),
    "company_invitations": ({"digest"}, {"expires_at"}),
    # What is somebody's own.
    "company_members": ({"user"},),
    "project_lists": ({"user"},),
    # Parts of what was found under its company before.
    "ar_videos": ({"content"}, {"file"}),
    "ar_turns": ({"content"},),
    "ar_turn_sessions": ({"content"}, {"at"}),
    "ar_scene_files": ({"content"}, {"file"}),
    # Housekeeping, which shows nothing to anybody; names that nobody else may have; the service's administrators.
    "ar_events": ({"received_at"}, {"waiting"}),
    "ar_sessions": ({"at"},),
    "ar_folds": (set(),),
    "companies": ({"slug"}, {"name_key"}, {"state"}, {"tier"}, set()),
    "project_notices": ({"due_at"},),
}
"""Questions that may be asked without a company, by the table and the columns that they are asked by."""


def unscoped(statement: str) -> str:
    """What is wrong with a statement; empty when nothing is.

    Of writes that have no company: they are of what was read before under its company, by its key.
    """
    sql = " ".join(statement.split())
    found = TABLES.search(sql)
    if found is None or not sql.startswith(("SELECT", *WRITES)):
        return ""
    table, columns = found[1], set(_conditions(sql))
    asked = {column for of, column in columns if of == table}
    if any(column == SCOPES.get(of, "company") for of, column in columns):
        return ""
    if sql.startswith(WRITES):
        return "" if asked else f"all of {table} is written: {sql}"
    if any(by <= asked for by in KNOWN.get(table, ()) if by or not asked):
        return ""
    return f"{table} is asked by {sorted(asked)}, of whatever company: {sql}"


def refuse_unscoped(_: Any, __: Any, statement: str, *rest: Any) -> None:
    """A listener of SQLAlchemy's for what is about to be executed."""
    assert not (wrong := unscoped(statement)), wrong


def _conditions(sql: str) -> Iterator[tuple[str, str]]:
    for part in re.split(r"\bWHERE\b|\bON\b", sql)[1:]:
        yield from COLUMNS.findall(re.split(r"\b(?:ORDER BY|GROUP BY|LIMIT)\b", part)[0])
