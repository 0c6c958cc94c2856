"""Answers of handlers that have nothing to add to a value: header fields and status are the route's."""

from typing import Any, TypeVar

from litestar import Response
from litestar.response.base import ASGIResponse

T = TypeVar("T")


class Plain(Response[T]):
    """A value as the body; nothing is no body at all, not the word null."""

    def to_asgi_response(self, *args: Any, **options: Any) -> ASGIResponse:
        """As Litestar's, but for nothing."""
        response = super().to_asgi_response(*args, **options)
        if self.content is None and response.body:
            response.body, response.content_length = b"", 0
            response.headers["content-length"] = "0"
            del response.headers["content-type"]
        return response
