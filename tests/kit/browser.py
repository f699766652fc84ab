"""A real browser for tests of pages: headless Chromium, loopback only, no traffic of its own.

`console` collects what a page complains about: a blocked script or style is an error there.
"""

import shutil
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from dataclasses import dataclass, field
from pathlib import Path

from playwright.async_api import (
    Browser,
    BrowserContext,
    ConsoleMessage,
    Page,
    async_playwright,
    expect,
)

_BROWSERS = ("chromium", "chromium-browser", "google-chrome")
_QUIET = (
    "--no-sandbox",
    "--disable-gpu",
    "--disable-quic",
    "--no-first-run",
    "--disable-background-networking",
    "--disable-component-update",
    "--disable-sync",
)
# How long a page may take on a busy machine before it counts as broken.
_PATIENCE_MS = 30_000
PHONE = (360, 740)
DESK = (1280, 860)


@dataclass
class Window:
    """An open page and everything it complained about."""

    page: Page
    complaints: list[str] = field(default_factory=list)


def find_browser() -> Path | None:
    """Find the Chromium of this machine."""
    found = (shutil.which(name) for name in _BROWSERS)
    return next((Path(path) for path in found if path), None)


@asynccontextmanager
async def open_browser(path: Path) -> AsyncIterator[Browser]:
    """Start the browser and end it with the block."""
    expect.set_options(timeout=_PATIENCE_MS)
    async with async_playwright() as playwright:
        browser = await playwright.chromium.launch(
            executable_path=str(path), headless=True, args=list(_QUIET)
        )
        try:
            yield browser
        finally:
            await browser.close()


@asynccontextmanager
async def open_window(
    browser: Browser, size: tuple[int, int] = DESK, *, dark: bool = False, scripts: bool = True
) -> AsyncIterator[Window]:
    """Open a window with cookies of its own."""
    context: BrowserContext = await browser.new_context(
        viewport={"width": size[0], "height": size[1]},
        color_scheme="dark" if dark else "light",
        java_script_enabled=scripts,
        reduced_motion="reduce",
        locale="en-GB",
    )
    context.set_default_timeout(_PATIENCE_MS)
    try:
        window = Window(await context.new_page())
        window.page.on("console", lambda message: _note(window, message))
        window.page.on("pageerror", lambda error: window.complaints.append(str(error)))
        yield window
    finally:
        await context.close()


def _note(window: Window, message: ConsoleMessage) -> None:
    # A refused form answers with status 422, which the browser also writes to its console.
    if message.type in {"error", "warning"} and "status of 4" not in message.text:
        window.complaints.append(message.text)
