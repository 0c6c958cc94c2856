"""Markers: how well a camera will find and follow a printed picture, told from numbers that were measured on it.

Trackers of images look for corners in the grey picture and match them with those they know. What makers of trackers
ask of a picture (Vuforia, "Best practices for designing image-based targets"; Google, "Augmented images", at least 300
pixels a side; Wikitude, "Target guide") is therefore: many corners, all over it, contrast, and nothing that comes
twice. Six factors from 0 to 1 say how far a picture is that:

    richness     cells of an 8 by 8 grid, each as full of corners (Shi and Tomasi 1994) as it need be
    edges        share of pixels on an edge, against 6 %
    contrast     RMS contrast (Peli 1990), the deviation of grey from its mean, against 0.16
    sharpness    variance of the Laplacian (Pech-Pacheco et al. 2000), on a scale of tenfolds from 3 to 300
    light        1 where the mean grey lies between 0.2 and 0.85, falling to 0 at black and at white
    uniqueness   1 until what is around corners comes again at 0.45 (autocorrelation), falling to 0.25 at 0.9

    score = richness^0.5 * contrast^0.2 * sharpness^0.2 * edges^0.1 * light * uniqueness

A product, because nothing can be bought by anything else: a picture without contrast is no better for being sharp.
Good is 0.6 and more, fair 0.35 and more. Why so, and how the constants were found: docs/adr/0046-marker-score.md.
"""

import math
from collections.abc import Iterable
from dataclasses import dataclass
from enum import StrEnum

from asperguide.ar.marker_errors import MarkerTooSmall

SHORTEST_SIDE = 300
"""Pixels that a marker must have at least."""
COMFORTABLE_SIDE = 480
"""Pixels below which there is little to spare."""
LONGEST_RATIO = 3.0
"""Longer side to shorter, beyond which a camera rarely has all of it in view."""
GOOD, FAIR = 0.6, 0.35
ENOUGH_EDGES, ENOUGH_CONTRAST = 0.06, 0.16
BLURRED, SHARP = 3.0, 300.0
DARK, BRIGHT = 0.2, 0.85
UNIQUE, REPETITIVE, REPEATED = 0.45, 0.55, 0.9
ALL_BITS = 2**64 - 1
ALIKE = 10
"""Bits of 64 in which fingerprints of one picture may differ."""
WANTING, NOTICED = 0.75, 0.9
"""Below these a factor is worth a word: those that are weighed, and those that are not. If no factor is, it is good."""


class Grade(StrEnum):
    """What the score comes to."""

    GOOD = "good"
    FAIR = "fair"
    POOR = "poor"


class Advice(StrEnum):
    """What keeps a picture from being a better marker."""

    FEW_DETAILS = "few_details"
    EMPTY_AREAS = "empty_areas"
    LOW_CONTRAST = "low_contrast"
    BLURRED = "blurred"
    TOO_DARK = "too_dark"
    TOO_BRIGHT = "too_bright"
    REPETITIVE = "repetitive"
    FEW_PIXELS = "few_pixels"
    TOO_LONG = "too_long"


@dataclass(frozen=True, slots=True, kw_only=True)
class Measured:
    """What an eye measures on a picture.

    `width` and `height` are pixels of the whole, upright. All else is of its grey copy, at most 640 pixels long:
    `corners` is their number; `richness`, how full of them the cells of a grid are, and `coverage`, the share of cells
    that have any, are from 0 to 1, as are `edge_density`, `contrast` (RMS), `brightness` (the mean) and `repetition`.
    `sharpness` is the variance of the Laplacian of greys from 0 to 255. `fingerprint` has 64 bits.
    """

    width: int
    height: int
    corners: int
    richness: float
    coverage: float
    edge_density: float
    contrast: float
    sharpness: float
    brightness: float
    repetition: float
    fingerprint: int


@dataclass(frozen=True, slots=True, kw_only=True)
class MarkerReport:
    """How well a picture will do as a marker, and why."""

    measured: Measured
    score: float
    grade: Grade
    advice: tuple[Advice, ...]

    @property
    def ratio(self) -> float:
        """Width to height."""
        return self.measured.width / self.measured.height

    @property
    def repetitive(self) -> bool:
        """Whether parts of it look like others, which a camera then takes for one another."""
        return self.measured.repetition > REPETITIVE


def demand_size(width: int, height: int) -> None:
    """Raises MarkerTooSmall when there are too few pixels for a marker."""
    if min(width, height) < SHORTEST_SIDE:
        raise MarkerTooSmall


def report_of(measured: Measured) -> MarkerReport:
    """What follows from what was measured. Raises MarkerTooSmall."""
    demand_size(measured.width, measured.height)
    score = round(_score(measured), 3)
    return MarkerReport(measured=measured, score=score, grade=_grade(score), advice=tuple(_advice(measured)))


def bits_apart(one: int, other: int) -> int:
    """In how many of 64 bits two fingerprints differ; it does not matter whether they were kept with a sign."""
    return ((one ^ other) & ALL_BITS).bit_count()


def looks_like(one: int, other: int) -> bool:
    """Whether fingerprints are those of one picture, in whatever size, quality or shade: hashes of Zauner (2010)."""
    return bits_apart(one, other) <= ALIKE


def _grade(score: float) -> Grade:
    return Grade.GOOD if score >= GOOD else Grade.FAIR if score >= FAIR else Grade.POOR


def _score(seen: Measured) -> float:
    weighed: float = seen.richness**0.5 * _contrast(seen) ** 0.2 * _sharpness(seen) ** 0.2 * _edges(seen) ** 0.1
    return weighed * _light(seen) * _uniqueness(seen)


def _edges(seen: Measured) -> float:
    return _part(seen.edge_density / ENOUGH_EDGES)


def _contrast(seen: Measured) -> float:
    return _part(seen.contrast / ENOUGH_CONTRAST)


def _sharpness(seen: Measured) -> float:
    return _part(math.log(max(seen.sharpness, BLURRED) / BLURRED) / math.log(SHARP / BLURRED))


def _light(seen: Measured) -> float:
    return min(_part(seen.brightness / DARK), _part((1 - seen.brightness) / (1 - BRIGHT)))


def _uniqueness(seen: Measured) -> float:
    return 1 - 0.75 * _part((seen.repetition - UNIQUE) / (REPEATED - UNIQUE))


def _part(of_one: float) -> float:
    return min(max(of_one, 0.0), 1.0)


def _advice(seen: Measured) -> Iterable[Advice]:
    """What matters most comes first."""
    longer, shorter = max(seen.width, seen.height), min(seen.width, seen.height)
    lopsided = 0 < seen.coverage * WANTING <= seen.richness < WANTING
    told = {
        Advice.FEW_DETAILS: (seen.richness < WANTING and not lopsided) or _edges(seen) < WANTING,
        Advice.EMPTY_AREAS: lopsided,
        Advice.LOW_CONTRAST: _contrast(seen) < WANTING,
        Advice.BLURRED: _sharpness(seen) < WANTING,
        Advice.TOO_DARK: seen.brightness < DARK * NOTICED,
        Advice.TOO_BRIGHT: 1 - seen.brightness < (1 - BRIGHT) * NOTICED,
        Advice.REPETITIVE: seen.repetition > REPETITIVE or _uniqueness(seen) < NOTICED,
        Advice.FEW_PIXELS: shorter < COMFORTABLE_SIDE,
        Advice.TOO_LONG: longer / shorter > LONGEST_RATIO,
    }
    return (advice for advice, applies in told.items() if applies)
