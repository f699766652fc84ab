"""The app's pages in this process, over a house in a temporary folder and a moved clock.

The vault's holder is in here as well, so that a vault can be made; in the product it is another
process. Nothing checks keys here: that needs a gateway, see tests/stories.
"""

from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from dataclasses import dataclass, replace
from pathlib import Path

import pyotp

from drawbridge.app.build import House, open_house
from drawbridge.app.notice_settings import NoticeSettings
from drawbridge.app.settings import Settings
from drawbridge.app.store_settings import StoreSettings
from drawbridge.core.clock import SteppedClock
from drawbridge.entrypoints.pages.manners import Manners
from drawbridge.entrypoints.web.app import build_app
from drawbridge.licences.model import Operator
from drawbridge.robots.service import RobotService
from drawbridge.vault.keyholder import KeyHolder
from tests.kit.holding import held_here
from tests.kit.licensed import OPERATOR
from tests.kit.store import store_in

START_MS = 1_790_000_000_000
_STEP_MS = 30_000


@dataclass(frozen=True)
class WebSite:
    """The site, its house, the vault's holder, and the clock of all."""

    app: Manners
    house: House
    holder: KeyHolder
    clock: SteppedClock

    def code(self, secret: str) -> str:
        """Give the authenticator's next code; a code counts once, so the clock moves on."""
        self.clock.advance(_STEP_MS)
        return pyotp.TOTP(secret).at(self.clock.now_ms() // 1_000)


@asynccontextmanager
async def open_web_site(
    folder: Path, operator: Operator = OPERATOR, url: str = ""
) -> AsyncIterator[WebSite]:
    """Open the house and build the pages over it; licences are this operator's.

    With a URL its rows are in a PostgreSQL database, whatever the others are in.
    """
    clock = SteppedClock(START_MS)
    settings = Settings(
        data=folder,
        egress_addresses=("203.0.113.7",),
        names=("bridge.example.com",),
        notices=NoticeSettings(smtp_host="mail.example.com"),
        operator=operator,
        store=StoreSettings(url) if url else store_in(folder),
    )
    async with open_house(settings, clock) as opened:
        # No exchange stands beside these pages that could be asked for its markets.
        robots = RobotService(opened.database, opened.vault, clock, opened.entropy)
        house = replace(held_here(opened), robots=robots)
        holder = KeyHolder(house.database, clock, settings.vault_key)
        await holder.start()
        yield WebSite(build_app(house), house, holder, clock)
        await holder.stop()
