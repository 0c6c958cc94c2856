"""Column types that mean the same on SQLite, MariaDB and MySQL, and give back exactly what an entity holds."""

from datetime import UTC, datetime, timedelta
from enum import StrEnum
from typing import Any, Generic, TypeVar
from uuid import UUID

import msgspec
import sqlalchemy as sa
from sqlalchemy.dialects import mysql
from sqlalchemy.engine.interfaces import Dialect
from sqlalchemy.types import TypeDecorator, TypeEngine

E = TypeVar("E", bound=StrEnum)
T = TypeVar("T")

MICROSECOND = timedelta(microseconds=1)


class Uuid(TypeDecorator[UUID]):
    """A UUID in 16 bytes, ordered as its text is."""

    impl = sa.LargeBinary
    cache_ok = True

    def load_dialect_impl(self, dialect: Dialect) -> TypeEngine[Any]:
        """BINARY(16) or BLOB."""
        return dialect.type_descriptor(mysql.BINARY(16) if dialect.name == "mysql" else sa.LargeBinary())

    def process_bind_param(self, value: UUID | None, dialect: Dialect) -> bytes | None:
        """The 16 bytes."""
        return None if value is None else value.bytes

    def process_result_value(self, value: bytes | None, dialect: Dialect) -> UUID | None:
        """The UUID."""
        return None if value is None else UUID(bytes=value)


class UtcDateTime(TypeDecorator[datetime]):
    """An instant to the microsecond. Naive datetimes are refused with ValueError; what comes back is aware UTC."""

    impl = sa.DateTime
    cache_ok = True

    def load_dialect_impl(self, dialect: Dialect) -> TypeEngine[Any]:
        """DATETIME(6), or ISO text of fixed width that sorts as the instants do."""
        return dialect.type_descriptor(mysql.DATETIME(fsp=6) if dialect.name == "mysql" else sa.DateTime())

    def process_bind_param(self, value: datetime | None, dialect: Dialect) -> datetime | None:
        """The same instant in UTC, without a zone."""
        if value is None:
            return None
        if value.tzinfo is None:
            raise ValueError("a datetime without a time zone cannot be stored")
        return value.astimezone(UTC).replace(tzinfo=None)

    def process_result_value(self, value: datetime | None, dialect: Dialect) -> datetime | None:
        """The instant in UTC."""
        return None if value is None else value.replace(tzinfo=UTC)


class Duration(TypeDecorator[timedelta]):
    """A length of time to the microsecond, as a number of them."""

    impl = sa.BigInteger
    cache_ok = True

    def process_bind_param(self, value: timedelta | None, dialect: Dialect) -> int | None:
        """How many microseconds."""
        return None if value is None else value // MICROSECOND

    def process_result_value(self, value: int | None, dialect: Dialect) -> timedelta | None:
        """So many microseconds."""
        return None if value is None else value * MICROSECOND


class KeyText(TypeDecorator[str]):
    """Text of at most `length` characters, equal only to exactly itself: case, accents and trailing spaces count.

    UTF-8 bytes on MariaDB and MySQL, because they share no collation that takes trailing spaces for characters; it
    sorts by code point everywhere.
    """

    impl = sa.LargeBinary
    cache_ok = True

    def __init__(self, length: int) -> None:
        super().__init__(length)
        self.length = length

    def load_dialect_impl(self, dialect: Dialect) -> TypeEngine[Any]:
        """VARBINARY, or VARCHAR where comparison is binary anyway."""
        wide = dialect.name == "mysql"
        return dialect.type_descriptor(mysql.VARBINARY(4 * self.length) if wide else sa.String(self.length))

    def process_bind_param(self, value: str | None, dialect: Dialect) -> Any:
        """UTF-8."""
        return value.encode() if value is not None and dialect.name == "mysql" else value

    def process_result_value(self, value: Any, dialect: Dialect) -> str | None:
        """The text."""
        return value.decode() if isinstance(value, bytes) else value


class KeyBytes(TypeDecorator[bytes]):
    """At most `length` bytes that can be a key, such as a digest."""

    impl = sa.LargeBinary
    cache_ok = True

    def __init__(self, length: int) -> None:
        super().__init__(length)
        self.length = length

    def load_dialect_impl(self, dialect: Dialect) -> TypeEngine[Any]:
        """VARBINARY, or BLOB."""
        kind = mysql.VARBINARY(self.length) if dialect.name == "mysql" else sa.LargeBinary()
        return dialect.type_descriptor(kind)


class LongText(TypeDecorator[str]):
    """Text of up to 16 MB; not for keys."""

    impl = sa.Text
    cache_ok = True

    def load_dialect_impl(self, dialect: Dialect) -> TypeEngine[Any]:
        """MEDIUMTEXT or TEXT."""
        return dialect.type_descriptor(mysql.MEDIUMTEXT() if dialect.name == "mysql" else sa.Text())


class LongBytes(TypeDecorator[bytes]):
    """Up to 16 MB; not for keys."""

    impl = sa.LargeBinary
    cache_ok = True

    def load_dialect_impl(self, dialect: Dialect) -> TypeEngine[Any]:
        """MEDIUMBLOB or BLOB."""
        return dialect.type_descriptor(mysql.MEDIUMBLOB() if dialect.name == "mysql" else sa.LargeBinary())


class EnumText(TypeDecorator[E], Generic[E]):
    """The value of a StrEnum as short text; new members need no migration."""

    impl = sa.String
    cache_ok = True

    def __init__(self, enum: type[E], length: int = 32) -> None:
        super().__init__(length)
        self.enum = enum

    def process_bind_param(self, value: E | None, dialect: Dialect) -> str | None:
        """The member's value."""
        return None if value is None else self.enum(value).value

    def process_result_value(self, value: str | None, dialect: Dialect) -> E | None:
        """The member; ValueError when the text names none."""
        return None if value is None else self.enum(value)


class JsonValue(TypeDecorator[T], Generic[T]):
    """Anything msgspec understands (tuples, Structs, frozen dataclasses, enums) as JSON text, decoded to its type."""

    impl = sa.Text
    cache_ok = True

    def __init__(self, type: Any) -> None:
        super().__init__()
        self.type = type
        self._decoder = msgspec.json.Decoder(type)

    def load_dialect_impl(self, dialect: Dialect) -> TypeEngine[Any]:
        """MEDIUMTEXT or TEXT."""
        return dialect.type_descriptor(mysql.MEDIUMTEXT() if dialect.name == "mysql" else sa.Text())

    def process_bind_param(self, value: T | None, dialect: Dialect) -> str | None:
        """Compact JSON."""
        return None if value is None else msgspec.json.encode(value).decode()

    def process_result_value(self, value: str | None, dialect: Dialect) -> T | None:
        """The value; msgspec.ValidationError when the text is not of this type."""
        return None if value is None else self._decoder.decode(value)
