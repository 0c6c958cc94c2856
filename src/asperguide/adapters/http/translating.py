"""What Litestar raises, as errors of ours."""

import re
from collections.abc import Iterable, Iterator, Mapping
from types import MappingProxyType
from typing import Any

from litestar.exceptions import (
    HTTPException,
    MethodNotAllowedException,
    NotAuthorizedException,
    NotFoundException,
    PermissionDeniedException,
    TooManyRequestsException,
    ValidationException,
)
from litestar.exceptions.http_exceptions import RequestEntityTooLarge

from asperguide.adapters.http.field_errors import explain
from asperguide.adapters.http.problems import (
    InternalError,
    MalformedBody,
    MalformedRequest,
    MethodNotAllowed,
    PayloadTooLarge,
    RouteNotFound,
    TokenNeeded,
    log,
)
from asperguide.shared.errors import DomainError, FieldError, Forbidden, InvalidFields, Throttled, Unavailable

PLACES = {"query": "?", "path": "/", "header": "header:", "cookie": "cookie:", "body": "#/"}
MISSING = re.compile(r"Missing required (query|path|header|cookie) parameter '([\w.\[\]-]{1,64})'")

TWINS: tuple[tuple[type[HTTPException], type[DomainError]], ...] = (
    (NotFoundException, RouteNotFound),
    (MethodNotAllowedException, MethodNotAllowed),
    (RequestEntityTooLarge, PayloadTooLarge),
    (NotAuthorizedException, TokenNeeded),
    (PermissionDeniedException, Forbidden),
    (TooManyRequestsException, Throttled),
)


def translated(error: Exception, route: str = "", sent_as: Mapping[str, str] = MappingProxyType({})) -> DomainError:
    """The error to answer with. What nobody expected is logged here, once, with its stack, and stays unexplained.

    `sent_as` is how clients know parameters that go by another name in the handler.
    """
    if isinstance(error, DomainError):
        return error
    if isinstance(error, ValidationException):
        return _validation(error, sent_as)
    if isinstance(error, HTTPException):
        for theirs, ours in TWINS:
            if isinstance(error, theirs):
                return ours()
        if 400 <= error.status_code < 500:
            return MalformedRequest()
        if error.status_code == 503:
            return Unavailable()
    log.error("request failed", exc_info=error, extra={"route": route})
    return InternalError()


def _validation(error: ValidationException, sent_as: Mapping[str, str]) -> DomainError:
    if error.extra:
        fields = tuple(_fields(error.extra if isinstance(error.extra, list) else [error.extra], sent_as))
        return MalformedBody("This request needs a JSON body.") if fields == () else InvalidFields(fields=fields)
    if found := MISSING.search(error.detail):
        place, name = found.groups()
        return InvalidFields(fields=(FieldError(pointer=PLACES[place] + name, code="REQUIRED", detail="Is required."),))
    return MalformedRequest()


def _fields(extra: Iterable[dict[str, Any]], sent_as: Mapping[str, str]) -> Iterator[FieldError]:
    """Litestar's messages as field errors; a missing body is none."""
    for message in extra:
        key, source = str(message.get("key", "")), str(getattr(message.get("source"), "value", message.get("source")))
        if key == "data":
            continue
        code, detail = explain(str(message.get("message", "")))
        if source == "body":
            pointer = PLACES[source] + key.replace(".", "/")
        else:
            pointer = PLACES.get(source, "?") + sent_as.get(key, key)
        yield FieldError(pointer=pointer, code=code, detail=detail)
