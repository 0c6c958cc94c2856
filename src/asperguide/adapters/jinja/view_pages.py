"""The page of a print, in French and English: what it shows, or a friendly word on why it shows nothing."""

from collections.abc import Mapping
from functools import cache
from types import MappingProxyType
from typing import TYPE_CHECKING

from asperguide.adapters.jinja.colours import COLOUR, readable
from asperguide.adapters.jinja.letters import TEMPLATES
from asperguide.ar.unavailable import Reason
from asperguide.ar.viewing import PrintPage

if TYPE_CHECKING:
    from jinja2 import Environment

LANGUAGES = ("en", "fr")
PAPER, NIGHT = "#f4f5f7", "#0c0d10"
"""What is behind the page, in light and in dark; `view.css` has the same."""
ACCENT = "#3b4fd8"

WORDS: Mapping[str, Mapping[str, str]] = MappingProxyType(
    {
        "en": {
            "print": "The printed photo",
            "play": "Video: ",
            "number": "Print no.",
            "by": "A photo that comes alive, by",
            "hint": "This is the photo on your print. Its film is ready to play.",
            "broken": "Your browser cannot play this video.",
        },
        "fr": {
            "print": "La photo imprimée",
            "play": "Vidéo : ",
            "number": "Tirage n°",
            "by": "Une photo qui prend vie, par",
            "hint": "Voici la photo de votre tirage. Son film est prêt.",
            "broken": "Votre navigateur ne peut pas lire cette vidéo.",
        },
    }
)

PREPARING = (Reason.MARKER_MISSING, Reason.MARKER_PENDING, Reason.NO_PLAYABLE_VIDEO)
UNKNOWN = (Reason.INVALID_ID, Reason.NOT_FOUND)
SORRY: Mapping[str, Mapping[str, tuple[str, str]]] = MappingProxyType(
    {
        "en": {
            "unknown": (
                "We cannot find this print",
                "The link may be incomplete. Scan the code on the print once more, the whole of it, in good light.",
            ),
            "expired": (
                "This print has had its time",
                "Its video is no longer available. Whoever made the print for you can tell you more.",
            ),
            "preparing": (
                "Your print is being prepared",
                "The video is not ready yet. Come back in a little while.",
            ),
            "resting": (
                "Nothing to see right now",
                "This print is not available at the moment. Come back later, or ask whoever made it for you.",
            ),
        },
        "fr": {
            "unknown": (
                "Ce tirage est introuvable",
                "Le lien est peut-être incomplet. Scannez à nouveau le code du tirage, en entier et bien éclairé.",
            ),
            "expired": (
                "Ce tirage a fait son temps",
                "Sa vidéo n'est plus disponible. La personne qui a réalisé le tirage pourra vous renseigner.",
            ),
            "preparing": (
                "Votre tirage est en préparation",
                "La vidéo n'est pas encore prête. Revenez dans un petit moment.",
            ),
            "resting": (
                "Rien à voir pour l'instant",
                "Ce tirage n'est pas disponible en ce moment. Revenez plus tard, ou demandez à la personne qui l'a "
                "réalisé.",
            ),
        },
    }
)


class JinjaViewPages:
    """Writes the page from its template, compiled once in a process, when it is first needed."""

    def write(self, page: PrintPage, language: str, *, nonce: str, url: str, assets: Mapping[str, str]) -> str:
        """HTML. Whatever people have written is text in it; `nonce` admits its one style of its own."""
        given = {
            "words": WORDS[language], "language": language, "nonce": nonce, "url": url, "assets": assets, "page": page,
            "manifest": page.manifest, "inks": _inks(page.accent),
        }  # fmt: skip
        if page.manifest is None:
            title, text = SORRY[language][_kind(page.reason)]
            return _environment().get_template("view/sorry.html.jinja").render(given, title=title, text=text)
        return _environment().get_template("view/print.html.jinja").render(given)


def _kind(reason: Reason | None) -> str:
    if reason in UNKNOWN:
        return "unknown"
    if reason is Reason.EXPIRED:
        return "expired"
    return "preparing" if reason in PREPARING else "resting"


def _inks(accent: str | None) -> tuple[str, str]:
    """The accent on paper and at night."""
    colour = (accent if accent and COLOUR.fullmatch(accent) else ACCENT).lower()
    return readable(colour, PAPER), readable(colour, NIGHT)


def _path(address: str) -> str:
    """An address of ours as this page asks for it, under whatever name it was reached."""
    return "/" + address.split("/", 3)[3]


def _clock(seconds: float) -> str:
    minutes, rest = divmod(round(seconds), 60)
    return f"{minutes}:{rest:02d}"


@cache
def _environment() -> "Environment":
    from jinja2 import Environment, FileSystemLoader, StrictUndefined

    environment = Environment(
        autoescape=True,
        undefined=StrictUndefined,
        loader=FileSystemLoader(TEMPLATES),
        trim_blocks=True,
        lstrip_blocks=True,
        auto_reload=False,
    )
    environment.filters.update(path=_path, clock=_clock)
    return environment
