"""A real Chromium without a window, for pages as people see them."""

from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from pathlib import Path

from playwright.async_api import ConsoleMessage, Page, async_playwright

from tests.servers import need, program

FLAGS = (
    *("--no-sandbox", "--disable-gpu", "--disable-quic", "--no-first-run", "--disable-background-networking"),
    *("--disable-component-update", "--disable-sync", "--autoplay-policy=no-user-gesture-required"),
)


def _matters(said: ConsoleMessage) -> bool:
    """Browsers ask every site for an icon; pages of ours need none."""
    return said.type == "error" and not said.location["url"].endswith("/favicon.ico")


@asynccontextmanager
async def browsing() -> AsyncIterator[Page]:
    """A page of a fresh browser. What it complains about in its console fails the test."""
    need("chromium")
    async with async_playwright() as playwright:
        browser = await playwright.chromium.launch(executable_path=Path(program("chromium") or ""), args=list(FLAGS))
        try:
            page = await browser.new_page()
            complaints: list[str] = []
            page.on("console", lambda said: complaints.append(said.text) if _matters(said) else None)
            page.on("pageerror", lambda error: complaints.append(str(error)))
            yield page
            assert complaints == []
        finally:
            await browser.close()
