"""`/account/...`: the small pages that links in mails open. Codes are in the fragment, which no server log sees."""

from dataclasses import dataclass
from html import escape
from types import MappingProxyType

from litestar import Controller, Response
from litestar.params import FromPath

from asperguide.adapters.http.bodies import ApiRequest
from asperguide.adapters.http.handlers import get
from asperguide.adapters.http.languages import preferred
from asperguide.adapters.http.pages import POLICY, page
from asperguide.adapters.http.problems import RouteNotFound
from asperguide.adapters.http.routes import public

SCRIPT = """
const form = document.querySelector("form");
const result = document.querySelector("output");
const code = location.hash.slice(1);
form.addEventListener("submit", async (event) => {
  event.preventDefault();
  const body = Object.fromEntries(new FormData(form));
  if (form.dataset.code === "yes") body.code = code;
  form.querySelector("button").disabled = true;
  let detail = form.dataset.offline;
  try {
    const answer = await fetch(form.dataset.to, {
      method: "POST", headers: {"content-type": "application/json"}, body: JSON.stringify(body),
    });
    if (answer.ok) {
      history.replaceState(null, "", location.pathname);
      form.hidden = true;
      result.textContent = form.dataset.done;
      return;
    }
    const problem = await answer.json();
    detail = [problem.detail, ...(problem.errors || []).map((wrong) => wrong.detail)].join(" ");
  } catch {}
  result.textContent = detail;
  form.querySelector("button").disabled = false;
});
"""
NEW_ONE = (
    '<p><label>{label}<br><input name="new_password" type="password" autocomplete="new-password" required></label></p>'
)
ADDRESS = '<p><label>{label}<br><input name="email" type="email" autocomplete="email" required></label></p>'


@dataclass(frozen=True, slots=True)
class Words:
    """What a page says, in one language."""

    title: str
    button: str
    done: str
    offline: str
    label: str = ""


@dataclass(frozen=True, slots=True)
class AccountPage:
    """What a page sends where: the code of its link, and what is typed into its one field."""

    to: str
    en: Words
    fr: Words
    code: bool = True
    field: str = ""


OFFLINE, HORS_LIGNE = "The service did not answer. Try again.", "Le service n'a pas répondu. Réessayez."
CONFIRM = AccountPage(
    "/api/v1/users/email-verification",
    Words("Confirm your address", "Confirm", "Your address is confirmed. You can sign in now.", OFFLINE),
    Words(
        "Confirmer votre adresse", "Confirmer", "Votre adresse est confirmée. Vous pouvez vous connecter.", HORS_LIGNE
    ),
)
PAGES = MappingProxyType(
    {
        "confirm": CONFIRM,
        "move": CONFIRM,
        "reset": AccountPage(
            "/api/v1/password/reset",
            Words(
                "Choose a new password", "Save", "Your new password is set. Sign in with it.", OFFLINE, "New password"
            ),
            Words(
                "Choisir un nouveau mot de passe",
                "Enregistrer",
                "Le nouveau mot de passe est enregistré. Connectez-vous avec lui.",
                HORS_LIGNE,
                "Nouveau mot de passe",
            ),
            field=NEW_ONE,
        ),
        "reopen": AccountPage(
            "/api/v1/users/me/reopen",
            Words("Keep your account", "Reopen my account", "Welcome back. Your account is open again.", OFFLINE),
            Words("Garder votre compte", "Rouvrir mon compte", "Bon retour. Votre compte est rouvert.", HORS_LIGNE),
        ),
        "forgotten": AccountPage(
            "/api/v1/password/forgot",
            Words(
                "Forgot your password?",
                "Send the mail",
                "If this address has an account, a mail is on its way.",
                OFFLINE,
                "Your address",
            ),
            Words(
                "Mot de passe oublié ?",
                "Envoyer le message",
                "Si cette adresse a un compte, un message est en route.",
                HORS_LIGNE,
                "Votre adresse",
            ),
            code=False,
            field=ADDRESS,
        ),
    }
)
LANGUAGES = ("en", "fr")
SENDING = POLICY.replace("default-src 'none';", "default-src 'none'; script-src 'self'; connect-src 'self';")


class AccountPages(Controller):
    """Pages that do one thing each, by the same REST routes that clients use."""

    path = "/account"
    include_in_schema = False

    @get("/pages.js", media_type="text/javascript", opt=public())
    async def script(self) -> str:
        """What sends the forms."""
        return SCRIPT

    @get("/{name:str}", opt=public())
    async def show(self, name: FromPath[str], request: ApiRequest) -> Response[str]:
        """One page, in French for those who prefer it."""
        found = PAGES.get(name)
        if found is None:
            raise RouteNotFound
        language = preferred(request.call.header(b"accept-language"), LANGUAGES, "en")
        words = found.fr if language == "fr" else found.en
        form = (
            f'<form data-to="{found.to}" data-code="{"yes" if found.code else "no"}"'
            f' data-done="{escape(words.done)}" data-offline="{escape(words.offline)}">'
            f"{found.field.format(label=escape(words.label))}<button>{escape(words.button)}</button></form>"
            '<p><output></output></p><script src="/account/pages.js" defer></script>'
        )
        return page(words.title, form, policy=SENDING, language=language)
