"""Every page of both websites, as people see it: nothing is too wide, cut off or out of reach.

DRAWBRIDGE_WALK names the languages (`all` for all of them), DRAWBRIDGE_ALBUM a folder for
pictures of every page in every view.
"""

from collections.abc import Callable
from pathlib import Path

import pytest
from starlette.types import ASGIApp

from drawbridge.accounts.roles import Role
from tests.kit.browser import open_browser
from tests.kit.browserling import Browserling
from tests.kit.furnished import furnish
from tests.kit.licensed import STRICT_OPERATOR
from tests.kit.owner import PASSPHRASE, PASSWORD
from tests.kit.paper_site import open_paper_site
from tests.kit.routes import find_pages
from tests.kit.served import served
from tests.kit.store import ON_SERVER
from tests.kit.walk import Found, Walker, languages_or, walking
from tests.kit.web_site import open_web_site

TOLD = "told"  # conftest.py prints what is recorded under it
Report = Callable[[str, object], None]
FOUR = languages_or("en", "ru", "ja", "ar")
TWO = languages_or("en", "ar")
# Asked for while a check runs, and pictures in documents.
NO_PAGES = {"/keys/{key}/check", "/help/pictures/{name}"}


def _tell(record_property: Report, site: str, found: Found) -> None:
    """Print what a person would ask: how heavy, how quick."""
    heaviest = max(found.bytes_of, key=found.bytes_of.__getitem__)
    slowest = max(found.paint_ms, key=found.paint_ms.__getitem__)
    middle = sorted(found.paint_ms.values())[len(found.paint_ms) // 2]
    record_property(
        TOLD,
        f"{site}: {len(found.bytes_of)} pages, heaviest {found.bytes_of[heaviest]:,} bytes"
        f" ({heaviest}), first paint {middle:.0f} ms in the middle,"
        f" {found.paint_ms[slowest]:.0f} ms at most ({slowest})",
    )


@pytest.mark.browser
@pytest.mark.parametrize("tag", FOUR)
async def test_every_page_of_a_house_that_is_lived_in_looks_right(
    tmp_path: Path, browser_path: Path, record_property: Report, tag: str
) -> None:
    async with open_web_site(tmp_path, STRICT_OPERATOR) as site:
        browser = Browserling(site.app)
        await furnish(browser, site)
        owner = (await site.house.accounts.list_owners())[0]
        one_time = await site.house.passes.draw(owner.id, "kraken", "paper")
        _, link = await site.house.invitations.invite(owner, Role.READ_ONLY)
        doors = (f"/add/{one_time.reveal()}", f"/join/{link.reveal()}")
        found = await find_pages(site.app, browser, *doors)
        assert found.unreached <= NO_PAGES
        hook = next(path for path in found.pages if path.endswith("/hook"))
        async with (
            served(site.app) as address,
            open_browser(browser_path) as chromium,
            walking(chromium, address, browser.cookies, tag) as walker,
        ):
            await walker.open(*found.pages, "/nowhere", hook)
            await walker.send(hook, {})
            await walker.open("/notices/ways")
            await walker.send("/notices/summary", {"summary": "25:00"})
    _tell(record_property, "the app", walker.found)
    assert not walker.found.wrong, "\n".join(walker.found.wrong)


@pytest.mark.browser
@pytest.mark.parametrize("tag", TWO)
async def test_every_page_of_the_first_hour_looks_right(
    tmp_path: Path, browser_path: Path, record_property: Report, tag: str
) -> None:
    async with (
        open_web_site(tmp_path) as site,
        served(site.app) as address,
        open_browser(browser_path) as chromium,
        walking(chromium, address, {}, tag) as walker,
    ):
        await walker.open("/welcome")
        person = {"name": "Ada", "password": PASSWORD, "password_again": PASSWORD}
        await walker.send("/welcome", person)
        await walker.send(
            "/vault", {"how": "file" if ON_SERVER else "passphrase", "passphrase": PASSPHRASE}
        )
        assert await site.holder.answer() == 1
        await walker.open("/vault", "/authenticator")
        await walker.send("/authenticator/begin", {})
        secret = await walker.page.locator("#totp-secret").text_content() or ""
        await walker.send("/authenticator/confirm", {"code": site.code(secret)})
        browser = await _same_person(site.app, walker)
        empty = await find_pages(site.app, browser)
        await walker.open(*(path for path in empty.pages if "?" not in path))
    _tell(record_property, "the first hour", walker.found)
    assert not walker.found.wrong, "\n".join(walker.found.wrong)


async def _same_person(app: ASGIApp, walker: Walker) -> Browserling:
    """Give a browser without scripts to whoever walks."""
    browser = Browserling(app)
    for cookie in await walker.page.context.cookies():
        browser.cookies[cookie["name"]] = cookie["value"]
    return browser


@pytest.mark.browser
@pytest.mark.parametrize("tag", TWO)
async def test_every_page_of_the_paper_exchange_looks_right(
    tmp_path: Path, browser_path: Path, record_property: Report, tag: str
) -> None:
    async with (
        open_paper_site(tmp_path / "paper") as site,
        served(site.app) as address,
        open_browser(browser_path) as chromium,
        walking(chromium, address, {}, tag) as walker,
    ):
        await walker.open("/sign-up", "/log-in", "/sign-up")
        person = {"name": "Ada", "password": PASSWORD, "password_again": PASSWORD}
        await walker.send("/sign-up", person)
        await walker.send("/authenticator/begin", {})
        secret = await walker.page.locator("#totp-secret").text_content() or ""
        await walker.send("/authenticator/confirm", {"code": site.code(secret)})
        new = "/api-management/new?exchange=kraken"
        await walker.open("/api-management", new)
        await walker.send(new, {"label": "robot", "code": site.code(secret), "switch": "on"})
        browser = await _same_person(site.app, walker)
        found = await find_pages(site.app, browser)
        await walker.open(*found.pages)
    _tell(record_property, "the paper exchange", walker.found)
    assert not walker.found.wrong, "\n".join(walker.found.wrong)
