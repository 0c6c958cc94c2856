"""Problems: one shape for every error, one status per kind, nothing of the inside shown."""

import json
import logging
from collections import Counter
from datetime import UTC, datetime, timedelta

import pytest

from asperguide.adapters.http.calls import Call
from asperguide.adapters.http.problems import (
    PreconditionFailed,
    answered,
    catalogue,
    errors_markdown,
    problem_of,
    status_of,
)
from asperguide.shared.errors import (
    Conflict,
    DomainError,
    EditedMeanwhile,
    FieldError,
    Forbidden,
    Invalid,
    InvalidFields,
    NotFound,
    StillRunning,
    Throttled,
    Unauthenticated,
    Unavailable,
)
from tests.http.sample import SIGNED_IN, THING, World, raw

NOW = datetime(2026, 1, 19, 10, 30, 0, 999_999, tzinfo=UTC)
RANGES = {400: 400, 405: 400, 401: 401, 403: 402, 404: 404, 409: 409, 412: 412, 428: 412, 413: 413, 431: 413, 414: 413}
RANGES |= {408: 400, 410: 404, 415: 415, 416: 400, 460: 422, 422: 422, 429: 429, 500: 500, 503: 503}


class CapsuleAlreadySealed(Conflict, code=49911):
    """The capsule has been sealed and can no longer be edited."""


async def test_a_problem_looks_exactly_as_promised() -> None:
    world = World()
    fields = (FieldError(pointer="#/title", code="TOO_LONG", detail="At most 255 characters."),)
    world.store.error = CapsuleAlreadySealed(fields=fields)
    async with world.client(headers={**SIGNED_IN, "x-request-id": "r-1"}) as client:
        answer = await client.put(f"/things/{THING}?secret=1")
    assert answer.status_code == 409
    assert answer.headers["content-type"] == "application/problem+json"
    assert answer.headers["cache-control"] == "no-store"
    assert int(answer.headers["content-length"]) == len(answer.content)
    assert answer.json() == {
        "type": "urn:asperguide:problem:capsule-already-sealed",
        "title": "Conflict",
        "status": 409,
        "detail": "The capsule has been sealed and can no longer be edited.",
        "instance": f"/things/{THING}",
        "code": "CAPSULE_ALREADY_SEALED",
        "internal_code": 49911,
        "request_id": "r-1",
        "timestamp": "2026-01-01T12:00:00Z",
        "errors": [{"pointer": "#/title", "code": "TOO_LONG", "detail": "At most 255 characters."}],
    }


@pytest.mark.parametrize(
    ("kind", "status"),
    [
        (Invalid, 422),
        (Unauthenticated, 401),
        (Forbidden, 403),
        (NotFound, 404),
        (Conflict, 409),
        (Throttled, 429),
        (Unavailable, 503),
        (DomainError, 500),
        (CapsuleAlreadySealed, 409),
    ],
)
def test_the_kind_decides_the_status(kind: type[DomainError], status: int) -> None:
    assert status_of(kind) == status
    assert problem_of(kind(), NOW).status == status


def test_a_lost_update_is_a_failed_precondition_only_with_if_match() -> None:
    error = EditedMeanwhile()
    assert answered(error, Call({}, "/", "r")) is error
    assert type(answered(error, Call({b"if-match": b'"1"'}, "/", "r"))) is PreconditionFailed


async def test_a_lost_update_answers_412_with_if_match_and_409_without() -> None:
    world = World()
    world.store.error = EditedMeanwhile()
    async with world.client(headers=SIGNED_IN) as client:
        without = await client.put(f"/things/{THING}")
        with_tag = await client.put(f"/things/{THING}", headers={"if-match": '"1"'})
    assert (without.status_code, without.json()["internal_code"]) == (409, 40901)
    assert (with_tag.status_code, with_tag.json()["internal_code"]) == (412, 41201)


@pytest.mark.expects_error_log
async def test_a_bug_answers_500_without_details_and_is_logged_once_with_its_stack(
    caplog: pytest.LogCaptureFixture,
) -> None:
    with caplog.at_level(logging.ERROR):
        async with World().client() as client:
            answer = await client.get("/boom")
    assert (answer.status_code, answer.json()["internal_code"]) == (500, 50001)
    for secret in ("hunter2", "/etc", "SELECT", "RuntimeError", "Traceback", "boom()"):
        assert secret not in answer.text
    assert len(caplog.records) == 1
    assert "RuntimeError" in caplog.text


async def test_the_address_in_a_problem_cannot_carry_markup_or_control_characters() -> None:
    status, _, body = await raw(World().app, path='/<script>"\r\n\x00é')
    assert status == 404
    assert json.loads(body)["instance"] == "/%3Cscript%3E%22%0D%0A%00%C3%A9"


async def test_wrong_query_parameters_are_named_all_at_once_without_their_values() -> None:
    async with World().client() as client:
        wrong = await client.get("/query?number=hunter2")
        missing = await client.get("/query?word=x")
    assert wrong.status_code == missing.status_code == 422
    assert wrong.json()["errors"] == [
        {"pointer": "?number", "code": "WRONG_TYPE", "detail": "Expected `int`, got `str`."}
    ]
    assert "hunter2" not in wrong.text
    assert missing.json()["errors"] == [{"pointer": "?number", "code": "REQUIRED", "detail": "Is required."}]


def test_a_very_long_pointer_is_cut() -> None:
    fields = (FieldError(pointer="#/" + "x" * 5000, code="X", detail="y"),)
    assert len(problem_of(InvalidFields(fields=fields), NOW).errors[0].pointer) == 200


@pytest.mark.parametrize(("error", "title"), [(Invalid(), "Unprocessable Content"), (NotFound(), "Not Found")])
def test_titles_are_the_same_on_every_python(error: DomainError, title: str) -> None:
    assert problem_of(error, NOW).title == title


def test_times_have_whole_seconds_in_utc() -> None:
    assert problem_of(NotFound(), NOW).timestamp == datetime(2026, 1, 19, 10, 30, tzinfo=UTC)


def test_every_error_of_the_product_has_a_number_of_its_own_in_the_range_of_its_status() -> None:
    kinds = [kind for kind in catalogue() if kind is not DomainError]
    assert len(kinds) > 20
    assert [code for code, times in Counter(kind.internal_code for kind in kinds).items() if times > 1] == []
    assert {kind.__name__ for kind in kinds if kind.internal_code // 100 != RANGES[status_of(kind)]} == set()


def test_the_page_of_errors_lists_each_once() -> None:
    page = errors_markdown()
    assert "| 40901 | `EDITED_MEANWHILE` | 409 | Somebody changed this since you read it." in page
    assert "| 41202 | `PRECONDITION_REQUIRED` | 428 |" in page
    assert f"| {CapsuleAlreadySealed.internal_code} |" not in page, "it belongs to a test"
    assert page.count("| 50001 |") == 1


async def test_who_finds_a_key_taken_is_told_when_it_is_free() -> None:
    world = World()
    world.store.error = StillRunning(retry_after=timedelta(seconds=29.2))
    async with world.client(headers=SIGNED_IN) as client:
        answer = await client.put(f"/things/{THING}")
    assert (answer.status_code, answer.headers["retry-after"]) == (409, "30")
