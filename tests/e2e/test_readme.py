"""What the README says is so: its commands, its conversation over REST, its table of settings."""

import re
import shlex
import subprocess
from pathlib import Path
from typing import Any

import httpx

from asperguide.cli import cli
from asperguide.settings.reading import FIELDS
from tests.e2e.conftest import Launch
from tests.e2e.people import Folder

ROOT = Path(__file__).parents[2]
FILE = b"Siobhan's tour, in words.\n"
METHODS = {"-d": "POST", "-T": "PUT"}
README = (ROOT / "README.md").read_text()


def block(before: str) -> str:
    """The first code block after these words."""
    return README.partition(before)[2].partition("```")[2].partition("\n")[2].partition("```")[0]


def test_the_continuous_integration_runs_the_test_command_word_for_word() -> None:
    script = (ROOT / ".ci" / "run").read_text()
    function = re.search(r"^test_command\(\) \{\n.*?^\}$", script, re.DOTALL | re.MULTILINE)
    assert function is not None
    found = subprocess.run(
        ["bash", "-c", f"{function[0]}\ntest_command"], cwd=ROOT, capture_output=True, text=True, check=True
    )
    assert found.stdout == block("<!-- test -->") == "python3 -m pip install uv && python3 -m uv run pytest -n auto\n"
    assert re.search(r"command=\$\(test_command\)\n", script)


def test_every_command_that_is_named_exists() -> None:
    assert block("<!-- run -->").endswith(" asperguide serve\n")
    named = {tuple(words.split()) for words in re.findall(r"asperguide ((?:[a-z]+ ?){1,2})", README) if words.strip()}
    context = cli.make_context("asperguide", ["settings"])
    for words in named:
        command = cli.get_command(context, words[0])
        assert command is not None, words
        if len(words) > 1 and hasattr(command, "commands"):
            assert words[1] in command.commands, words


async def test_the_conversation_over_rest_goes_as_it_is_written(launch: Launch, tmp_path: Path) -> None:
    service = launch("serve")
    lines = block("## Use it over REST").replace("\n  ", " ").splitlines()
    curls = [line for line in lines if line.startswith("curl ")]
    assert await _curl(curls[0], service.url) == 201
    code = await Folder(tmp_path / "var" / "mails").code_for("siobhan@example.org")
    assert await _curl(curls[1].replace("...", code), service.url) == 204
    async with httpx.AsyncClient() as client:
        signed_in = await _answer(client, curls[2], service.url)
        assert signed_in.status_code == 201
        mine = [line.replace("...", signed_in.json()["access_token"]) for line in curls[3:]]
        assert (await _answer(client, mine[0], service.url)).status_code == 200
        sent = await _answer(client, mine[1], service.url)
        assert (sent.status_code, sent.json()["state"]) == (201, "ready")
        assert (await _answer(client, mine[2].replace("ID", sent.json()["id"]), service.url)).content == FILE
    assert len(curls) == 6


async def _curl(line: str, url: str) -> int:
    async with httpx.AsyncClient() as client:
        return (await _answer(client, line, url)).status_code


async def _answer(client: httpx.AsyncClient, line: str, url: str) -> httpx.Response:
    """What curl would do."""
    words = shlex.split(line.replace("$API", f"{url}/api/v1"))[1:]
    method, request = "GET", dict[str, Any](headers={})
    for option, value in zip(words[1::2], words[2::2], strict=True):
        if option == "-H":
            name, _, text = value.partition(": ")
            request["headers"][name] = text
        elif option != "-o":
            assert option in METHODS, line
            method, request["content"] = METHODS[option], FILE if option == "-T" else value.encode()
    return await client.request(method, words[0], **request)


def test_the_table_names_every_setting_and_no_other() -> None:
    table = README.partition("| setting | default | what |")[2].partition("\n\n")[0]
    named: list[str] = []
    for row in table.splitlines():
        named += re.findall(r"`([A-Z_]+)`", row.partition("|")[2].partition("|")[0])
    assert sorted(named) == sorted(name.upper() for name in FIELDS)


def test_every_place_in_the_map_exists() -> None:
    rows = README.partition("| where | what |")[2]
    for row in rows.splitlines()[2:]:
        for place in re.findall(r"`([\w/.]+)`", row.partition("|")[2].partition("|")[0]):
            assert (ROOT / place).exists() or (ROOT / "src" / "asperguide" / place).exists(), place
