"""OAuth 2.0 as standard clients know it: grants, errors, revocation, introspection, metadata and keys."""

from collections.abc import AsyncIterator

import httpx
import pytest
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey
from cryptography.hazmat.primitives.serialization import Encoding, NoEncryption, PrivateFormat
from jwt import PyJWK, decode, get_unverified_header
from msgspec.structs import replace

from tests.http.identity.api import PASSWORD, PATIENT, Api, problem, token_of

GRANT = {"grant_type": "password", "username": "siobhan", "password": PASSWORD}


@pytest.fixture
async def signed_by_key() -> AsyncIterator[Api]:
    """A service that signs tokens with a private key, and offers no password grant."""
    key = Ed25519PrivateKey.generate().private_bytes(Encoding.PEM, PrivateFormat.PKCS8, NoEncryption()).decode()
    settings = replace(PATIENT, oauth_algorithm="EdDSA", oauth_private_key=key, oauth_password_grant=False)
    fresh = Api(settings)
    async with fresh.client:
        yield fresh


def oauth_error(answer: httpx.Response, word: str) -> None:
    """The answer is an error of RFC 6749, section 5.2."""
    assert (answer.status_code, answer.headers["content-type"].split(";")[0]) == (400, "application/json"), answer.text
    assert answer.json().keys() == {"error", "error_description"}
    assert answer.json()["error"] == word
    assert answer.headers["cache-control"] == "no-store"


async def test_the_password_and_refresh_grants_give_tokens(api: Api) -> None:
    await api.member()
    answer = await api("POST", "/oauth/token", data={**GRANT, "client_id": "docs", "scope": ""})
    assert answer.status_code == 200
    assert (answer.headers["cache-control"], answer.headers["pragma"]) == ("no-store", "no-cache")
    assert answer.json().keys() == {"access_token", "token_type", "expires_in", "refresh_token"}
    assert (await api("GET", "/users/me", answer.json()["access_token"])).status_code == 200
    form = {"grant_type": "refresh_token", "refresh_token": answer.json()["refresh_token"]}
    renewed = await api("POST", "/oauth/token", data=form)
    assert renewed.status_code == 200
    assert renewed.json()["refresh_token"] != answer.json()["refresh_token"]
    assert (await api("GET", "/users/me", renewed.json()["access_token"])).status_code == 200


@pytest.mark.parametrize(
    ("form", "word"),
    [
        ({**GRANT, "password": "wrong"}, "invalid_grant"),
        ({**GRANT, "username": "nobody"}, "invalid_grant"),
        ({**GRANT, "username": ""}, "invalid_request"),
        ({**GRANT, "password": "x" * 129}, "invalid_request"),
        ({"username": "siobhan", "password": PASSWORD}, "invalid_request"),
        ({"grant_type": "password"}, "invalid_request"),
        ({"grant_type": "refresh_token"}, "invalid_request"),
        ({"grant_type": "refresh_token", "refresh_token": "garbage"}, "invalid_grant"),
        ({"grant_type": "refresh_token", "refresh_token": "x" * 10_000}, "invalid_grant"),
        ({"grant_type": "client_credentials"}, "unsupported_grant_type"),
        ({"grant_type": ""}, "invalid_request"),
        ({}, "invalid_request"),
    ],
)
async def test_refusals_are_those_of_rfc_6749(api: Api, form: dict[str, str], word: str) -> None:
    await api.member()
    headers = {"content-type": "application/x-www-form-urlencoded"}
    oauth_error(await api("POST", "/oauth/token", data=form, headers=headers), word)


async def test_a_repeated_parameter_is_refused_and_json_is_no_form(api: Api) -> None:
    headers = {"content-type": "application/x-www-form-urlencoded"}
    body = b"grant_type=password&grant_type=password&username=a&password=b"
    oauth_error(await api("POST", "/oauth/token", content=body, headers=headers), "invalid_request")
    problem(await api("POST", "/oauth/token", json=GRANT), 415, 41501)


async def test_a_refresh_token_that_was_stolen_ends_the_session(api: Api) -> None:
    await api.member()
    first = (await api("POST", "/oauth/token", data=GRANT)).json()
    form = {"grant_type": "refresh_token", "refresh_token": first["refresh_token"]}
    second = (await api("POST", "/oauth/token", data=form)).json()
    await api.world.advance(minutes=1)
    oauth_error(await api("POST", "/oauth/token", data=form), "invalid_grant")
    form["refresh_token"] = second["refresh_token"]
    oauth_error(await api("POST", "/oauth/token", data=form), "invalid_grant")


async def test_the_password_grant_can_be_switched_off(signed_by_key: Api) -> None:
    person = await signed_by_key.member()
    oauth_error(await signed_by_key("POST", "/oauth/token", data=GRANT), "unsupported_grant_type")
    form = {"grant_type": "refresh_token", "refresh_token": person.signed_in.refresh_token}
    assert (await signed_by_key("POST", "/oauth/token", data=form)).status_code == 200
    metadata = (await signed_by_key("GET", "/.well-known/oauth-authorization-server")).json()
    assert metadata["grant_types_supported"] == ["refresh_token"]


@pytest.mark.parametrize("which", ["access_token", "refresh_token"])
async def test_a_revoked_token_takes_its_session_with_it(api: Api, which: str) -> None:
    await api.member()
    pair = (await api("POST", "/oauth/token", data=GRANT)).json()
    for _ in range(2):
        answer = await api("POST", "/oauth/revoke", data={"token": pair[which], "token_type_hint": "zzz"})
        assert (answer.status_code, answer.content in (b"", b"null")) == (200, True)
    problem(await api("GET", "/users/me", pair["access_token"]), 401, 40111)
    form = {"grant_type": "refresh_token", "refresh_token": pair["refresh_token"]}
    oauth_error(await api("POST", "/oauth/token", data=form), "invalid_grant")


async def test_revoking_what_is_no_token_is_fine_and_nothing_is_not(api: Api) -> None:
    assert (await api("POST", "/oauth/revoke", data={"token": "garbage"})).status_code == 200
    oauth_error(await api("POST", "/oauth/revoke", data={"token_type_hint": "access_token"}), "invalid_request")


async def test_people_may_ask_about_their_own_tokens_and_administrators_about_all(api: Api) -> None:
    mine, theirs, boss = await api.member(), await api.member("padraig"), await api.admin()
    pair = mine.signed_in

    async def asked(by: str, token: str) -> dict[str, object]:
        answer = await api("POST", "/oauth/introspect", by, data={"token": token})
        assert answer.status_code == 200, answer.text
        body: dict[str, object] = answer.json()
        return body

    for by in (token_of(mine), token_of(boss)):
        about = await asked(by, pair.access_token)
        assert (about["active"], about["username"], about["token_type"]) == (True, "siobhan", "Bearer")
        assert about["sub"] == str(mine.actor.user)
        about = await asked(by, pair.refresh_token)
        assert (about["active"], about.get("token_type")) == (True, None)
    assert await asked(token_of(theirs), pair.access_token) == {"active": False}
    assert await asked(token_of(theirs), pair.refresh_token) == {"active": False}
    assert await asked(token_of(mine), "garbage") == {"active": False}
    await api("DELETE", "/sessions/current", token_of(mine))
    assert await asked(token_of(boss), pair.access_token) == {"active": False}


async def test_introspection_needs_somebody_and_a_token(api: Api) -> None:
    problem(await api("POST", "/oauth/introspect", data={"token": "x"}), 401, 40101)
    answer = await api("POST", "/oauth/introspect", token_of(await api.member()), data={"token_type_hint": "x"})
    problem(answer, 422, 42203)


async def test_the_metadata_name_the_endpoints_of_the_public_address(api: Api) -> None:
    answer = await api("GET", "/.well-known/oauth-authorization-server", headers={"host": "evil.example"})
    metadata, issuer = answer.json(), api.world.container.settings().url
    assert metadata["issuer"] == issuer
    assert metadata["token_endpoint"] == f"{issuer}/api/v1/oauth/token"
    assert metadata["grant_types_supported"] == ["password", "refresh_token"]
    for name in ("token_endpoint", "revocation_endpoint", "introspection_endpoint", "jwks_uri"):
        path = metadata[name].removeprefix(issuer).removeprefix("/api/v1")
        assert (await api("POST" if name != "jwks_uri" else "GET", path)).status_code not in (404, 405), name


async def test_the_published_keys_verify_tokens_and_tell_no_secret(signed_by_key: Api) -> None:
    token = token_of(await signed_by_key.member())
    answer = await signed_by_key("GET", "/.well-known/jwks.json")
    (key,) = answer.json()["keys"]
    assert (key["kty"], key["alg"], key["use"], "d" in key) == ("OKP", "EdDSA", "sig", False)
    header = get_unverified_header(token)
    assert (header["kid"], header["typ"], header["alg"]) == (key["kid"], "at+jwt", "EdDSA")
    url = signed_by_key.world.container.settings().url
    unchecked = {"verify_exp": False, "verify_iat": False}
    claims = decode(token, PyJWK(key).key, ["EdDSA"], audience=url, issuer=url, options=unchecked)
    assert {"sub", "sid", "jti", "iat", "exp"} <= claims.keys()


async def test_a_shared_secret_is_not_published(api: Api) -> None:
    assert (await api("GET", "/.well-known/jwks.json")).json() == {"keys": []}


@pytest.mark.parametrize("who", ["nobody", "siobhan"])
async def test_keys_may_be_kept_for_five_minutes(api: Api, who: str) -> None:
    token = None if who == "nobody" else token_of(await api.member())
    answer = await api("GET", "/.well-known/jwks.json", token)
    assert answer.headers["cache-control"] == "public, max-age=300"


async def test_the_document_offers_the_password_flow_only_where_there_is_one(api: Api, signed_by_key: Api) -> None:
    for service, offered in ((api, True), (signed_by_key, False)):
        document = (await service.client.get("/openapi.json")).json()
        assert ("password" in document["components"]["securitySchemes"]) is offered
        ways = {name for way in document["paths"]["/api/v1/users/me"]["get"]["security"] for name in way}
        assert ways == {"bearer", "cookie", *(["password"] if offered else [])}
        read = document["paths"]["/api/v1/files/{id}"]["get"]["security"]
        assert {} in read and ({"password": []} in read) is offered
