"""A process that places many orders through the app's own gateway: `python -m tests.kit.placing`.

Every run means the same orders again from the first one on, as robots do after a restart: what
was meant before is found by its client id and not sent a second time.
"""

import argparse
import asyncio
from collections.abc import Iterator
from decimal import Decimal

from drawbridge.app.build import open_house
from drawbridge.app.gateway_lock import only_gateway
from drawbridge.app.gateway_process import open_gateway
from drawbridge.app.lifetime import tell_ready
from drawbridge.app.settings import read_settings
from drawbridge.core.errors import Conflict, ExchangeDown, OutcomeUnknown
from drawbridge.core.ids import client_order_id
from drawbridge.core.operations import PlaceOrder
from drawbridge.core.orders import OrderType, Side
from drawbridge.trading.broker import Broker

ORIGIN = "story:kill"
AMOUNT = Decimal("0.001")
_EVERY_TENTH = 10
_EVERY_THIRD = 3


def order_of(number: int, symbol: str, price: Decimal) -> PlaceOrder:
    """Give the order of a number: most trade at once, every tenth waits at this price."""
    name = client_order_id("story", str(number))
    if number % _EVERY_TENTH == 0:
        return PlaceOrder(
            symbol, Side.BUY, OrderType.LIMIT, AMOUNT, price=price, client_id=name, post_only=True
        )
    side = Side.BUY if number % _EVERY_THIRD else Side.SELL
    return PlaceOrder(symbol, side, OrderType.MARKET, AMOUNT, client_id=name)


async def place(broker: Broker, key_id: str, order: PlaceOrder) -> None:
    """Place an order; what is unknown or was meant before is left as it is."""
    while True:
        try:
            await broker.place(key_id, ORIGIN, order)
        except (Conflict, OutcomeUnknown):
            return
        except ExchangeDown as error:
            # Nothing was sent: a rate limit of the exchange is being kept.
            await asyncio.sleep(error.retry_after_ms / 1_000)
        else:
            return


async def place_all(
    broker: Broker, keys: list[str], orders: list[PlaceOrder], in_flight: int
) -> None:
    """Place all, so many in flight at once, spread over the keys."""
    waiting: Iterator[tuple[int, PlaceOrder]] = iter(enumerate(orders))

    async def work() -> None:
        for number, order in waiting:
            await place(broker, keys[number % len(keys)], order)

    async with asyncio.TaskGroup() as group:
        for _ in range(in_flight):
            group.create_task(work())


async def main() -> None:
    """Place the orders that the arguments name."""
    parser = argparse.ArgumentParser()
    parser.add_argument("--keys", required=True)
    parser.add_argument("--symbol", required=True)
    parser.add_argument("--price", type=Decimal, required=True)
    parser.add_argument("--count", type=int, required=True)
    parser.add_argument("--in-flight", type=int, required=True)
    given = parser.parse_args()
    orders = [order_of(number, given.symbol, given.price) for number in range(given.count)]
    settings = read_settings()
    async with (
        open_house(settings) as house,
        only_gateway(settings.gateway_lock),
        open_gateway(house) as work,
    ):
        tell_ready({"vault": "open" if work.holder.is_open else "closed"})
        await place_all(work.broker, given.keys.split(","), orders, given.in_flight)


if __name__ == "__main__":
    asyncio.run(main())
