"""Looking at pictures that may become markers, before anything is kept."""

from collections.abc import AsyncIterable
from typing import Annotated

import msgspec
from msgspec import Meta, Struct

from asperguide.ar.marker_advice import DEFAULT_LANGUAGE, sentences
from asperguide.ar.marker_errors import MarkerTooLarge
from asperguide.ar.marker_ports import MarkerEye
from asperguide.ar.markers import Advice, Grade, MarkerReport, report_of
from asperguide.shared.actor import Actor

LARGEST_MARKER = 16 * 1024 * 1024
"""Bytes that may be sent to be looked at."""
DIGITS = 4

Part = Annotated[float, Meta(ge=0, le=1)]


class AdviceView(msgspec.Struct, frozen=True, kw_only=True):
    """One thing that keeps the picture from being a better marker: a code for programs, a sentence for people."""

    code: Advice
    text: str


class MarkerReportView(msgspec.Struct, frozen=True, kw_only=True):
    """How well a picture will do as a marker; a score of 0.6 is good, one of 0.35 fair.

    `ratio` is width to height. What was measured is of the grey picture in at most 640 pixels: how many `corners` a
    camera can hold on to, how far they fill the picture (`richness`, `coverage`), the share of pixels on an edge, the
    RMS contrast, the variance of the Laplacian (`sharpness`, more is sharper), the mean grey, and how far the picture
    repeats itself. Of two pictures that look alike 10 bits of the `fingerprint` differ at most.
    """

    width: int
    height: int
    ratio: float
    corners: int
    richness: Part
    coverage: Part
    edge_density: Part
    contrast: Part
    sharpness: Annotated[float, Meta(ge=0)]
    brightness: Part
    repetition: Part
    repetitive: bool
    score: Part
    grade: Grade
    advice: tuple[AdviceView, ...]
    fingerprint: Annotated[str, Meta(pattern="^[0-9a-f]{16}$")]


def report_view(report: MarkerReport, language: str = DEFAULT_LANGUAGE) -> MarkerReportView:
    """The report as people are shown it, with advice in their language."""
    seen = report.measured
    words = zip(report.advice, sentences(report.advice, language), strict=True)
    return MarkerReportView(
        width=seen.width, height=seen.height, ratio=round(report.ratio, DIGITS), corners=seen.corners,
        richness=round(seen.richness, DIGITS), coverage=round(seen.coverage, DIGITS),
        edge_density=round(seen.edge_density, DIGITS), contrast=round(seen.contrast, DIGITS),
        sharpness=round(seen.sharpness, 1), brightness=round(seen.brightness, DIGITS),
        repetition=round(seen.repetition, DIGITS), repetitive=report.repetitive, score=report.score,
        grade=report.grade, advice=tuple(AdviceView(code=code, text=text) for code, text in words),
        fingerprint=f"{seen.fingerprint:016x}",
    )  # fmt: skip


class AnalyzeMarker(Struct, frozen=True, kw_only=True):
    """Tell how well a picture would do as a marker, and what would make it better. Nothing of it is kept.

    Any image of up to 16 MiB and 25 megapixels that has at least 300 pixels on its shorter side.
    """

    eye: MarkerEye

    async def __call__(
        self, actor: Actor, chunks: AsyncIterable[bytes], language: str = DEFAULT_LANGUAGE
    ) -> MarkerReportView:
        measured = await self.eye.measure(await _whole(chunks))
        return report_view(report_of(measured), language)


async def _whole(chunks: AsyncIterable[bytes]) -> bytes:
    whole = bytearray()
    async for chunk in chunks:
        whole += chunk
        if len(whole) > LARGEST_MARKER:
            raise MarkerTooLarge
    return bytes(whole)
