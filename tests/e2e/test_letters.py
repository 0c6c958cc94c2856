"""A letter on the real thing: nowhere in clear before its time, open at its time, told of within seconds."""

import asyncio
import base64
import json
import subprocess
import time
from collections.abc import Iterator
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

import httpx

from tests.e2e.conftest import Launch
from tests.e2e.people import Folder, Somebody, api_of, bearer, expect, join
from tests.e2e.service import asperguide, on_mariadb, on_redis
from tests.servers import MariaDB, RedisServer, eventually

CANARY = "kanarie-7f21-né-o'neil"
LAG_SECONDS = 15.0
"""How late a mail may be that is due while machines are busy; the sweep alone would need up to a minute."""


def spellings(text: str) -> Iterator[bytes]:
    """The ways in which it could lie in a file."""
    yield text.encode()
    yield text.encode("utf-16-le")
    yield json.dumps(text)[1:-1].encode()
    for start in range(3):  # the inner characters of base64 do not depend on what is around them
        yield base64.b64encode(b"\0" * start + text.encode())[4:-4]


def clear_in(folder: Path) -> list[Path]:
    """The files below the folder that hold the canary in any spelling."""
    words = list(spellings(CANARY))
    files = [path for path in folder.rglob("*") if path.is_file() and not path.is_socket()]
    return [path for path in files if any(word in path.read_bytes() for word in words)]


async def written(api: httpx.AsyncClient, sender: dict[str, Any], reader: Somebody, opens: datetime) -> dict[str, Any]:
    """A letter that was drafted, saved twice, and sealed until then; another one sealed at once, under a key."""
    headers = bearer(sender)
    draft = await expect(201, api, "POST", "/drafts", headers=headers, json={"title": CANARY, "body": CANARY})
    letter = {"title": CANARY, "body": CANARY * 2, "theme": "garden", "recipients": [{"email": reader.email}]}
    await expect(200, api, "PUT", f"/drafts/{draft['id']}", headers={**headers, "if-match": '"1"'}, json=letter)
    unlock = {"wall": opens.replace(tzinfo=None).isoformat(), "zone": "UTC"}
    hints = {"reveal_after": 3600, "hints": [CANARY]}
    how = {"unlock": unlock, "anonymous": hints, "invite": True}
    sealed: dict[str, Any] = await expect(201, api, "POST", f"/capsules/{draft['id']}/seal", headers=headers, json=how)
    repeated = {**headers, "idempotency-key": "once"}
    far = {"unlock": {"wall": "2027-11-11T11:11:11", "zone": "Europe/Paris"}}
    for _ in range(2):
        await expect(201, api, "POST", "/capsules", headers=repeated, json={**letter, **far})
    thrown = await expect(201, api, "POST", "/drafts", headers=headers, json={"title": CANARY})
    await expect(204, api, "DELETE", f"/drafts/{thrown['id']}", headers=headers)
    return sealed


async def test_a_letter_is_nowhere_in_clear_and_opens_by_itself(tmp_path: Path, launch: Launch) -> None:
    service = launch("serve", LOG_LEVEL="debug", LOG_FILE="asperguide.log")
    mails = Folder(tmp_path / "var" / "mails")
    async with api_of(service.url) as api:
        _, sender = await join(api, mails)
        reader, tokens = await join(api, mails)
        opens = (datetime.now(UTC) + timedelta(seconds=64)).replace(microsecond=0)
        sealed = await written(api, sender, reader, opens)
        for who in (sender, tokens):
            seen = await expect(200, api, "GET", f"/capsules/{sealed['id']}", headers=bearer(who))
            assert (seen["state"], seen["content"]) == ("unfolding", None)
        refused = await expect(409, api, "POST", f"/capsules/{sealed['id']}/open", headers=bearer(tokens))
        assert refused["code"] == "CAPSULE_STILL_SEALED"
        assert await asyncio.to_thread(clear_in, tmp_path) == []

        await asyncio.sleep((opens - datetime.now(UTC)).total_seconds())
        opened = await expect(200, api, "POST", f"/capsules/{sealed['id']}/open", headers=bearer(tokens))
        assert (opened["content"]["body"], opened["sender"]) == (CANARY * 2, None)
        assert await asyncio.to_thread(clear_in, tmp_path) == []


async def test_on_servers_too_and_whoever_it_is_for_is_told_when_its_time_has_come(
    mariadb: MariaDB, mariadb_database: str, redis_server: RedisServer, tmp_path: Path, launch: Launch
) -> None:
    settings = {**on_mariadb(mariadb, mariadb_database), **on_redis(redis_server), "LOG_LEVEL": "debug"}
    migrated = await asyncio.to_thread(asperguide, "migrate", "up", folder=tmp_path, **settings)
    assert migrated.returncode == 0, migrated.stderr
    service = await asyncio.to_thread(launch, "serve", WORKER_EMBEDDED="false", **settings)
    for _ in range(2):
        await asyncio.to_thread(launch, "worker", **settings)
    mails = Folder(tmp_path / "var" / "mails")
    async with api_of(service.url) as api:
        _, sender = await join(api, mails)
        reader, tokens = await join(api, mails)
        opens = (datetime.now(UTC) + timedelta(seconds=64)).replace(microsecond=0)
        sealed = await written(api, sender, reader, opens)
        assert mariadb.daemon is not None
        assert await asyncio.to_thread(clear_in, mariadb.daemon.log.parent) == []
        assert await asyncio.to_thread(clear_in, tmp_path) == []
        with redis_server.client() as redis:
            kept = [redis.dump(key) or b"" for key in redis.scan_iter()]
        assert kept and not [value for value in kept if any(word in value for word in spellings(CANARY))]

        def told() -> bool:
            return "Your letter can be opened" in {str(mail["Subject"]) for mail in mails.to(reader.email)}

        assert not told()
        await asyncio.sleep((opens - datetime.now(UTC)).total_seconds())
        before = time.monotonic()
        await eventually(told, LAG_SECONDS, "nobody was told that the letter is ready")
        assert time.monotonic() - before < LAG_SECONDS
        opened = await expect(200, api, "POST", f"/capsules/{sealed['id']}/open", headers=bearer(tokens))
        assert opened["content"]["title"] == CANARY


async def test_keys_are_turned_and_taken_away_while_letters_wait(tmp_path: Path, launch: Launch) -> None:
    old, new = (f"{name}:{base64.urlsafe_b64encode(name.encode() * 11).decode()[:43]}" for name in ("old", "new"))

    async def keys(*arguments: str, entries: str) -> "subprocess.CompletedProcess[str]":
        return await asyncio.to_thread(asperguide, "keys", *arguments, folder=tmp_path, CAPSULE_KEYS=entries)

    service = await asyncio.to_thread(launch, "serve", CAPSULE_KEYS=old)
    async with api_of(service.url) as api:
        _, tokens = await join(api, Folder(tmp_path / "var" / "mails"))
        draft = await expect(201, api, "POST", "/drafts", headers=bearer(tokens), json={"title": CANARY})
    await asyncio.to_thread(service.stop)
    both = f"{new},{old}"
    assert (await keys("retire", "old", entries=both)).returncode == 1
    turned = await keys("rotate", entries=both)
    assert (turned.returncode, turned.stdout) == (0, "1 hung on the current key\n")
    for name, code in (("old", 0), ("new", 1), ("nobodys", 2)):
        assert (await keys("retire", name, entries=both)).returncode == code
    lost = await keys("rotate", entries=old)
    assert (lost.returncode, "hang on new" in lost.stderr) == (1, True)
    service = await asyncio.to_thread(launch, "serve", CAPSULE_KEYS=new)
    async with api_of(service.url) as api:
        kept = await expect(200, api, "GET", f"/drafts/{draft['id']}", headers=bearer(tokens))
        assert kept["title"] == CANARY
