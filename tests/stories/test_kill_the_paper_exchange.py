"""kill -9 of the paper exchange in the middle of 1,000 orders: nothing lost, nothing doubled.

Scenario 90. The client is our own dialect and codec over plain connections, so that it can be
told exactly which orders were answered when the exchange died.
"""

import asyncio
import time
from decimal import Decimal
from pathlib import Path
from typing import TypeVar

import pytest

from benchmarks.load import as_bytes
from drawbridge.catalogue.registry import credential_of, get_exchange
from drawbridge.core.operations import GetBalances, GetOrder, Operation, PlaceOrder
from drawbridge.core.orders import OrderType, Side
from drawbridge.core.secret import Secret
from drawbridge.wire.dialect import sign
from drawbridge.wire.http import WireAnswer
from tests.kit.processes import Paper

A = TypeVar("A")
ORDERS = 1_000
AMOUNT = Decimal("0.001")
SYMBOLS = {"binance": "BTC/USDT", "kraken": "BTC/USD"}


class Trader:
    """Sends signed orders one after the other on one connection."""

    def __init__(self, paper: Paper, exchange_id: str) -> None:
        self.exchange = get_exchange(exchange_id)
        key = paper.key(exchange_id)
        fields = {"api_key": Secret(key["api_key"]), "api_secret": Secret(key["api_secret"])}
        self._credential = credential_of(self.exchange, fields)
        self._markets = self.exchange.card.markets()
        self.symbol = SYMBOLS[exchange_id]
        self._stamp = 0

    async def ask(self, port: int, operation: Operation[A]) -> A:
        """Send one operation on a connection of its own and read the answer."""
        unsigned = self.exchange.codec.encode_request(operation, self._markets)
        units = self.exchange.card.stamp.units_per_ms
        self._stamp = max(self._stamp + 1, time.time_ns() // 1_000_000 * units)
        signed = sign(self.exchange.dialect, unsigned, self._credential, str(self._stamp))
        reader, writer = await asyncio.open_connection("127.0.0.1", port)
        writer.write(as_bytes(signed.method, signed.target, signed.headers, signed.body))
        try:
            head = await reader.readuntil(b"\r\n\r\n")
            length = int(head.lower().partition(b"content-length:")[2].split(b"\r\n", 1)[0])
            answer = WireAnswer(int(head[9:12]), await reader.readexactly(length))
        finally:
            writer.close()
        raw = self.exchange.codec.read_error(answer)
        if raw is not None:
            raise self.exchange.errors.read(raw)
        return self.exchange.codec.decode_answer(operation, answer, self._markets)

    def order(self, name: str) -> PlaceOrder:
        """Make a small market order, so that money really moves."""
        return PlaceOrder(self.symbol, Side.BUY, OrderType.MARKET, AMOUNT, client_id=name)


async def place_until_killed(trader: Trader, port: int, names: list[str]) -> list[tuple[str, str]]:
    """Place the orders; give name and order id of those that were answered."""
    answered = []
    for name in names:
        try:
            placed = await trader.ask(port, trader.order(name))
        except (OSError, asyncio.IncompleteReadError):
            break
        answered.append((name, placed.order.order_id))
    return answered


def port_of(paper: Paper, exchange_id: str) -> int:
    return int(paper.exchanges[exchange_id]["rest"].rpartition(":")[2])


async def coins_of(trader: Trader, port: int) -> Decimal:
    balances = await trader.ask(port, GetBalances())
    return next(balance.total for balance in balances if balance.currency == "BTC")


@pytest.mark.parametrize("exchange_id", sorted(SYMBOLS))
async def test_orders_that_were_answered_are_there_once_after_every_kill(
    exchange_id: str, tmp_path: Path
) -> None:
    """Scenario 90."""
    paper = Paper(tmp_path, unlimited=True)
    trader = Trader(paper, exchange_id)
    coins_before = await coins_of(trader, port_of(paper, exchange_id))
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
    coins = await coins_of(trader, port) - coins_before
    fees = trader.exchange.card.fees
    kept = 1 - fees.taker if fees.buy_fee_in == "base" else Decimal(1)
    assert len(answered) <= coins / (AMOUNT * kept) <= len(answered) + kills
    assert paper.ledger()["balanced"] is True
    assert paper.process.stop() == 0
