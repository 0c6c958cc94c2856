"""Our own signatures are those of the S3 API reference."""

from datetime import UTC, datetime

from asperguide.adapters.minio.sigv4 import Credentials, presigned

EXAMPLE = Credentials(
    access_key="AKIAIOSFODNN7EXAMPLE", secret_key="wJalrXUtnFEMI/K7MDENG/bPxRfiCYEXAMPLEKEY", region="us-east-1"
)
SIGNED = (
    "https://examplebucket.s3.amazonaws.com/test.txt?X-Amz-Algorithm=AWS4-HMAC-SHA256"
    "&X-Amz-Credential=AKIAIOSFODNN7EXAMPLE%2F20130524%2Fus-east-1%2Fs3%2Faws4_request&X-Amz-Date=20130524T000000Z"
    "&X-Amz-Expires=86400&X-Amz-SignedHeaders=host"
    "&X-Amz-Signature=aeeed9bbccd4d02ee5c0109b86d86835f995330da4c265957d157751f604d404"
)


def signed(**different: object) -> str:
    usual: dict[str, object] = {
        "method": "GET",
        "origin": "https://examplebucket.s3.amazonaws.com",
        "path": "/test.txt",
        "query": {},
        "headers": {},
        "seconds": 86_400,
        "now": datetime(2013, 5, 24, tzinfo=UTC),
    }
    return presigned(EXAMPLE, **{**usual, **different})  # type: ignore[arg-type]


def test_the_example_of_the_reference_is_signed_as_it_is_there() -> None:
    assert signed() == SIGNED


def test_everything_that_is_signed_changes_the_signature() -> None:
    urls = {
        signed(),
        signed(method="PUT"),
        signed(path="/test2.txt"),
        signed(query={"partNumber": "1"}),
        signed(headers={"Content-Length": "3"}),
        signed(headers={"Content-Length": "4"}),
        signed(query={"X-Amz-Content-Sha256": "0" * 64}),
        signed(seconds=1),
        signed(now=datetime(2013, 5, 24, 0, 0, 1, tzinfo=UTC)),
        signed(origin="https://other.s3.amazonaws.com"),
    }
    assert len({url.rpartition("X-Amz-Signature=")[2] for url in urls}) == 10


def test_names_of_fields_are_told_in_order_and_values_are_quoted() -> None:
    url = signed(query={"response-content-disposition": 'attachment; filename="a b"'}, headers={"X-B": "1", "A": "2"})
    assert "X-Amz-SignedHeaders=a%3Bhost%3Bx-b" in url
    assert "response-content-disposition=attachment%3B%20filename%3D%22a%20b%22" in url
