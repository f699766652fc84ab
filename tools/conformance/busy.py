"""Somebody who trades all the time, so that private calls and streams have something to tell.

A process of its own, with the same ccxt as the suite: `python busy.py settings.json`. It begins
with a filled, a cancelled and a resting order, says so with a line, and goes on until killed.
"""

import json
import sys
import time
from pathlib import Path
from typing import Any

import ccxt

_PAUSE_S = 1.0


class Trader:
    """One client that places small orders."""

    def __init__(self, told: dict[str, Any]) -> None:
        """Take class, settings and what to trade."""
        self._told = told
        self._client = getattr(ccxt, told["class"])(told["settings"])
        self._client.load_markets()

    def fill(self, side: str) -> None:
        """Trade a little at once."""
        price = self._bid() if self._told["buys_by_cost"] and side == "buy" else None
        self._order("market", side, price)

    def rest(self) -> str:
        """Place an order that waits; give its id."""
        far = self._client.price_to_precision(self._told["symbol"], self._bid() * self._told["far"])
        number: str = self._order("limit", "buy", float(far))["id"]
        return number

    def cancel(self, number: str) -> None:
        """Cancel an order."""
        self._client.cancel_order(number, self._told["symbol"])

    def _bid(self) -> float:
        ticker = self._client.fetch_ticker(self._told["symbol"])
        # Some exchanges tell no best prices with a ticker.
        return float(ticker["bid"] or ticker["last"])

    def _order(self, kind: str, side: str, price: float | None) -> dict[str, Any]:
        placed: dict[str, Any] = self._client.create_order(
            self._told["symbol"], kind, side, self._told["amount"], price
        )
        return placed


def main() -> None:
    """Trade until somebody ends this process."""
    trader = Trader(json.loads(Path(sys.argv[1]).read_text("utf-8")))
    trader.fill("buy")
    trader.cancel(trader.rest())
    trader.rest()
    print("ready", flush=True)
    while True:
        for side in ("buy", "sell"):
            time.sleep(_PAUSE_S)
            trader.fill(side)
            trader.cancel(trader.rest())


if __name__ == "__main__":
    main()
