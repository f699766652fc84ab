"""A paper exchange's account site in this process, over a world in a temporary folder."""

import os
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from dataclasses import dataclass
from pathlib import Path

import pyotp
from starlette.types import ASGIApp

from drawbridge.accounts.languages import Languages
from drawbridge.accounts.service import Accounts
from drawbridge.audit.store import AuditLog
from drawbridge.catalogue.levels import Level
from drawbridge.catalogue.registry import exchange_ids, get_card, get_exchange
from drawbridge.core.clock import SteppedClock
from drawbridge.entrypoints.paper_server.site import SiteParts, build_site
from drawbridge.paper.world import PaperWorld
from drawbridge.sealing.local import LocalKey

START_MS = 1_790_000_000_000
_STEP_MS = 30_000


@dataclass(frozen=True)
class PaperSite:
    """The site, the world behind it, and the clock of both."""

    app: ASGIApp
    world: PaperWorld
    clock: SteppedClock

    def code(self, secret: str) -> str:
        """Give the authenticator's next code; a code counts once, so the clock moves on."""
        self.clock.advance(_STEP_MS)
        return pyotp.TOTP(secret).at(self.clock.now_ms() // 1_000)


@asynccontextmanager
async def open_paper_site(folder: Path) -> AsyncIterator[PaperSite]:
    """Open a world and its site."""
    exchanges = [
        get_exchange(name) for name in exchange_ids() if get_card(name).level >= Level.PAPERED
    ]
    clock = SteppedClock(START_MS)
    world = await PaperWorld.open(folder, exchanges, clock, os.urandom)
    try:
        people = Accounts(
            world.database, AuditLog(clock), clock, os.urandom, LocalKey.fresh(), "Paper exchange"
        )
        languages = Languages(world.database, AuditLog(clock))
        app = build_site(SiteParts(world, people, languages, exchanges, clock, os.urandom))
        yield PaperSite(app, world, clock)
    finally:
        await world.close()
