"""Who may do what with prints: one table, and nothing else decides it."""

from collections.abc import Mapping
from enum import StrEnum
from types import MappingProxyType

from asperguide.ar.errors import ContentRightNeeded
from asperguide.shared.tenancy import CompanyRole

EVERYBODY = frozenset(CompanyRole)
EDITORS = frozenset({CompanyRole.OWNER, CompanyRole.MANAGER, CompanyRole.EDITOR})
MANAGERS = frozenset({CompanyRole.OWNER, CompanyRole.MANAGER})


class Right(StrEnum):
    """What can be done with prints of a project."""

    SEE = "see"
    EDIT = "edit"
    PUBLISH = "publish"
    ARCHIVE = "archive"
    DELETE = "delete"
    EXPORT = "export"
    IMPORT = "import"


RIGHTS: Mapping[Right, frozenset[CompanyRole]] = MappingProxyType(
    {
        Right.SEE: EVERYBODY,
        Right.EDIT: EDITORS,
        Right.PUBLISH: EDITORS,
        Right.ARCHIVE: MANAGERS,
        Right.DELETE: MANAGERS,
        Right.EXPORT: MANAGERS,
        Right.IMPORT: MANAGERS,
    }
)
"""By role in the project: what members without any of these roles cannot do, they are told; strangers see nothing."""


def must_be_allowed(role: CompanyRole, right: Right) -> None:
    """Raises ContentRightNeeded when the role has not got the right."""
    if role not in RIGHTS[right]:
        raise ContentRightNeeded
