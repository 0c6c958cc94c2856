"""A TCP proxy whose connections can be made slow, narrow, silent or short-lived while they are in use."""

import asyncio
import contextlib
import socket
import struct
from dataclasses import dataclass, field
from types import TracebackType
from typing import Self

CHUNK = 65_536
SLICES_PER_SECOND = 20
RESET_AT_CLOSE = struct.pack("ii", 1, 0)


@dataclass(frozen=True, slots=True)
class Delay:
    """Whatever is sent, either way, arrives so many seconds later."""

    seconds: float


@dataclass(frozen=True, slots=True)
class Bandwidth:
    """At most so many bytes a second get through, either way."""

    per_second: int


@dataclass(frozen=True, slots=True)
class Cut:
    """A connection ends after so many more bytes, both ways together."""

    after: int


@dataclass(frozen=True, slots=True)
class Blackhole:
    """Connections are taken and nothing gets through; once it is over what was sent arrives, as TCP sends it again."""


@dataclass(frozen=True, slots=True)
class Reset:
    """Every connection is reset (RST), those that are open at once."""


TcpFault = Delay | Bandwidth | Cut | Blackhole | Reset
Ends = tuple[asyncio.StreamReader, asyncio.StreamWriter]


@dataclass(slots=True, eq=False)
class _Link:
    """One connection: its ends, as far as they are open, and how many bytes it may still carry."""

    writers: list[asyncio.StreamWriter] = field(default_factory=list)
    carried: int = 0

    def end(self, *, reset: bool = False) -> None:
        for writer in self.writers:
            if reset:
                with contextlib.suppress(OSError):
                    writer.get_extra_info("socket").setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, RESET_AT_CLOSE)
                writer.transport.abort()
            else:
                writer.close()


class TcpProxy:
    """Listens on `port` of the loopback and hands everything to a server, under `fault` if there is one.

    async with TcpProxy("127.0.0.1", 3306) as proxy:
        proxy.fault = Blackhole()

    Setting `fault` holds at once, also for open connections; None lets everything through again.
    """

    def __init__(self, host: str, port: int) -> None:
        self._server_at = host, port
        self._fault: TcpFault | None = None
        self._changed = asyncio.Event()
        self._links: set[_Link] = set()
        self._tasks: set[asyncio.Task[None]] = set()
        self.port = 0

    @property
    def fault(self) -> TcpFault | None:
        """What is wrong with the network at this moment."""
        return self._fault

    @fault.setter
    def fault(self, fault: TcpFault | None) -> None:
        self._fault = fault
        self._changed.set()
        self._changed = asyncio.Event()
        for link in list(self._links):
            link.carried = 0
            if isinstance(fault, Reset):
                link.end(reset=True)

    @property
    def connections(self) -> int:
        """How many are open."""
        return len(self._links)

    async def __aenter__(self) -> Self:
        self._server = await asyncio.start_server(self._accept, "127.0.0.1", 0)
        self.port = int(self._server.sockets[0].getsockname()[1])
        return self

    async def __aexit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self._server.close()
        for task in list(self._tasks):
            task.cancel()
        await asyncio.gather(*self._tasks, return_exceptions=True)

    async def _accept(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        task, link = asyncio.current_task(), _Link([writer])
        assert task is not None
        self._tasks.add(task)
        self._links.add(link)
        try:
            with contextlib.suppress(OSError, asyncio.IncompleteReadError):
                await self._carry(link, (reader, writer))
        except asyncio.CancelledError:
            pass  # the proxy is being closed; streams would log a cancelled handler as a failure
        finally:
            link.end(reset=isinstance(self._fault, Reset))
            self._links.discard(link)
            self._tasks.discard(task)

    async def _carry(self, link: _Link, client: Ends) -> None:
        """Both ways, until one of them ends."""
        while isinstance(self._fault, Blackhole):
            await self._changed.wait()
        if isinstance(self._fault, Reset):
            return
        server = await asyncio.open_connection(*self._server_at)
        link.writers.append(server[1])
        ways = [
            asyncio.create_task(self._pump(link, client[0], server[1])),
            asyncio.create_task(self._pump(link, server[0], client[1])),
        ]
        try:
            await asyncio.wait(ways, return_when=asyncio.FIRST_COMPLETED)
        finally:
            for way in ways:
                way.cancel()
            await asyncio.gather(*ways, return_exceptions=True)

    async def _pump(self, link: _Link, source: asyncio.StreamReader, sink: asyncio.StreamWriter) -> None:
        while data := await source.read(CHUNK):
            while data:
                passed = await self._passes(link, data)
                sink.write(data[:passed])
                await sink.drain()
                data = data[passed:]
                link.carried += passed
                if isinstance(self._fault, Cut) and link.carried >= self._fault.after:
                    return

    async def _passes(self, link: _Link, data: bytes) -> int:
        """Wait as the fault wants, then how many of the bytes may pass."""
        match self._fault:
            case Delay(seconds):
                await asyncio.sleep(seconds)
            case Bandwidth(per_second):
                await asyncio.sleep(1 / SLICES_PER_SECOND)
                return min(len(data), max(1, per_second // SLICES_PER_SECOND))
            case Cut(after):
                return min(len(data), max(0, after - link.carried))
            case Blackhole():
                await self._changed.wait()
                return 0
        return len(data)
