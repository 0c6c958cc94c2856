"""The log of the running service: what people did is told, in one format, and none of their secrets."""

import asyncio
import json
import signal
from pathlib import Path
from typing import Any

from tests.e2e.conftest import Launch
from tests.e2e.people import PASSWORD, Folder, api_of, bearer, join
from tests.e2e.service import SECRET
from tests.servers import eventually


def lines_of(text: str) -> list[dict[str, Any]]:
    """The log lines among what a process printed; what it tells people is no JSON."""
    return [json.loads(line) for line in text.splitlines() if line.startswith("{")]


async def test_a_journey_is_in_the_log_and_its_secrets_are_not(tmp_path: Path, launch: Launch) -> None:
    settings = {"OAUTH_SECRET_KEY": SECRET, "LOG_FILE": tmp_path / "log" / "asperguide.log", "LOG_LEVEL": "debug"}
    service = await asyncio.to_thread(launch, "serve", **settings)
    async with api_of(service.url) as api:
        who, tokens = await join(api, Folder(tmp_path / "var" / "mails"))
        me = (await api.get("/users/me", headers=bearer(tokens))).json()
        answer = await api.get("/users", headers={**bearer(tokens), "X-Request-ID": "r-1"}, params={"search": "b c"})
        await api.post("/password/forgot", json={"email": who.email}, headers={"X-Request-ID": "r-2"})
        await eventually(lambda: len(list((tmp_path / "var" / "mails").glob("*.eml"))) >= 2)
    mails = "".join(path.read_text() for path in (tmp_path / "var" / "mails").glob("*.eml"))
    assert await asyncio.to_thread(service.stop, signal.SIGINT) == 0
    printed, filed = service.printed, (tmp_path / "log" / "asperguide.log").read_text()
    assert lines_of(filed) == lines_of(printed)
    (line,) = [line for line in lines_of(filed) if line.get("request_id") == "r-1" and line["event"] == "request"]
    assert (line["path"], line["status"], line["user"]) == ("/api/v1/users", 200, me["id"])
    assert line["bytes"] == len(answer.content)
    secrets = [SECRET, PASSWORD, "b c", *(value for name, value in tokens.items() if name.endswith("_token"))]
    secrets += [word.partition("#")[2][:43] for word in mails.split() if "/account/" in word and "#" in word]
    assert len(secrets) >= 6
    for secret in secrets:
        assert secret not in printed + filed
