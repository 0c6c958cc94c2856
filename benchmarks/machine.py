"""What a figure was measured on."""

import os
import platform
import subprocess
from datetime import UTC, datetime
from importlib.metadata import PackageNotFoundError, version
from pathlib import Path
from typing import Any

PACKAGES = ("asperguide", "litestar", "uvicorn", "uvloop", "httptools", "msgspec", "pyjwt", "redis", "hiredis")
TWINS = ("fastapi", "pydantic", "starlette", "sqlalchemy", "aiomysql", "pymysql", "argon2-cffi", "libpass")
PROGRAMS = {"mariadbd": "--version", "redis-server": "--version", "wrk": "-v"}


def facts(seed: int) -> dict[str, Any]:
    """Machine, versions, seed and the time, ready for JSON."""
    return {
        "measured_at": datetime.now(UTC).isoformat(timespec="seconds"),
        "seed": seed,
        "machine": {
            "processor": _processor(),
            "cores": os.cpu_count(),
            "system": f"{platform.system()} {platform.release()}",
            "load_average": os.getloadavg()[0],
        },
        "python": f"{platform.python_implementation()} {platform.python_version()}",
        "packages": {name: _version(name) for name in PACKAGES + TWINS},
        "programs": {name: _program(name, flag) for name, flag in PROGRAMS.items()},
    }


def _processor() -> str:
    for line in Path("/proc/cpuinfo").read_text().splitlines():
        if line.startswith("model name"):
            return line.partition(":")[2].strip()
    return platform.machine()


def _version(package: str) -> str:
    try:
        return version(package)
    except PackageNotFoundError:
        return "absent"


def _program(name: str, flag: str) -> str:
    try:
        told = subprocess.run([name, flag], capture_output=True, text=True, check=False)
    except FileNotFoundError:
        return "absent"
    return (told.stdout + told.stderr).splitlines()[0].strip()
