"""The law of access tokens, for every algorithm and in memory; then all the JSON Web Tokens that are not ours."""

import base64
import dataclasses
import hashlib
import json
import subprocess
import sys
import time
from collections.abc import Callable
from datetime import UTC, datetime, timedelta
from typing import Any
from uuid import UUID

import jwt
import pytest
from cryptography.hazmat.primitives import hashes, serialization
from cryptography.hazmat.primitives.asymmetric import ec, rsa
from cryptography.hazmat.primitives.kdf.hkdf import HKDF
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from asperguide.adapters.memory.tokens import MemoryAccessTokens
from asperguide.adapters.security.derive import derive
from asperguide.adapters.security.keys import new_private_key, new_secret
from asperguide.adapters.security.tokens import LONGEST_TOKEN, JwtAccessTokens
from asperguide.adapters.system import SystemIds
from asperguide.identity.ports import AccessTokens, Claims
from asperguide.shared.actor import SessionId, UserId
from asperguide.shared.ports import Clock
from asperguide.testing import MovableClock
from asperguide.testing.contracts import AccessTokensContract
from asperguide.testing.contracts.tokens import GARBAGE, refused

SECRET = "b3Jn4wq0Zk7fXyT1uLhPc9sVd2mGeRa8"


OTHER_SECRET = "Qm9vIHRoaXMgaXMgbm90IG91ciBzZWNyZXQh"


ISSUER, AUDIENCE = "https://guides.example.org", "asperguide"


SHARED = ["HS256", "HS384", "HS512"]


ASYMMETRIC = ["EdDSA", "ES256", "RS256"]


PEMS = {algorithm: new_private_key(algorithm) for algorithm in ASYMMETRIC}


NOW = datetime(2026, 3, 1, 12, tzinfo=UTC)


MINE = Claims(
    user=UserId(UUID(int=1)),
    session=SessionId(UUID(int=2)),
    issued_at=NOW,
    expires_at=NOW + timedelta(minutes=15),
    token_id="0195c0de-0000-7000-8000-000000000003",
)


@pytest.fixture
def clock() -> MovableClock:
    """Noon."""
    return MovableClock(NOW)


@pytest.fixture(params=SHARED + ASYMMETRIC)
def algorithm(request: pytest.FixtureRequest) -> str:
    """Every algorithm."""
    return str(request.param)


@pytest.fixture
def tokens(algorithm: str, clock: MovableClock) -> JwtAccessTokens:
    """Tokens of every algorithm."""
    return make(algorithm, clock)


def make(algorithm: str, clock: Clock, **changes: Any) -> JwtAccessTokens:
    given = {"secret": SECRET, "private_key_pem": PEMS.get(algorithm, ""), "issuer": ISSUER, "audience": AUDIENCE}
    return JwtAccessTokens(algorithm=algorithm, clock=clock, **(given | changes))


def parts(token: str) -> tuple[dict[str, Any], dict[str, Any]]:
    header, payload, _ = token.split(".")
    return json.loads(unb64(header)), json.loads(unb64(payload))


def unb64(text: str) -> bytes:
    return base64.urlsafe_b64decode(text + "=" * (-len(text) % 4))


def b64(data: bytes) -> str:
    return base64.urlsafe_b64encode(data).rstrip(b"=").decode()


def signed(tokens: JwtAccessTokens, header: str, payload: bytes) -> str:
    """A token with a right signature of our key over whatever is given."""
    text = f"{header}.{b64(payload)}"
    key = tokens._key
    algorithm = jwt.PyJWS().get_algorithm_by_name(key.algorithm)
    return f"{text}.{b64(algorithm.sign(text.encode(), algorithm.prepare_key(key.signer)))}"


class TestAccessTokens(AccessTokensContract):
    """Every algorithm, and the tickets of tests."""

    @pytest.fixture
    def clock(self) -> MovableClock:
        return MovableClock()

    @pytest.fixture(params=[*SHARED, *ASYMMETRIC, "memory"])
    def pair(self, request: pytest.FixtureRequest, clock: MovableClock) -> tuple[AccessTokens, AccessTokens]:
        if request.param == "memory":
            return MemoryAccessTokens(clock, SystemIds()), MemoryAccessTokens(clock, SystemIds())
        strange = new_private_key(request.param) if request.param in ASYMMETRIC else ""
        return make(request.param, clock), make(request.param, clock, secret=OTHER_SECRET, private_key_pem=strange)

    @pytest.fixture
    def tokens(self, pair: tuple[AccessTokens, AccessTokens]) -> AccessTokens:
        return pair[0]

    @pytest.fixture
    def strangers(self, pair: tuple[AccessTokens, AccessTokens]) -> AccessTokens:
        return pair[1]


def test_what_was_issued_is_read_by_another_process(
    tokens: JwtAccessTokens, algorithm: str, clock: MovableClock
) -> None:
    assert make(algorithm, clock).read(tokens.issue(MINE)) == MINE


def test_an_impersonator_is_the_acting_party(tokens: JwtAccessTokens) -> None:
    token = tokens.issue(dataclasses.replace(MINE, impersonator=UserId(UUID(int=9))))
    assert parts(token)[1]["act"] == {"sub": str(UUID(int=9))}


def test_a_token_says_what_rfc_9068_asks_and_nothing_secret(tokens: JwtAccessTokens, algorithm: str) -> None:
    header, payload = parts(tokens.issue(MINE))
    assert header == {"alg": algorithm, "typ": "at+jwt", "kid": header["kid"]}
    assert payload == {
        "iss": ISSUER,
        "aud": AUDIENCE,
        "sub": str(MINE.user),
        "sid": str(MINE.session),
        "jti": MINE.token_id,
        "iat": int(NOW.timestamp()),
        "exp": int(NOW.timestamp()) + 900,
        "client_id": "asperguide",
    }


def test_fractions_of_a_second_are_dropped(tokens: JwtAccessTokens) -> None:
    half = timedelta(microseconds=500_000)
    fine = dataclasses.replace(MINE, issued_at=MINE.issued_at + half, expires_at=MINE.expires_at + half)
    assert tokens.read(tokens.issue(fine)) == MINE


@pytest.mark.parametrize("warm", [False, True])
def test_a_token_ends_5_seconds_after_its_expiry_by_our_clock(
    tokens: JwtAccessTokens, clock: MovableClock, warm: bool
) -> None:
    token = tokens.issue(MINE)
    if warm:
        tokens.read(token)
    clock.set(MINE.expires_at + timedelta(seconds=5) - timedelta(microseconds=1))
    assert tokens.read(token) == MINE
    clock.set(MINE.expires_at + timedelta(seconds=5))
    refused(tokens, token)
    refused(tokens, token)


def test_what_is_remembered_is_bounded_and_keeps_what_is_in_use(clock: MovableClock) -> None:
    tokens = make("HS256", clock, remembered=10)
    mine = tokens.issue(MINE)
    for number in range(100):
        tokens.read(tokens.issue(dataclasses.replace(MINE, token_id=str(number))))
        assert tokens.read(mine) == MINE
        assert tokens._seen.get(mine)
    assert len(tokens._seen._young) + len(tokens._seen._old) <= 10


def test_an_expired_token_is_forgotten(clock: MovableClock) -> None:
    tokens = make("HS256", clock)
    token = tokens.issue(MINE)
    tokens.read(token)
    clock.advance(timedelta(hours=1))
    refused(tokens, token)
    assert not tokens._seen.get(token)


@pytest.mark.parametrize("garbage", GARBAGE)
def test_garbage_around_a_header_of_ours_is_refused(tokens: JwtAccessTokens, garbage: str) -> None:
    header = tokens.issue(MINE).partition(".")[0]
    for around in (f"{header}.{garbage}", f"{header}.{garbage}.{garbage}", f"{header}{garbage}", f"{garbage}.{header}"):
        refused(tokens, around)


@settings(max_examples=200, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(text=st.text(max_size=80), data=st.binary(max_size=80))
def test_no_text_is_anything_but_refused(text: str, data: bytes) -> None:
    tokens = make("HS256", MovableClock(NOW))
    header = tokens.issue(MINE).partition(".")[0]
    for token in (text, f"{header}.{text}", f"{header}.{text}.{text}", f"{header}.{b64(data)}.{b64(data)}"):
        refused(tokens, token)
    refused(tokens, signed(tokens, header, data))


def test_a_huge_token_is_refused_at_once(tokens: JwtAccessTokens) -> None:
    long = dataclasses.replace(MINE, token_id="x" * LONGEST_TOKEN)
    refused(tokens, tokens.issue(long))
    monster = "a" * 50_000_000
    started = time.process_time()
    refused(tokens, monster)
    assert time.process_time() - started < 0.005


Forger = Callable[[JwtAccessTokens, str], str]


def unsigned(tokens: JwtAccessTokens, token: str) -> str:
    header, payload = parts(token)
    return jwt.encode(payload, None, "none", headers={"typ": "at+jwt", "kid": header["kid"]})


def unsigned_without_segment(tokens: JwtAccessTokens, token: str) -> str:
    return token.rpartition(".")[0] + "."


def signed_by_a_stranger(tokens: JwtAccessTokens, token: str) -> str:
    header, payload = parts(token)
    algorithm = header.pop("alg")
    key = new_private_key(algorithm) if algorithm in ASYMMETRIC else OTHER_SECRET * 2
    return jwt.encode(payload, key, algorithm, headers=header)


def signed_with_the_bare_secret(tokens: JwtAccessTokens, token: str) -> str:
    header, payload = parts(token)
    return jwt.encode(payload, SECRET, "HS256", headers={"kid": header["kid"], "typ": "at+jwt"})


@pytest.mark.parametrize(
    "forge",
    [unsigned, unsigned_without_segment, signed_by_a_stranger, signed_with_the_bare_secret],
    ids=lambda f: f.__name__,
)
@pytest.mark.filterwarnings("ignore::jwt.InsecureKeyLengthWarning")
def test_a_forged_token_is_refused(tokens: JwtAccessTokens, forge: Forger) -> None:
    refused(tokens, forge(tokens, tokens.issue(MINE)))


@pytest.mark.parametrize("algorithm", ASYMMETRIC)
@pytest.mark.parametrize("hmac", SHARED)
@pytest.mark.filterwarnings("ignore::jwt.InsecureKeyLengthWarning")
def test_the_public_key_is_no_hmac_secret(algorithm: str, hmac: str, clock: MovableClock) -> None:
    tokens = make(algorithm, clock)
    public = serialization.load_pem_private_key(PEMS[algorithm].encode(), None).public_key()
    header, payload = parts(tokens.issue(MINE))
    spellings = [
        public.public_bytes(serialization.Encoding.PEM, serialization.PublicFormat.SubjectPublicKeyInfo),
        public.public_bytes(serialization.Encoding.DER, serialization.PublicFormat.SubjectPublicKeyInfo),
        json.dumps(tokens.public_keys()[0]).encode(),
    ]
    for key in spellings:
        head = b64(json.dumps({"alg": hmac, "kid": header["kid"], "typ": "at+jwt"}, separators=(",", ":")).encode())
        text = f"{head}.{b64(json.dumps(payload).encode())}"
        mac = jwt.algorithms.HMACAlgorithm(getattr(jwt.algorithms.HMACAlgorithm, "SHA" + hmac[2:]))
        refused(tokens, f"{text}.{b64(mac.sign(text.encode(), key))}")


@pytest.mark.parametrize(
    "change",
    [
        {"typ": "JWT"},
        {"typ": None},
        {"typ": "AT+JWT"},
        {"typ": "at+jwt", "crit": ["b64"], "b64": True},
        {"crit": ["exp"]},
        {"crit": []},
        {"kid": "unknown"},
        {"kid": None},
        {"kid": ["a"]},
        {"jku": "https://evil.example/jwks.json"},
        {"jwk": {"kty": "oct", "k": "AA"}},
        {"alg": "none"},
        {"alg": "HS1"},
    ],
    ids=json.dumps,
)
def test_a_header_that_is_not_ours_is_refused_even_with_a_right_signature(
    tokens: JwtAccessTokens, change: dict[str, Any]
) -> None:
    token = tokens.issue(MINE)
    header = parts(token)[0] | change
    kept = {name: value for name, value in header.items() if value is not None}
    refused(tokens, signed(tokens, b64(json.dumps(kept).encode()), unb64(token.split(".")[1])))


def test_a_header_with_duplicate_members_is_refused(tokens: JwtAccessTokens) -> None:
    header, payload, _ = tokens.issue(MINE).split(".")
    doubled = unb64(header).replace(b"{", b'{"alg":"none","crit":["x"],"crit":["x"],', 1)
    refused(tokens, signed(tokens, b64(doubled), unb64(payload)))


@pytest.mark.parametrize(
    "change",
    [
        *({name: None} for name in ("iss", "aud", "sub", "sid", "jti", "iat", "exp")),
        {"iss": "https://evil.example"},
        {"iss": [ISSUER]},
        {"aud": "another"},
        {"aud": [AUDIENCE, "another"]},
        {"aud": []},
        {"sub": "x' OR id='2"},
        {"sub": 2},
        {"sid": ""},
        {"jti": 7},
        {"exp": "tomorrow"},
        {"exp": -1},
        {"exp": 10**30},
        {"exp": True},
        {"iat": {}},
        {"act": "admin"},
        {"act": {}},
        {"act": {"sub": "me"}},
    ],
    ids=json.dumps,
)
def test_a_claim_that_is_missing_or_foreign_is_refused_even_with_a_right_signature(
    tokens: JwtAccessTokens, change: dict[str, Any]
) -> None:
    header, payload, _ = tokens.issue(MINE).split(".")
    changed = json.loads(unb64(payload)) | change
    kept = {name: value for name, value in changed.items() if value is not None}
    refused(tokens, signed(tokens, header, json.dumps(kept).encode()))
    assert tokens.read(signed(tokens, header, unb64(payload))) == MINE


@pytest.mark.parametrize(
    "payload", [b"", b"[]", b"null", b"{", b"\xff", b"[" * 2000, b'{"exp":NaN}', b'{"iss":"\\ud800"}']
)
def test_a_payload_that_is_no_object_is_refused_even_with_a_right_signature(
    tokens: JwtAccessTokens, payload: bytes
) -> None:
    refused(tokens, signed(tokens, tokens.issue(MINE).partition(".")[0], payload))


def test_tokens_of_another_algorithm_or_secret_are_refused(
    tokens: JwtAccessTokens, algorithm: str, clock: MovableClock
) -> None:
    for other in SHARED + ASYMMETRIC:
        if other != algorithm:
            refused(tokens, make(other, clock).issue(MINE))
    for other in SHARED:
        refused(tokens, make(other, clock, secret=OTHER_SECRET).issue(MINE))


def test_a_retired_key_verifies_until_its_tokens_expire_and_signs_nothing(algorithm: str, clock: MovableClock) -> None:
    old = make(algorithm, clock)
    token = old.issue(MINE)
    new = make("HS512", clock, secret=OTHER_SECRET, retired_keys=PEMS.get(algorithm, SECRET))
    assert new.read(token) == MINE
    assert parts(new.issue(MINE))[0]["kid"] != parts(token)[0]["kid"]
    clock.set(MINE.expires_at + timedelta(seconds=5))
    refused(new, token)


@pytest.mark.parametrize("spelling", ["jwks", "pems", "escaped", "private"])
def test_retired_keys_may_be_written_in_several_ways(spelling: str, clock: MovableClock) -> None:
    olds = [make(algorithm, clock) for algorithm in ASYMMETRIC]
    text = {
        "jwks": json.dumps({"keys": [key for old in olds for key in old.public_keys()]}),
        "pems": "\n".join([OTHER_SECRET, *map(public_pem, PEMS.values()), SECRET]),
        "escaped": " ".join(map(public_pem, PEMS.values())).replace("\n", "\\n"),
        "private": "".join(PEMS.values()),
    }[spelling]
    new = make("EdDSA", clock, private_key_pem=new_private_key("EdDSA"), retired_keys=text)
    assert [new.read(old.issue(MINE)) for old in olds] == [MINE] * 3
    assert len(new.public_keys()) == 4
    if spelling == "pems":
        assert new.read(make("HS384", clock).issue(MINE)) == MINE


def public_pem(private: str) -> str:
    key = serialization.load_pem_private_key(private.encode(), None).public_key()
    return key.public_bytes(serialization.Encoding.PEM, serialization.PublicFormat.SubjectPublicKeyInfo).decode()


def test_the_key_in_use_may_also_be_listed_as_retired(
    tokens: JwtAccessTokens, algorithm: str, clock: MovableClock
) -> None:
    again = make(algorithm, clock, retired_keys=PEMS.get(algorithm, SECRET))
    assert again.read(again.issue(MINE)) == MINE
    assert list(again.public_keys()) == list(tokens.public_keys())


@pytest.mark.parametrize("algorithm", ASYMMETRIC)
def test_anybody_can_verify_with_the_published_keys_which_hold_nothing_private(
    algorithm: str, clock: MovableClock
) -> None:
    tokens = make(algorithm, clock, retired_keys=SECRET)
    (public,) = tokens.public_keys()
    assert not {"d", "p", "q", "dp", "dq", "qi", "k"} & public.keys()
    assert (public["alg"], public["use"]) == (algorithm, "sig")
    token = tokens.issue(MINE)
    assert parts(token)[0]["kid"] == public["kid"]
    payload = jwt.decode(
        token, jwt.PyJWK(public), audience=AUDIENCE, issuer=ISSUER, options={"verify_exp": False, "verify_iat": False}
    )
    assert payload["sub"] == str(MINE.user)


@pytest.mark.parametrize("algorithm", ASYMMETRIC)
def test_the_id_of_a_public_key_is_its_rfc_7638_thumbprint(algorithm: str, clock: MovableClock) -> None:
    (public,) = make(algorithm, clock).public_keys()
    members = {name: public[name] for name in ("crv", "e", "kty", "n", "x", "y") if name in public}
    canonical = json.dumps(members, sort_keys=True, separators=(",", ":")).encode()
    assert public["kid"] == b64(hashlib.sha256(canonical).digest())


@pytest.mark.parametrize("algorithm", SHARED)
def test_shared_secrets_are_neither_published_nor_told_by_their_id_or_repr(algorithm: str, clock: MovableClock) -> None:
    tokens = make(algorithm, clock)
    assert list(tokens.public_keys()) == []
    kid = parts(tokens.issue(MINE))[0]["kid"]
    assert unb64(kid) not in (hashlib.sha256(SECRET.encode()).digest()[:12], tokens._key.signer[:12])
    assert str(tokens._key.signer) not in repr(tokens._key)
    assert len(tokens._key.signer) * 8 == int(algorithm[2:])


@pytest.mark.parametrize(
    ("algorithm", "changes"),
    [
        ("HS256", {"secret": "short"}),
        ("HS256", {"secret": ""}),
        ("HS256", {"retired_keys": "short"}),
        ("HS256", {"retired_keys": "{"}),
        ("HS256", {"retired_keys": '{"keys": 1}'}),
        ("HS256", {"retired_keys": '{"keys": [{"kty": "oct", "k": "' + "A" * 60 + '"}]}'}),
        ("HS256", {"retired_keys": "-----BEGIN PUBLIC KEY-----\nAAAA\n-----END PUBLIC KEY-----"}),
        ("HS256", {"retired_keys": "-----BEGIN PUBLIC KEY-----\nAAAA"}),
        ("EdDSA", {"private_key_pem": ""}),
        ("EdDSA", {"private_key_pem": PEMS["ES256"]}),
        ("ES256", {"private_key_pem": PEMS["RS256"]}),
        ("RS256", {"private_key_pem": public_pem(PEMS["RS256"])}),
        ("none", {}),
        ("PS256", {"private_key_pem": PEMS["RS256"]}),
    ],
)
def test_a_key_that_is_weak_or_does_not_fit_stops_the_start(
    algorithm: str, changes: dict[str, Any], clock: MovableClock
) -> None:
    with pytest.raises(ValueError, match=r".+") as refusal:
        make(algorithm, clock, **changes)
    assert not any(value and value in str(refusal.value) for value in changes.values())


def test_small_rsa_keys_foreign_curves_and_encrypted_keys_stop_the_start(clock: MovableClock) -> None:
    small = rsa.generate_private_key(public_exponent=65537, key_size=1024)
    foreign = ec.generate_private_key(ec.SECP384R1())
    plain, locked = serialization.NoEncryption(), serialization.BestAvailableEncryption(b"x")
    for algorithm, key, encryption in (("RS256", small, plain), ("ES256", foreign, plain), ("ES256", foreign, locked)):
        pem = key.private_bytes(serialization.Encoding.PEM, serialization.PrivateFormat.PKCS8, encryption).decode()
        with pytest.raises(ValueError, match=r"RSA of at least|not an unencrypted PEM"):
            make(algorithm, clock, private_key_pem=pem)


def test_the_keys_of_two_algorithms_have_nothing_in_common(clock: MovableClock) -> None:
    keys = [make(algorithm, clock)._key for algorithm in SHARED]
    assert len({key.signer[:16] for key in keys}) == len({key.id for key in keys}) == 3


def test_new_keys_are_good_enough_and_differ(clock: MovableClock) -> None:
    ids = SystemIds()
    assert len({new_secret(ids) for _ in range(10)}) == 10
    tokens = make("HS256", clock, secret=new_secret(ids))
    assert tokens.read(tokens.issue(MINE)) == MINE
    with pytest.raises(ValueError, match="HS256"):
        new_private_key("HS256")


@pytest.mark.parametrize("length", [1, 12, 32, 33, 64, 255])
def test_derived_keys_are_hkdf_and_differ_by_label(length: int) -> None:
    expected = HKDF(hashes.SHA256(), length, None, b"cursor").derive(SECRET.encode())
    assert derive(SECRET, "cursor", length) == expected
    assert derive(SECRET, "session", length) != expected or length == 1
    assert len(derive(SECRET, "cursor")) == 32


def test_the_token_library_is_not_loaded_before_the_first_token() -> None:
    script = (
        "import sys; from asperguide.adapters.security.tokens import JwtAccessTokens;"
        "from asperguide.adapters.system import SystemClock;"
        f"JwtAccessTokens(algorithm='HS256', secret={SECRET!r}, issuer='i', audience='a', clock=SystemClock());"
        "sys.exit(any(m in sys.modules for m in ('jwt', 'cryptography')))"
    )
    assert subprocess.run([sys.executable, "-c", script], check=False).returncode == 0
