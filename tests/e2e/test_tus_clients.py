"""Resumable uploads with a real tus client (tuspy): hang-ups, two processes in turn, kill -9 in the middle, memory."""

import asyncio
import hashlib
import io
import socket
import threading
import time
from pathlib import Path
from typing import Any

import httpx
import pytest
from tusclient.client import TusClient
from tusclient.exceptions import TusCommunicationError, TusUploadFailed
from tusclient.uploader import Uploader

from tests.e2e.conftest import Launch
from tests.e2e.people import Folder, api_of, bearer, join
from tests.e2e.service import Service, asperguide, on_mariadb
from tests.servers import LOCALHOST, MariaDB, ObjectServer, eventually, wait_until

MIB = 1024 * 1024
LINE = b"All the world's a stage, and all the men and women merely players. "
LONGEST_GROWTH = 40 * MIB


def text(size: int) -> bytes:
    """So many bytes of plain text, no two pieces of which are alike."""
    numbered = b"".join(b"%08d %b\n" % (number, LINE) for number in range(size // (len(LINE) + 10) + 1))
    return numbered[:size]


def client(service: Service, tokens: dict[str, Any]) -> TusClient:
    return TusClient(f"{service.url}/api/v1/uploads/tus", headers={"Authorization": bearer(tokens)["authorization"]})


def uploader(service: Service, tokens: dict[str, Any], content: bytes, **options: Any) -> Uploader:
    about = {"filename": "Führung O'Neil.txt", "filetype": "text/plain"}
    found: Uploader = client(service, tokens).uploader(
        file_stream=io.BytesIO(content), metadata=about, chunk_size=options.pop("chunk_size", 5 * MIB), **options
    )
    return found


async def arrived(service: Service, tokens: dict[str, Any], url: str) -> dict[str, Any]:
    """The file that was sent to this address, once it has been looked at."""
    id = url.rpartition("/")[2]
    async with api_of(service.url) as api:

        async def is_ready() -> bool:
            found = (await api.get(f"/files/{id}", headers=bearer(tokens))).json()
            return found["state"] in ("ready", "refused")

        await eventually(is_ready, 30)
        file: dict[str, Any] = (await api.get(f"/files/{id}", headers=bearer(tokens))).json()
    return file


async def read_back(service: Service, tokens: dict[str, Any], file: dict[str, Any]) -> str:
    """The checksum of what is downloaded."""
    digest = hashlib.sha256()
    async with (
        api_of(service.url) as api,
        api.stream("GET", f"/files/{file['id']}/content", headers=bearer(tokens)) as answer,
    ):
        async for piece in answer.aiter_bytes():
            digest.update(piece)
    return digest.hexdigest()


def resident(service: Service) -> int:
    """The bytes that the process holds in memory."""
    assert service.process is not None
    for line in Path(f"/proc/{service.process.pid}/status").read_text().splitlines():
        if line.startswith("VmRSS:"):
            return int(line.split()[1]) * 1024
    raise LookupError("VmRSS")


def half_sent(service: Service, tokens: dict[str, Any], url: str, content: bytes, at: int, sent: int) -> socket.socket:
    """A PATCH of everything from `at` on, of which `sent` bytes have left, as a dying client would leave it."""
    connection = socket.create_connection((LOCALHOST, service.port))
    head = (
        f"PATCH {httpx.URL(url).path} HTTP/1.1\r\nHost: {LOCALHOST}\r\nTus-Resumable: 1.0.0\r\n"
        f"Authorization: {bearer(tokens)['authorization']}\r\nContent-Type: application/offset+octet-stream\r\n"
        f"Upload-Offset: {at}\r\nContent-Length: {len(content) - at}\r\n\r\n"
    )
    connection.sendall(head.encode() + content[at : at + sent])
    return connection


async def test_a_large_file_goes_up_in_pieces_with_checksums_and_memory_stays(tmp_path: Path, launch: Launch) -> None:
    service = launch("serve")
    async with api_of(service.url) as api:
        _, tokens = await join(api, Folder(tmp_path / "var" / "mails"))
    warm = uploader(service, tokens, text(MIB), upload_checksum=True)
    await asyncio.to_thread(warm.upload)
    before, content = resident(service), text(120 * MIB)
    sending = uploader(service, tokens, content, chunk_size=40 * MIB, upload_checksum=True)
    highest = [before]
    watching = threading.Event()

    def watch() -> None:
        while not watching.wait(0.01):
            highest.append(resident(service))

    watcher = threading.Thread(target=watch)
    watcher.start()
    await asyncio.to_thread(sending.upload)
    file = await arrived(service, tokens, sending.url)
    told = hashlib.sha256(content).hexdigest()
    assert (file["state"], file["size"], file["sha256"]) == ("ready", len(content), told)
    assert await read_back(service, tokens, file) == told
    watching.set()
    watcher.join()
    assert max(highest) - before <= LONGEST_GROWTH, f"{(max(highest) - before) / MIB:.1f} MiB"


async def test_an_upload_that_is_killed_in_the_middle_goes_on_where_it_was(tmp_path: Path, launch: Launch) -> None:
    service = launch("serve")
    content = text(40 * MIB)
    async with api_of(service.url) as api:
        _, tokens = await join(api, Folder(tmp_path / "var" / "mails"))
    sending = uploader(service, tokens, content)
    await asyncio.to_thread(sending.upload_chunk)
    connection = half_sent(service, tokens, sending.url, content, sending.offset, 20 * MIB)
    await eventually(lambda: sending.get_offset() > sending.offset, 20)
    service.kill()
    connection.close()
    with pytest.raises(TusCommunicationError):
        sending.get_offset()
    service.start()
    resumed = uploader(service, tokens, content, url=sending.url)
    assert 5 * MIB < resumed.offset < 26 * MIB
    await asyncio.to_thread(resumed.upload)
    file = await arrived(service, tokens, resumed.url)
    assert (file["state"], file["sha256"]) == ("ready", hashlib.sha256(content).hexdigest())
    assert await read_back(service, tokens, file) == file["sha256"]


async def test_a_client_that_hangs_up_in_the_middle_goes_on_where_it_was(tmp_path: Path, launch: Launch) -> None:
    service = launch("serve")
    content = text(12 * MIB)
    async with api_of(service.url) as api:
        _, tokens = await join(api, Folder(tmp_path / "var" / "mails"))
    sending = uploader(service, tokens, content)
    url = await asyncio.to_thread(sending.create_url)
    half_sent(service, tokens, url, content, 0, 3 * MIB + 17).close()
    sending.set_url(url)
    await eventually(lambda: sending.get_offset() == 3 * MIB + 17, 10)
    resumed = uploader(service, tokens, content, url=url)
    await asyncio.to_thread(resumed.upload)
    assert (await arrived(service, tokens, url))["sha256"] == hashlib.sha256(content).hexdigest()


def on_objects(server: ObjectServer, prefix: str) -> dict[str, str]:
    """Settings for a corner of this server."""
    return {
        "BUCKET_ENDPOINT": server.endpoint,
        "BUCKET_ACCESS_KEY": server.access_key,
        "BUCKET_SECRET_KEY": server.secret_key,
        "BUCKET_SECURE": "false",
        "BUCKET_NAME": server.bucket,
        "BUCKET_PREFIX": prefix,
    }


@pytest.mark.parametrize("where", ["a folder", "S3"])
async def test_two_processes_take_the_pieces_in_turn_and_one_is_restarted_in_the_middle(
    tmp_path: Path, mariadb: MariaDB, mariadb_database: str, launch: Launch, request: pytest.FixtureRequest, where: str
) -> None:
    settings = {
        **on_mariadb(mariadb, mariadb_database),
        "DATA_DIR": tmp_path / "shared",
        "ENVIRONMENT": "local",
        "PUBLIC_URL": "http://guides.test",
    }
    if where == "S3":
        settings |= on_objects(request.getfixturevalue("seaweedfs"), f"{mariadb_database}/")
    migrated = asperguide("migrate", "up", folder=tmp_path, **settings)
    assert migrated.returncode == 0, migrated.stderr
    both = [launch("serve", **settings) for _ in range(2)]
    content = text(21 * MIB)
    async with api_of(both[0].url) as api:
        _, tokens = await join(api, Folder(tmp_path / "shared" / "mails"))
    sending = uploader(both[0], tokens, content, chunk_size=3 * MIB, upload_checksum=True)
    await asyncio.to_thread(sending.upload_chunk)
    path, turn = httpx.URL(sending.url).path, 1
    while sending.offset < len(content):
        other = both[turn % 2]
        sending.set_url(f"{other.url}{path}")
        assert sending.get_offset() == sending.offset
        await asyncio.to_thread(sending.upload_chunk)
        if turn == 3:
            both[0].kill()
            both[0].start()
        turn += 1
    file = await arrived(both[1], tokens, sending.url)
    assert (file["state"], file["sha256"]) == ("ready", hashlib.sha256(content).hexdigest())
    assert await read_back(both[0], tokens, file) == file["sha256"]


async def test_two_who_send_to_one_upload_at_once_do_no_harm(tmp_path: Path, launch: Launch) -> None:
    service = launch("serve")
    content = text(10 * MIB)
    async with api_of(service.url) as api:
        _, tokens = await join(api, Folder(tmp_path / "var" / "mails"))
    url = await asyncio.to_thread(uploader(service, tokens, content).create_url)

    def race() -> None:
        for _ in range(20):
            try:
                uploader(service, tokens, content, url=url, chunk_size=2 * MIB).upload()
            except (TusUploadFailed, TusCommunicationError):
                time.sleep(0.05)
            else:
                return

    both = [threading.Thread(target=race) for _ in range(2)]
    for one in both:
        one.start()
    wait_until(lambda: not any(one.is_alive() for one in both), 60)
    assert (await arrived(service, tokens, url))["sha256"] == hashlib.sha256(content).hexdigest()
