"""Tokens that are none, or are for something else: 401 and a reason, and nobody gets in."""

import base64
import json
from collections.abc import Callable
from datetime import timedelta
from typing import Any

import jwt
import pytest
from cryptography.hazmat.primitives.serialization import Encoding, PublicFormat, load_pem_private_key

from asperguide.adapters.security.keys import new_private_key
from tests.http.bad_input.house import SECRET, URL, House, Person, problem_of


async def refused(house: House, token: str) -> None:
    """The token opens nothing, in a header or as a cookie, and does no harm where none is needed."""
    answer = await house.api.get("/users/me", headers={"authorization": f"Bearer {token}"})
    assert problem_of(answer)["status"] == 401
    assert answer.headers["www-authenticate"].startswith("Bearer")
    if token and token.isascii() and ";" not in token:
        answer = await house.api.get("/users/me", headers={"cookie": f"__Host-access={token}"})
        assert problem_of(answer)["status"] == 401
    headers = {"authorization": f"Bearer {token}"}
    await house.expect(200, "GET", "/users/username-available?username=oneil", headers=headers)


def claims_of(who: Person) -> dict[str, Any]:
    """What their access token says."""
    return jwt.decode(who.tokens["access_token"], options={"verify_signature": False})


def header_of(who: Person) -> dict[str, Any]:
    """How their access token is signed."""
    return jwt.get_unverified_header(who.tokens["access_token"])


async def test_no_token_is_401_and_says_how_to_bring_one(house: House) -> None:
    answer = await house.api.get("/users/me")
    assert problem_of(answer)["code"] == "TOKEN_NEEDED"
    assert answer.headers["www-authenticate"] == "Bearer"


GARBAGE = ("x", "a.b.c", "....", "x' OR id='2", "null", "Bearer", "é", "{}", "0", "eyJ" + "x" * 5000, "%00")


@pytest.mark.parametrize("token", GARBAGE, ids=lambda token: token[:20])
async def test_garbage_is_refused(house: House, token: str) -> None:
    headers = {"authorization": f"Bearer {token}".encode()}
    assert problem_of(await house.api.get("/users/me", headers=headers))["status"] == 401


async def test_other_schemes_are_not_ours(house: House) -> None:
    who = await house.person()
    for scheme in ("Basic ", "Token ", "Digest ", "Bearer", ""):
        headers = {"authorization": f"{scheme}{who.tokens['access_token']}"}
        assert problem_of(await house.api.get("/users/me", headers=headers))["status"] == 401


async def test_an_expired_token_is_refused_and_a_refreshed_one_is_not(house: House) -> None:
    who = await house.person()
    house.clock.advance(timedelta(minutes=15, seconds=6))
    await refused(house, who.tokens["access_token"])
    given = {"refresh_token": who.tokens["refresh_token"]}
    renewed = await house.expect(200, "POST", "/sessions/refresh", json=given)
    await house.expect(200, "GET", "/users/me", headers={"authorization": f"Bearer {renewed['access_token']}"})


async def test_tokens_of_another_kind_are_refused(house: House) -> None:
    who = await house.person()
    for kind in ("refresh_token", "device_token"):
        await refused(house, who.tokens[kind])
    for kind in ("access_token", "device_token"):
        given = {"refresh_token": who.tokens[kind]}
        answer = await house.api.post("/sessions/refresh", json=given)
        assert answer.status_code in (401, 422), kind  # an access token is longer than any refresh token
        problem_of(answer)
    await house.refused(401, "REFRESH_TOKEN_REFUSED", "POST", "/sessions/refresh", json={"refresh_token": "x"})


Forge = Callable[[Person], str]


def _changed(header: dict[str, Any] | None = None, key: str = SECRET, **claims: Any) -> Forge:
    def forge(who: Person) -> str:
        algorithm = (header or {}).get("alg", "HS256")
        return jwt.encode({**claims_of(who), **claims}, key, algorithm, headers={**header_of(who), **(header or {})})

    return forge


def _unsigned(who: Person) -> str:
    parts = ({**header_of(who), "alg": "none"}, claims_of(who))
    return ".".join(base64.urlsafe_b64encode(json.dumps(part).encode()).rstrip(b"=").decode() for part in parts) + "."


def _none_with_signature(who: Person) -> str:
    return _unsigned(who) + who.tokens["access_token"].rpartition(".")[2]


def _cut(who: Person) -> str:
    return str(who.tokens["access_token"])[:-2]


FORGED: dict[str, Forge] = {
    "alg none": _unsigned,
    "alg none with a signature": _none_with_signature,
    "signed with the service's secret, which is not the key": _changed(),
    "signed with an empty key": _changed(key="\0"),
    "another algorithm": _changed({"alg": "HS512"}),
    "another type": _changed({"typ": "JWT"}),
    "another key id": _changed({"kid": "../../dev/null"}),
    "a key in the header": _changed({"jwk": {"kty": "oct", "k": "AAAA"}}),
    "somebody else's": _changed(sub="01900000-0000-7000-8000-000000000000"),
    "an administrator's": _changed(roles=["admin"]),
    "for ever": _changed(exp=9999999999),
    "cut": _cut,
}


@pytest.mark.parametrize("forge", FORGED.values(), ids=FORGED)
async def test_a_forged_token_is_refused(house: House, forge: Forge) -> None:
    await refused(house, forge(await house.person()))


@pytest.mark.parametrize("algorithm", ["EdDSA", "ES256", "RS256"])
async def test_a_token_resigned_with_the_public_key_is_refused(
    build_house: Callable[..., House], algorithm: str
) -> None:
    private = new_private_key(algorithm)
    house = build_house(oauth_algorithm=algorithm, oauth_private_key=private)
    who = await house.person()
    await house.expect(200, "GET", "/users/me", headers=who.headers)
    (key,) = (await house.api.get(f"{URL}/.well-known/jwks.json")).json()["keys"]
    assert "d" not in key
    public = load_pem_private_key(private.encode(), None).public_key()
    secrets = (
        public.public_bytes(Encoding.PEM, PublicFormat.SubjectPublicKeyInfo),
        public.public_bytes(Encoding.DER, PublicFormat.SubjectPublicKeyInfo),
        json.dumps(key).encode(),
        key["x" if "x" in key else "n"].encode(),
    )
    for secret in secrets:
        await refused(house, _hmac(secret, {**header_of(who), "alg": "HS256"}, claims_of(who)))
    resigned = jwt.encode(claims_of(who), new_private_key(algorithm), algorithm, headers=header_of(who))
    await refused(house, resigned)
    await refused(house, _unsigned(who))


def _hmac(secret: bytes, header: dict[str, Any], claims: dict[str, Any]) -> str:
    """An HMAC-signed token, which PyJWT refuses to make with a public key."""
    import hashlib
    import hmac

    parts = [base64.urlsafe_b64encode(json.dumps(part).encode()).rstrip(b"=") for part in (header, claims)]
    text = b".".join(parts)
    mac = base64.urlsafe_b64encode(hmac.digest(secret, text, hashlib.sha256)).rstrip(b"=")
    return (text + b"." + mac).decode()


async def test_a_token_for_another_service_is_refused(build_house: Callable[..., House]) -> None:
    ours, theirs = build_house(), build_house(public_url="https://other.test")
    who = await ours.person()
    await ours.expect(200, "GET", "/users/me", headers=who.headers)
    await refused(theirs, who.tokens["access_token"])


async def test_tokens_of_an_ended_session_are_refused_everywhere(house: House) -> None:
    endings: dict[str, tuple[str, str, Any]] = {
        "signed out": ("DELETE", "/sessions/current", None),
        "all ended": ("DELETE", "/sessions", None),
        "password changed elsewhere": ("PUT", "/users/me/password", {"new_password": "velvet-harbour-29-cobalt"}),
        "closed": ("DELETE", "/users/me", None),
    }
    for why, (method, path, body) in endings.items():
        who = await house.person()
        other = await house.sign_in(who.email)
        actor = other if "elsewhere" in why or why == "closed" else who
        answer = await house.api.request(method, path, json=body, headers=actor.headers)
        assert answer.status_code in (200, 204), f"{why}: {answer.text}"
        await refused(house, who.tokens["access_token"])
        given = {"refresh_token": who.tokens["refresh_token"]}
        await house.refused(401, "REFRESH_TOKEN_REFUSED", "POST", "/sessions/refresh", json=given)
        form = await house.api.post("/oauth/token", data={"grant_type": "refresh_token", **given})
        assert (form.status_code, form.json()["error"]) == (400, "invalid_grant")


async def test_one_cannot_end_or_see_a_foreign_session(house: House) -> None:
    who, stranger = await house.person(), await house.person()
    foreign = who.tokens["session"]["id"]
    await house.refused(404, "SESSION_NOT_FOUND", "DELETE", f"/sessions/{foreign}", headers=stranger.headers)
    nobody = "01900000-0000-7000-8000-000000000000"
    await house.refused(404, "SESSION_NOT_FOUND", "DELETE", f"/sessions/{nobody}", headers=stranger.headers)
    asked = {"token": who.tokens["access_token"]}
    seen = await house.expect(200, "POST", "/oauth/introspect", data=asked, headers=stranger.headers)
    assert seen == {"active": False}
    await house.expect(200, "GET", "/users/me", headers=who.headers)


async def test_a_cookie_alone_changes_nothing(house: House) -> None:
    who = await house.person()
    cookie = {"cookie": f"__Host-access={who.tokens['access_token']}"}
    await house.expect(200, "GET", "/users/me", headers=cookie)
    change = {"json": {"full_name": "Mallory"}}
    for origin in ({}, {"origin": "https://evil.test"}, {"origin": "null"}, {"sec-fetch-site": "cross-site"}):
        await house.refused(403, "CROSS_SITE_REQUEST", "PATCH", "/users/me", headers={**cookie, **origin}, **change)
    await house.expect(200, "PATCH", "/users/me", headers={**cookie, "origin": URL}, **change)
