"""The TCP proxy: what each fault does to bytes and connections."""

import asyncio
import contextlib
import time
from collections.abc import AsyncIterator

import pytest

from asperguide.testing import TcpProxy
from asperguide.testing.tcp import Bandwidth, Blackhole, Cut, Delay, Ends, Reset
from tests.servers import eventually, free_port


async def echo(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
    """Say everything back."""
    with contextlib.suppress(OSError):
        while data := await reader.read(65_536):
            writer.write(data)
            await writer.drain()
    writer.close()


@pytest.fixture
async def proxy() -> AsyncIterator[TcpProxy]:
    """A proxy before a server that echoes."""
    server = await asyncio.start_server(echo, "127.0.0.1", 0)
    async with TcpProxy("127.0.0.1", server.sockets[0].getsockname()[1]) as opened:
        yield opened
    server.close()


async def connect(proxy: TcpProxy) -> Ends:
    return await asyncio.open_connection("127.0.0.1", proxy.port)


async def say(ends: Ends, text: bytes, patience: float = 2.0) -> bytes:
    """What comes back of the text; TimeoutError when not all of it in time."""
    ends[1].write(text)
    return await asyncio.wait_for(ends[0].readexactly(len(text)), patience)


async def test_without_a_fault_everything_gets_through(proxy: TcpProxy) -> None:
    ends, much = await connect(proxy), b"x" * 1_000_000
    assert await say(ends, much, 10) == much
    assert proxy.connections == 1
    ends[1].close()
    await eventually(lambda: proxy.connections == 0)


async def test_a_delay_holds_both_ways_and_ends_when_told(proxy: TcpProxy) -> None:
    ends = await connect(proxy)
    proxy.fault, start = Delay(0.5), time.monotonic()
    assert await say(ends, b"late") == b"late"
    assert time.monotonic() - start >= 1
    proxy.fault, start = None, time.monotonic()
    assert await say(ends, b"soon") == b"soon"
    assert time.monotonic() - start < 1


async def test_a_narrow_network_takes_its_time(proxy: TcpProxy) -> None:
    ends = await connect(proxy)
    proxy.fault, start = Bandwidth(10_000), time.monotonic()
    assert await say(ends, b"x" * 3_000) == b"x" * 3_000
    assert time.monotonic() - start >= 0.25


@pytest.mark.parametrize("after", [0, 5, 14])
async def test_a_cut_connection_ends_after_so_many_bytes(proxy: TcpProxy, after: int) -> None:
    ends = await connect(proxy)
    assert await say(ends, b"hello") == b"hello"
    proxy.fault = Cut(after)
    ends[1].write(b"0123456789")
    arrived = await asyncio.wait_for(ends[0].read(), 2)
    assert arrived == b"0123456789"[: max(0, after - 10)]
    await eventually(lambda: proxy.connections == 0)


async def test_a_black_hole_keeps_what_it_takes_until_it_closes(proxy: TcpProxy) -> None:
    old = await connect(proxy)
    await say(old, b"hello")
    proxy.fault = Blackhole()
    young = await connect(proxy)
    for ends in (old, young):
        with pytest.raises(TimeoutError):
            await say(ends, b"is anybody there", 0.1)
    proxy.fault = None
    for ends in (old, young):
        assert await asyncio.wait_for(ends[0].readexactly(16), 2) == b"is anybody there"


async def test_a_reset_is_told_to_connections_that_are_open_and_to_those_that_come(proxy: TcpProxy) -> None:
    old = await connect(proxy)
    await say(old, b"hello")
    proxy.fault = Reset()
    with pytest.raises(ConnectionResetError):
        await asyncio.wait_for(old[0].read(), 2)
    with pytest.raises((ConnectionResetError, asyncio.IncompleteReadError)):
        await say(await connect(proxy), b"hello")
    proxy.fault = None
    assert await say(await connect(proxy), b"hello") == b"hello"


async def test_a_server_that_is_not_there_ends_the_connection() -> None:
    async with TcpProxy("127.0.0.1", free_port()) as proxy:
        ends = await connect(proxy)
        assert await asyncio.wait_for(ends[0].read(), 2) == b""
