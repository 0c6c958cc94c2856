"""OAuth 2.0 for standard clients: token (RFC 6749), revocation (7009), introspection (7662), metadata (8414), keys.

The password grant is for first-party tools such as the "Authorize" button of the documentation pages;
`OAUTH_PASSWORD_GRANT=false` removes it.
"""

from collections.abc import Awaitable, Mapping, Sequence
from dataclasses import dataclass
from typing import Any, Literal

import msgspec
from litestar import Response

from asperguide.adapters.http.answers import Plain
from asperguide.adapters.http.bodies import ApiRequest, typed
from asperguide.adapters.http.handlers import get, post
from asperguide.adapters.http.identity.accounts import CREDENTIALS
from asperguide.adapters.http.routes import Given, route
from asperguide.identity import (
    Introspection,
    IntrospectToken,
    RefreshRequest,
    RefreshSession,
    RevokeToken,
    SignIn,
    SignInRequest,
)
from asperguide.identity.ports import AccessTokens
from asperguide.shared.actor import Actor, Origin
from asperguide.shared.errors import DomainError, Invalid, InvalidFields, Unauthenticated

TAGS = ["oauth"]
BASE = "/api/v1/oauth"
NO_STORE = {"cache-control": "no-store", "pragma": "no-cache"}
A_WHILE = {"cache-control": "public, max-age=300"}
"""Whoever keeps keys longer would refuse the tokens of a new one, unless they ask again for a key they do not know."""
Grant = Literal["password", "refresh_token"]


class GrantNotOffered(Invalid, code=42220):
    """This grant type is not offered."""


class TokenForm(msgspec.Struct, frozen=True, kw_only=True):
    """RFC 6749, sections 4.3.2 and 6. Unknown parameters are ignored, as section 3.2 demands."""

    grant_type: str
    username: str = ""
    password: str = ""
    refresh_token: str = ""


class TokenOnly(msgspec.Struct, frozen=True, kw_only=True):
    """The token in question; the hint is not needed."""

    token: str
    token_type_hint: str = ""


class TokenAnswer(msgspec.Struct, frozen=True, kw_only=True):
    """RFC 6749, section 5.1."""

    access_token: str
    token_type: str
    expires_in: int
    refresh_token: str


@dataclass(frozen=True, slots=True, kw_only=True)
class OAuthServer:
    """What the endpoints say about themselves. `issuer` is the public URL of the service."""

    issuer: str
    tokens: AccessTokens
    password_grant: bool

    @property
    def grants(self) -> tuple[Grant, ...]:
        """The grants on offer."""
        return ("password", "refresh_token") if self.password_grant else ("refresh_token",)

    def metadata(self) -> Mapping[str, Any]:
        """The document of RFC 8414."""
        return {
            "issuer": self.issuer,
            "token_endpoint": f"{self.issuer}{BASE}/token",
            "revocation_endpoint": f"{self.issuer}{BASE}/revoke",
            "introspection_endpoint": f"{self.issuer}{BASE}/introspect",
            "jwks_uri": f"{self.issuer}/.well-known/jwks.json",
            "grant_types_supported": self.grants,
            # RFC 8414 demands the member; without an authorization endpoint there is none to name.
            "response_types_supported": (),
            "token_endpoint_auth_methods_supported": ("none",),
            "revocation_endpoint_auth_methods_supported": ("none",),
            "introspection_endpoint_auth_methods_supported": ("Bearer",),
            "service_documentation": f"{self.issuer}/docs",
        }


WORDS: tuple[tuple[type[DomainError], str], ...] = (
    (GrantNotOffered, "unsupported_grant_type"),
    (Unauthenticated, "invalid_grant"),
    (Invalid, "invalid_request"),
)
"""What RFC 6749, section 5.2, calls our refusals; what it has no word for stays a problem."""

REFUSAL = {
    "application/json": {
        "schema": {
            "type": "object",
            "properties": {
                "error": {"type": "string", "enum": [word for _, word in WORDS]},
                "error_description": {"type": "string"},
            },
            "required": ["error", "error_description"],
        },
        "example": {"error": "invalid_grant", "error_description": "The login or the password is wrong."},
    }
}
"""How the document describes them."""


async def in_oauth_words(work: Awaitable[Response[Any]]) -> Response[Any]:
    """The answer of `work`, or its refusal as standard clients know it."""
    try:
        return await work
    except DomainError as error:
        word = next((word for kind, word in WORDS if isinstance(error, kind)), None)
        if word is None:
            raise
        return Response({"error": word, "error_description": error.detail}, status_code=400, headers=NO_STORE)


@post(
    "/oauth/token",
    status_code=200,
    tags=TAGS,
    **route(
        "oauth_token", summary="Get tokens by password or refresh token", public=True, lenient=True, budget=CREDENTIALS,
        form=TokenForm, refusal=REFUSAL,
        description="The token endpoint of RFC 6749, with its form parameters, answers and errors.",
    ),
)  # fmt: skip
async def token(
    request: ApiRequest,
    server: Given[OAuthServer],
    sign_in: Given[SignIn],
    refresh_session: Given[RefreshSession],
    origin: Given[Origin],
) -> Response[TokenAnswer]:
    return await in_oauth_words(_tokens(request, server, sign_in, refresh_session, origin))


async def _tokens(
    request: ApiRequest, server: OAuthServer, sign_in: SignIn, refresh_session: RefreshSession, origin: Origin
) -> Response[TokenAnswer]:
    form = await request.form_as(TokenForm)
    if not form.grant_type:
        raise InvalidFields("The grant_type is missing.")
    if form.grant_type not in server.grants:
        raise GrantNotOffered
    if form.grant_type == "password":
        given = typed({"login": form.username, "password": form.password}, SignInRequest)
        answer = await sign_in(given, origin)
        return _granted(answer.access_token, answer.expires_in, answer.refresh_token)
    if not form.refresh_token:
        raise InvalidFields("The refresh_token is missing.")
    renewed = await refresh_session(RefreshRequest(refresh_token=form.refresh_token), origin)
    return _granted(renewed.access_token, renewed.expires_in, renewed.refresh_token)


def _granted(access: str, seconds: int, refresh: str) -> Response[TokenAnswer]:
    body = TokenAnswer(access_token=access, token_type="Bearer", expires_in=seconds, refresh_token=refresh)  # noqa: S106
    return Response(body, headers=NO_STORE)


@post(
    "/oauth/revoke",
    status_code=200,
    tags=TAGS,
    **route(
        "oauth_revoke", RevokeToken, public=True, lenient=True, budget=CREDENTIALS, form=TokenOnly, refusal=REFUSAL
    ),
)
async def revoke(request: ApiRequest, revoke_token: Given[RevokeToken], origin: Given[Origin]) -> Response[None]:
    return await in_oauth_words(_revoked(request, revoke_token, origin))


async def _revoked(request: ApiRequest, revoke_token: RevokeToken, origin: Origin) -> Response[None]:
    await revoke_token((await request.form_as(TokenOnly)).token, origin)
    return Plain(None)


@post(
    "/oauth/introspect",
    status_code=200,
    tags=TAGS,
    **route("oauth_introspect", IntrospectToken, lenient=True, form=TokenOnly),
)
async def introspect(
    request: ApiRequest, actor: Given[Actor], introspect_token: Given[IntrospectToken]
) -> Introspection:
    return await introspect_token(actor, (await request.form_as(TokenOnly)).token)


@get(
    "/.well-known/oauth-authorization-server",
    tags=TAGS,
    **route(
        "oauth_metadata", summary="Authorization server metadata", description="The document of RFC 8414.", public=True
    ),
)
async def metadata(server: Given[OAuthServer]) -> Mapping[str, Any]:
    return server.metadata()


@get(
    "/.well-known/jwks.json",
    tags=TAGS,
    **route(
        "jwks", summary="Keys that verify access tokens", public=True,
        description="A JSON Web Key Set (RFC 7517); empty while tokens are signed with a shared secret.",
    ),
)  # fmt: skip
async def jwks(server: Given[OAuthServer]) -> Response[Mapping[str, Sequence[Mapping[str, Any]]]]:
    return Response({"keys": server.tokens.public_keys()}, headers=A_WHILE)


OAUTH = (token, revoke, introspect)
WELL_KNOWN = (metadata, jwks)
