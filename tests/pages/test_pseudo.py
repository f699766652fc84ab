"""Every page in a made-up language: nothing is shown that the wording did not say, nothing is cut.

The language has accents on every letter, is longer by two fifths and stands in brackets: what has
neither is a hard-coded sentence, or a fact. Which facts are words, the lists below say.
"""

import re
from collections.abc import AsyncIterator, Mapping
from contextlib import asynccontextmanager
from pathlib import Path
from typing import Final

import pytest
from playwright.async_api import Page
from starlette.types import ASGIApp

from drawbridge.catalogue.registry import exchange_ids, get_card
from tests.kit.browser import PHONE, open_browser, open_window
from tests.kit.browserling import Browserling
from tests.kit.furnished import furnish
from tests.kit.owner import PASSPHRASE, PASSWORD
from tests.kit.paper_site import open_paper_site
from tests.kit.pseudo import TAG, in_language, make_up
from tests.kit.routes import find_pages
from tests.kit.served import served
from tests.kit.store import ON_SERVER
from tests.kit.walk import DESK, LIGHT, View, Walker, carry
from tests.kit.web_site import open_web_site

_KIT: Final = Path(__file__).parents[1] / "kit"
_UNSAID: Final = (_KIT / "unsaid.js").read_text(encoding="utf-8")
_WORD: Final = re.compile(r"[A-Za-z]{2,}")
_LETTERS: Final = re.compile(r"[^\W\d_]{2,}")
# What stands between facts and sentences.
_JOINS: Final = re.compile(r"\||\u00b7| \u2013 |, |\(|\)")
# Pairs, amounts with their currency, spans as an exchange writes them.
_WRITTEN: Final = re.compile(
    r"[A-Z0-9]{2,10}[/-][A-Z]{3,4}|(-?[0-9.,]+ )?[A-Z]{3,7}|[0-9]+[mhdw]|https://[a-z./]+"
    r"|[0-9]{1,2} [A-Z][a-z]+ [0-9]{4}|[0-9]{4}-[0-9]{2}-[0-9]{2} [0-9:]{8} UTC"
)
_NAMED: Final = (
    *("Ada", "Main account", "Careless key with a long name", "Old", "Broken", "NEWCOIN"),
    *("Gustav with a longer name", "Rosa", "Mia", "Otto", "Night bot", "Jeeves", "robot"),
    *(
        "Ace of the crossing",
        "Listener",
        "Grid",
        "BTC",
        "USD",
        "USDT",
        "UTC",
        "ema_cross",
        "XRP-USDT",
    ),
    # The ids of orders, where the pages are, and what an exchange said about a key.
    *("db", "xdb", "https://bridge.example.com/api", "Withdraw funds"),
)
_VIEWS: Final = (View(PHONE[0], LIGHT), View(DESK, LIGHT))


def _facts() -> frozenset[str]:
    """Give every text that exchanges show, and what people of the house named."""
    found = {*_NAMED}
    for card in map(get_card, exchange_ids()):
        found |= {card.name, *card.former_names, card.since, card.ip_list.label, card.homepage}
        found |= {*card.key_page.menu_path, card.key_page.withdrawal_list}
        found |= {part.label for part in card.credentials}
        found |= {it for other in card.differences for it in (*other.labels, *other.today)}
        found |= {text for it in card.permissions for text in (it.label, it.old_label, it.group)}
    return frozenset(found)


_FACTS: Final = _facts()
_JOINED: Final = tuple(fact for fact in _FACTS if _JOINS.search(fact))
_FACT_WORDS: Final = frozenset(word for fact in _FACTS for word in _WORD.findall(fact))


def _is_fact(text: str) -> bool:
    bare = text.strip(" ,:;()")
    return not _LETTERS.search(bare) or bare in _FACTS or bool(_WRITTEN.fullmatch(bare))


def _unsaid(outside: str, inside: str) -> list[str]:
    """Give what is left of a text when facts are taken out."""
    for fact in _JOINED:
        outside = outside.replace(fact, "|")
    left = [text for text in _JOINS.split(outside) if not _is_fact(text)]
    return left + [word for word in inside.split() if word not in _FACT_WORDS]


async def _watch(page: Page) -> list[str]:
    """Tell what a page shows that nobody said."""
    return [
        f"shows {where}: {it}"
        for where, outside, inside in await page.evaluate(_UNSAID)
        for it in _unsaid(outside, inside)
    ]


@asynccontextmanager
async def _walking(
    app: ASGIApp, folder: Path, browser_path: Path, cookies: Mapping[str, str]
) -> AsyncIterator[Walker]:
    """Walk through a site that speaks the made-up language, on a phone and at a desk."""
    async with (
        served(in_language(app, make_up(folder))) as address,
        open_browser(browser_path) as chromium,
        open_window(chromium, PHONE) as window,
    ):
        await carry(window, address, cookies)
        yield Walker(window, address, TAG, _VIEWS, _watch)


@pytest.mark.browser
async def test_no_page_says_anything_by_itself_or_has_no_room_for_more(
    tmp_path: Path, browser_path: Path
) -> None:
    async with open_web_site(tmp_path) as site:
        browser = Browserling(site.app)
        await furnish(browser, site)
        pages = (await find_pages(site.app, browser)).pages
        async with _walking(site.app, tmp_path, browser_path, browser.cookies) as walker:
            await walker.open(*pages, "/nowhere")
    assert not walker.found.wrong, "\n".join(walker.found.wrong)


@pytest.mark.browser
async def test_the_first_hour_says_nothing_by_itself(tmp_path: Path, browser_path: Path) -> None:
    person = {"name": "Ada", "password": PASSWORD, "password_again": PASSWORD}
    async with (
        open_web_site(tmp_path) as site,
        _walking(site.app, tmp_path, browser_path, {}) as walker,
    ):
        await walker.open("/welcome", "/log-in")
        await walker.open("/welcome")
        await walker.send("/welcome", person)
        await walker.send(
            "/vault", {"how": "file" if ON_SERVER else "passphrase", "passphrase": PASSPHRASE}
        )
        assert await site.holder.answer() == 1
        await walker.open("/vault", "/", "/authenticator")
        await walker.send("/authenticator/begin", {})
        secret = await walker.page.locator("#totp-secret").text_content() or ""
        await walker.send("/authenticator/confirm", {"code": site.code(secret)})
        await walker.open("/", "/keys", "/keys/new", "/robots", "/robots/new", "/lab", "/orders")
    assert not walker.found.wrong, "\n".join(walker.found.wrong)


@pytest.mark.browser
async def test_the_paper_exchange_says_nothing_by_itself(
    tmp_path: Path, browser_path: Path
) -> None:
    person = {"name": "Ada", "password": PASSWORD, "password_again": PASSWORD}
    new = "/api-management/new?exchange=kraken"
    async with (
        open_paper_site(tmp_path / "paper") as site,
        _walking(site.app, tmp_path, browser_path, {}) as walker,
    ):
        await walker.open("/log-in", "/sign-up")
        await walker.send("/sign-up", person)
        await walker.send("/authenticator/begin", {})
        secret = await walker.page.locator("#totp-secret").text_content() or ""
        await walker.send("/authenticator/confirm", {"code": site.code(secret)})
        await walker.open("/", "/api-management", new)
        await walker.send(new, {"label": "robot", "code": site.code(secret), "switch": "on"})
        await walker.open("/api-management")
    assert not walker.found.wrong, "\n".join(walker.found.wrong)
