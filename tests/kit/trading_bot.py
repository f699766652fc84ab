"""Bots of a story: unmodified clients that trade until they are told to stop, and single orders."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from decimal import Decimal
from typing import Any, Final

import ccxt.async_support

from drawbridge.app.clock import SystemClock
from drawbridge.catalogue.registry import credential_of, get_exchange
from drawbridge.core.operations import PlaceOrder
from drawbridge.core.orders import OrderType, Side
from drawbridge.core.secret import Secret
from drawbridge.wire.dialect import sign
from tests.kit.ford import written
from tests.kit.house import until
from tests.kit.proxied import Fields

MARKETS: Final[Mapping[str, str]] = {"binance": "BTC/USDT", "kraken": "BTC/USD"}
_AMOUNT: Final = 0.001


@dataclass
class TradingBot:
    """An unmodified client that places and cancels orders until it is told to stop.

    Several bots share an account's limits, so each of many waits longer between two requests.
    """

    exchange_id: str
    fields: Fields
    urls: Mapping[str, Any]
    pause_ms: int
    rounds: int = 0
    has_to_stop: bool = False

    async def run(self) -> None:
        """Trade; whatever the client raises ends the test."""
        settings = {
            "apiKey": self.fields["api_key"],
            "secret": self.fields["api_secret"],
            "urls": self.urls,
            "enableRateLimit": True,
            "rateLimit": self.pause_ms,
        }
        client = getattr(ccxt.async_support, self.exchange_id)(settings)
        symbol = MARKETS[self.exchange_id]
        try:
            await client.load_markets()
            price = float((await client.fetch_ticker(symbol))["last"]) / 2
            price = float(client.price_to_precision(symbol, price))
            while not self.has_to_stop:
                placed = await client.create_order(symbol, "limit", "buy", _AMOUNT, price)
                await client.cancel_order(placed["id"], symbol)
                self.rounds += 1
        finally:
            await client.close()


async def all_traded(bots: Sequence[TradingBot], times: int) -> None:
    """Wait until each has placed and cancelled so many orders more."""
    before = [bot.rounds for bot in bots]

    async def enough() -> bool:
        pairs = zip(bots, before, strict=True)
        return all(bot.rounds >= rounds + times for bot, rounds in pairs)

    await until(enough, "every bot traded")


def signed_order(exchange_id: str, fields: Fields, name: str) -> bytes:
    """Give an order far from the market as a bot sends it, signed now with a virtual key."""
    exchange = get_exchange(exchange_id)
    order = PlaceOrder(
        symbol=MARKETS[exchange_id],
        side=Side.BUY,
        type=OrderType.LIMIT,
        quantity=Decimal(str(_AMOUNT)),
        price=Decimal(20_000),
        client_id=name,
    )
    request = exchange.codec.encode_request(order, exchange.card.markets())
    credential = credential_of(exchange, {it: Secret(text) for it, text in fields.items()})
    return written(sign(exchange.dialect, request, credential, str(SystemClock().now_ms())))
