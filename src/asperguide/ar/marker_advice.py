"""Advice about markers in words."""

from collections.abc import Iterable, Mapping
from types import MappingProxyType

from asperguide.ar.markers import Advice

DEFAULT_LANGUAGE = "en"

WORDS: Mapping[str, Mapping[Advice, str]] = MappingProxyType(
    {
        "en": {
            Advice.FEW_DETAILS: "There is little that a camera can hold on to. Choose a picture rich in detail.",
            Advice.EMPTY_AREAS: "Parts of the picture are empty. Details should be spread over all of it.",
            Advice.LOW_CONTRAST: "The contrast is low. Make bright parts brighter and dark parts darker.",
            Advice.BLURRED: "The picture is blurred. Choose one that is in focus.",
            Advice.TOO_DARK: "The picture is too dark.",
            Advice.TOO_BRIGHT: "The picture is too bright.",
            Advice.REPETITIVE: "A pattern repeats itself, and a camera takes its parts for one another.",
            Advice.FEW_PIXELS: "The picture has few pixels. It should have 480 or more on its shorter side.",
            Advice.TOO_LONG: "The picture is very long. A camera sees all of it only from far away.",
        },
        "fr": {
            Advice.FEW_DETAILS: "La caméra trouve peu de repères. Choisissez une image riche en détails.",
            Advice.EMPTY_AREAS: "Des parties de l'image sont vides. Les détails devraient la couvrir entièrement.",
            Advice.LOW_CONTRAST: "Le contraste est faible. Éclaircissez les parties claires, assombrissez les autres.",
            Advice.BLURRED: "L'image est floue. Choisissez-en une qui est nette.",
            Advice.TOO_DARK: "L'image est trop sombre.",
            Advice.TOO_BRIGHT: "L'image est trop claire.",
            Advice.REPETITIVE: "Un motif se répète, et la caméra en confond les parties.",
            Advice.FEW_PIXELS: "L'image a peu de pixels. Son petit côté devrait en avoir 480 ou plus.",
            Advice.TOO_LONG: "L'image est très allongée. La caméra ne la voit entière que de loin.",
        },
    }
)
"""By language, then by advice: a sentence for people."""


def sentences(advice: Iterable[Advice], language: str = DEFAULT_LANGUAGE) -> tuple[str, ...]:
    """The advice in this language, in English where it is not spoken here."""
    words = WORDS.get(language, WORDS[DEFAULT_LANGUAGE])
    return tuple(words[one] for one in advice)
