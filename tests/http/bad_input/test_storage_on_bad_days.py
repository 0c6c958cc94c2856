"""An S3 server that is slow, silent, gone or denies us: told as it is, and nothing is lost or counted twice."""

import asyncio
from collections.abc import AsyncIterator, Callable
from time import monotonic

import httpx
import pytest

from asperguide.adapters.minio import connection
from asperguide.testing.tcp import Blackhole, Delay, Reset, TcpFault, TcpProxy
from tests.http.bad_input.house import House, Person
from tests.media import TEXT, png
from tests.servers import ObjectServer

PICTURE = png(64, 64)
Builder = Callable[..., House]


@pytest.fixture
async def network(seaweedfs: ObjectServer) -> AsyncIterator[TcpProxy]:
    async with TcpProxy(seaweedfs.host, seaweedfs.port) as proxy:
        yield proxy


def on_s3(build_house: Builder, server: ObjectServer, port: int, **changes: object) -> House:
    """The application with its objects on the server, reached through this port."""
    return build_house(
        bucket_endpoint=f"{server.host}:{port}",
        bucket_secure=False,
        bucket_access_key=server.access_key,
        bucket_name=server.bucket,
        bucket_prefix="bad-days",
        **{"bucket_secret_key": server.secret_key, **changes},
    )


@pytest.fixture
def house(build_house: Builder, seaweedfs: ObjectServer, network: TcpProxy, monkeypatch: pytest.MonkeyPatch) -> House:
    """The application, which waits for the server a second and no longer."""
    monkeypatch.setattr(connection, "READ_SECONDS", 1)
    monkeypatch.setattr(connection, "QUEUE_SECONDS", 0.5)
    return on_s3(build_house, seaweedfs, network.port)


async def put(house: House, who: Person, name: str) -> httpx.Response:
    headers = {**who.headers, "content-type": "image/png"}
    return await house.api.put("/files", params={"name": name}, content=PICTURE, headers=headers)


async def content(house: House, who: Person, file: str) -> httpx.Response:
    return await house.api.get(f"/files/{file}/content", headers=who.headers)


async def quota(house: House, who: Person) -> tuple[int, int, int]:
    """Files, bytes, and bytes set aside."""
    told = await house.expect(200, "GET", "/users/me/quota", headers=who.headers)
    return told["used_files"], told["used_bytes"], told["reserved_bytes"]


def is_told(answer: httpx.Response) -> bool:
    """Whether the answer says that it is the storage, and when to come back."""
    code, again = answer.json().get("code"), int(answer.headers.get("retry-after", "0"))
    return (answer.status_code, code, again > 0) == (503, "STORAGE_UNAVAILABLE", True)


@pytest.mark.parametrize("fault", [Reset(), Blackhole()], ids=["gone", "silent"])
async def test_a_server_that_is_gone_or_silent_is_told_and_leaves_nothing(
    house: House, network: TcpProxy, fault: TcpFault
) -> None:
    owner = await house.person()
    kept = (await put(house, owner, "kept.png")).json()
    before = await quota(house, owner)
    network.fault = fault
    started = monotonic()
    writing, reading, me = await asyncio.gather(
        put(house, owner, "lost.png"),
        content(house, owner, kept["id"]),
        house.api.get("/users/me", headers=owner.headers),
    )
    assert (is_told(writing), is_told(reading), me.status_code) == (True, True, 200), (writing.text, reading.text)
    assert monotonic() - started < 15
    network.fault = None
    assert await quota(house, owner) == before
    assert (await content(house, owner, kept["id"])).content == PICTURE
    assert (await put(house, owner, "after.png")).status_code in (200, 201, 202)


async def test_a_slow_server_makes_files_slow_and_nothing_else(house: House, network: TcpProxy) -> None:
    owner = await house.person()
    await house.expect(200, "GET", "/users/me", headers=owner.headers)
    network.fault = Delay(0.3)
    sending = [asyncio.create_task(put(house, owner, f"{number}.png")) for number in range(4)]
    slowest = 0.0
    while not all(task.done() for task in sending):
        started = monotonic()
        await house.expect(200, "GET", "/users/me", headers=owner.headers)
        slowest = max(slowest, monotonic() - started)
        await asyncio.sleep(0.02)
    answers = [task.result() for task in sending]
    assert {answer.status_code for answer in answers} <= {200, 201, 202}, [answer.text for answer in answers]
    assert slowest < 0.3  # the delay of a single packet
    assert (await quota(house, owner))[0] <= 4


async def test_a_server_that_denies_us_is_no_fault_of_the_client(build_house: Builder, seaweedfs: ObjectServer) -> None:
    denied = on_s3(build_house, seaweedfs, seaweedfs.port, bucket_secret_key="another secret of ours")
    owner = await denied.person()
    answer = await put(denied, owner, "denied.png")
    assert is_told(answer), answer.text
    assert seaweedfs.access_key not in answer.text
    assert await quota(denied, owner) == (0, 0, 0)
    sent = await denied.api.put(
        "/files?name=a.txt", content=TEXT, headers={**owner.headers, "content-type": "text/plain"}
    )
    assert is_told(sent), sent.text
    ready = await denied.api.get("https://guides.test/health/ready")
    storage = next(one for one in ready.json()["dependencies"] if one["name"] == "storage")
    assert (storage["state"], storage["required"]) == ("down", False)
