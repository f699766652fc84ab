"""The unmodified ccxt on the paper exchange, with nothing set but addresses and key.

Scenario 87: what works on the real exchange works here, and the numbers that ccxt parses are
those of the ledger. What it raises for mistakes is in `test_ccxt_mistakes.py`.
"""

import asyncio
import time
from collections.abc import Callable
from typing import Any

import ccxt
import pytest

from drawbridge.core.orders import OrderStatus
from tests.kit.processes import Paper
from tests.real_clients.bench import Bench, Desk
from tests.real_clients.table import Kind, Table, tables_of

TABLES = tables_of(ccxt.__version__)


def every(
    kind: Kind | None = None, *, where: Callable[[Table], bool] = bool
) -> pytest.MarkDecorator:
    """Run a test for every exchange that does not lack this."""
    chosen = [it for it, table in TABLES.items() if kind not in table.lacks and where(table)]
    return pytest.mark.parametrize("exchange_id", chosen)


@every()
def test_markets_have_their_rules(desk: Desk) -> None:
    market = desk.client.market(desk.symbol)
    # Some exchanges do not tell.
    assert market["active"] is not False
    assert float(market["precision"]["price"]) > 0
    assert float(market["precision"]["amount"]) > 0


@every()
def test_prices_are_live_and_agree_with_each_other(desk: Desk) -> None:
    client, symbol = desk.client, desk.symbol
    now_ms = time.time() * 1_000
    ticker = client.fetch_ticker(symbol)
    assert ticker["bid"] is None or ticker["bid"] < ticker["ask"]
    # Some exchanges tell no range of the day with a price.
    assert ticker["low"] is None or ticker["low"] <= ticker["last"] <= ticker["high"]
    book = client.fetch_order_book(symbol)
    assert book["bids"][0][0] < book["asks"][0][0]
    assert len(book["bids"]) > 3
    candles = client.fetch_ohlcv(symbol, "1m", limit=100)
    assert len(candles) >= 50
    assert abs(candles[-1][0] - now_ms) < 120_000
    assert all(low <= min(o, c) <= max(o, c) <= high for _, o, high, low, c, _ in candles)
    trades = client.fetch_trades(symbol, limit=20)
    assert trades
    assert abs(trades[-1]["timestamp"] - now_ms) < 120_000


@every(Kind.TICKERS)
def test_all_prices_are_told_at_once(desk: Desk) -> None:
    assert desk.symbol in desk.client.fetch_tickers()


@every(Kind.SERVER_TIME)
def test_the_clock_is_right(desk: Desk) -> None:
    assert abs(desk.client.fetch_time() - time.time() * 1_000) < 2_000


@every()
def test_a_limit_order_holds_money_until_it_is_cancelled(desk: Desk) -> None:
    client, symbol, money = desk.client, desk.symbol, desk.table.money
    before = client.fetch_balance()[money]
    price = desk.far_price
    placed = desk.place(price=price)
    told = client.fetch_order(placed["id"], symbol)
    assert (told["status"], told["side"], told["type"]) == ("open", "buy", "limit")
    assert (told["amount"], told["price"]) == (float(desk.table.amount), float(price))
    assert not told["filled"]
    if desk.table.tells_held:
        assert client.fetch_balance()[money]["free"] < before["free"]
    client.cancel_order(placed["id"], symbol)
    assert client.fetch_order(placed["id"], symbol)["status"] == desk.table.cancelled
    assert client.fetch_balance()[money]["total"] == before["total"]


@every(Kind.OPEN_ORDERS)
def test_open_orders_are_listed(desk: Desk) -> None:
    client, symbol = desk.client, desk.symbol
    placed = desk.place()
    assert placed["id"] in [order["id"] for order in client.fetch_open_orders(symbol)]
    client.cancel_order(placed["id"], symbol)
    assert placed["id"] not in [order["id"] for order in client.fetch_open_orders(symbol)]


@every(Kind.CANCEL_ALL)
def test_all_orders_are_cancelled_at_once(bench: Bench) -> None:
    desk = bench.desk(bench.key(account=f"cancels-at-{bench.exchange_id}"))
    placed = [desk.place()["id"] for _ in range(2)]
    desk.client.cancel_all_orders(desk.symbol)
    told = [desk.client.fetch_order(each, desk.symbol)["status"] for each in placed]
    assert told == [desk.table.cancelled] * 2


@every(Kind.POST_ONLY)
def test_a_post_only_order_rests_or_does_not_trade(desk: Desk) -> None:
    client, symbol, wanted = desk.client, desk.symbol, desk.table.post_only_raises
    placed = desk.place(postOnly=True)
    assert client.fetch_order(placed["id"], symbol)["status"] == "open"
    client.cancel_order(placed["id"], symbol)
    above = desk.price(1.02)
    if wanted:
        with pytest.raises(ccxt.BaseError) as refusal:
            desk.place(price=above, postOnly=True)
        assert type(refusal.value).__name__ == wanted
        return
    ended = client.fetch_order(desk.place(price=above, postOnly=True)["id"], symbol)
    own = desk.table.wire.states.get(OrderStatus.EXPIRED)
    assert ended["status"] in {"canceled", "rejected", "expired", own}
    assert ended["filled"] == 0


@every(Kind.CLIENT_ID)
def test_an_order_keeps_the_clients_own_id(desk: Desk) -> None:
    placed = desk.place(clientOrderId=desk.table.client_id)
    told = desk.client.fetch_order(placed["id"], desk.symbol)
    desk.client.cancel_order(placed["id"], desk.symbol)
    assert told["clientOrderId"] == desk.table.client_id


@every(Kind.CANCEL_BY_CLIENT_ID)
def test_an_order_is_cancelled_by_the_clients_own_id(desk: Desk) -> None:
    own = {"clientOrderId": desk.table.client_id}
    placed = desk.place(**own)
    desk.client.cancel_order("", desk.symbol, own)
    assert desk.client.fetch_order(placed["id"], desk.symbol)["status"] == desk.table.cancelled


@every(Kind.STOP)
def test_a_conditional_order_waits_and_is_cancelled(desk: Desk) -> None:
    trigger = float(desk.price(desk.table.far))
    waits: dict[str, Any] = {desk.table.stop_by: trigger}
    placed = desk.place("sell", price=desk.far_price, **waits)
    asked = {"trigger": True} if desk.table.stop_apart else {}
    waiting = desk.client.fetch_order(placed["id"], desk.symbol, asked)
    assert waiting["status"] == "open"
    assert waiting["triggerPrice"] == trigger
    desk.client.cancel_order(placed["id"], desk.symbol, asked)
    ended = desk.client.fetch_order(placed["id"], desk.symbol, asked)
    assert ended["status"] == desk.table.cancelled


@every(where=lambda table: not table.is_contract)
def test_a_market_order_trades_and_is_paid(desk: Desk, paper: Paper) -> None:
    client, symbol, table = desk.client, desk.symbol, desk.table
    before = client.fetch_balance()
    placed = desk.trade("buy", table.amount)
    told = client.fetch_order(placed["id"], symbol)
    assert told["status"] == "closed"
    assert told["filled"] == pytest.approx(float(table.amount), rel=0.01)
    after = client.fetch_balance()
    bought = after[table.base]["total"] - before[table.base]["total"]
    assert bought == pytest.approx(float(table.amount), rel=0.02)
    assert after[table.money]["total"] < before[table.money]["total"]
    assert paper.ledger()["balanced"] is True


@every(Kind.OWN_TRADES)
def test_what_was_traded_is_told_with_its_fee(desk: Desk) -> None:
    client, symbol = desk.client, desk.symbol
    placed = desk.trade("buy", desk.table.amount)
    told = client.fetch_order(placed["id"], symbol)
    trades = [it for it in client.fetch_my_trades(symbol) if it["order"] == placed["id"]]
    assert sum(it["amount"] for it in trades) == pytest.approx(told["filled"])
    # Where an order names what it spends, what no whole step can be bought for is left.
    rel = 1e-3 if desk.table.buys_by_cost else None
    assert sum(it["cost"] for it in trades) == pytest.approx(told["cost"], rel=rel)
    assert {it["fee"]["currency"] for it in trades} <= {desk.table.base, desk.table.money}
    # What is owed for the last few steps of an order may be less than the money's smallest unit.
    assert all(it["fee"]["cost"] > 0 for it in trades if it["cost"] >= 1)
    assert all(it["fee"]["cost"] >= 0 for it in trades)
    assert sum(it["fee"]["cost"] for it in trades) > 0


@every()
def test_the_asynchronous_client_trades_as_well(bench: Bench) -> None:
    key, symbol = bench.key(), bench.table.symbol

    async def use() -> None:
        client = bench.asynchronous_client(key)
        try:
            await client.load_markets()
            ticker = await client.fetch_ticker(symbol)
            near = ticker["bid"] or ticker["last"]
            price = float(client.price_to_precision(symbol, near * bench.table.far))
            amount = float(bench.table.amount)
            placed = await client.create_order(symbol, "limit", "buy", amount, price)
            assert (await client.fetch_order(placed["id"], symbol))["status"] == "open"
            await client.cancel_order(placed["id"], symbol)
            assert (await client.fetch_balance())[bench.table.money]["total"] > 0
        finally:
            await client.close()

    asyncio.run(use())


@every()
def test_the_path_prefix_serves_the_same_exchange(bench: Bench) -> None:
    """Each exchange stands under its name on the first port as well."""
    client = bench.client(by_path=True)
    client.load_markets()
    assert client.fetch_balance()[bench.table.money]["total"] > 0
