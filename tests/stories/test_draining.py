"""A worker is told to stop while a bot trades: another goes on, and nothing is lost or doubled.

Real processes over a real PostgreSQL server: two workers, the front that bots reach, the paper
exchange behind.
"""

import asyncio
from collections.abc import Callable, Iterator
from contextlib import suppress
from decimal import Decimal
from pathlib import Path
from time import monotonic
from typing import Final

import pytest

from drawbridge.app.clock import SystemClock
from drawbridge.catalogue.registry import credential_of, get_exchange
from drawbridge.core.operations import PlaceOrder
from drawbridge.core.orders import OrderType, Side
from drawbridge.core.secret import Secret
from drawbridge.vault.model import KeyStatus
from drawbridge.virtual_keys.wishes import Wish
from drawbridge.wire.dialect import sign
from tests.kit.fleet_here import FleetHere, found_fleet_here
from tests.kit.ford import written
from tests.kit.house import add_key, checked, read_state
from tests.kit.proxied import Fields

_EXCHANGE: Final = "binance"
_ORDERS: Final = 60
_AGAIN_S: Final = 0.05
_LONGEST_S: Final = 30
_FRESH_S: Final = 5


@pytest.fixture
def fleet(tmp_path: Path, postgres_url: str) -> Iterator[FleetHere]:
    with found_fleet_here(tmp_path, postgres_url) as fleet:
        yield fleet


def test_orders_go_on_elsewhere_when_their_worker_is_told_to_stop(
    fleet: FleetHere, record_property: Callable[[str, object], None]
) -> None:
    proxied = fleet.proxied
    added = proxied.runner.run(add_key(proxied.house, proxied.town, proxied.owner, _EXCHANGE))
    key = proxied.runner.run(checked(proxied.house, added.id))
    assert key.status is KeyStatus.ENABLED
    fields = proxied.virtual_key(key, Wish(scopes=("trade_spot",))).fields
    first = proxied.runner.run(fleet.holder_of(key.id))

    gaps_s = proxied.runner.run(_trade(fleet, fields, first))

    assert fleet.workers.pop(first).finish() == 0
    fleet.until_shared()
    # The vault is open for who comes later as well: each worker opens it by itself.
    assert fleet.workers[fleet.start_worker()].ready["vault"] == "open"
    placed = proxied.runner.run(_placed(fleet))
    assert sorted(placed) == sorted(f"drained-{number}" for number in range(_ORDERS))
    assert max(gaps_s) < _FRESH_S
    record_property("told", f"a worker drained: the longest wait of a bot was {max(gaps_s):.2f} s")


async def _trade(fleet: FleetHere, fields: Fields, first: str) -> list[float]:
    """Place orders one after the other, each until it is taken; give how long each took."""
    gaps_s = []
    for number in range(_ORDERS):
        if number == _ORDERS // 3:
            fleet.workers[first].tell_to_stop()
        began = monotonic()
        async with asyncio.timeout(_LONGEST_S):
            while not await _is_taken(fleet, fields, f"drained-{number}"):  # noqa: ASYNC110  a bot asks again
                await asyncio.sleep(_AGAIN_S)
        gaps_s.append(monotonic() - began)
    return gaps_s


async def _is_taken(fleet: FleetHere, fields: Fields, name: str) -> bool:
    """Send an order as a bot does that tries again under the same name."""
    port = int(fleet.proxied.exchanges[_EXCHANGE]["rest"].rpartition(":")[2])
    reader, writer = await asyncio.open_connection("127.0.0.1", port)
    try:
        writer.write(_signed(fields, name))
        head = await reader.readuntil(b"\r\n\r\n")
        length = head.partition(b"content-length: ")[2].partition(b"\r\n")[0]
        body = await reader.readexactly(int(length))
    except (OSError, asyncio.IncompleteReadError):
        return False
    finally:
        writer.close()
        with suppress(OSError):
            await writer.wait_closed()
    if head.startswith(b"HTTP/1.1 200") or b"Duplicate order" in body:
        return True
    # Nothing else than "not just now", or that it was stamped before the account came there: it
    # was never refused, nor told as unknown.
    assert head.startswith(b"HTTP/1.1 5") or b"-1021" in body, head + body
    return False


def _signed(fields: Fields, name: str) -> bytes:
    exchange = get_exchange(_EXCHANGE)
    order = PlaceOrder(
        symbol="BTC/USDT",
        side=Side.BUY,
        type=OrderType.LIMIT,
        quantity=Decimal("0.001"),
        price=Decimal(20_000),
        client_id=name,
    )
    request = exchange.codec.encode_request(order, exchange.card.markets())
    credential = credential_of(exchange, {it: Secret(text) for it, text in fields.items()})
    return written(sign(exchange.dialect, request, credential, str(SystemClock().now_ms())))


async def _placed(fleet: FleetHere) -> list[str]:
    """Give the client order ids of all orders of the bot that the exchange has ever taken."""
    floor = (await read_state(fleet.proxied.paper.state)).floors[_EXCHANGE]
    names = (order.client_id for order in floor.orders.values())
    return [name for name in names if name.startswith("drained-")]
