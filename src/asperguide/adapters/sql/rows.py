"""The base of every row class: one metadata, predictable constraint names, the same table options everywhere."""

from collections.abc import Mapping
from datetime import datetime
from typing import Any, ClassVar
from uuid import UUID

import sqlalchemy as sa
from sqlalchemy.orm import DeclarativeBase

from asperguide.adapters.sql.types import UtcDateTime, Uuid
from asperguide.shared.errors import DomainError

NAMES = {
    "pk": "pk_%(table_name)s",
    "uq": "uq_%(table_name)s_%(column_0_N_name)s",
    "ix": "ix_%(table_name)s_%(column_0_N_name)s",
    "fk": "fk_%(table_name)s_%(column_0_N_name)s",
    "ck": "ck_%(table_name)s_%(constraint_name)s",
}
# Binary collation: case and accents count; for trailing spaces too there is KeyText.
OPTIONS = {"mysql_engine": "InnoDB", "mysql_charset": "utf8mb4", "mysql_collate": "utf8mb4_bin"}


class Row(DeclarativeBase):
    """A table. `__errors__` names the domain error that a violation of each unique constraint stands for.

    `__table_args__` of a subclass is a tuple of constraints and indexes; the table options are added here. Rows are
    never instantiated: the classes only declare, and `Store` moves values between tables and entities. A NewType of
    UUID needs its column type said: `mapped_column(Uuid(), ...)`.
    """

    metadata = sa.MetaData(naming_convention=NAMES)
    type_annotation_map: ClassVar[Mapping[Any, Any]] = {UUID: Uuid(), datetime: UtcDateTime()}
    __errors__: ClassVar[Mapping[str, type[DomainError]]] = {}
    __table_args__: Any = ()
    __table__: ClassVar[sa.Table]  # pyright: ignore[reportIncompatibleVariableOverride]

    def __init_subclass__(cls, **options: Any) -> None:
        cls.__table_args__ = (*cls.__table_args__, OPTIONS)
        super().__init_subclass__(**options)
