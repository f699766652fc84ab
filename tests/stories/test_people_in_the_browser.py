"""One Drawbridge for four: an owner invites, and each newcomer sees what their role shows.

Real processes and Chromium. Screenshots are kept under the folder that DRAWBRIDGE_ALBUM names, or
in the test's own.
"""

import os
from collections.abc import Iterator
from contextlib import ExitStack
from pathlib import Path
from typing import Final

import pytest
from playwright.async_api import Browser, Page, expect

from drawbridge.app.settings import Settings
from tests.kit.browser import DESK, PHONE, open_browser, open_window
from tests.kit.gateways import Running, start_gateway
from tests.kit.newcomer import Album, Authenticator, run_first_time
from tests.kit.processes import Process, free_port
from tests.kit.store import ON_SERVER, store_in

PASSWORD: Final = "a newcomer's own long password"


@pytest.fixture
def app(tmp_path: Path) -> Iterator[str]:
    """Give the address of a Drawbridge that nobody has used yet."""
    settings = Settings(
        data=tmp_path / "data",
        port=free_port(),
        paper=f"127.0.0.1:{free_port()}",
        store=store_in(tmp_path / "data"),
    )
    with ExitStack() as started:
        started.callback(_stop, start_gateway(settings))
        web = Process("drawbridge.entrypoints.web", ["--with-parent"], settings.environment())
        started.callback(_stop, web)
        yield web.ready["address"]


def _stop(process: Running) -> None:
    assert process.stop() == 0


async def _invite(page: Page, app: str, role: str, owner: Authenticator) -> str:
    """Invite somebody as an owner does, and give the link."""
    await page.goto(f"{app}/people")
    await page.get_by_role("radio", name=role).check()
    await page.get_by_label("6-digit code").fill(await owner.code(page))
    await page.get_by_role("button", name="Make the link").click()
    link = (await page.locator("#invitation-link").inner_text()).strip()
    assert link.startswith(f"{app}/join/")
    return link


async def _come_in(page: Page, link: str, name: str, album: Album) -> None:
    """Come in by a link, as whoever was sent it does."""
    await page.goto(link)
    await album.shoot(page, f"{name}-1-invited")
    await page.get_by_label("Your name").fill(name)
    await page.get_by_label("Password", exact=True).fill(PASSWORD)
    await page.get_by_label("The password again").fill(PASSWORD)
    await page.get_by_role("button", name="Join").click()
    await expect(page.get_by_text("You are in.")).to_be_visible()
    await album.shoot(page, f"{name}-2-in")


async def _sections(page: Page) -> list[str]:
    names = await page.locator(".masthead nav a").all_inner_texts()
    return [name.strip() for name in names if name.strip()]


@pytest.mark.browser
async def test_an_owner_lets_three_others_in_and_ends_one(
    app: str, browser_path: Path, tmp_path: Path
) -> None:
    album = Album(Path(os.environ.get("DRAWBRIDGE_ALBUM", tmp_path / "album")))
    async with open_browser(browser_path) as browser, open_window(browser, DESK) as window:
        page = window.page
        owner = await run_first_time(page, app, album)
        links = {
            name: await _invite(page, app, role, owner)
            for name, role in (("Mia", "Member"), ("Rosa", "Read-only"), ("Otto", "Operator"))
        }
        await album.shoot(page, "owner-invited")
        async with open_window(browser, DESK) as hers:
            await _come_in(hers.page, links["Mia"], "Mia", album)
            await _member(hers.page, app, album)
            await _used_link(browser, links["Mia"])
            await _looker(browser, app, links["Rosa"], album)
            await _operator(browser, app, links["Otto"], album)
            await _end(page, app, "Mia", owner, album)
            await hers.page.goto(f"{app}/keys")
            await expect(hers.page).to_have_url(f"{app}/log-in?next=/keys")
            await hers.page.get_by_label("Name").fill("Mia")
            await hers.page.get_by_label("Password", exact=True).fill(PASSWORD)
            await hers.page.get_by_role("button", name="Log in", exact=True).click()
            await expect(hers.page.get_by_text("This account was ended")).to_be_visible()
            await album.shoot(hers.page, "Mia-4-ended")
            assert hers.complaints == []
        assert window.complaints == []


async def _used_link(browser: Browser, link: str) -> None:
    async with open_window(browser, PHONE) as window:
        await window.page.goto(link)
        await expect(window.page.get_by_text("This link was used already")).to_be_visible()


async def _member(page: Page, app: str, album: Album) -> None:
    await page.goto(app)
    await album.shoot(page, "Mia-3-home")
    sections = await _sections(page)
    assert {"Home", "API keys", "Robots"} <= set(sections)
    assert "People" not in sections
    await page.goto(f"{app}/people")
    await expect(page.get_by_text("Your role does not allow this.")).to_be_visible()


async def _looker(browser: Browser, app: str, link: str, album: Album) -> None:
    async with open_window(browser, PHONE) as window:
        page = window.page
        await _come_in(page, link, "Rosa", album)
        await page.goto(f"{app}/risk")
        await expect(page.get_by_text("You can change nothing of it.")).to_be_visible()
        await expect(page.get_by_role("button", name="Stop everything")).to_be_hidden()
        await album.shoot(page, "Rosa-3-risk")
        await page.goto(f"{app}/security")
        await expect(page.get_by_role("button", name="Change password")).to_be_visible()
        assert window.complaints == []


async def _operator(browser: Browser, app: str, link: str, album: Album) -> None:
    async with open_window(browser, DESK, dark=True) as window:
        page = window.page
        await _come_in(page, link, "Otto", album)
        await page.goto(app)
        await expect(page).to_have_url(f"{app}/people")
        machines = {"Workers"} if ON_SERVER else set()
        assert set(await _sections(page)) == {"People", "Audit", *machines}
        await album.shoot(page, "Otto-3-people")
        await page.get_by_role("link", name="Mia").click()
        await page.get_by_role("button", name="Log out everywhere").click()
        await expect(page.get_by_text("They are logged out everywhere.")).to_be_visible()
        await album.shoot(page, "Otto-4-person")
        assert window.complaints == []


async def _end(page: Page, app: str, name: str, owner: Authenticator, album: Album) -> None:
    await page.goto(f"{app}/people")
    await page.get_by_role("link", name=name).click()
    await page.get_by_role("link", name="End this person").click()
    await album.shoot(page, "owner-ends")
    await page.get_by_label("6-digit code").fill(await owner.code(page))
    await page.get_by_role("button", name="End this person").click()
    await expect(page.get_by_text("They can log in no more.")).to_be_visible()
    await album.shoot(page, "owner-ended")
