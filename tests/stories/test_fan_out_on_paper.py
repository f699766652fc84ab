"""One signal to two hundred accounts at the paper exchange: an order each, and never a second.

Real processes and real time; the paper exchange's books are the judge.
"""

import asyncio
from collections import Counter
from collections.abc import Iterator
from decimal import Decimal
from pathlib import Path

import pytest

from drawbridge.catalogue.registry import get_exchange
from drawbridge.core.ids import client_order_id
from drawbridge.core.operations import PlaceOrder
from drawbridge.core.orders import OrderType, Side
from drawbridge.paper.world import DEMO_BALANCES
from drawbridge.trading.fanout import Fate, Outcome, Wish
from tests.kit.many_accounts import ManyAccounts, many_accounts, paper_credentials
from tests.kit.processes import Paper

ACCOUNTS = 200
ORIGIN = "robot:many"
BOUGHT = Decimal("0.001")
SYMBOLS = {"binance": "BTC/USDT", "kraken": "BTC/USD"}


@pytest.fixture(params=SYMBOLS)
def paper(tmp_path: Path, request: pytest.FixtureRequest) -> Iterator[Paper]:
    (tmp_path / "paper").mkdir()
    paper = Paper(tmp_path / "paper", unlimited=True, only=(request.param,))
    yield paper
    paper.process.stop()


def _signal(house: ManyAccounts, symbol: str) -> list[Wish]:
    def order(key_id: str) -> PlaceOrder:
        name = client_order_id("signal-1", key_id)
        return PlaceOrder(symbol, Side.BUY, OrderType.MARKET, BOUGHT, client_id=name)

    return [Wish(key_id, ORIGIN, order(key_id)) for key_id in house.key_ids]


async def _delivered(house: ManyAccounts, symbol: str) -> list[Outcome]:
    async with house.fan_out.place_each(_signal(house, symbol)) as outcomes:
        return [outcome async for outcome in outcomes]


async def test_one_signal_is_one_order_for_each_account(paper: Paper, tmp_path: Path) -> None:
    """Scenario 60, for many accounts: a signal that is delivered again places nothing."""
    [(exchange_id, told)] = paper.exchanges.items()
    exchange, symbol = get_exchange(exchange_id), SYMBOLS[exchange_id]
    credentials = await paper_credentials(paper.state, exchange, ACCOUNTS)
    async with many_accounts(tmp_path, exchange_id, str(told["rest"]), credentials) as house:
        first = await _delivered(house, symbol)
        assert [outcome.error for outcome in first if outcome.fate is not Fate.PLACED] == []
        again = await _delivered(house, symbol)
        assert {outcome.fate for outcome in again} == {Fate.PLACED}
        orders = await house.orders.orders_of(ORIGIN)
    assert Counter(order.key_id for order in orders) == Counter(house.key_ids)
    assert len({order.order_id for order in orders}) == ACCOUNTS
    ledger = await asyncio.to_thread(paper.ledger)
    assert ledger["balanced"] is True
    fees = exchange.card.fees
    kept = BOUGHT * (1 - fees.taker) if fees.buy_fee_in == "base" else BOUGHT
    coins = Counter(_coins(balances) for balances in ledger["balances"].values())
    assert coins[DEMO_BALANCES["BTC"] + kept] == ACCOUNTS


def _coins(balances: dict[str, dict[str, str]]) -> Decimal:
    return sum((Decimal(amount) for amount in balances["BTC"].values()), Decimal(0))
