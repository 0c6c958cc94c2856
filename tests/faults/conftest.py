"""A schema for those who use the whole application, as in `tests/http/bad_input`."""

from tests.http.bad_input.house import schema

__all__ = ["schema"]
