"""Who may do what in a project. The table RIGHTS is the whole law; nothing else decides it."""

from collections.abc import Mapping
from enum import StrEnum
from types import MappingProxyType

from asperguide.projects.errors import RightNeeded
from asperguide.shared.tenancy import CompanyRole

OWNER, MANAGER, EDITOR, VIEWER = CompanyRole
RANKS: Mapping[CompanyRole, int] = MappingProxyType({role: rank for rank, role in enumerate(CompanyRole)})
"""From all to nothing but looking."""
UNRESTRICTED = (OWNER, MANAGER)
"""They see every project in the role that they have in the company."""


class Right(StrEnum):
    """What can be done with projects. describe: name, text, tags. plan: period, notices, template, state."""

    SEE = "see"
    CREATE = "create"
    DESCRIBE = "describe"
    PLAN = "plan"
    SHARE = "share"
    DELETE = "delete"


class Access(StrEnum):
    """inherit: every member by their role. restricted: owners and managers, and whoever is listed."""

    INHERIT = "inherit"
    RESTRICTED = "restricted"


RIGHTS: Mapping[Right, tuple[CompanyRole, ...]] = MappingProxyType(
    {
        Right.SEE: (OWNER, MANAGER, EDITOR, VIEWER),
        Right.CREATE: (OWNER, MANAGER),
        Right.DESCRIBE: (OWNER, MANAGER, EDITOR),
        Right.PLAN: (OWNER, MANAGER),
        Right.SHARE: (OWNER, MANAGER),
        Right.DELETE: (OWNER, MANAGER),
    }
)


def demand(role: CompanyRole, right: Right) -> None:
    """Raises RightNeeded unless the role includes the right."""
    if role not in RIGHTS[right]:
        raise RightNeeded


def role_in(access: Access, role: CompanyRole, listed: CompanyRole | None) -> CompanyRole | None:
    """What somebody with this role in the company is in the project; `listed` is as what they are listed there.

    Never more than in the company, whatever they were listed as. None: they are kept out.
    """
    if access is Access.INHERIT or role in UNRESTRICTED:
        return role
    return None if listed is None else max(role, listed, key=RANKS.__getitem__)
