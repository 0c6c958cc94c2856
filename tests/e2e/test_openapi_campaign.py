"""The OpenAPI document against the running service: Schemathesis, all checks, as a stranger, a user, an administrator.

`just fuzz` makes the campaign long: ASPERGUIDE_FUZZ is the number of examples per operation (2 otherwise).
"""

import os
import subprocess
import sys
from pathlib import Path

import httpx
import pytest

from tests.e2e.conftest import Launch
from tests.e2e.people import PASSWORD, Folder, api_of, bearer, expect, join
from tests.e2e.service import Service, asperguide_here, environment

EXAMPLES = int(os.environ.get("ASPERGUIDE_FUZZ", "2"))
LONG = EXAMPLES > 2
PHASES = "examples,coverage,fuzzing,stateful" if LONG else "examples,coverage,fuzzing"
LEAVING = ("sign_out", "end_all_sessions", "close_account", "end_session", "end_user_sessions")
"""What would end the very session that the campaign runs in; a stranger calls these too."""

CONFIG = """
[auth]
auto-signup = false

# A code, a token or a state can be wrong although its form is right; files can be too large, and of types that are
# not accepted.
[checks.positive_data_acceptance]
expected-statuses = ["2xx", 303, 304, 307, 400, 401, 403, 404, 409, 410, 412, 413, 415, 416, 422, 429, 460, 503]

# What tus answers to another version than its own, and to none.
[checks.negative_data_rejection]
expected-statuses = [400, 401, 403, 404, 405, 406, 409, 412, 413, 415, 422, 428, 429, 503]

[checks.missing_required_header]
expected-statuses = [400, 401, 403, 406, 412, 415, 422, 428]
"""

HOOKS = """
from datetime import datetime

import schemathesis
from hypothesis import strategies

for kind in ("application/offset+octet-stream", "image/avif", "image/bmp", "image/heic", "image/heif", "image/tiff"):
    schemathesis.serializer.alias(kind, "application/octet-stream")
soon = strategies.datetimes(datetime(2027, 1, 1), datetime(2030, 1, 1))
schemathesis.openapi.format("date-time-local", soon.map(datetime.isoformat))
"""


@pytest.fixture
def service(launch: Launch) -> Service:
    """An embedded service without limits."""
    return launch("serve", ENVIRONMENT="local")


def campaign(service: Service, folder: Path, *arguments: str) -> None:
    """Run Schemathesis to its end; what it found is the failure."""
    (folder / "schemathesis.toml").write_text(CONFIG)
    (folder / "hooks.py").write_text(HOOKS)
    env = {**environment(), "SCHEMATHESIS_HOOKS": "hooks"}
    command = [Path(sys.executable).with_name("schemathesis"), "run", f"{service.url}/openapi.json", "--no-color"]
    command += ["--phases", PHASES, "--max-examples", str(EXAMPLES), "--generation-database", "none"]
    command += ["--seed", "1"] if not LONG else []
    ran = subprocess.run(
        [*command, "--continue-on-failure", *arguments],
        cwd=folder,
        env=env,
        capture_output=True,
        text=True,
        timeout=120 + 60 * EXAMPLES,
        check=False,
    )
    assert ran.returncode == 0, ran.stdout[-20_000:] + ran.stderr[-5_000:]


def as_somebody(tokens: dict[str, str]) -> list[str]:
    """Arguments to run as this person, and to stay."""
    leaving = [part for name in LEAVING for part in ("--exclude-operation-id", name)]
    return ["--header", f"Authorization: {bearer(tokens)['authorization']}", *leaving]


def test_strangers_meet_what_the_document_says(service: Service, tmp_path: Path) -> None:
    campaign(service, tmp_path)


async def test_users_meet_what_the_document_says(service: Service, tmp_path: Path) -> None:
    async with api_of(service.url) as api:
        _, tokens = await join(api, Folder(tmp_path / "var" / "mails"))
        campaign(service, tmp_path, *as_somebody(tokens))
        await expect(200, api, "GET", "/users/me", headers=bearer(tokens))


def test_administrators_meet_what_the_document_says(service: Service, tmp_path: Path) -> None:
    answers = f"admin@example.org\nadmin1\nAmélie Lefèvre\n{PASSWORD}\n{PASSWORD}\n"
    made = asperguide_here("users", "create-admin", folder=tmp_path, stdin=answers)
    assert made.returncode == 0, made.stderr
    given = {"login": "admin1", "password": PASSWORD}
    tokens = httpx.post(f"{service.url}/api/v1/sessions", json=given).json()
    own = [] if LONG else ["--include-path-regex", "^/api/v1/admin"]  # for the rest they are users
    campaign(service, tmp_path, *as_somebody(tokens), *own)
    assert httpx.get(f"{service.url}/api/v1/users/me", headers=bearer(tokens)).status_code == 200
