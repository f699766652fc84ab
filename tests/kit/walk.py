"""A walk through the pages of a site with a real browser, looking each of them over.

Every page is opened once in each language, and looked at in every width and light without being
opened again. What is wrong comes back as lines that name the page.
"""

import os
import re
from collections.abc import AsyncIterator, Awaitable, Callable, Mapping, Sequence
from contextlib import asynccontextmanager
from dataclasses import dataclass, field
from itertools import product
from pathlib import Path
from typing import Final, Literal

from playwright.async_api import Browser, Page

from drawbridge.entrypoints.pages.visits import LANGUAGE_COOKIE
from drawbridge.wording.language import LANGUAGES
from tests.kit.browser import Window, open_window

DESK: Final = 1440
TABLET: Final = 800
PHONE: Final = 360
MOST_BYTES: Final = 300_000
_HEIGHT: Final = 900
_KIT: Final = Path(__file__).parent
_LOOK_OVER: Final = (_KIT / "look_over.js").read_text(encoding="utf-8")
_AXE: Final = (_KIT / "vendor/axe-core/axe.min.js").read_text(encoding="utf-8")
_RUN_AXE: Final = """async () => {
  const tags = ["wcag2a", "wcag2aa", "wcag21a", "wcag21aa", "wcag22aa"];
  const found = await axe.run(document, {runOnly: tags, resultTypes: ["violations"]});
  return found.violations.map((it) => {
    const first = it.nodes[0];
    const why = first.any.concat(first.all, first.none).map((check) => check.message).join("; ");
    return `breaks ${it.id} ${it.nodes.length} times, first ${first.target}: ${why}`;
  });
}"""
COST: Final = """() => {
  const [page] = performance.getEntriesByType("navigation");
  const all = [page, ...performance.getEntriesByType("resource")];
  // What a page asks for again and again counts once.
  const sizes = new Map(all.map((it) => [it.name, it.encodedBodySize]));
  const paint = performance.getEntriesByType("paint")[0];
  const bytes = [...sizes.values()].reduce((sum, size) => sum + size, 0);
  return [bytes, paint ? paint.startTime : 0];
}"""

_DRAWN: Final = """() => [...document.querySelectorAll('[data-chart], [data-line]')]
  .every((it) => it.dataset.drawn)"""
_FILL: Final = """(it, value) => {
  if (it.type === "checkbox" || it.type === "radio") it.checked = true;
  else it.value = value;
}"""

_WISHED: Final = "DRAWBRIDGE_WALK"
# One language is enough for axe in every run: it judges what pages are made of.
SEARCHED: Final = "en"

Watch = Callable[[Page], Awaitable[list[str]]]
Scheme = Literal["light", "dark"]
LIGHT: Final[Scheme] = "light"
DARK: Final[Scheme] = "dark"


@dataclass(frozen=True, slots=True)
class View:
    """How a page is looked at; `axe` where it is searched for what keeps people out."""

    width: int
    scheme: Scheme
    axe: bool = False


@dataclass
class Found:
    """What a walk found: everything that is wrong, and what each page cost."""

    wrong: list[str] = field(default_factory=list)
    bytes_of: dict[str, int] = field(default_factory=dict)
    paint_ms: dict[str, float] = field(default_factory=dict)


@dataclass
class Walker:
    """Somebody who walks through a site in one language and looks each page over.

    `watch` looks at each page once more, for what only some walks look for.
    """

    window: Window
    address: str
    tag: str
    views: Sequence[View]
    watch: Watch | None = None
    found: Found = field(default_factory=Found)
    complained: int = 0

    @property
    def page(self) -> Page:
        """Give the page that is open."""
        return self.window.page

    async def open(self, *paths: str) -> None:
        """Open pages, one after another, and look each of them over."""
        for path in paths:
            # As a page is looked at first, so it is opened; charts fit themselves to that.
            await self.page.set_viewport_size({"width": self.views[0].width, "height": _HEIGHT})
            await self.page.goto(self.address + path)
            await self._look_over(path)

    async def send(self, action: str, fields: Mapping[str, str]) -> None:
        """Fill in the form that goes there, send it, and look over the page that follows."""
        form = self.page.locator(f"form[action='{action}']").first
        for name, value in fields.items():
            await form.locator(f"[name='{name}']").first.evaluate(_FILL, value)
        async with self.page.expect_navigation():
            await form.evaluate("(form) => form.submit()")
        await self._look_over(f"{action} sent")

    async def _look_over(self, path: str) -> None:
        if not await self.page.evaluate(_DRAWN):
            await self.page.wait_for_function(_DRAWN)
        said = [line for view in self.views for line in await self._look(path, view)]
        said += await self.watch(self.page) if self.watch else []
        said += [f"complains: {it}" for it in self.window.complaints[self.complained :]]
        self.complained = len(self.window.complaints)
        size, self.found.paint_ms[path] = await self.page.evaluate(COST)
        self.found.bytes_of[path] = size
        if size > MOST_BYTES:
            said.append(f"weighs {size} bytes")
        self.found.wrong += [f"{self.tag} {path} {line}" for line in said]

    async def _look(self, path: str, view: View) -> list[str]:
        page = self.page
        await page.set_viewport_size({"width": view.width, "height": _HEIGHT})
        await page.emulate_media(color_scheme=view.scheme)
        known = LANGUAGES.get(self.tag)
        language = {"lang": self.tag, "dir": known.direction if known else "ltr"}
        said: list[str] = await page.evaluate(_LOOK_OVER, language)
        if view.axe:
            if await page.evaluate("typeof axe === 'undefined'"):
                await page.evaluate(_AXE)
            said += await page.evaluate(_RUN_AXE)
        await self._shoot(path, view)
        return [f"({view.width} {view.scheme}) {line}" for line in said]

    async def _shoot(self, path: str, view: View) -> None:
        named = os.environ.get("DRAWBRIDGE_ALBUM", "")
        if not named:
            return
        folder = Path(named) / "walk" / f"{self.tag}-{view.width}-{view.scheme}"
        folder.mkdir(parents=True, exist_ok=True)
        name = re.sub(r"_[a-z0-9]{16}", "", re.sub(r"[/?& ]+", "-", path.strip("/"))) or "home"
        taken = len(list(folder.glob(f"{name}*.png")))
        await self.page.screenshot(path=folder / f"{name[:90]}-{taken}.png", full_page=True)


async def carry(window: Window, address: str, cookies: Mapping[str, str]) -> None:
    """Let a window be the person whose cookies these are."""
    for name, value in cookies.items():
        await window.page.context.add_cookies([{"name": name, "value": value, "url": address}])


@asynccontextmanager
async def walking(
    browser: Browser, address: str, cookies: Mapping[str, str], tag: str
) -> AsyncIterator[Walker]:
    """Let somebody walk who carries these cookies."""
    views = usual_views(axe=tag == SEARCHED or _WISHED in os.environ)
    async with open_window(browser, (views[0].width, _HEIGHT)) as window:
        await carry(window, address, {**cookies, LANGUAGE_COOKIE: tag})
        yield Walker(window, address, tag, views)


def usual_views(*, axe: bool) -> list[View]:
    """Give all widths and both lights; where axe looks, it does so once in each light."""
    if not axe:
        return [View(DESK, DARK), View(TABLET, LIGHT), View(PHONE, LIGHT)]
    searched = {(DESK, LIGHT), (PHONE, DARK)}
    return [
        View(width, scheme, axe=(width, scheme) in searched)
        for width, scheme in product((DESK, TABLET, PHONE), (LIGHT, DARK))
    ]


def languages_or(*usual: str) -> list[str]:
    """Give the languages to walk in: DRAWBRIDGE_WALK names others, or says `all`."""
    wished = os.environ.get(_WISHED, ",".join(usual))
    return list(LANGUAGES) if wished == "all" else wished.split(",")
