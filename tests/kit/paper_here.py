"""A paper exchange in this process, by whatever clock: for replays that run faster than time.

It is served over real sockets like any other; only the process is not its own.
"""

import asyncio
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Final

from drawbridge.app.clock import entropy
from drawbridge.catalogue.registry import get_card
from drawbridge.core.clock import Clock
from drawbridge.core.operations import Scope
from drawbridge.entrypoints.paper_server.hosting import Hosted, Place, open_paper, papered
from drawbridge.paper.accounts import KeyWish, switches_for
from drawbridge.paper.house import Quoting
from drawbridge.paper.keys import Surroundings, make_key
from drawbridge.paper.replay import Recorded, Replay
from drawbridge.paper.setting_up import Scenery
from drawbridge.paper.world import PaperWorld

ACCOUNT: Final = "scripts"
_RIGHTS: Final = frozenset({Scope.READ, Scope.TRADE_SPOT})
# More than anybody ever takes.
_ENDLESS: Final = 10**9
_LOOK_EVERY_S: Final = 0.005


def exact_scenery(feed: str, recorded: Recorded) -> Scenery:
    """Let a feed tell the recorded candles at their own times, and the house trade exactly.

    What is ordered at the market within a candle is filled whole at the open of that candle: an
    order that follows from the close of one candle gets the open of the next, as in a backtest.
    """
    return Scenery(
        replays=(Replay(feed, recorded, anchor_ms=recorded.first_ms),),
        quoting=Quoting(has_spread=False, hold_ms=recorded.series.bar_ms, depth_times=_ENDLESS),
    )


@dataclass(frozen=True)
class PaperHere:
    """A paper exchange that is being served."""

    hosted: Hosted
    place: Place
    clock: Clock

    @property
    def world(self) -> PaperWorld:
        """Give the world behind it."""
        return self.hosted.world

    @property
    def address(self) -> str:
        """Give host and port, as the app's settings name a paper exchange."""
        return str(self.hosted.addresses["account_site"]).removeprefix("http://")

    def port(self, exchange_id: str) -> int:
        """Give the port on which an exchange stands."""
        told = self.hosted.addresses["exchanges"]
        assert isinstance(told, dict)
        return int(told[exchange_id]["rest"].rpartition(":")[2])

    async def until(self, at_ms: int) -> None:
        """Wait until its clock tells that time."""
        while self.clock.now_ms() < at_ms:  # noqa: ASYNC110  time itself sets no event
            await asyncio.sleep(_LOOK_EVERY_S)

    async def key(
        self, exchange_id: str, account: str = ACCOUNT, rights: frozenset[Scope] = _RIGHTS
    ) -> dict[str, str]:
        """Make a key that reads and trades, as the command line does."""
        card = get_card(exchange_id)
        wish = KeyWish(exchange_id, switches=switches_for(card, rights))
        at = Surroundings(self.clock, entropy)
        made = await make_key(self.place.state, papered(), account, wish, at)
        told = {"api_key": made.api_key}
        for name, secret in (("api_secret", made.api_secret), ("passphrase", made.passphrase)):
            if secret is not None:
                told[name] = secret.reveal()
        return told


@asynccontextmanager
async def paper_here(
    folder: Path,
    clock: Clock,
    scenery: Scenery | None = None,
    *,
    only: frozenset[str],
    has_limits: bool = False,
) -> AsyncIterator[PaperHere]:
    """Serve a paper exchange on free ports until the block is left; usually no rate limits."""
    place = Place(folder, 0, unlimited=not has_limits, only=only)
    if scenery is not None:
        place = replace(place, scenery=scenery)
    async with open_paper(place, clock) as hosted:
        server = hosted.server()
        serving = asyncio.create_task(server.serve(sockets=list(hosted.listeners)))
        try:
            yield PaperHere(hosted, place, clock)
        finally:
            server.should_exit = True
            await serving
