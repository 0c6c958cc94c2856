"""uvicorn's reading of connections, except for what it says itself to those who do not speak HTTP."""

from http import HTTPStatus
from typing import Any

from uvicorn.protocols.http.auto import AutoHTTPProtocol


class Refusing:
    """Refuses what cannot be parsed as the edge refuses anything else: with a problem, a request id and all fields.

    Stands before one of uvicorn's protocols, whose application has to be an `Edge`.
    """

    app: Any
    cycle: Any
    server_state: Any
    transport: Any

    def send_400_response(self, msg: str) -> None:
        """Answer and hang up. While another answer is on its way nothing can be put in between."""
        if self.cycle is None or self.cycle.response_complete or not self.cycle.response_started:
            status, headers, body = self.app.unreadable()
            lines = [f"HTTP/1.1 {status} {HTTPStatus(status).phrase}".encode()]
            lines += [name + b": " + value for name, value in (*self.server_state.default_headers, *headers)]
            self.transport.write(b"\r\n".join([*lines, b"", body]))
        self.transport.close()


Parser: Any = AutoHTTPProtocol


class Protocol(Refusing, Parser):  # type: ignore[misc]
    """By httptools, or by h11 where that is not installed."""
