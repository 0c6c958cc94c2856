"""The service as operators run it: real processes with their own settings, folder and port, gone with the test."""

import contextlib
import os
import re
import signal
import subprocess
import sys
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from unittest import mock

import httpx
from click.testing import CliRunner

from asperguide.cli import main
from asperguide.settings.reading import FIELDS
from tests import smtp_server
from tests.servers import LOCALHOST, MariaDB, RedisServer, die_with_parent, free_port, wait_until

COMMAND = (sys.executable, "-m", "asperguide")
SECRET = "7Yt-kP0zQ2mVx9LrA4bN8cDe1fGh5iJu6wSaMnBvCxZ"
CAPSULE_KEY = "Xq3vN0c9yK7mZr5tLw8uBf2hGd6sJa4pEoViCx1lQkM"
UNLIMITED = {"RATE_LIMIT_ANONYMOUS": "100000", "RATE_LIMIT_USER": "100000", "RATE_LIMIT_CREDENTIALS": "100000"}
READY = {"worker": "Working on jobs", "scheduler": "Firing schedules"}
ERROR_LINE = re.compile(r'^\{"timestamp":"[^"]*","level":"(?:error|critical)".*$|^Traceback .*$', re.MULTILINE)


def environment(**settings: object) -> dict[str, str]:
    """The environment of this test run without any setting of the service, and with these."""
    ours = {name.upper() for name in FIELDS} | {f"{name.upper()}_FILE" for name in FIELDS}
    kept = {name: value for name, value in os.environ.items() if name not in ours}
    return {**kept, "PYTHONUNBUFFERED": "1", "COLUMNS": "200", **{name: str(value) for name, value in settings.items()}}


def on_mariadb(server: MariaDB, database: str) -> dict[str, str]:
    """Settings for a schema of this server."""
    return {
        "SQL_HOST": server.host,
        "SQL_PORT": str(server.port),
        "SQL_USERNAME": server.user,
        "SQL_PASSWORD": server.password,
        "SQL_DATABASE": database,
        "OAUTH_SECRET_KEY": SECRET,
        "SERVER_HOST": LOCALHOST,
    }


def on_redis(server: RedisServer) -> dict[str, str]:
    """Settings for this Redis over TCP."""
    return {"REDIS_HOST": server.host, "REDIS_PORT": str(server.port), "REDIS_PASSWORD": server.password}


def on_redis_socket(server: RedisServer) -> dict[str, str]:
    """Settings for this Redis over its unix socket."""
    return {"REDIS_SOCKET_PATH": str(server.socket_path), "REDIS_PASSWORD": server.password}


@dataclass(kw_only=True)
class Service:
    """One process of the service (and its children), with everything it printed in `log`."""

    arguments: Sequence[str]
    folder: Path
    settings: Mapping[str, object]
    log: Path
    port: int = 0
    process: "subprocess.Popen[bytes] | None" = field(default=None, repr=False)

    @property
    def url(self) -> str:
        """Where it listens."""
        return f"http://{LOCALHOST}:{self.port}"

    @property
    def printed(self) -> str:
        """Everything that it wrote so far."""
        return self.log.read_text() if self.log.exists() else ""

    def start(self, deadline: float = 60.0) -> "Service":
        """Run it, and wait until it does what it is there for. RuntimeError with its words when it ends instead."""
        serves = self.arguments[0] == "serve"
        self.port = self.port or free_port()
        settings = {**self.settings, "SERVER_PORT": self.port} if serves else self.settings
        with self.log.open("ab") as log:
            self.process = subprocess.Popen(
                [*COMMAND, *self.arguments],
                cwd=self.folder,
                env=environment(**settings),
                stdin=subprocess.DEVNULL,
                stdout=log,
                stderr=log,
                start_new_session=True,
                preexec_fn=die_with_parent,
            )
        ready = self._answers if serves else lambda: READY[self.arguments[0]] in self.printed
        wait_until(lambda: self.ended() or ready(), deadline, f"{self.arguments} did not become ready: {self.printed}")
        if self.ended():
            raise RuntimeError(f"{self.arguments} ended at once:\n{self.printed}")
        return self

    def ended(self) -> bool:
        """Whether the main process is over."""
        return self.process is None or self.process.poll() is not None

    def stop(self, how: signal.Signals = signal.SIGTERM, deadline: float = 30.0) -> int:
        """Ask the main process to end; its exit code."""
        assert self.process is not None
        self.process.send_signal(how)
        return self.process.wait(deadline)

    def kill(self) -> None:
        """End everything at once, as a power failure would."""
        if self.process is None:
            return
        for pid in self.living():
            with contextlib.suppress(ProcessLookupError):
                os.kill(pid, signal.SIGKILL)
        self.process.wait(10)

    def living(self) -> list[int]:
        """The processes of its session that are not over."""
        assert self.process is not None
        everybody = (int(path.name) for path in Path("/proc").iterdir() if path.name.isdigit())
        return [pid for pid in everybody if _session(pid) == self.process.pid]

    def children(self) -> list[int]:
        """Those of `serve --workers` and `serve --reload` that serve (multiprocessing keeps one for itself)."""
        assert self.process is not None
        others = (pid for pid in self.living() if pid != self.process.pid)
        return [pid for pid in others if b"spawn_main" in Path(f"/proc/{pid}/cmdline").read_bytes()]

    def errors(self) -> list[str]:
        """What it logged that somebody would have to look at."""
        return ERROR_LINE.findall(self.printed)

    def _answers(self) -> bool:
        try:
            return httpx.get(f"{self.url}/health/live", timeout=2).status_code == 200
        except httpx.HTTPError:
            return False


def _session(pid: int) -> int:
    """The session of a living process; 0 when it is over."""
    try:
        state, _, _, session = Path(f"/proc/{pid}/stat").read_text().rpartition(")")[2].split()[:4]
    except (OSError, ValueError):
        return 0
    return 0 if state in "ZX" else int(session)


def asperguide(
    *arguments: str, folder: Path, stdin: str = "", deadline: float = 60.0, **settings: object
) -> "subprocess.CompletedProcess[str]":
    """Run a command of the command line to its end."""
    return subprocess.run(
        [*COMMAND, *arguments],
        cwd=folder,
        env=environment(**settings),
        input=stdin,
        capture_output=True,
        text=True,
        timeout=deadline,
        check=False,
        start_new_session=True,  # without a terminal, which passwords would be read from
    )


def asperguide_here(
    *arguments: str, folder: Path, stdin: str = "", **settings: object
) -> "subprocess.CompletedProcess[str]":
    """The same command in this process, which saves a second; for tests without a running loop."""
    env = environment(**settings)
    gone = dict.fromkeys(os.environ.keys() - env.keys())
    runner = CliRunner()
    with (
        contextlib.chdir(folder),
        mock.patch.object(sys, "argv", ["asperguide", *arguments]),
        runner.isolation(stdin, {**env, **gone}) as (out, err, _),
    ):
        try:
            main()
            code = 0
        except SystemExit as end:
            code = int(end.code or 0)
        sys.stdout.flush()
        return subprocess.CompletedProcess(arguments, code, out.getvalue().decode(), err.getvalue().decode())


def on_smtp(port: int, ca_file: Path) -> dict[str, str]:
    """Settings for the SMTP server of tests: STARTTLS on a certificate that only this authority vouches for."""
    return {
        "SMTP_HOST": LOCALHOST,
        "SMTP_PORT": str(port),
        "SMTP_CA_FILE": str(ca_file),
        "SMTP_USERNAME": smtp_server.USERNAME,
        "SMTP_PASSWORD": smtp_server.PASSWORD,
        "SMTP_TIMEOUT_SECONDS": "3",
    }
