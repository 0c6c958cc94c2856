"""Pictures of what was counted: wellformed whatever names say, with room for all that is in them."""

import re
from datetime import date, timedelta
from uuid import UUID
from xml.etree import ElementTree

import pytest

from asperguide.adapters.http.ar.plots import HEIGHT, WIDEST_NAME, WIDTH, plot, shortened, tick_step
from asperguide.ar.analytics import AnalyticsView, By, Level, Scope, Span
from asperguide.ar.analytics_calendar import buckets
from asperguide.ar.analytics_model import Figures, Tally
from asperguide.ar.analytics_views import analytics_view
from asperguide.shared.tenancy import CompanyId

LAST = date(2026, 1, 19)
SPACE = "{http://www.w3.org/2000/svg}"


def view(name: str = "Garden", days: int = 30, by: By = By.DAY, most: int = 50) -> AnalyticsView:
    """Something to be drawn."""
    span = Span(first=LAST - timedelta(days=days - 1), last=LAST)
    counted = {span.first + timedelta(days=n): Tally(sessions=n * most // days, play=n) for n in range(days)}
    scope = Scope(
        level=Level.CONTENT, id=UUID(int=1), company=CompanyId(UUID(int=2)), time_zone="Europe/Paris", name=name
    )
    return analytics_view(scope, span, by, buckets(span, by), Figures(days=counted))


@pytest.mark.parametrize(
    "name",
    [
        "",
        "O'Neil & <script>alert(1)</script>",
        "]]>",
        "\x00\x07\x1b",
        "\ud800",
        "\ufffe",
        "花園" * 200,
        "🌳‮x",
        '"' * 300,
    ],
)
def test_whatever_a_name_says_the_picture_is_wellformed(name: str) -> None:
    root = ElementTree.fromstring(plot(view(name)))
    assert root.tag == f"{SPACE}svg"
    assert [found.tag for found in root.iter() if "script" in found.tag] == []


@pytest.mark.parametrize(("days", "by"), [(1, By.DAY), (2, By.DAY), (400, By.DAY), (400, By.WEEK), (31, By.MONTH)])
@pytest.mark.parametrize("most", [0, 1, 7, 1000, 10**12])
def test_everything_is_inside_of_the_picture(days: int, by: By, most: int) -> None:
    root = ElementTree.fromstring(plot(view(days=days, by=by, most=most)))
    bars = [one for one in root.iter(f"{SPACE}rect") if len(one)]
    assert len(bars) == len(view(days=days, by=by).buckets)
    for one in bars:
        x, y, width, height = (float(one.attrib[name]) for name in ("x", "y", "width", "height"))
        assert x >= 0 and y >= 0 and width > 0 and height >= 0
        assert x + width <= WIDTH and y + height <= HEIGHT
    for line in root.iter(f"{SPACE}polyline"):
        points = [tuple(map(float, point.split(","))) for point in line.attrib["points"].split()]
        assert all(0 <= x <= WIDTH and 0 <= y <= HEIGHT for x, y in points)


def test_each_bar_tells_its_numbers() -> None:
    told = [one.findtext(f"{SPACE}title") for one in ElementTree.fromstring(plot(view())).iter(f"{SPACE}rect")]
    assert told[-1] == "2026-01-19: 48 sessions, 29 plays"
    weeks = [
        one.findtext(f"{SPACE}title") for one in ElementTree.fromstring(plot(view(by=By.WEEK))).iter(f"{SPACE}rect")
    ]
    assert weeks[-2] == "2026-01-12 – 2026-01-18: 289 sessions, 175 plays"


def test_steps_are_round_and_few() -> None:
    for most in (*range(300), 10**3, 12345, 10**9, 10**15 + 1):
        step = tick_step(most)
        assert re.fullmatch(r"[125]0*", str(step))
        assert most <= 5 * step
        assert most <= 1 or step == 1 or most > 2 * step // 2


def test_a_name_takes_the_room_that_there_is() -> None:
    assert shortened("x" * WIDEST_NAME) == "x" * WIDEST_NAME
    assert shortened("x" * (WIDEST_NAME + 1)) == "x" * (WIDEST_NAME - 1) + "…"
    assert shortened("花" * 26) == "花" * 26
    assert shortened("花" * 27) == "花" * 25 + "…"
    assert shortened("") == ""
