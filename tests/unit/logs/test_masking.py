"""Secrets in log lines: none gets through, whatever it stands in; and what is no secret stays readable."""

import base64
import json
import logging
import sys
from datetime import UTC, datetime
from time import process_time
from typing import Any
from uuid import UUID

import jwt
import pytest
from hypothesis import given
from hypothesis import strategies as st

from asperguide.adapters.logs.lines import formatter
from asperguide.adapters.logs.masking import MASK, Masking, is_secret
from asperguide.identity import DeviceTokens, RefreshTokens
from asperguide.identity.codes import CodeId, Purpose, new_code
from asperguide.identity.rotation import Session
from asperguide.shared.actor import SessionId, UserId

NOW = datetime(2031, 1, 1, tzinfo=UTC)
IDS = st.uuids()
KEYS = st.binary(min_size=32, max_size=32)


def refresh_token(secret: bytes, id: UUID) -> str:
    session = Session(
        id=SessionId(id), user=UserId(id), key=secret, opened_at=NOW, proved_at=NOW, seen_at=NOW, rotated_at=NOW,
        idle_expires_at=NOW, expires_at=NOW,
    )  # fmt: skip
    return RefreshTokens(secret).issue(session)


def device_token(secret: bytes, id: UUID) -> str:
    return DeviceTokens(secret).issue(UserId(id), id)


def code(secret: bytes, id: UUID) -> str:
    return new_code(CodeId(id), UserId(id), Purpose.RESET_PASSWORD, "ann@example.org", secret, NOW)[1]


def access_token(secret: bytes, id: UUID) -> str:
    return jwt.encode({"sub": str(id), "sid": str(id)}, secret, "HS256", {"typ": "at+jwt"})


def kept_secret(secret: bytes, id: UUID) -> str:
    return base64.urlsafe_b64encode(secret + id.bytes).decode()


SECRETS = st.one_of(
    st.builds(make, KEYS, IDS) for make in (refresh_token, device_token, code, access_token, kept_secret)
)
PLACES = (
    "{}", "failed for {}: gone", "Bearer {}", "Authorization: Bearer {}", "token={}", '{{"refresh_token": "{}"}}',
    "GET /x?code={} HTTP/1.1", "https://guides.example.org/account/reset#{}", "{{'cookie': b'__Host-access={}; a=b'}}",
    "(b'authorization', b'Bearer {}')", "/account/reset/{}/x", "\n{}\n", "<{}>", "redis://:{}@cache:6379/0",
)  # fmt: skip


def lines_with(text: str, secret: str) -> list[str]:
    """Lines that carry the text in every place a record has."""
    records = [logging.LogRecord("x", logging.INFO, "", 1, "%s and %s", (text, [text]), None)]
    try:
        raise ValueError(text) from KeyError(text)
    except ValueError:
        records.append(logging.LogRecord("x", logging.ERROR, "", 1, text, (), sys.exc_info(), sinfo=text))
    values: dict[str, Any] = {
        "note": text,
        "many": [text, (text,)],
        "deep": {"a": {"b": text}},
        "error": ValueError(text),
    }
    plain = {"password": secret, "deep": {"Refresh-Token": secret}, "raw": secret.encode(), text: 1}
    values["harmless"] = {"password": secret, "note": text}  # only the edge can vouch for values
    records[0].__dict__.update(values, given=plain, csrf_token=secret, code=secret, cookies={"a": secret})
    return [formatter(Masking(), console=console).format(record) for record in records for console in (False, True)]


@given(secret=SECRETS, place=st.sampled_from(PLACES))
def test_no_secret_of_ours_reaches_a_line(secret: str, place: str) -> None:
    for line in lines_with(place.format(secret), secret):
        assert secret not in line
        assert secret[5:38] not in line


@given(password=st.text(st.characters(categories=("L", "N")), min_size=8, max_size=30), name=st.sampled_from(
    ["password", "new_password", "PASSWORD", "db-passwd", "client_secret", "api_key", "smtpPassword"]
))  # fmt: skip
def test_a_password_is_masked_by_its_name(password: str, name: str) -> None:
    texts = (f"{name}={password}", f"{name}: {password}", f'{{"{name}": "a {password}"}}', f"/x?a=1&{name}={password}")
    masked = [Masking().text(f"before {text} after") for text in texts]
    assert [text for text in masked if password in text.replace(name, "")] == []
    assert all(text.startswith("before ") for text in masked)


@pytest.mark.parametrize(
    "text",
    [
        "mysql://ann:hunter2@db/x", "Basic hunter2hunter2=",
        "$argon2id$v=19$m=19456,t=2,p=1$c2FsdHNhbHQ$aHVudGVyMg", "pwd=hunter2&x", "Set-Cookie: a=hunter2; HttpOnly",
        "-----BEGIN PRIVATE KEY-----\nhunter2\n-----END PRIVATE KEY-----", "eyJhbGciOiJub25lIn0.hunter2.",
        "proxy-authorization: Digest username=hunter2, nonce=hunter2",
    ],
)  # fmt: skip
def test_other_peoples_secrets_are_known_by_their_looks(text: str) -> None:
    masked = Masking().text(text)
    assert "hunter2" not in masked
    assert "aHVudGVyMg" not in masked
    assert MASK in masked


def test_configured_secrets_are_masked_wherever_they_stand() -> None:
    masking = Masking(("violet", "violet.harbour", ""))
    assert masking.text("at violet.harbour, by violet") == f"at {MASK}, by {MASK}"
    assert masking.named("note", ["violet"]) == [MASK]


@pytest.mark.parametrize(
    "text",
    [
        "job 0199b0e2-7d1c-7c3e-9a57-5f2b8d6e4a10 (identity.user-registered) failed at attempt 1: MailRefused: 550 no",
        "worker-0199b0e2-7d1c-7c3e-9a57-5f2b8d6e4a10 is here",
        "00-0af7651916cd43dd8448eb211c80319c-b7ad6b7169203331-01",
        "test_that_a_function_may_have_a_very_long_name_indeed_and_is_still_told",
        'File "/srv/asperguide/lib/python3.11/site-packages/sqlalchemy/engine/default.py", line 12, in do_execute',
        "SELECT a, b FROM identity_users WHERE id = ? AND version = ? LIMIT %s",
        "UPDATE jobs SET state=?, fence=? WHERE id=?",
        "GET /api/v1/users/me 200", "listening on http://127.0.0.1:5000/docs", "2031-01-01T00:00:00.000042Z",
        "connect to 2001:db8::1 failed: [Errno 111] Connection refused", "max_statement_time=5, isolation: x",
    ],
)  # fmt: skip
def test_what_operators_need_stays_readable(text: str) -> None:
    assert Masking().text(text) == text


def test_names_that_only_look_alike_are_no_secrets() -> None:
    assert not any(map(is_secret, ("status_code", "internal_code", "errno", "path", "user", "statement", "kind")))


def test_long_texts_keep_both_ends() -> None:
    masked = Masking().text("begin " + "x " * 100_000 + " end")
    assert len(masked) < 20_000
    assert masked.startswith("begin ")
    assert masked.endswith(" end")


@pytest.mark.parametrize("piece", ["token", "password-", "eyJ", "a://", "?a", "authorization ", "'", '"\\', "bearer "])
def test_no_text_makes_masking_slow(piece: str) -> None:
    masking, text = Masking(), (piece * 20_000)[:16_000] + "="
    began = process_time()
    masking.text(text)
    assert process_time() - began < 0.5


def test_bytes_and_unprintable_objects_are_described() -> None:
    class Broken:
        def __str__(self) -> str:
            raise RuntimeError

    masking = Masking()
    assert masking.named("raw", b"hunter2") == "7 bytes"
    assert "hunter2" not in str(masking.named("object", Broken()))
    assert json.loads(json.dumps(masking.named("many", [1, 2.5, None, True, 2**70]))) == [
        1,
        2.5,
        None,
        True,
        str(2**70),
    ]
