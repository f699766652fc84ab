"""Draw the pictures of the documents: `make pictures`, on real pages over a house of play money.

The same house, clock and trades each time, so that a picture changes when its page does and not
for the hour or for chance. No part of `make check`: whoever changed a page that is shown here draws
them anew, looks at them and keeps them.
"""

import asyncio
import base64
import shutil
import sys
import tempfile
from collections.abc import AsyncIterator, Mapping, Sequence
from contextlib import asynccontextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Final

from playwright.async_api import Browser, Page
from starlette.types import ASGIApp

from tests.kit.browser import open_browser, open_window
from tests.kit.browserling import Browserling
from tests.kit.owner import PASSWORD, enrol
from tests.kit.paper_site import open_paper_site
from tests.kit.served import served
from tests.kit.walk import carry
from tests.kit.web_site import open_web_site
from tests.pictures.png import written
from tests.pictures.shown import move_in

FOLDER: Final = Path(__file__).resolve().parents[2] / "docs/pictures"
MOST_BYTES: Final = 60_000
_BROWSERS: Final = ("chromium", "chromium-browser", "google-chrome", "chrome")
_SIZE: Final = (1280, 760)
_DRAWN: Final = """() => [...document.querySelectorAll('[data-chart], [data-line]')]
  .every((it) => it.dataset.drawn)"""
# The browser itself reads the picture it has taken; here is then only what writes one.
_PIXELS: Final = """async (png) => {
  const image = new Image();
  image.src = `data:image/png;base64,${png}`;
  await image.decode();
  const canvas = document.createElement("canvas");
  canvas.width = image.width;
  canvas.height = image.height;
  const context = canvas.getContext("2d", { willReadFrequently: true });
  context.drawImage(image, 0, 0);
  const { data } = context.getImageData(0, 0, image.width, image.height);
  const bytes = new Blob([data]);
  const reader = new FileReader();
  await new Promise((done) => { reader.onload = done; reader.readAsDataURL(bytes); });
  return [reader.result.split(",")[1], image.width, image.height];
}"""


@dataclass(frozen=True, slots=True)
class Shot:
    """A picture: its name, the page, what is filled in and ticked before, and how high it is."""

    name: str
    path: str
    ticked: Sequence[str] = ()
    height: int = _SIZE[1]


@asynccontextmanager
async def _page(
    browser: Browser, app: ASGIApp, cookies: Mapping[str, str]
) -> AsyncIterator[tuple[Page, str]]:
    async with served(app) as address, open_window(browser, _SIZE) as window:
        await carry(window, address, cookies)
        yield window.page, address


async def _app(browser: Browser, folder: Path) -> None:
    async with open_web_site(folder) as site:
        visitor = Browserling(site.app)
        shown = await move_in(visitor, site)
        shots = (
            Shot("home", "/", height=640),
            Shot("add-key", "/keys/new?exchange=kraken&venue=paper"),
            Shot("check", f"/keys/{shown.key}"),
            Shot("robot", f"/robots/{shown.robot}", height=1150),
        )
        async with _page(browser, site.app, visitor.cookies) as (page, address):
            for shot in shots:
                await _shoot(page, address, shot)


async def _paper(browser: Browser, folder: Path) -> None:
    async with open_paper_site(folder) as site:
        visitor = Browserling(site.app)
        await visitor.get("/sign-up")
        person = {"name": "Ada", "password": PASSWORD, "password_again": PASSWORD}
        await visitor.post("/sign-up", person)
        await enrol(visitor, site)
        switches = ("Query", "Query open orders & trades", "Query closed orders & trades")
        shot = Shot(
            "paper-key",
            "/api-management/new?exchange=kraken",
            (*switches, "Create & modify orders", "Cancel & close orders"),
        )
        async with _page(browser, site.app, visitor.cookies) as (page, address):
            await _shoot(page, address, shot)


async def _shoot(page: Page, address: str, shot: Shot) -> None:
    await page.set_viewport_size({"width": _SIZE[0], "height": shot.height})
    await page.goto(address + shot.path)
    for label in shot.ticked:
        await page.get_by_label(label, exact=True).check()
    await page.wait_for_function(_DRAWN)
    await page.evaluate("() => { document.activeElement?.blur(); scrollTo(0, 0); }")
    taken = base64.b64encode(await page.screenshot()).decode("ascii")
    # On an empty page, because ours load no pictures that stand in an address.
    blank = await page.context.new_page()
    pixels, width, height = await blank.evaluate(_PIXELS, taken)
    await blank.close()
    data = written(base64.b64decode(pixels), width, height)
    if len(data) > MOST_BYTES:
        message = f"{shot.name} has {len(data):,} bytes: show less of the page"
        raise ValueError(message)
    (FOLDER / f"{shot.name}.png").write_bytes(data)
    sys.stdout.write(f"{shot.name}.png: {len(data):,} bytes\n")


async def draw_all() -> None:
    """Draw every picture."""
    path = next((found for name in _BROWSERS if (found := shutil.which(name))), None)
    if path is None:
        sys.exit("There is no Chromium on this machine: pictures are drawn by one.")
    with tempfile.TemporaryDirectory() as folder:
        async with open_browser(Path(path)) as browser:
            await _app(browser, Path(folder) / "app")
            await _paper(browser, Path(folder) / "paper")


if __name__ == "__main__":
    asyncio.run(draw_all())
