"""Maintenance over several processes that share no more than a database."""

import json
from pathlib import Path

import httpx

from tests.e2e.conftest import Launch
from tests.e2e.service import asperguide_here, on_mariadb
from tests.servers import MariaDB, wait_until


def test_every_process_obeys_within_five_seconds_and_after_a_restart(
    mariadb: MariaDB, mariadb_database: str, tmp_path: Path, launch: Launch
) -> None:
    settings = {**on_mariadb(mariadb, mariadb_database), "DRAIN_SECONDS": "0"}
    assert asperguide_here("migrate", "up", folder=tmp_path, **settings).returncode == 0
    one, two = launch("serve", **settings), launch("serve", **settings)
    words = ("--message", "Back at noon.", "--retry-after", "90")
    told = asperguide_here("maintenance", "on", *words, folder=tmp_path, **settings)
    assert told.returncode == 0, told.stderr
    wait_until(lambda: {_status(one.url), _status(two.url)} == {503}, 5, "somebody does not obey")
    assert httpx.get(f"{two.url}/health/ready").status_code == 200
    assert two.stop() == 0
    two.start()
    assert _status(two.url) == 503
    assert asperguide_here("maintenance", "off", folder=tmp_path, **settings).returncode == 0
    wait_until(lambda: {_status(one.url), _status(two.url)} == {200}, 5, "somebody does not serve")


def _status(url: str) -> int:
    return httpx.get(f"{url}/api/v1/users/username-available?username=oneil").status_code


def test_its_state_is_told_in_words_in_json_and_by_exit_code(tmp_path: Path) -> None:
    off = asperguide_here("maintenance", "status", folder=tmp_path)
    assert (off.returncode, off.stdout.strip()) == (0, "off")
    for words in (("--message", "x" * 201), ("--retry-after", "0")):
        assert asperguide_here("maintenance", "on", *words, folder=tmp_path).returncode == 2
    assert asperguide_here("maintenance", "on", "--message", "Back at noon.", folder=tmp_path).returncode == 0
    on = asperguide_here("maintenance", "status", folder=tmp_path)
    assert on.returncode == 1 and "Back at noon. (try again after 300 s)" in on.stdout
    assert "asperguide maintenance off" in asperguide_here("doctor", folder=tmp_path).stdout
    found = json.loads(asperguide_here("maintenance", "status", "--json", folder=tmp_path).stdout)
    assert (found["message"], found["retry_after"]) == ("Back at noon.", 300)
    assert asperguide_here("maintenance", "off", folder=tmp_path).returncode == 0
    assert "no maintenance" in asperguide_here("maintenance", "off", folder=tmp_path).stdout
