"""Where settings come from: `config.toml`, `.env` and the environment; the later wins.

Each field is a variable of the same name in capitals. `NAME_FILE` gives a file that holds the value instead. An empty
variable counts as not given.
"""

import os
import re
import tomllib
from collections.abc import Mapping
from pathlib import Path
from typing import Any

import msgspec

from asperguide.settings.model import Settings, SettingsRefused
from asperguide.settings.safety import check

FIELDS = {field.name: field.type for field in msgspec.structs.fields(Settings)}
QUOTED = re.compile(r"""(["'])(?P<value>.*)\1(\s+#.*)?""")


def load(environ: Mapping[str, str] | None = None, folder: Path = Path()) -> Settings:
    """Read and check everything. Raises SettingsRefused with one message that names the setting."""
    environ = os.environ if environ is None else environ
    values = {
        **_named("config.toml", _from_toml(folder / "config.toml")),
        **_named(".env", _from_dotenv(folder / ".env")),
        **_named("environment", {name: value for name, value in environ.items() if name.isupper() and _field(name)}),
    }
    return check(Settings(**{name: _converted(name, value) for name, value in values.items()}))


def _from_toml(path: Path) -> dict[str, Any]:
    try:
        return tomllib.loads(_text(path)) if path.exists() else {}
    except tomllib.TOMLDecodeError as error:
        raise SettingsRefused(f"{path.name}: {error}.") from error


def _from_dotenv(path: Path) -> dict[str, str]:
    """`NAME=value` lines; an `export ` in front, quotes around the value and `#` comments are allowed."""
    found: dict[str, str] = {}
    for number, line in enumerate(_text(path).splitlines() if path.exists() else (), 1):
        text = line.strip().removeprefix("export ")
        if not text or text.startswith("#"):
            continue
        name, equals, value = text.partition("=")
        if not equals:
            raise SettingsRefused(f"{path.name} line {number}: expected NAME=value.")
        quoted = QUOTED.fullmatch(value.strip())
        found[name.strip()] = quoted["value"] if quoted else value.partition(" #")[0].strip()
    return found


def _named(source: str, found: Mapping[str, Any]) -> dict[str, Any]:
    """The values by field, with files read in the place of their paths."""
    values: dict[str, Any] = {}
    for name, value in found.items():
        if (field := _field(name)) is None:
            raise SettingsRefused(f"{source}: unknown setting {name}.")
        if value == "":
            continue
        if field in values:
            raise SettingsRefused(f"{source}: {field.upper()} is given twice.")
        values[field] = value if field == name.lower() else _text(Path(str(value)), name.upper()).strip()
    return values


def _field(name: str) -> str | None:
    """The field that a variable sets, itself or by its file."""
    return next((field for field in (name.lower(), name.lower().removesuffix("_file")) if field in FIELDS), None)


def _text(path: Path, name: str | None = None) -> str:
    try:
        return path.read_text(encoding="utf-8-sig")
    except OSError as error:
        raise SettingsRefused(f"{name or path.name}: {path} cannot be read: {error.strerror}.") from error
    except UnicodeDecodeError:
        raise SettingsRefused(f"{name or path.name}: {path} is not UTF-8 text.") from None


def _converted(name: str, value: Any) -> Any:
    if FIELDS[name] == tuple[str, ...] and isinstance(value, str):
        value = [part.strip() for part in value.split(",") if part.strip()]
    if FIELDS[name] in (bool, bool | None) and isinstance(value, str):
        value = {"yes": True, "on": True, "no": False, "off": False}.get(value.lower(), value)
    if name == "log_level" and isinstance(value, str):
        value = value.lower()
    try:
        return msgspec.convert(value, FIELDS[name], strict=False, dec_hook=lambda kind, path: kind(path))
    except (msgspec.ValidationError, TypeError) as error:
        raise SettingsRefused(f"{name.upper()}: {error}.") from error
