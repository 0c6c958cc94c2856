"""What operators deploy: compose.yaml, the image and the proxy say what the program knows, and do what they promise."""

import contextlib
import os
import re
import socket
import subprocess
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import httpx
import pytest
import rich_click as click
import yaml

from asperguide.cli import cli
from asperguide.settings import Settings, load
from asperguide.settings.reading import FIELDS
from tests.e2e.conftest import Launch
from tests.e2e.people import Folder, api_of, bearer, expect, join
from tests.servers import LOCALHOST, Daemon, free_port, need, program, wait_until

ROOT = Path(__file__).parents[2]
COMPOSE: dict[str, Any] = yaml.safe_load((ROOT / "compose.yaml").read_text())
OURS = {name: service for name, service in COMPOSE["services"].items() if service["image"] == "asperguide"}
PROXY = ROOT / "deploy" / "haproxy.cfg"
CLIENT = "127.0.0.2"


def test_every_command_of_the_compose_file_is_one_of_the_program() -> None:
    commands = {name: service["command"] for name, service in OURS.items()}
    assert commands == {
        "migrate": ["migrate", "up"],
        **{name: ["serve"] for name in ("api-1", "api-2")},
        **{name: ["worker"] for name in ("worker-1", "worker-2")},
    }
    asked = [service["healthcheck"]["test"][2:] for name, service in OURS.items() if name.startswith("worker")]
    for words in [*commands.values(), *asked]:
        _parse(cli, words)


def _parse(command: click.Command, words: list[str]) -> None:
    """Raises click.UsageError for commands, arguments and options that do not exist."""
    context = command.make_context(None, list(words))
    if isinstance(command, click.Group):
        _, inner, rest = command.resolve_command(context, [*context._protected_args, *context.args])
        assert inner is not None
        _parse(inner, rest)


def test_every_variable_of_the_compose_file_is_a_setting_and_all_of_them_are_accepted(tmp_path: Path) -> None:
    secrets = tmp_path / "secrets"
    subprocess.run([ROOT / "deploy" / "make-secrets", secrets], check=True)
    assert {path.name for path in secrets.iterdir()} == set(COMPOSE["secrets"])
    for service in OURS.values():
        given = {name: _defaulted(value) for name, value in service["environment"].items()}
        unknown = {name for name in given if name.lower().removesuffix("_file") not in FIELDS}
        assert unknown == set()
        found = _loaded(given, secrets)
        assert (found.embedded, found.uses_redis, found.serves_jobs) == (False, True, False)
        assert [len(key) for key in found.vault_keys.values()] == [32]
        assert found.oauth_secret_key == (secrets / "oauth_secret_key").read_text().strip()
        public = {"ENVIRONMENT": "production", "PUBLIC_URL": "https://guides.example.org", "SMTP_SECURITY": "starttls"}
        assert _loaded({**given, **public}, secrets).environment == "production"


def _defaulted(value: str) -> str:
    """The value as compose reads it in an empty environment."""
    return re.sub(r"\$\{\w+:-(.*?)\}", r"\1", str(value))


def _loaded(environ: dict[str, str], secrets: Path) -> Settings:
    return load({name: value.replace("/run/secrets", str(secrets)) for name, value in environ.items()}, secrets)


def test_secrets_are_made_once(tmp_path: Path) -> None:
    subprocess.run([ROOT / "deploy" / "make-secrets", tmp_path], check=True)
    first = {path.name: path.read_text() for path in tmp_path.iterdir()}
    assert len(set(first.values())) == len(first)
    subprocess.run([ROOT / "deploy" / "make-secrets", tmp_path], check=True)
    assert {path.name: path.read_text() for path in tmp_path.iterdir()} == first


@pytest.mark.parametrize("name", COMPOSE["services"])
def test_every_service_has_only_what_it_needs(name: str) -> None:
    service = COMPOSE["services"][name]
    assert service["read_only"] is True
    assert service["cap_drop"] == ["ALL"]
    assert service["user"] not in ("root", "0", "0:0")
    assert {"cpus", "memory", "pids"} <= set(service["deploy"]["resources"]["limits"])
    assert not re.search("password|secret|key", " ".join(_plain(service.get("environment", {}))), re.IGNORECASE)
    assert "healthcheck" in service or service["image"] == "asperguide"
    assert all(port.startswith("127.0.0.1:") for port in service.get("ports", ()))


def _plain(environment: dict[str, str]) -> list[str]:
    return [name for name in environment if not name.endswith("_FILE")]


def test_a_process_has_time_to_drain_before_it_is_killed() -> None:
    drain = Settings().drain_seconds + 20
    assert all(int(service["stop_grace_period"].removesuffix("s")) > drain for service in OURS.values())


def test_the_image_ends_as_root_never_and_holds_what_the_program_calls() -> None:
    image = (ROOT / "Dockerfile").read_text()
    last = image.rpartition("\nFROM ")[2]
    assert "\nUSER 10001:10001\n" in last
    assert all(f" {package} " in last for package in ("ffmpeg", "bubblewrap", "tini"))
    assert "uv sync --locked --no-dev" in image
    copied = {
        source for line in re.findall(r"^COPY (?!--from)(.*) \S+$", image, re.MULTILINE) for source in line.split()
    }
    allowed = {line[1:] for line in (ROOT / ".dockerignore").read_text().splitlines() if line.startswith("!")}
    assert copied == allowed
    assert all((ROOT / source).exists() for source in copied)


@contextlib.contextmanager
def proxied(folder: Path, *ports: int, quick: bool = False) -> Iterator[str]:
    """The deployed proxy in front of these ports; where it listens. `quick` shortens its deadline for headers."""
    need("haproxy")
    port, config = free_port(), folder / "haproxy.cfg"
    text = PROXY.read_text()
    assert "timeout http-request 10s" in text
    config.write_text(text.replace("timeout http-request 10s", "timeout http-request 500ms") if quick else text)
    names = {"BIND": f"{LOCALHOST}:{port}", "API_1": f"{LOCALHOST}:{ports[0]}", "API_2": f"{LOCALHOST}:{ports[1]}"}
    daemon = Daemon(
        command=[program("haproxy") or "", "-db", "-f", str(config)],
        log=folder / "haproxy.log",
        environ={**os.environ, **names},
    )
    daemon.start(lambda: _listens(port))
    try:
        yield f"http://{LOCALHOST}:{port}"
    finally:
        daemon.stop()


def _listens(port: int) -> bool:
    with contextlib.suppress(OSError):
        socket.create_connection((LOCALHOST, port), 1).close()
        return True
    return False


def test_the_proxy_finds_nothing_to_warn_of_in_its_configuration() -> None:
    need("haproxy")
    names = {"BIND": ":8080", "API_1": f"{LOCALHOST}:5001", "API_2": f"{LOCALHOST}:5002"}
    assert set(re.findall(r'"\$\{(\w+)(?:\[\*\])?\}"', PROXY.read_text())) == set(names)
    assert COMPOSE["services"]["haproxy"]["environment"].keys() == names.keys()
    command = [program("haproxy") or "", "-c", "-f", str(PROXY)]
    told = subprocess.run(command, env={**os.environ, **names}, capture_output=True, text=True, check=False)
    assert (told.returncode, "WARNING" in told.stderr) == (0, False), told.stderr


async def test_behind_the_proxy_addresses_are_true_and_limits_hold(tmp_path: Path, launch: Launch) -> None:
    service = launch("serve", TRUSTED_PROXIES=f"{LOCALHOST}/32")
    with proxied(tmp_path, service.port, free_port(), quick=True) as url:
        wait_until(lambda: httpx.get(f"{url}/ping").status_code == 200)
        transport = httpx.AsyncHTTPTransport(local_address=CLIENT)
        forged = {"X-Forwarded-For": "203.0.113.7", "X-Real-IP": "203.0.113.7", "Forwarded": "for=203.0.113.7"}
        async with httpx.AsyncClient(base_url=f"{url}/api/v1", transport=transport, headers=forged) as api:
            _, tokens = await join(api, Folder(tmp_path / "var" / "mails"))
            sessions = await expect(200, api, "GET", "/sessions", headers=bearer(tokens))
            assert {session["address"] for session in sessions["items"]} == {CLIENT}
            guide = {**bearer(tokens), "Content-Type": "application/pdf"}
            sent = await api.put("/files?name=guide.pdf", content=b"%PDF-1.7\n" + bytes(2**21), headers=guide)
            assert (sent.status_code, sent.json()["state"]) == (201, "ready")
        async with api_of(url) as api:
            assert (await api.get("/users/me", headers={f"X-{n}": "1" for n in range(120)})).status_code == 400
            assert (await api.get("/users/me", headers={"X-Long": "1" * 40_000})).status_code == 400
        assert _told(url, b"GET /ping HTTP/1.1\r\nHost: guides.test\r\nX-Slow: ").startswith(b"HTTP/1.1 408 ")
        large = b"POST /api/v1/users HTTP/1.1\r\nHost: guides.test\r\nContent-Length: 1048577\r\n\r\n"
        assert _told(url, large).startswith(b"HTTP/1.1 413 ")


def _told(url: str, part: bytes) -> bytes:
    """What comes back for a request that is never finished."""
    with socket.create_connection((LOCALHOST, int(url.rpartition(":")[2])), 5) as connection:
        connection.sendall(part)
        return connection.recv(4096)


def test_with_no_process_the_proxy_says_when_to_come_back(tmp_path: Path) -> None:
    with proxied(tmp_path, free_port(), free_port()) as url:
        answer = httpx.get(f"{url}/api/v1/users/me", timeout=15)
        _is_problem(answer, 503)
        assert int(answer.headers["retry-after"]) >= 1


def _is_problem(answer: httpx.Response, status: int) -> None:
    assert (answer.status_code, answer.headers["content-type"]) == (status, "application/problem+json")
    assert answer.json()["status"] == status
