"""Looking at exchanges from pages and commands: public data, no key, and not for long."""

import asyncio
from typing import Final

from drawbridge.app.settings import Settings
from drawbridge.core.errors import ExchangeDown
from drawbridge.core.operations import GetTicker
from drawbridge.robots.feasible import Seen
from drawbridge.vault.model import Venue

_LONGEST_S: Final = 4
"""Somebody waits for the answer, and can do without it."""


class PublicWindow:
    """Ask for markets and prices, each time anew."""

    def __init__(self, settings: Settings) -> None:
        """Ask at the addresses of these settings."""
        self._settings = settings

    async def look(self, exchange_id: str, venue: str, symbol: str) -> Seen:
        """Give the exchange's markets and the price of one.

        Raises: `ExchangeDown`, also when it takes too long, and what the exchange says.
        """
        try:
            async with asyncio.timeout(_LONGEST_S):
                return await self._look(exchange_id, Venue(venue), symbol)
        except TimeoutError:
            raise ExchangeDown("unreachable") from None

    async def _look(self, exchange_id: str, venue: Venue, symbol: str) -> Seen:
        from drawbridge.app.asking import asking  # noqa: PLC0415  not for every command and page

        async with asking(self._settings, exchange_id, venue) as line:
            markets = await line.markets()
            if markets.find(symbol) is None:
                return Seen(markets)
            return Seen(markets, (await line.ask(GetTicker(symbol))).last)
