"""A plot of what was counted, as an SVG that stands alone: no script, no font and no picture from elsewhere.

Bars are sessions, the line is plays. It follows the light or dark of whoever looks, says in words what it shows to
those who do not see it, and each bar tells its numbers to a pointer that rests on it.
"""

import base64
import hashlib
import re
from collections.abc import Iterator, Sequence
from html import escape
from unicodedata import east_asian_width

from asperguide.ar.analytics import AnalyticsView, BucketView, By

WIDTH, HEIGHT = 800, 360
LEFT, RIGHT, TOP, BOTTOM = 60, 16, 64, 48
PLOT_WIDTH, PLOT_HEIGHT = WIDTH - LEFT - RIGHT, HEIGHT - TOP - BOTTOM
MOST_TICKS, MOST_LABELS = 5, 8
WIDEST_NAME = 52
WIDEST_BAR = 48.0
NOT_XML = re.compile("[^\t\n\r\u0020-\ud7ff\ue000-\ufffd\U00010000-\U0010ffff]")

STYLE = (
    "svg{background:#fff;color:#1c1e21;font:12px system-ui,sans-serif}"
    "text{fill:currentColor}.name{font-size:16px;font-weight:600}.soft{opacity:.7}"
    ".grid{stroke:currentColor;stroke-opacity:.15}.axis{stroke:currentColor;stroke-opacity:.6}"
    ".bar{fill:#3b6fd4}.line{fill:none;stroke:#c2571a;stroke-width:2;stroke-linejoin:round}.dot{fill:#c2571a}"
    "@media (prefers-color-scheme:dark){svg{background:#16181c;color:#e6e8eb}.bar{fill:#7aa5f7}"
    ".line{stroke:#f0a35e}.dot{fill:#f0a35e}}"
)
POLICY = (
    "default-src 'none'; frame-ancestors 'none'; base-uri 'none'; form-action 'none'; "
    f"style-src 'sha256-{base64.b64encode(hashlib.sha256(STYLE.encode()).digest()).decode()}'"
)
"""The content security policy under which this very style, and nothing else, is let through."""


def plot(view: AnalyticsView) -> str:
    """The whole picture."""
    most = max(max(one.sessions, one.play) for one in view.buckets)
    step = tick_step(most)
    top = max(step, -(-most // step) * step)
    return "".join(
        (
            f'<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 {WIDTH} {HEIGHT}" width="{WIDTH}" '
            f'height="{HEIGHT}" role="img" aria-labelledby="title desc">',
            f'<title id="title">{_safe(_title(view))}</title><desc id="desc">{_safe(_told(view))}</desc>',
            f"<style>{STYLE}</style>",
            *_heading(view), *_grid(top, step), *_bars(view.buckets, top), *_line(view.buckets, top),
            *_labels(view),
            "</svg>\n",
        )
    )  # fmt: skip


def tick_step(most: int) -> int:
    """1, 2 or 5 times a power of ten, so that there are at most five steps up to `most`."""
    power = 1
    while True:
        for step in (power, 2 * power, 5 * power):
            if most <= step * MOST_TICKS:
                return step
        power *= 10


def shortened(name: str) -> str:
    """As much of a name as there is room for; characters of East Asia take twice as much of it (UAX 11)."""
    room = WIDEST_NAME
    for place, one in enumerate(name):
        room -= 2 if east_asian_width(one) in "FW" else 1
        if room < 0:
            return name[: max(place - 1, 0)] + "…"
    return name


def _heading(view: AnalyticsView) -> Iterator[str]:
    yield f'<text class="name" x="{LEFT}" y="24">{_safe(shortened(view.name))}</text>'
    yield f'<text class="soft" x="{LEFT}" y="44">{view.first} – {view.last}, {_safe(view.time_zone)}</text>'
    right = WIDTH - RIGHT
    yield f'<rect class="bar" x="{right - 172}" y="14" width="12" height="12"/>'
    yield f'<text x="{right - 154}" y="24">Sessions {view.totals.sessions:,}</text>'
    yield f'<path class="line" d="M{right - 172} 40h12"/>'
    yield f'<text x="{right - 154}" y="44">Plays {view.totals.play:,}</text>'


def _grid(top: int, step: int) -> Iterator[str]:
    for value in range(0, top + 1, step):
        y = _y(value, top)
        yield f'<line class="{"grid" if value else "axis"}" x1="{LEFT}" x2="{WIDTH - RIGHT}" y1="{y}" y2="{y}"/>'
        yield f'<text class="soft" x="{LEFT - 8}" y="{y + 4:g}" text-anchor="end">{value:,}</text>'


def _bars(buckets: Sequence[BucketView], top: int) -> Iterator[str]:
    width = min(PLOT_WIDTH / len(buckets) * 0.7, WIDEST_BAR)
    for place, one in enumerate(buckets):
        y = _y(one.sessions, top)
        yield (
            f'<rect class="bar" x="{_x(place, len(buckets)) - width / 2:.1f}" y="{y}" width="{width:.1f}" '
            f'height="{HEIGHT - BOTTOM - y:g}"><title>{_bar(one)}</title></rect>'
        )


def _line(buckets: Sequence[BucketView], top: int) -> Iterator[str]:
    points = [(_x(place, len(buckets)), _y(one.play, top)) for place, one in enumerate(buckets)]
    if len(points) == 1:
        yield f'<circle class="dot" cx="{points[0][0]:.1f}" cy="{points[0][1]}" r="4"/>'
    else:
        yield f'<polyline class="line" points="{" ".join(f"{x:.1f},{y:g}" for x, y in points)}"/>'


def _labels(view: AnalyticsView) -> Iterator[str]:
    every = -(-len(view.buckets) // MOST_LABELS)
    for place in range(0, len(view.buckets), every):
        first = view.buckets[place].first
        text = f"{first:%Y-%m}" if view.by is By.MONTH else first.isoformat()
        x = _x(place, len(view.buckets))
        yield f'<text class="soft" x="{x:.1f}" y="{HEIGHT - BOTTOM + 20}" text-anchor="middle">{text}</text>'


def _x(place: int, count: int) -> float:
    return LEFT + PLOT_WIDTH * (place + 0.5) / count


def _y(value: int, top: int) -> float:
    return round(TOP + PLOT_HEIGHT * (1 - value / top), 1)


def _bar(one: BucketView) -> str:
    days = f"{one.first}" if one.first == one.last else f"{one.first} – {one.last}"
    return f"{days}: {one.sessions:,} sessions, {one.play:,} plays"


def _title(view: AnalyticsView) -> str:
    return f"Views of {view.name}, {view.first} to {view.last}, by {view.by}"


def _told(view: AnalyticsView) -> str:
    best = max(view.buckets, key=lambda one: one.sessions)
    told = f"{view.totals.sessions:,} sessions and {view.totals.play:,} plays in all."
    return f"{told} Most on {_bar(best)}." if best.sessions else told


def _safe(text: str) -> str:
    """As XML wants it; characters that it cannot hold are left out."""
    return escape(NOT_XML.sub("", text))
