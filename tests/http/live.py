"""An application behind the real HTTP server of the service, in the loop of the test: what sockets do, happens here."""

import asyncio
import socket
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from typing import Any

import uvicorn

from tests.servers import LOCALHOST, eventually, free_port

SERVERS = ("httptools", "h11")


@asynccontextmanager
async def listening(app: Any, *, http: Any = "auto") -> AsyncIterator[int]:
    """The port on which the application is served."""
    port = free_port()
    options: dict[str, Any] = {
        "lifespan": "off",
        "log_config": None,
        "access_log": False,
        "server_header": False,
        "proxy_headers": False,
    }
    config = uvicorn.Config(app, host=LOCALHOST, port=port, http=http, timeout_graceful_shutdown=2, **options)
    server = uvicorn.Server(config)
    sock = config.bind_socket()
    serving = asyncio.create_task(_serve(server, sock))
    try:
        await eventually(lambda: server.started)
        yield port
    finally:
        server.should_exit = True
        await serving
        sock.close()


async def _serve(server: uvicorn.Server, sock: socket.socket) -> None:
    """Without what a server of its own process does with signals."""
    config = server.config
    config.load()
    server.lifespan = config.lifespan_class(config)
    await server.startup(sockets=[sock])
    await server.main_loop()
    await server.shutdown(sockets=[sock])


async def said(reader: asyncio.StreamReader) -> tuple[int, dict[str, str], bytes]:
    """Status, header fields and body of an answer with a Content-Length, read from a bare connection."""
    head = (await reader.readuntil(b"\r\n\r\n")).decode("latin-1").split("\r\n")
    headers = {name.lower(): value for name, _, value in (line.partition(": ") for line in head[1:] if line)}
    return int(head[0].split()[1]), headers, await reader.readexactly(int(headers.get("content-length", "0")))
