"""The page of a print: words, colours that can be read, and whatever people have written is text."""

import re
from html.parser import HTMLParser
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from asperguide.adapters.jinja.colours import ENOUGH, contrast, readable
from asperguide.adapters.jinja.view_pages import NIGHT, PAPER, SORRY, WORDS, JinjaViewPages
from asperguide.ar.unavailable import Reason
from asperguide.ar.viewing import PrintPage
from tests.viewing import ID, URL, Stage

ASSETS = {"view.css": "/view.css", "view.js": "/view.js", "icon.svg": "/icon.svg"}
COLOURS = st.from_regex(r"#[0-9a-f]{6}", fullmatch=True)
HOSTILE = (
    '"><script>alert(1)</script>', "</title><img src=x onerror=alert(1)>", "{{7*7}}", "{% raw %}", "' onclick='x",
    "漢" * 255, "החתונה של נועה", "\u202ereversed", "&lt;b&gt;", "]]>", "\u2028",
)  # fmt: skip


class Seen(HTMLParser):
    """The elements of a page and its text."""

    def __init__(self, html: str) -> None:
        super().__init__()
        self.tags: list[tuple[str, dict[str, str | None]]] = []
        self.text: list[str] = []
        self.feed(html)

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        self.tags.append((tag, dict(attrs)))

    def handle_data(self, data: str) -> None:
        self.text.append(data)


async def page_of(title: str = "Wedding", accent: str | None = "#c2410c", **more: Any) -> PrintPage:
    stage = Stage()
    await stage.change(title=title)
    manifest = (await stage.process.show_manifest(ID)).manifest
    return PrintPage(manifest=manifest, company=more.get("company", "Atelier"), accent=accent, locale="en")


def written(page: PrintPage, language: str = "en") -> str:
    return JinjaViewPages().write(page, language, nonce="once", url=f"{URL}/view/{ID}", assets=ASSETS)


@pytest.mark.parametrize("text", HOSTILE)
async def test_whatever_people_write_is_text(text: str) -> None:
    plain = Seen(written(await page_of()))
    hostile = Seen(written(await page_of(title=text, company=text)))
    assert [tag for tag, _ in hostile.tags] == [tag for tag, _ in plain.tags]
    assert text in "".join(hostile.text)
    assert {name for _, found in hostile.tags for name in found} - {"class"} <= {
        name for _, found in plain.tags for name in found
    }


async def test_the_page_works_without_its_script() -> None:
    html = written(await page_of())
    assert re.search(r'<video controls [^>]*poster="/api/v1/viewer/[^"]*/poster"[^>]*src="/api', html)
    assert html.count("<script") == 1 and "<script src=" in html
    assert " on" not in "".join(f" {name}" for _, found in Seen(html).tags for name in found)


@pytest.mark.parametrize("reason", list(Reason))
@pytest.mark.parametrize("language", ["en", "fr"])
def test_each_reason_is_told_in_a_friendly_way(reason: Reason, language: str) -> None:
    html = written(PrintPage(reason=reason), language)
    assert f'<html lang="{language}">' in html and 'content="noindex, nofollow"' in html
    assert any(title.replace("'", "&#39;") in html for title, _ in SORRY[language].values())
    assert "<video" not in html and "<script" not in html


def test_both_languages_say_the_same_things() -> None:
    assert WORDS["en"].keys() == WORDS["fr"].keys()
    assert SORRY["en"].keys() == SORRY["fr"].keys()


@given(COLOURS, st.sampled_from([PAPER, NIGHT]))
def test_any_colour_can_be_read_on_the_page(colour: str, paper: str) -> None:
    def rgb(text: str) -> tuple[int, int, int]:
        return int(text[1:3], 16), int(text[3:5], 16), int(text[5:7], 16)

    ink = readable(colour, paper)
    assert contrast(rgb(ink), rgb(paper)) >= ENOUGH
    if contrast(rgb(colour), rgb(paper)) >= ENOUGH:
        assert ink == colour


@pytest.mark.parametrize("accent", [None, "red", "#fff", "#12345", "#123456;}body{display:none", "expression(1)"])
async def test_what_is_no_colour_is_not_on_the_page(accent: str | None) -> None:
    html = written(await page_of(accent=accent))
    assert re.search(
        r"<style nonce=\"once\">:root\{--accent:#[0-9a-f]{6}\}@media[^<]*--accent:#[0-9a-f]{6}\}\}</style>", html
    )
