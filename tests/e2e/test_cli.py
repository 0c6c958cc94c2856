"""The command line as operators use it: secrets are asked for, and exit codes mean something."""

import contextlib
import json
import os
import pty
import re
import shutil
import signal
import sqlite3
import subprocess
from collections.abc import Mapping
from email.message import EmailMessage
from pathlib import Path

import httpx
import pytest

from tests.e2e.people import PASSWORD, Folder
from tests.e2e.service import COMMAND, SECRET, asperguide, asperguide_here, environment, on_mariadb, on_redis
from tests.servers import MariaDB, RedisServer, free_port, wait_until

ROOT = Path(__file__).parents[2]
NEW_PASSWORD = "velvet-harbour-29-cobalt"


def answering(*arguments: str, folder: Path, answers: Mapping[str, str], **settings: object) -> tuple[int, str]:
    """Run a command on a terminal and type an answer to each question: its exit code and the screen."""
    pid, terminal = pty.fork()
    if pid == 0:
        os.chdir(folder)
        os.execve(COMMAND[0], [*COMMAND, *arguments], environment(**settings))
    screen = b""
    asked = list(answers.items())
    with os.fdopen(terminal, "r+b", buffering=0) as typing:
        with contextlib.suppress(OSError):  # what reading from a terminal ends with
            while part := typing.read(1024):
                screen += part
                if asked and screen.decode(errors="replace").rstrip().endswith(asked[0][0]):
                    typing.write(asked.pop(0)[1].encode() + b"\n")
        _, status = os.waitpid(pid, 0)
    assert asked == [], screen.decode()
    return os.waitstatus_to_exitcode(status), screen.decode()


@pytest.fixture
def admin(tmp_path: Path) -> Path:
    """A folder whose service has an administrator, made at a terminal."""
    answers = {
        "Email:": "siobhan@example.org",
        "Username:": "siobhan",
        "Full name:": "Siobhán O'Neil",
        "Password:": PASSWORD,
        "Repeat for confirmation:": PASSWORD,
    }
    code, screen = answering("users", "create-admin", folder=tmp_path, answers=answers)
    assert code == 0, screen
    assert "siobhan is an administrator" in screen
    assert PASSWORD not in screen
    return tmp_path


def accounts(folder: Path) -> list[dict[str, object]]:
    listed = asperguide_here("users", "list", "--json", folder=folder)
    assert listed.returncode == 0, listed.stderr
    return [json.loads(line) for line in listed.stdout.splitlines()]


def test_an_administrator_is_made_suspended_restored_and_given_a_new_password(admin: Path) -> None:
    (found,) = accounts(admin)
    assert (found["state"], found["roles"]) == ("active", ["user", "admin"])
    assert "Siobhán O'Neil" in asperguide_here("users", "list", folder=admin).stdout
    last = asperguide_here("users", "suspend", "siobhan", folder=admin)
    assert (last.returncode, "last administrator" in last.stderr) == (1, True)
    second = asperguide(
        "users", "create-admin", folder=admin,
        stdin=f"amelie@example.org\namelie\nAmélie Lefèvre\n{PASSWORD}\n{PASSWORD}\n",
    )  # fmt: skip
    assert second.returncode == 0, second.stderr
    for who in ("amelie", "amelie@example.org", "AMELIE"):
        assert asperguide_here("users", "suspend", who, folder=admin).returncode == 0
        assert {account["username"]: account["state"] for account in accounts(admin)}["amelie"] == "suspended"
        assert asperguide_here("users", "restore", who, folder=admin).returncode == 0
    answers = {"Password:": NEW_PASSWORD, "Repeat for confirmation:": NEW_PASSWORD}
    code, screen = answering("users", "reset-password", "siobhan", folder=admin, answers=answers)
    assert (code, NEW_PASSWORD in screen) == (0, False)


def test_refusals_are_one_sentence_and_exit_code_1(admin: Path) -> None:
    unknown = asperguide_here("users", "suspend", "nobody", folder=admin)
    assert (unknown.returncode, unknown.stderr) == (1, "asperguide: There is no such user.\n")
    weak = asperguide_here("users", "reset-password", "siobhan", folder=admin, stdin="password1\npassword1\n")
    assert (weak.returncode, "very common password" in weak.stderr) == (1, True)
    taken = asperguide(
        "users", "create-admin", folder=admin, stdin=f"x@example.org\nSiobhan\nX\n{PASSWORD}\n{PASSWORD}\n"
    )
    assert (taken.returncode, "taken" in taken.stderr) == (1, True)
    wrong = asperguide_here(
        "users", "create-admin", folder=admin, stdin=f"no address\nx\n\nX\n{PASSWORD}\n{PASSWORD}\n"
    )
    assert wrong.returncode == 1
    assert "#/email" in wrong.stderr and "#/username" in wrong.stderr
    state = asperguide_here("users", "list", "--state", "happy", folder=admin)
    assert (state.returncode, "Traceback" in state.stderr) == (1, False)


def test_what_the_command_line_does_not_know_is_exit_code_2(tmp_path: Path) -> None:
    assert asperguide_here("fly", folder=tmp_path).returncode == 2
    assert asperguide_here("serve", "--workers", "none", folder=tmp_path).returncode == 2
    version = asperguide_here("--version", folder=tmp_path)
    assert (version.returncode, "0.1.0" in version.stdout) == (0, True)


def test_a_password_is_never_an_argument(admin: Path) -> None:
    stdin = f"amelie@example.org\namelie\nAmélie\n{PASSWORD}\n{PASSWORD}\n"
    for command in (("create-admin",), ("reset-password", "siobhan")):
        for given in (("--password", NEW_PASSWORD), (f"--password={NEW_PASSWORD}",)):
            refused = asperguide_here("users", *command, *given, folder=admin, stdin=stdin)
            assert refused.returncode == 2, refused.stdout
        assert "--password" not in asperguide_here("users", *command, "--help", folder=admin).stdout
    assert [account["username"] for account in accounts(admin)] == ["siobhan"]


def findings(folder: Path, **settings: object) -> tuple[int, dict[str, dict[str, object]]]:
    """The exit code of `doctor` and what it says, by dependency."""
    said = asperguide_here("doctor", "--json", folder=folder, **settings)
    assert said.stdout, said.stderr
    return said.returncode, {finding["name"]: finding for finding in json.loads(said.stdout)["findings"]}


def test_the_doctor_finds_an_embedded_service_well(tmp_path: Path) -> None:
    code, found = findings(tmp_path)
    assert (code, {name: finding["well"] for name, finding in found.items()}) == (
        0,
        {"database": True, "storage": True, "ffmpeg": True, "jail": True, "vault": True, "maintenance": True},
    )
    table = asperguide_here("doctor", folder=tmp_path)
    assert (table.returncode, "SQLite" in table.stdout) == (0, True)


def test_the_doctor_names_each_dependency_that_is_ill(
    mariadb: MariaDB, mariadb_database: str, redis_server: RedisServer, tmp_path: Path
) -> None:
    good = {**on_mariadb(mariadb, mariadb_database), **on_redis(redis_server)}
    code, found = findings(tmp_path, **good)
    assert (code, found["database"]["well"]) == (1, True)
    assert "asperguide migrate up" in str(found["schema"]["advice"])
    asperguide_here("migrate", "up", folder=tmp_path, **good)
    code, found = findings(tmp_path, **good)
    assert (code, all(finding["well"] for finding in found.values())) == (0, True), found
    ill = {"database": ("SQL_PASSWORD", 1), "redis": ("REDIS_PASSWORD", 0), "smtp": ("SMTP_HOST", 0)}
    for name, (setting, exit_code) in ill.items():
        broken = {"SMTP_HOST": "127.0.0.1", "SMTP_PORT": free_port()} if name == "smtp" else {setting: "wrong"}
        code, found = findings(tmp_path, **{**good, **broken})
        assert code == exit_code, name
        sick = [one for one, finding in found.items() if not finding["well"]]
        assert sick == (["database", "schema", "invariants"] if name == "database" else [name])
        assert setting in str(found[name]["advice"])


def test_settings_are_shown_without_secrets(tmp_path: Path) -> None:
    secrets = {"OAUTH_SECRET_KEY": SECRET, "SQL_PASSWORD": "hunter2-sql", "REDIS_PASSWORD": "hunter2-redis"}
    shown = asperguide_here("settings", folder=tmp_path, SMTP_PASSWORD="hunter2-smtp", **secrets)
    assert shown.returncode == 0
    assert "hunter2" not in shown.stdout and SECRET not in shown.stdout
    assert "OAUTH_SECRET_KEY=******" in shown.stdout and "SERVER_PORT=5000" in shown.stdout
    as_json = json.loads(asperguide_here("settings", "--json", folder=tmp_path, **secrets).stdout)
    assert (as_json["sql_password"], as_json["smtp_password"]) == ("******", "")


@pytest.mark.parametrize("algorithm", ["HS256", "EdDSA", "ES256", "RS256"])
def test_keys_that_are_made_are_keys_that_are_taken(tmp_path: Path, algorithm: str) -> None:
    made = asperguide_here("keys", "new", "--algorithm", algorithm, folder=tmp_path)
    assert made.returncode == 0, made.stderr
    (tmp_path / "key").write_text(made.stdout)
    name = "OAUTH_SECRET_KEY_FILE" if algorithm == "HS256" else "OAUTH_PRIVATE_KEY_FILE"
    taken = asperguide_here("users", "list", folder=tmp_path, OAUTH_ALGORITHM=algorithm, **{name: tmp_path / "key"})
    assert taken.returncode == 0, taken.stderr


def test_keys_of_capsules_are_made_taken_and_named_but_never_shown(tmp_path: Path) -> None:
    made = [asperguide_here("keys", "new", "--capsule", name, folder=tmp_path) for name in ("2031-05", "2030")]
    assert [one.returncode for one in made] == [0, 0], made
    entries = "".join(one.stdout for one in made)
    (tmp_path / "keys").write_text(entries)
    shown = asperguide_here("keys", "list", folder=tmp_path, CAPSULE_KEYS_FILE=tmp_path / "keys")
    assert shown.stdout == "2031-05  current\n2030\n"
    assert "keys: 2031-05, 2030" in str(findings(tmp_path, CAPSULE_KEYS_FILE=tmp_path / "keys")[1]["vault"])
    kept = asperguide_here("keys", "list", folder=tmp_path)
    assert kept.stdout.strip().removesuffix("  current") + ":" in (tmp_path / "var" / "capsule-keys").read_text()
    for words in (["--capsule", "May 2031"], ["--capsule", "2031", "--algorithm", "EdDSA"]):
        assert asperguide_here("keys", "new", *words, folder=tmp_path).returncode == 2


@pytest.mark.parametrize("where", ["sqlite", "mariadb"])
def test_the_schema_goes_up_down_to_nothing_and_up_again(
    tmp_path: Path, where: str, request: pytest.FixtureRequest
) -> None:
    settings: dict[str, str] = {}
    if where == "mariadb":
        server = request.getfixturevalue("mariadb")
        settings = on_mariadb(server, request.getfixturevalue("mariadb_database"))

    def migrate(*arguments: str, code: int = 0) -> str:
        ran = asperguide_here("migrate", *arguments, folder=tmp_path, **settings)
        assert ran.returncode == code, ran.stdout + ran.stderr
        return ran.stdout

    assert "Run: asperguide migrate up" in migrate("status", code=1)
    assert migrate("check", code=1) != ""
    head = migrate("up").split()[-1]
    assert migrate("status").split()[1] == head.rstrip(".")
    assert migrate("check") == "The database is what the program declares.\n"
    assert "none" in migrate("down", "base")
    migrate("up", "+1")
    migrate("down")
    assert migrate("up").split()[-1] == head
    assert migrate("check") == "The database is what the program declares.\n"


def test_what_cannot_be_migrated_is_told_in_a_sentence(tmp_path: Path) -> None:
    def refused(*arguments: str) -> str:
        ran = asperguide_here("migrate", *arguments, folder=tmp_path)
        assert (ran.returncode, "Traceback" in ran.stderr) == (1, False), ran.stderr
        return ran.stdout + ran.stderr

    assert "-1" in refused("down")
    assert asperguide_here("migrate", "up", folder=tmp_path).returncode == 0
    for command in (("down", "0000"), ("up", "nowhere"), ("down", "--", "-999"), ("sql", "0000")):
        assert "Revisions are 0001 to" in refused(*command), command
    with contextlib.closing(sqlite3.connect(tmp_path / "var" / "asperguide.sqlite3")) as database, database:
        database.execute("UPDATE alembic_version SET version_num = '9999'")
    for command in (("status",), ("up",), ("down",), ("down", "0001"), ("new", "x")):
        assert "update the program" in refused(*command), command
    assert "migrate up" not in refused("status")


def test_the_schema_can_be_written_as_sql(tmp_path: Path, mariadb: MariaDB, mariadb_database: str) -> None:
    for dialect in ("sqlite", "mysql", "mariadb"):
        written = asperguide_here("migrate", "sql", "--dialect", dialect, folder=tmp_path)
        assert written.returncode == 0, written.stderr
        assert "CREATE TABLE users" in written.stdout
    for statement in written.stdout.split(";\n"):
        if statement.strip():
            mariadb.run(statement, mariadb_database)
    checked = asperguide_here("migrate", "check", folder=tmp_path, **on_mariadb(mariadb, mariadb_database))
    assert (checked.returncode, checked.stdout) == (0, "The database is what the program declares.\n")


def test_a_revision_is_written_next_to_the_others(tmp_path: Path) -> None:
    checkout = tmp_path / "checkout"
    for folder in ("src", "migrations"):
        shutil.copytree(ROOT / folder, checkout / folder, ignore=shutil.ignore_patterns("__pycache__"))
    copied = {"PYTHONPATH": str(checkout / "src")}
    assert asperguide("migrate", "up", folder=tmp_path, **copied).returncode == 0
    made = asperguide("migrate", "new", "nothing at all", folder=tmp_path, **copied)
    assert made.returncode == 0, made.stderr
    path = Path(made.stdout.strip())
    assert path.parent == checkout / "migrations" / "versions"
    assert "Nothing at all." in path.read_text()
    behind = asperguide("migrate", "status", folder=tmp_path, **copied)
    assert (behind.returncode, "Run: asperguide migrate up" in behind.stdout) == (1, True)


def test_the_openapi_document_and_the_errors_are_printed_and_checked(tmp_path: Path) -> None:
    document = asperguide_here("openapi", folder=tmp_path)
    assert json.loads(document.stdout)["openapi"].startswith("3.1")
    assert '"openapi": "3.1' in asperguide_here("openapi", "--yaml", folder=tmp_path).stdout
    for command, words in (("openapi", document.stdout), ("errors", asperguide_here("errors", folder=tmp_path).stdout)):
        kept = tmp_path / command
        kept.write_text(words)
        assert asperguide_here(command, "--check", str(kept), folder=tmp_path).returncode == 0
        kept.write_text(words + "\n\nmore")
        stale = asperguide_here(command, "--check", str(kept), folder=tmp_path)
        assert (stale.returncode, f"asperguide {command} >" in stale.stderr) == (1, True)
    numbers = re.findall(r"^\| ([0-9]{5}) \|", words, re.MULTILINE)
    assert len(numbers) == len(set(numbers)) > 40


def test_mails_can_be_previewed_in_every_language(tmp_path: Path) -> None:
    ran = asperguide_here("mail", "preview", str(tmp_path / "mails"), folder=tmp_path)
    assert ran.returncode == 0, ran.stderr
    names = {path.name for path in (tmp_path / "mails").iterdir()}
    assert {"verification.en.html", "verification.fr.txt"} <= names
    assert len(names) % 4 == 0


def test_the_demo_tells_the_whole_story(tmp_path: Path) -> None:
    ran = asperguide("demo", "--data-dir", str(tmp_path / "demo"), folder=tmp_path)
    assert ran.returncode == 0, ran.stdout + ran.stderr
    story = (
        "Siobhán O'Neil registers",
        "a mail arrives",
        "the address is confirmed",
        "POST /api/v1/sessions -> 201",
        "it is sealed until",
        "CAPSULE_STILL_SEALED",
        "30 days pass",
        "as it was when I wrote this",
        "answer with a tulip",
        "each token is good once",
        "REFRESH_TOKEN_REUSED",
        "DELETE /api/v1/sessions/current -> 204",
        "That was the tour",
    )
    places = [ran.stdout.index(line) for line in story]
    assert places == sorted(places)
    mails: list[EmailMessage] = Folder(tmp_path / "demo" / "mails").messages()
    assert {str(mail["To"]) for mail in mails} >= {"siobhan.o'neil@example.org", "amelie@example.org"}


def test_the_port_can_be_given_and_ctrl_c_is_no_failure(tmp_path: Path) -> None:
    port = free_port()
    with (tmp_path / "log").open("wb") as log:
        command = [*COMMAND, "serve", "--port", str(port)]
        process = subprocess.Popen(command, cwd=tmp_path, env=environment(), stdout=log, stderr=log)
    try:
        wait_until(lambda: _answers(port), 20)
        process.send_signal(signal.SIGINT)
        assert process.wait(15) == 0
    finally:
        process.kill()


def _answers(port: int) -> bool:
    with contextlib.suppress(httpx.HTTPError):
        return httpx.get(f"http://127.0.0.1:{port}/ping").text == "pong"
    return False
