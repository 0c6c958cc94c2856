"""Identity over HTTP."""

from asperguide.adapters.http.identity.accounts import ACCOUNTS
from asperguide.adapters.http.identity.admin import ADMIN
from asperguide.adapters.http.identity.cookies import SessionCookies
from asperguide.adapters.http.identity.exports import EXPORTS
from asperguide.adapters.http.identity.me import ME
from asperguide.adapters.http.identity.oauth import OAUTH, WELL_KNOWN, OAuthServer
from asperguide.adapters.http.identity.portraits import PORTRAITS
from asperguide.adapters.http.identity.sessions import SESSIONS

ROUTES = (*ACCOUNTS, *ME, *PORTRAITS, *EXPORTS, *SESSIONS, *ADMIN, *OAUTH)

__all__ = ["ROUTES", "WELL_KNOWN", "OAuthServer", "SessionCookies"]
