"""Hummingbot's own connectors trade through the proxy on the paper exchange, streams and all."""

from decimal import Decimal
from pathlib import Path
from typing import Final

from drawbridge.core.orders import OrderStatus
from tests.kit.proxied import Proxied
from tests.real_bots.hummingbot import trade
from tests.real_bots.pasting import PAIRS, READS, TRADES, orders_of_bots, pasted

_EXCHANGE: Final = "binance"
_PAIR: Final = PAIRS[_EXCHANGE].replace("/", "-")


def test_it_buys_cancels_and_hears_of_both(bridge: Proxied, tmp_path: Path) -> None:
    """Scenario 78: what it heard over its streams is what the paper exchange has on disk."""
    before = orders_of_bots(bridge, _EXCHANGE)
    _, text = pasted(bridge, _EXCHANGE, TRADES, "hummingbot")
    told = trade(tmp_path, text, _EXCHANGE, _PAIR)
    assert told.ready, told.log
    made = {
        name: it for name, it in orders_of_bots(bridge, _EXCHANGE).items() if name not in before
    }
    assert sorted(it.status for it in made.values()) == [OrderStatus.CANCELLED, OrderStatus.FILLED]
    assert {"BuyOrderCompletedEvent", "OrderCancelledEvent"} <= set(told.events)
    filled = [it for it in made.values() if it.filled]
    assert sum(Decimal(amount) for amount in told.filled) == filled[0].filled


def test_with_a_key_that_reads_it_is_refused_and_nothing_reaches_the_exchange(
    bridge: Proxied, tmp_path: Path
) -> None:
    """Scenario 79."""
    before = set(orders_of_bots(bridge, _EXCHANGE))
    _, text = pasted(bridge, _EXCHANGE, READS, "hummingbot")
    told = trade(tmp_path, text, _EXCHANGE, _PAIR)
    assert told.ready, told.log
    assert "MarketOrderFailureEvent" in told.events
    assert set(orders_of_bots(bridge, _EXCHANGE)) == before
