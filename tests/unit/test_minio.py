"""What failures of S3 servers mean, and how large parts are."""

from typing import Any

import pytest
import urllib3
from minio.error import InvalidResponseError, S3Error, ServerError

from asperguide.adapters.minio.connection import meaning
from asperguide.adapters.minio.objects import part_size
from asperguide.adapters.minio.uploads import _etag_of
from asperguide.shared.errors import StorageUnavailable
from asperguide.shared.storage import (
    MOST_PARTS,
    SMALLEST_PART,
    BucketNotEmpty,
    ObjectChanged,
    ObjectExists,
    ObjectMissing,
    UploadMissing,
    WrongContent,
)

ANSWER: Any = None


def failure(code: str, message: str = "") -> S3Error:
    return S3Error(ANSWER, code, message, "/bucket/key", "1", "2")


@pytest.mark.parametrize(
    ("code", "kind"),
    [
        ("NoSuchKey", ObjectMissing),
        ("NoSuchUpload", UploadMissing),
        ("PreconditionFailed", ObjectChanged),
        ("ConditionalRequestConflict", ObjectExists),
        ("InvalidRange", ValueError),
        ("InvalidPart", WrongContent),
        ("EntityTooSmall", WrongContent),
        ("BucketNotEmpty", BucketNotEmpty),
        ("XMinioParentIsObject", ValueError),
        ("AccessDenied", StorageUnavailable),
        ("SignatureDoesNotMatch", StorageUnavailable),
        ("NoSuchBucket", StorageUnavailable),
        ("XMinioStorageFull", StorageUnavailable),
        ("WhoKnows", StorageUnavailable),
    ],
)
def test_each_code_has_a_meaning(code: str, kind: type[Exception]) -> None:
    assert type(meaning(failure(code))) is kind


def test_gateways_in_front_of_file_systems_say_in_words_that_a_key_is_a_part_of_a_path() -> None:
    for words in ("cause(not a directory)", "cause(is a directory)"):
        assert isinstance(meaning(failure("InternalError", words)), ValueError)


@pytest.mark.parametrize(
    "error",
    [
        ServerError("oops", 502),
        InvalidResponseError(200, "text/html", "<html>"),
        urllib3.exceptions.ProtocolError("gone"),
        urllib3.exceptions.MaxRetryError(ANSWER, "/", None),
        ConnectionResetError(),
        TimeoutError(),
    ],
)
def test_what_the_network_does_means_that_the_storage_is_away(error: Exception) -> None:
    found = meaning(error)
    assert isinstance(found, StorageUnavailable)
    assert found.retry_after is not None


def test_a_mistake_of_our_own_stays_what_it_is() -> None:
    error = KeyError("x")
    assert meaning(error) is error


def test_a_completion_that_fails_under_a_status_of_success_has_failed() -> None:
    assert _etag_of(b"<CompleteMultipartUploadResult><ETag>&quot;a-2&quot;</ETag></CompleteMultipartUploadResult>")
    with pytest.raises(StorageUnavailable):
        _etag_of(b"<Error><Code>InternalError</Code></Error>")


@pytest.mark.parametrize("size", [None, 0, 1, SMALLEST_PART * MOST_PARTS, SMALLEST_PART * MOST_PARTS + 1, 2**42])
def test_parts_are_as_small_as_may_be_and_never_too_many(size: int | None) -> None:
    found = part_size(size)
    assert found >= SMALLEST_PART
    assert -(-(size or 0) // found) <= MOST_PARTS
