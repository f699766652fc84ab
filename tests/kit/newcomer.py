"""What a newcomer does in the browser, step by step, on the real pages of the real processes."""

import re
import time
from dataclasses import dataclass, field
from pathlib import Path

import pyotp
from playwright.async_api import Page, expect

from tests.kit.store import ON_SERVER

PASSWORD = "a newcomer's long password"
PASSPHRASE = "a vault needs its own phrase"
_STEP_S = 30
_CHECK_WITHIN_MS = 60_000


@dataclass
class Authenticator:
    """An authenticator app. A code counts once, so each one is of a later step than the last."""

    secret: str
    last_step: int = field(default=0)

    async def code(self, page: Page) -> str:
        """Give a code that is not used up, waiting for the next one where it must be."""
        while True:
            now = int(time.time()) // _STEP_S
            step = max(self.last_step + 1, now - 1)
            if step <= now + 1:
                self.last_step = step
                return pyotp.TOTP(self.secret).generate_otp(step)
            await page.wait_for_timeout(500)


@dataclass
class Album:
    """Screenshots, kept for people to look at."""

    folder: Path

    async def shoot(self, page: Page, name: str) -> None:
        """Keep the page as it is."""
        self.folder.mkdir(parents=True, exist_ok=True)
        await page.screenshot(path=self.folder / f"{name}.png", full_page=True)


async def set_up_authenticator(page: Page) -> Authenticator:
    """Set up the authenticator of whoever is logged in; ends on the recovery codes."""
    await page.get_by_role("button", name="Show me the picture").click()
    await expect(page.locator(".qr svg")).to_be_visible()
    await page.get_by_text("I cannot scan it").click()
    secret = (await page.locator("#totp-secret").inner_text()).strip()
    authenticator = Authenticator(secret)
    await page.get_by_label("6-digit code").fill(await authenticator.code(page))
    await page.get_by_role("button", name="Confirm").click()
    await expect(page.get_by_role("heading", name="Keep your recovery codes")).to_be_visible()
    return authenticator


async def make_paper_key(page: Page, site: str, exchange: str, album: Album) -> tuple[str, str]:
    """Sign up on the paper exchange and make a key that may read and trade."""
    await page.goto(f"{site}/sign-up")
    await page.get_by_label("Name").fill("Newcomer")
    await page.get_by_label("Password", exact=True).fill(PASSWORD)
    await page.get_by_label("The password again").fill(PASSWORD)
    await page.get_by_role("button", name="Sign up").click()
    authenticator = await set_up_authenticator(page)
    await page.get_by_role("link", name="I have kept them").click()
    await page.get_by_role("link", name=re.compile(f"Create key.*{exchange}")).click()
    await page.get_by_label("Label").fill("for Drawbridge")
    for label in ("Query", "Query open orders & trades", "Query closed orders & trades"):
        await page.get_by_label(label, exact=True).check()
    for label in ("Create & modify orders", "Cancel & close orders"):
        await page.get_by_label(label, exact=True).check()
    await album.shoot(page, "paper-new-key")
    await page.get_by_label("6-digit code").fill(await authenticator.code(page))
    await page.get_by_role("button", name="Create key").click()
    await expect(page.get_by_role("heading", name="Your key")).to_be_visible()
    await album.shoot(page, "paper-key-shown-once")
    key = (await page.locator("#api-key").inner_text()).strip()
    secret = (await page.locator("#api-secret").inner_text()).strip()
    return key, secret


async def run_first_time(page: Page, site: str, album: Album) -> Authenticator:
    """Create the owner, the vault and the authenticator of the app."""
    await page.goto(site)
    await expect(page.get_by_role("heading", name="Welcome to Drawbridge")).to_be_visible()
    await album.shoot(page, "welcome")
    await page.get_by_label("Your name").fill("Ada")
    await page.get_by_label("Password", exact=True).fill(PASSWORD)
    await page.get_by_label("The password again").fill(PASSWORD)
    await page.get_by_role("button", name="Create owner").click()
    await expect(page.get_by_role("heading", name="Make your vault")).to_be_visible()
    await album.shoot(page, "vault")
    if not ON_SERVER:
        await page.get_by_label("Passphrase", exact=True).fill(PASSPHRASE)
    await page.get_by_role("button", name="Make the vault").click()
    await expect(page.get_by_role("heading", name="Your vault is open")).to_be_visible()
    await page.get_by_role("link", name="Go on").click()
    authenticator = await set_up_authenticator(page)
    await album.shoot(page, "recovery-codes")
    await page.get_by_role("link", name="I have kept them").click()
    await expect(page.get_by_role("heading", name="Hello, Ada")).to_be_visible()
    await album.shoot(page, "home-at-first")
    return authenticator


async def open_key_form(page: Page, site: str, exchange: str) -> None:
    """Go from the profile to the form of a paper key."""
    await page.goto(f"{site}/profile")
    await page.get_by_role("main").get_by_role("link", name="API keys").click()
    await page.get_by_role("link", name="Add a key").click()
    await page.get_by_role("link", name=exchange).click()
    paper = page.get_by_role("link", name="Paper", exact=True)
    await paper.click()
    await expect(page.get_by_role("heading", name=f"Add a key of {exchange}")).to_be_visible()


async def add_key(page: Page, key: tuple[str, str], authenticator: Authenticator) -> None:
    """Fill in the form of a key and send it."""
    await page.get_by_label("(public)").fill(key[0])
    await page.get_by_label(re.compile("private", re.IGNORECASE)).fill(key[1])
    await page.get_by_label("6-digit code").fill(await authenticator.code(page))
    await page.get_by_role("button", name="Add and check").click()
    await expect(page.get_by_role("heading", name="Check")).to_be_visible()


async def watch_check(page: Page, ends_with: str) -> None:
    """Watch the check until it says so."""
    await expect(page.get_by_text(ends_with)).to_be_visible(timeout=_CHECK_WITHIN_MS)


async def start_robot(page: Page, site: str, symbol: str, amount: str) -> None:
    """Start a robot with the one key there is."""
    await page.goto(f"{site}/robots/new")
    await page.get_by_role("link", name="Crossing averages").click()
    await page.get_by_label("Market", exact=True).fill(symbol)
    await page.get_by_label("Amount", exact=True).fill(amount)
    await page.get_by_label("Enter at once").check()
    await page.get_by_role("button", name="Start").click()
