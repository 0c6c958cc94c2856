"""The page of a print in a real browser: light and dark, in two languages, with and without script, from one origin."""

import asyncio
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import pytest
from playwright.async_api import Browser, Page, Route, async_playwright

from asperguide.adapters.ffmpeg.finding import find_tools
from asperguide.adapters.ffmpeg.samples import make_clip
from asperguide.ar.model import ContentState
from asperguide.ar.rotation import PlaybackMode
from tests.browser import FLAGS
from tests.http.live import listening
from tests.media import png
from tests.playing import film, id_of
from tests.servers import eventually, need, program
from tests.viewing import ID, MARKER, Stage

WIDTHS = {"desktop": (1280, 800), "phone": (390, 844)}
READY = "document.querySelector('video').readyState >= 1"
NO_WIDER = "document.documentElement.scrollWidth <= innerWidth"
HOSTILE = '"><script>document.title="owned"</script><img src=x onerror=alert(1)>'


@dataclass
class Visit:
    """One browser's look at the page: what it asked for and what it complained about."""

    page: Page
    asked: list[str] = field(default_factory=list)
    complaints: list[str] = field(default_factory=list)
    events: list[Any] = field(default_factory=list)


@pytest.fixture(scope="module")
def clip(tmp_path_factory: pytest.TempPathFactory) -> bytes:
    """Two seconds of film."""
    path, ffmpeg = tmp_path_factory.mktemp("clips") / "clip.mp4", find_tools().ffmpeg
    assert ffmpeg is not None
    asyncio.run(_made(ffmpeg.path, path))
    return path.read_bytes()


async def _made(ffmpeg: str, path: Path) -> None:
    await asyncio.to_thread(make_clip, ffmpeg, path, seconds=2, width=320, height=180)


@pytest.fixture
def stage(clip: bytes) -> Stage:
    """A print of two films that take turns."""
    made = Stage()
    for letter in "ab":
        made.files.put(id_of(letter), "film", "video/mp4", clip)
        made.files.put(id_of(letter), "poster", "image/png", png(320, 180))
    made.files.put(MARKER.photo, "image/jpeg", "image/png", png(300, 400))
    return made


@asynccontextmanager
async def visiting(browser: Browser, **options: Any) -> AsyncIterator[Visit]:
    """A fresh browser window."""
    context = await browser.new_context(**options)
    visit = Visit(await context.new_page())

    async def take(route: Route) -> None:
        visit.events += (route.request.post_data_json or {})["events"]
        await route.fulfill(status=202, json={"accepted": 1})

    await visit.page.route("**/events", take)
    visit.page.on("request", lambda request: visit.asked.append(request.url))
    visit.page.on("console", lambda said: visit.complaints.append(said.text) if said.type != "log" else None)
    visit.page.on("pageerror", lambda error: visit.complaints.append(str(error)))
    try:
        yield visit
    finally:
        await context.close()


@asynccontextmanager
async def chromium() -> AsyncIterator[Browser]:
    """A browser without a window."""
    need("chromium")
    async with async_playwright() as playwright:
        browser = await playwright.chromium.launch(executable_path=Path(program("chromium") or ""), args=list(FLAGS))
        yield browser
        await browser.close()


@pytest.mark.parametrize("scheme", ["light", "dark"])
@pytest.mark.parametrize(("language", "number"), [("en-GB", "Print no."), ("fr-FR", "Tirage n°")])
async def test_the_page_shows_the_print_and_asks_nobody_else(
    stage: Stage, scheme: Any, language: str, number: str
) -> None:
    await stage.change(videos=(film("a", title="Spring"),), title="Garden")
    async with listening(stage.process.edge(stage.people)) as port, chromium() as browser:
        for width, height in WIDTHS.values():
            options = {"color_scheme": scheme, "locale": language, "viewport": {"width": width, "height": height}}
            async with visiting(browser, **options) as visit:
                await visit.page.goto(f"http://127.0.0.1:{port}/view/{ID}")
                await eventually(lambda page=visit.page: page.evaluate(READY), 20, "the film did not load")
                text = await visit.page.inner_text("body")
                for part in ("Garden", "Spring", "Atelier Zoë", f"{number} ORD-20260101-000001"):
                    assert part in text
                assert await visit.page.evaluate(NO_WIDER)
                assert await visit.page.evaluate("document.images[0].naturalWidth") == 300
                ground = await visit.page.evaluate("getComputedStyle(document.body).backgroundColor")
                assert (ground == "rgb(244, 245, 247)") is (scheme == "light")
                assert visit.complaints == []
                assert {url.split("/")[2] for url in visit.asked} == {f"127.0.0.1:{port}"}


async def test_it_works_without_script(stage: Stage) -> None:
    await stage.change(videos=(film("a"),))
    async with (
        listening(stage.process.edge(stage.people)) as port,
        chromium() as browser,
        visiting(browser, java_script_enabled=False) as visit,
    ):
        await visit.page.goto(f"http://127.0.0.1:{port}/view/{ID}")
        await eventually(lambda: any(url.endswith(f"/videos/{id_of('a')}") for url in visit.asked), 20)
        assert await visit.page.locator("video[controls][poster]").count() == 1
        assert (visit.complaints, visit.events) == ([], [])


async def test_with_script_each_visit_has_its_turn_and_tells_what_happens(stage: Stage) -> None:
    await stage.change(videos=(film("a"), film("b", 1)), mode=PlaybackMode.CYCLIC)
    async with listening(stage.process.edge(stage.people)) as port, chromium() as browser:
        for letter in "ab":
            async with visiting(browser) as visit:
                page = visit.page
                await page.goto(f"http://127.0.0.1:{port}/view/{ID}")
                shown = f"document.querySelector('video').dataset.video === '{id_of(letter)}'"
                await eventually(lambda page=page, shown=shown: page.evaluate(shown), 10, "another turn")
                await page.evaluate("document.querySelector('video').muted = true")
                await page.evaluate("document.querySelector('video').play()")
                await eventually(lambda visit=visit: len(visit.events) == 3, 20, "not all was told")
                assert [event["kind"] for event in visit.events] == ["opened", "play", "complete"]
                assert {event.get("video") for event in visit.events} == {None, str(id_of(letter))}
                assert len({event["session"] for event in visit.events}) == 1
                assert len({event["id"] for event in visit.events}) == 3
                session = await page.evaluate("sessionStorage.getItem('view-session')")
                assert visit.events[0]["session"] == session
                await page.reload()
                await eventually(lambda page=page, shown=shown: page.evaluate(shown), 10, "its turn was lost")
                assert visit.complaints == []


async def test_hostile_titles_are_only_text(stage: Stage) -> None:
    await stage.change(videos=(film("a", title=HOSTILE),), title=HOSTILE)
    async with listening(stage.process.edge(stage.people)) as port, chromium() as browser, visiting(browser) as visit:
        await visit.page.goto(f"http://127.0.0.1:{port}/view/{ID}")
        assert await visit.page.inner_text("h1") == HOSTILE
        assert await visit.page.inner_text(".name") == HOSTILE
        assert "owned" not in (await visit.page.title()).partition("<")[0]
        assert visit.complaints == []


@pytest.mark.parametrize("title", ["漢字" * 127, "W" * 255, "החתונה של נועה ודניאל", "\u202ereversed"])
async def test_any_title_fits_on_a_phone(stage: Stage, title: str) -> None:
    await stage.change(videos=(film("a", title=title),), title=title)
    width, height = WIDTHS["phone"]
    async with (
        listening(stage.process.edge(stage.people)) as port,
        chromium() as browser,
        visiting(browser, viewport={"width": width, "height": height}) as visit,
    ):
        await visit.page.goto(f"http://127.0.0.1:{port}/view/{ID}")
        assert await visit.page.evaluate(NO_WIDER)


@pytest.mark.parametrize(("language", "words"), [("en-GB", "Nothing to see right now"), ("fr-FR", "Rien à voir")])
async def test_what_cannot_be_seen_is_said_kindly(stage: Stage, language: str, words: str) -> None:
    await stage.change(state=ContentState.UNPUBLISHED)
    async with (
        listening(stage.process.edge(stage.people)) as port,
        chromium() as browser,
        visiting(browser, locale=language) as visit,
    ):
        answer = await visit.page.goto(f"http://127.0.0.1:{port}/view/{ID}")
        assert answer is not None and answer.status == 404
        assert words in await visit.page.inner_text("h1")
        assert [said for said in visit.complaints if "404" not in said] == []
        assert (visit.events, await visit.page.locator("video").count()) == ([], 0)
