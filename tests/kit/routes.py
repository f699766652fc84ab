"""All pages of a website, found from its own routes and the links between its pages.

A page that is added to the site is found without a word here. What answers with anything but a
whole page (fragments, files, JSON) is left out.
"""

import re
from dataclasses import dataclass
from html import unescape
from typing import Final
from urllib.parse import parse_qsl, urlsplit

from starlette.applications import Starlette
from starlette.routing import Match, Route
from starlette.types import ASGIApp

from drawbridge.entrypoints.pages.manners import Manners
from tests.kit.browserling import Browserling, Page

_LINK: Final = re.compile(r'(?:href|src|hx-get|data-src|data-again)="(/[^"#]*)')
_SHAPE: Final = re.compile(r'<([a-z]+[0-9]?)(?: [^>]*?class="([^"]*)")?')
# Of one route, pages are kept while they look different from each other, but not more than these.
_MOST_OF_A_ROUTE: Final = 4


def routes_of(app: Starlette) -> list[Route]:
    """Give the routes that a browser can open."""
    return [
        route
        for route in app.routes
        if isinstance(route, Route)
        and "GET" in (route.methods or ())
        and "static" not in route.path
        and not route.path.startswith("/live/")  # Answers without an end, for scripts alone.
    ]


@dataclass(frozen=True)
class SiteMap:
    """The addresses of pages, and the routes to which no link led."""

    pages: list[str]
    unreached: set[str]


async def find_pages(app: ASGIApp, browser: Browserling, *more: str) -> SiteMap:
    """Find the addresses of all pages that this browser can get to, each kind of page once.

    `more` are addresses to which no page leads, such as those of passes.
    """
    inner = app.site if isinstance(app, Manners) else app
    assert isinstance(inner, Starlette)
    routes = routes_of(inner)
    waiting = [*more, *(route.path for route in routes if "{" not in route.path)]
    unreached = {route.path for route in routes}
    asked: set[tuple[str, str]] = set()
    kept: dict[str, set[frozenset[tuple[str, str]]]] = {}
    pages = []
    while waiting:
        address = waiting.pop(0)
        route = _route_of(routes, address)
        if route is None or (kind := _kind(address)) in asked:
            continue
        asked.add(kind)
        unreached.discard(route.path)
        page = await browser.get(address)
        if not _is_whole(page, address):
            continue
        waiting += [unescape(link) for link in _LINK.findall(page.html)]
        shapes = kept.setdefault(route.path, set())
        shape = frozenset(_SHAPE.findall(page.html))
        if shape not in shapes and len(shapes) < _MOST_OF_A_ROUTE:
            shapes.add(shape)
            pages.append(address)
    return SiteMap(pages, unreached)


def _is_whole(page: Page, address: str) -> bool:
    """Tell whether an answer is a page of its own, and not another one that we were led to."""
    return (
        page.path == urlsplit(address).path
        and page.header("content-type").startswith("text/html")
        and "<!doctype html>" in page.html
    )


def _kind(address: str) -> tuple[str, str]:
    """Give what tells an address from others; what a page says was done makes no other page."""
    parts = urlsplit(address)
    query = sorted((name, value) for name, value in parse_qsl(parts.query) if name != "done")
    return parts.path, str(query)


def _route_of(routes: list[Route], address: str) -> Route | None:
    scope = {"type": "http", "method": "GET", "path": urlsplit(address).path, "root_path": ""}
    return next((route for route in routes if route.matches(scope)[0] is Match.FULL), None)
