"""`/account/invitations/{token}`: the page that a mail of an invitation leads to, where it is accepted or declined.

Works without script. Whoever accepts signs in there, for this one thing: no session is left behind, and no cookie.
"""

from collections.abc import Mapping
from dataclasses import dataclass
from html import escape
from types import MappingProxyType
from typing import Literal

import msgspec
from litestar import Response
from litestar.params import FromPath

from asperguide.adapters.http.bodies import ApiRequest, typed
from asperguide.adapters.http.handlers import get, post
from asperguide.adapters.http.identity.accounts import CREDENTIALS
from asperguide.adapters.http.languages import preferred
from asperguide.adapters.http.pages import POLICY, page
from asperguide.adapters.http.problems import status_of
from asperguide.adapters.http.routes import Given, public
from asperguide.companies import AcceptInvitation, DeclineInvitation, InvitedView, ShowInvitation
from asperguide.companies.errors import AlreadyMember, InvitationForAnother, InvitationNotFound, InvitationOver
from asperguide.identity import Authenticate, SignIn, SignInRequest, SignOut
from asperguide.identity.errors import SignInRefused
from asperguide.shared.actor import Origin
from asperguide.shared.errors import DomainError, InvalidFields, Throttled
from asperguide.shared.tenancy import CompanyRole

OWNER, MANAGER, EDITOR, VIEWER = CompanyRole
LANGUAGES = ("en", "fr")
SENDING = POLICY.replace("form-action 'none'", "form-action 'self'")
OVER = (InvitationNotFound, InvitationOver)
"""Nothing can be done any more."""

FORMS = """<form method="post" action="{address}"><input type="hidden" name="answer" value="accept">
<p>{how}</p>
<p><label>{login}<br><input name="login" value="{given}" autocomplete="username" maxlength="254" required></label></p>
<p><label>{password}<br><input name="password" type="password" autocomplete="current-password" required></label></p>
<p><button>{accept}</button></p></form>
<form method="post" action="{address}"><input type="hidden" name="answer" value="decline">
<p><button>{decline}</button></p></form>"""


class InvitationAnswer(msgspec.Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """What a form of the page sends; whoever accepts says who they are."""

    answer: Literal["accept", "decline"]
    login: str = ""
    password: str = ""


@dataclass(frozen=True, slots=True, kw_only=True)
class Words:
    """What the page says, in one language."""

    title: str
    invites: str
    somebody: str
    until: str
    how: str
    login: str
    password: str
    accept: str
    decline: str
    joined: str
    declined: str
    again: str
    roles: Mapping[CompanyRole, str]
    refusals: Mapping[type[DomainError], str]


ENGLISH = Words(
    title="An invitation",
    invites="{by} invites you to join {company}, as {role}.",
    somebody="Somebody",
    until="You can answer until {until}.",
    how="To accept, sign in to the account whose confirmed address is the one that the invitation was sent to. If you "
    "have none yet, make one first and come back to this page.",
    login="Address or username",
    password="Password",  # noqa: S106
    accept="Accept",
    decline="Decline",
    joined="You belong to {company} now, as {role}.",
    declined="You have declined. There is nothing else that you need to do.",
    again="That did not work. Try again in a while.",
    roles={OWNER: "owner", MANAGER: "manager", EDITOR: "editor", VIEWER: "viewer"},
    refusals={
        **dict.fromkeys(
            (SignInRefused, InvalidFields),
            "The login or the password is wrong, or the address of the account is not confirmed yet.",
        ),
        InvitationForAnother: "This invitation is for another address. Sign in to the account that has it.",
        AlreadyMember: "You are a member already.",
        InvitationNotFound: "There is no such invitation. The link may be incomplete, or a newer mail has taken its "
        "place.",
        InvitationOver: "This invitation is over. Ask whoever invited you for another one.",
        Throttled: "There were too many attempts. Try again later.",
    },
)
FRENCH = Words(
    title="Une invitation",
    invites="{by} vous invite à rejoindre {company} ; votre rôle : {role}.",
    somebody="Quelqu’un",
    until="Vous pouvez répondre jusqu’à cette date : {until}.",
    how="Pour accepter, connectez-vous au compte dont l’adresse confirmée est celle à laquelle l’invitation a été "
    "envoyée. Si vous n’en avez pas encore, créez-en un, puis revenez à cette page.",
    login="Adresse ou nom d’utilisateur",
    password="Mot de passe",  # noqa: S106
    accept="Accepter",
    decline="Refuser",
    joined="Vous faites maintenant partie de {company} ; votre rôle : {role}.",
    declined="Vous avez refusé. Vous n’avez rien d’autre à faire.",
    again="Cela n’a pas fonctionné. Réessayez dans un moment.",
    roles={OWNER: "propriétaire", MANAGER: "gestion", EDITOR: "rédaction", VIEWER: "lecture"},
    refusals={
        **dict.fromkeys(
            (SignInRefused, InvalidFields),
            "L’identifiant ou le mot de passe est faux, ou l’adresse du compte n’est pas encore confirmée.",
        ),
        InvitationForAnother: "Cette invitation est pour une autre adresse. Connectez-vous au compte qui l’a.",
        AlreadyMember: "Vous en êtes déjà membre.",
        InvitationNotFound: "Cette invitation est introuvable. Le lien est peut-être incomplet, ou remplacé par celui "
        "d’un message plus récent.",
        InvitationOver: "Cette invitation n’est plus valable. Demandez-en une autre à la personne qui vous a invité.",
        Throttled: "Il y a eu trop d’essais. Réessayez plus tard.",
    },
)
WORDS: Mapping[str, Words] = MappingProxyType({"en": ENGLISH, "fr": FRENCH})


@get("/account/invitations/{token:str}", opt=public(), include_in_schema=False)
async def see(token: FromPath[str], request: ApiRequest, show_invitation: Given[ShowInvitation]) -> Response[str]:
    """What the invitation is for, and what can be done with it."""
    language = _language(request)
    try:
        invited = await show_invitation(token)
    except OVER as over:
        return _refused(over, language)
    return _page(language, _invited(invited, WORDS[language]) + _forms(token, WORDS[language]))


@post(
    "/account/invitations/{token:str}",
    status_code=200,
    opt=public(budget=CREDENTIALS, form=InvitationAnswer),
    include_in_schema=False,
)
async def answer(
    token: FromPath[str],
    request: ApiRequest,
    show_invitation: Given[ShowInvitation],
    sign_in: Given[SignIn],
    authenticate: Given[Authenticate],
    accept_invitation: Given[AcceptInvitation],
    sign_out: Given[SignOut],
    decline_invitation: Given[DeclineInvitation],
    origin: Given[Origin],
) -> Response[str]:
    """Accept it as whoever signs in with this, or decline it; refused, the page says why and can be filled in again."""
    form, language = await request.form_as(InvitationAnswer), _language(request)
    words = WORDS[language]
    try:
        invited = await show_invitation(token)
    except OVER as over:
        return _refused(over, language)
    try:
        if form.answer == "decline":
            await decline_invitation(token)
            return _page(language, _paragraph(words.declined))
        login = typed({"login": form.login.strip(), "password": form.password}, SignInRequest)
        actor = await authenticate((await sign_in(login, origin)).access_token)
        try:
            await accept_invitation(actor, token)
        finally:
            await sign_out(actor, origin)
    except DomainError as error:
        more = "" if isinstance(error, OVER) else _invited(invited, words) + _forms(token, words, form.login)
        return _refused(error, language, more)
    return _page(language, _paragraph(words.joined, company=invited.company, role=words.roles[invited.role]))


def _language(request: ApiRequest) -> str:
    return preferred(request.call.header(b"accept-language"), LANGUAGES, LANGUAGES[0])


def _page(language: str, body: str) -> Response[str]:
    return page(WORDS[language].title, body, policy=SENDING, language=language)


def _refused(error: DomainError, language: str, more: str = "") -> Response[str]:
    words = WORDS[language]
    reason = next((words.refusals[kind] for kind in type(error).__mro__ if kind in words.refusals), words.again)
    response = _page(language, f'<p role="alert"><strong>{escape(reason)}</strong></p>{more}')
    response.status_code = status_of(type(error))
    return response


def _invited(invited: InvitedView, words: Words) -> str:
    what = _paragraph(
        words.invites, by=invited.by or words.somebody, company=invited.company, role=words.roles[invited.role]
    )
    return what + _paragraph(words.until, until=f"{invited.expires_at:%Y-%m-%d %H:%M} UTC")


def _forms(token: str, words: Words, given: str = "") -> str:
    return FORMS.format(
        address=escape(f"/account/invitations/{token}"), given=escape(given), how=escape(words.how),
        login=escape(words.login), password=escape(words.password), accept=escape(words.accept),
        decline=escape(words.decline),
    )  # fmt: skip


def _paragraph(text: str, **values: str) -> str:
    return f"<p>{escape(text.format(**values))}</p>"


PAGES = (see, answer)
