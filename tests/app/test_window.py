"""The window on exchanges that pages and commands have: over the wire, and over nothing."""

from pathlib import Path

import pytest

from drawbridge.app.settings import Settings
from drawbridge.app.window import PublicWindow
from drawbridge.core.errors import ExchangeDown
from drawbridge.core.markets import Markets
from tests.kit.processes import Paper, free_port


async def test_nobody_there_is_told_as_that(tmp_path: Path) -> None:
    window = PublicWindow(Settings(tmp_path, paper=f"127.0.0.1:{free_port()}"))
    with pytest.raises(ExchangeDown):
        await window.look("binance", "paper", "BTC/USDT")


async def test_markets_and_the_price_of_one_are_seen(tmp_path: Path) -> None:
    paper = Paper(tmp_path, only=["binance"])
    try:
        address = paper.account_site.removeprefix("http://")
        window = PublicWindow(Settings(tmp_path / "data", paper=address))
        seen = await window.look("binance", "paper", "BTC/USDT")
        assert isinstance(seen.markets, Markets)
        assert seen.markets.find("BTC/USDT") is not None
        assert seen.price > 0
        none = await window.look("binance", "paper", "NO/PAIR")
        assert none.price == 0
        assert len(none.markets) == len(seen.markets)
    finally:
        paper.process.stop()
