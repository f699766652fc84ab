"""Unmodified freqtrade trades live through the proxy on the paper exchange."""

import json
from pathlib import Path
from typing import Any, Final

import pytest

from tests.kit.proxied import Proxied
from tests.real_bots.freqtrade import trading
from tests.real_bots.pasting import READS, TRADES, orders_of_bots, pasted

_EXCHANGES: Final = ["binance", "kraken"]


def _block(bridge: Proxied, exchange_id: str, scopes: tuple[str, ...]) -> Any:  # noqa: ANN401  a table of JSON
    _, text = pasted(bridge, exchange_id, scopes, "freqtrade")
    return json.loads(text)["exchange"]


@pytest.mark.parametrize("exchange_id", _EXCHANGES)
def test_it_buys_and_its_books_agree_with_the_ledger(
    bridge: Proxied, tmp_path: Path, exchange_id: str
) -> None:
    """Scenario 78: it starts, trades, and its database and the paper ledger agree."""
    before = orders_of_bots(bridge, exchange_id)
    with trading(tmp_path, _block(bridge, exchange_id, TRADES)) as bot:
        bridge.runner.run(bot.wait_for("has been fulfilled for Trade"))
        held = bot.filled()
    made = orders_of_bots(bridge, exchange_id)
    assert [it.order_id for it in held] == [it for it in made if it not in before]
    order = made[held[0].order_id]
    assert held[0].side == "buy"
    assert f"{held[0].amount:.8f}" == f"{order.filled:.8f}"


@pytest.mark.parametrize("exchange_id", _EXCHANGES)
def test_with_a_key_that_reads_it_says_so_and_nothing_reaches_the_exchange(
    bridge: Proxied, tmp_path: Path, exchange_id: str
) -> None:
    """Scenario 79: the exchange's own permission error; the exchange never hears of it."""
    before = set(orders_of_bots(bridge, exchange_id))
    with trading(tmp_path, _block(bridge, exchange_id, READS)) as bot:
        bridge.runner.run(bot.wait_for("ermission"))
    assert set(orders_of_bots(bridge, exchange_id)) == before
