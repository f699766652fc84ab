"""kill -9 of the paper exchange in the middle of 1,000 orders: nothing lost, nothing doubled.

Scenario 90. The client is our own dialect and codec over plain connections, so that it can be
told exactly which orders were answered when the exchange died.
"""

import asyncio
from decimal import Decimal
from pathlib import Path

import pytest

from drawbridge.core.operations import GetOrder
from tests.kit.processes import Paper
from tests.kit.trader import AMOUNT, BY_QUANTITY, Trader, port_of, trader_of

ORDERS = 1_000


async def place_until_killed(trader: Trader, port: int, names: list[str]) -> list[tuple[str, str]]:
    """Place the orders; give name and order id of those that were answered."""
    answered = []
    for name in names:
        try:
            placed = await trader.ask(port, trader.order(name))
        except (OSError, EOFError):
            break
        answered.append((name, placed.order.order_id))
    return answered


@pytest.mark.parametrize("exchange_id", BY_QUANTITY)
async def test_orders_that_were_answered_are_there_once_after_every_kill(
    exchange_id: str, tmp_path: Path
) -> None:
    """Scenario 90."""
    paper = Paper(tmp_path, unlimited=True)
    trader = trader_of(paper, exchange_id)
    coins_before = await trader.coins(port_of(paper, exchange_id))
    names = [f"kill-{number}" for number in range(ORDERS)]
    answered: list[tuple[str, str]] = []
    kills = 0
    while names:
        placing = asyncio.create_task(
            place_until_killed(trader, port_of(paper, exchange_id), names)
        )
        if len(names) > ORDERS // 4:
            # Not at a round moment: somewhere inside the run of orders.
            await asyncio.wait((placing,), timeout=0.15 + kills * 0.037)
            await asyncio.to_thread(paper.restart_after_kill)
            kills += 1
        done = await placing
        answered += done
        # The one in flight is unknown: it may or may not have traded, and is never sent again.
        names = names[len(done) + 1 :]
    assert kills >= 2
    port = port_of(paper, exchange_id)
    for name, order_id in answered:
        order = await trader.ask(port, GetOrder(trader.symbol, order_id))
        assert (order.client_id, order.filled) == (name, AMOUNT)
    coins = await trader.coins(port) - coins_before
    fees = trader.exchange.card.fees
    kept = 1 - fees.taker if fees.buy_fee_in == "base" else Decimal(1)
    assert len(answered) <= coins / (AMOUNT * kept) <= len(answered) + kills
    assert paper.ledger()["balanced"] is True
    assert paper.process.stop() == 0
