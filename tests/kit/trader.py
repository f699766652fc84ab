"""A client of one papered exchange: our own dialect and codec over plain connections.

Each question travels on a connection of its own, so that a test can be told exactly which of
them was answered.
"""

import asyncio
from collections.abc import Mapping
from decimal import Decimal
from typing import TypeVar

from benchmarks.load import as_bytes
from drawbridge.app.clock import SystemClock
from drawbridge.catalogue.registry import credential_of, get_exchange
from drawbridge.core.clock import Clock
from drawbridge.core.errors import BadInput, NotFound
from drawbridge.core.operations import (
    GetBalances,
    GetClosedOrders,
    GetOrder,
    Operation,
    PlaceOrder,
)
from drawbridge.core.orders import Order, OrderType, Side
from drawbridge.core.secret import Secret
from drawbridge.wire.dialect import sign
from drawbridge.wire.http import WireAnswer
from drawbridge.wire.stamps import next_stamp
from tests.kit.processes import Paper

A = TypeVar("A")

AMOUNT = Decimal("0.001")
SYMBOLS = {"binance": "BTC/USDT", "gate": "BTC/USDT", "kraken": "BTC/USD"}
# Those that take an order at market by what it buys, as `Trader.order` asks for it.
BY_QUANTITY = ("binance", "kraken")


class Trader:
    """Asks one question after the other."""

    def __init__(
        self, exchange_id: str, key: Mapping[str, str], clock: Clock | None = None
    ) -> None:
        """Trade the exchange's market in bitcoin with a key of it, by this clock."""
        self.exchange = get_exchange(exchange_id)
        fields = {"api_key": Secret(key["api_key"]), "api_secret": Secret(key["api_secret"])}
        self._credential = credential_of(self.exchange, fields)
        self._clock = clock or SystemClock()
        self._markets = self.exchange.card.markets()
        self.symbol = SYMBOLS[exchange_id]
        self._stamp = 0

    async def ask(self, port: int, operation: Operation[A]) -> A:
        """Ask and read the answer. Raises: what the exchange says, `OSError`, `EOFError`."""
        answer = await self.answer(port, operation)
        raw = self.exchange.codec.read_error(answer)
        if raw is not None:
            raise self.exchange.errors.read(raw)
        return self.exchange.codec.decode_answer(operation, answer, self._markets)

    async def answer(self, port: int, operation: Operation[A]) -> WireAnswer:
        """Ask and give the answer as it came. Raises: `OSError`, `EOFError` when none came."""
        request = self.exchange.codec.encode_request(operation, self._markets)
        if self.exchange.endpoints.classify(request).is_signed:
            rule = self.exchange.card.stamp
            self._stamp = next_stamp(rule, self._clock.now_ms(), self._stamp)
            request = sign(self.exchange.dialect, request, self._credential, str(self._stamp))
        reader, writer = await asyncio.open_connection("127.0.0.1", port)
        writer.write(as_bytes(request.method, request.target, request.headers, request.body))
        try:
            head = await reader.readuntil(b"\r\n\r\n")
            lines = [line.partition(b": ") for line in head.split(b"\r\n")[1:] if line]
            headers = tuple((name.lower(), value) for name, _, value in lines)
            length = int(dict(headers)[b"content-length"])
            return WireAnswer(int(head[9:12]), await reader.readexactly(length), headers)
        finally:
            writer.close()

    def order(self, name: str) -> PlaceOrder:
        """Make a small market order, so that money really moves."""
        return PlaceOrder(self.symbol, Side.BUY, OrderType.MARKET, AMOUNT, client_id=name)

    async def find(self, port: int, name: str) -> Order | None:
        """Give the order of that name, None when the exchange has none."""
        try:
            return await self.ask(port, GetOrder(self.symbol, client_id=name))
        except NotFound:
            return None
        except BadInput:
            # Not found by our name here; all were market orders, so none is open.
            closed = await self.ask(port, GetClosedOrders(self.symbol))
            return next((order for order in closed if order.client_id == name), None)

    async def coins(self, port: int) -> Decimal:
        """Give what the account has of the coin that is bought."""
        balances = await self.ask(port, GetBalances())
        return next(balance.total for balance in balances if balance.currency == "BTC")


def trader_of(paper: Paper, exchange_id: str) -> Trader:
    """Make a key from the command line, and trade with it."""
    return Trader(exchange_id, paper.key(exchange_id))


def port_of(paper: Paper, exchange_id: str) -> int:
    """Give the port on which an exchange stands."""
    return int(paper.exchanges[exchange_id]["rest"].rpartition(":")[2])
