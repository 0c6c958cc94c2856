"""What follows from what was measured on a picture: a score, a grade, advice, and whether two look alike."""

from dataclasses import replace

import msgspec
import pytest
from hypothesis import assume, given
from hypothesis import strategies as st

from asperguide.ar.marker_advice import WORDS, sentences
from asperguide.ar.marker_errors import MarkerTooSmall
from asperguide.ar.markers import (
    ALIKE,
    Advice,
    Grade,
    MarkerReport,
    Measured,
    bits_apart,
    demand_size,
    looks_like,
    report_of,
)

BEST = Measured(
    width=1200, height=900, corners=400, richness=1.0, coverage=1.0, edge_density=0.2, contrast=0.25, sharpness=900.0,
    brightness=0.5, repetition=0.1, fingerprint=0x0123456789ABCDEF,
)  # fmt: skip

SHARES = st.floats(0, 1)
PICTURES = st.builds(
    Measured, width=st.integers(300, 6000), height=st.integers(300, 6000), corners=st.integers(0, 4000),
    richness=SHARES, coverage=SHARES, edge_density=SHARES, contrast=st.floats(0, 0.5), sharpness=st.floats(0, 1e6),
    brightness=SHARES, repetition=SHARES, fingerprint=st.integers(0, 2**64 - 1),
)  # fmt: skip
PRINTS = st.integers(0, 2**64 - 1)


def test_the_best_of_pictures_needs_no_advice() -> None:
    report = report_of(BEST)
    assert (report.score, report.grade, report.advice) == (1.0, Grade.GOOD, ())
    assert report.ratio == pytest.approx(4 / 3)
    assert not report.repetitive


@pytest.mark.parametrize(
    ("changes", "grade", "advice"),
    [
        ({"richness": 0.0, "coverage": 0.0, "corners": 0}, Grade.POOR, [Advice.FEW_DETAILS]),
        ({"richness": 0.5, "coverage": 0.9}, Grade.GOOD, [Advice.FEW_DETAILS]),
        ({"richness": 0.4, "coverage": 0.4}, Grade.GOOD, [Advice.EMPTY_AREAS]),
        ({"edge_density": 0.0}, Grade.POOR, [Advice.FEW_DETAILS]),
        ({"contrast": 0.0}, Grade.POOR, [Advice.LOW_CONTRAST]),
        ({"contrast": 0.1}, Grade.GOOD, [Advice.LOW_CONTRAST]),
        ({"sharpness": 3.0}, Grade.POOR, [Advice.BLURRED]),
        ({"sharpness": 10.0}, Grade.GOOD, [Advice.BLURRED]),
        ({"brightness": 0.0}, Grade.POOR, [Advice.TOO_DARK]),
        ({"brightness": 0.1}, Grade.FAIR, [Advice.TOO_DARK]),
        ({"brightness": 1.0}, Grade.POOR, [Advice.TOO_BRIGHT]),
        ({"repetition": 0.6}, Grade.GOOD, [Advice.REPETITIVE]),
        ({"repetition": 0.7}, Grade.FAIR, [Advice.REPETITIVE]),
        ({"repetition": 0.95}, Grade.POOR, [Advice.REPETITIVE]),
        ({"width": 479}, Grade.GOOD, [Advice.FEW_PIXELS]),
        ({"width": 2701}, Grade.GOOD, [Advice.TOO_LONG]),
        ({"height": 390}, Grade.GOOD, [Advice.FEW_PIXELS, Advice.TOO_LONG]),
    ],
)
def test_each_shortcoming_is_told_and_costs_what_it_is_worth(
    changes: dict[str, float], grade: Grade, advice: list[Advice]
) -> None:
    report = report_of(replace(BEST, **changes))  # type: ignore[arg-type]
    assert (report.grade, list(report.advice)) == (grade, advice)


@given(PICTURES)
def test_scores_are_from_0_to_1_and_grades_follow_from_them(seen: Measured) -> None:
    report = report_of(seen)
    assert 0 <= report.score <= 1
    wanted = Grade.GOOD if report.score >= 0.6 else Grade.FAIR if report.score >= 0.35 else Grade.POOR
    assert report.grade is wanted


@given(PICTURES)
def test_whoever_is_not_good_is_told_why(seen: Measured) -> None:
    report = report_of(seen)
    assert report.grade is Grade.GOOD or report.advice


@given(PICTURES, st.sampled_from(["richness", "edge_density", "contrast", "sharpness"]), st.floats(0, 1))
def test_more_of_what_is_good_is_never_worse(seen: Measured, what: str, part: float) -> None:
    less = replace(seen, **{what: getattr(seen, what) * part})
    assert report_of(less).score <= report_of(seen).score


@given(PICTURES, SHARES)
def test_more_repetition_is_never_better(seen: Measured, repetition: float) -> None:
    assume(repetition >= seen.repetition)
    assert report_of(replace(seen, repetition=repetition)).score <= report_of(seen).score


@given(PICTURES)
def test_it_does_not_matter_which_side_is_which(seen: Measured) -> None:
    turned = replace(seen, width=seen.height, height=seen.width)
    assert (report_of(turned).score, report_of(turned).advice) == (report_of(seen).score, report_of(seen).advice)


@pytest.mark.parametrize("size", [(299, 900), (900, 299), (1, 1), (0, 0)])
def test_a_marker_has_300_pixels_a_side_at_least(size: tuple[int, int]) -> None:
    with pytest.raises(MarkerTooSmall):
        demand_size(*size)
    with pytest.raises(MarkerTooSmall):
        report_of(replace(BEST, width=size[0], height=size[1]))
    demand_size(300, 300)


@given(PRINTS, PRINTS)
def test_how_far_fingerprints_are_apart_is_a_distance(one: int, other: int) -> None:
    apart = bits_apart(one, other)
    assert 0 <= apart <= 64
    assert apart == bits_apart(other, one)
    assert (apart == 0) == (one == other)
    assert looks_like(one, other) == (apart <= ALIKE)


def test_ten_bits_of_difference_are_those_of_one_picture_and_eleven_are_not() -> None:
    assert looks_like(0, 0x3FF)
    assert not looks_like(0, 0x7FF)


@given(PRINTS, PRINTS)
def test_fingerprints_that_were_kept_with_a_sign_are_as_good(one: int, other: int) -> None:
    signed = one - 2**64 if one >= 2**63 else one
    assert bits_apart(signed, other) == bits_apart(one, other)


@given(PICTURES)
def test_reports_can_be_kept_as_json(seen: Measured) -> None:
    report = report_of(seen)
    kept = msgspec.json.decode(msgspec.json.encode(report))
    assert msgspec.convert(kept, MarkerReport) == report


def test_every_advice_has_its_sentence_in_every_language() -> None:
    assert set(WORDS) == {"en", "fr"}
    for words in WORDS.values():
        assert set(words) == set(Advice)
        assert all(sentence.endswith(".") and sentence[0].isupper() for sentence in words.values())
    for advice in Advice:
        assert WORDS["en"][advice] != WORDS["fr"][advice]


def test_where_a_language_is_not_spoken_it_is_english() -> None:
    assert sentences([Advice.BLURRED], "de") == sentences([Advice.BLURRED]) == (WORDS["en"][Advice.BLURRED],)
    assert sentences([Advice.BLURRED, Advice.TOO_DARK], "fr") == (
        WORDS["fr"][Advice.BLURRED], WORDS["fr"][Advice.TOO_DARK],
    )  # fmt: skip
