"""All papered exchanges at once: start-up, memory of each one more, and orders spread over all.

One process serves them. What an exchange costs in memory is what a world of all of them takes
beyond a world of one, divided. The orders are placed and cancelled over connections
to all exchanges at the same time, and the books must balance afterwards.
"""

import asyncio
import json
import subprocess
import sys
import tempfile
import time
from collections.abc import Iterator
from decimal import Decimal
from pathlib import Path
from typing import Final

from benchmarks.load import send_each
from benchmarks.measure import Result
from benchmarks.traders import new_trader
from drawbridge.catalogue.levels import Level
from drawbridge.catalogue.registry import Exchange, exchange_ids, get_card, get_exchange
from drawbridge.core.ids import client_order_id
from drawbridge.core.markets import Market, MarketKind
from drawbridge.core.operations import CancelOrder, Operation, PlaceOrder, Scope
from drawbridge.core.orders import OrderType, Side
from drawbridge.wire.http import WireAnswer
from tests.kit.processes import Paper

_ORDERS: Final = 1_000
_KIB: Final = 1_024


def run() -> list[Result]:
    """Serve all exchanges; open worlds of one and of all beside it."""
    papered = [get_exchange(it) for it in exchange_ids() if get_card(it).level >= Level.PAPERED]
    with tempfile.TemporaryDirectory() as folder:
        started_s = _started(Path(folder))
        taken_s = _orders_everywhere(Path(folder), papered)
    one_kib, all_kib = _world_kib(1), _world_kib(len(papered))
    more_kib = (all_kib - one_kib) / max(1, len(papered) - 1)
    return [
        Result("start", f"paper exchange, all {len(papered)} exchanges: s", started_s, None),
        Result(
            "memory",
            f"paper world of {len(papered)} exchanges / of one",
            all_kib / one_kib,
            None,
            f"{all_kib / _KIB:.0f} MiB against {one_kib / _KIB:.0f} MiB: "
            f"{more_kib:.0f} KiB for each one more",
            at_least=False,
        ),
        Result(
            "orders",
            f"{_ORDERS} orders placed and cancelled over all at once, ledger exact: s",
            taken_s,
            None,
            f"{2 * _ORDERS / taken_s:.0f} signed requests a second",
            at_least=False,
        ),
    ]


def _started(state: Path) -> float:
    began = time.perf_counter()
    paper = Paper(state, unlimited=True)
    taken_s = time.perf_counter() - began
    paper.process.stop()
    return taken_s


def _world_kib(count: int) -> int:
    command = [sys.executable, "-m", "benchmarks.stubs.open_world", str(count)]
    done = subprocess.run(command, capture_output=True, check=True)
    return int(json.loads(done.stdout)["resident_kib"])


def _orders_everywhere(state: Path, papered: list[Exchange]) -> float:
    paper = Paper(state, unlimited=True)
    try:
        each = -(-_ORDERS // len(papered))
        requests = {it.card.id: _requests(paper, it, each) for it in papered}
        began = time.perf_counter()
        answers = asyncio.run(_send_all(paper, requests))
        taken_s = time.perf_counter() - began
        for exchange in papered:
            _refuse_errors(exchange, answers[exchange.card.id])
        if paper.ledger()["balanced"] is not True:
            message = "the books do not balance"
            raise RuntimeError(message)
        return taken_s
    finally:
        paper.process.stop()


def _refuse_errors(exchange: Exchange, answers: list[tuple[int, bytes]]) -> None:
    for status, body in answers:
        error = exchange.codec.read_error(WireAnswer(status, body))
        if error is not None:
            message = f"{exchange.card.id}: an order was refused: {error}"
            raise RuntimeError(message)


async def _send_all(
    paper: Paper, requests: dict[str, list[bytes]]
) -> dict[str, list[tuple[int, bytes]]]:
    ports = {name: int(at["rest"].rpartition(":")[2]) for name, at in paper.exchanges.items()}
    sent = (send_each(ports[name], [row]) for name, row in requests.items())
    return dict(zip(requests, await asyncio.gather(*sent), strict=True))


def _requests(paper: Paper, exchange: Exchange, count: int) -> list[bytes]:
    market = next(iter(exchange.card.markets()))
    spot = market.kind is MarketKind.SPOT
    scope = Scope.TRADE_SPOT if spot else Scope.TRADE_DERIVATIVES
    rest = str(paper.exchanges[exchange.card.id]["rest"])
    trader = new_trader(paper.state, exchange, scope, f"everywhere-{exchange.card.id}", rest)
    return trader.signed(_operations(exchange, market, count))


def _operations(exchange: Exchange, market: Market, count: int) -> Iterator[Operation[object]]:
    price = _rounded(Decimal(10_000), market.price_tick)
    least = max(market.min_quantity, market.min_notional * 2 / price)
    quantity = _rounded(least, market.quantity_step) + market.quantity_step
    for number in range(1, count + 1):
        name = client_order_id(exchange.card.id, str(number))
        yield PlaceOrder(market.symbol, Side.BUY, OrderType.LIMIT, quantity, price, client_id=name)
        # Every floor counts its orders from one, and nobody else trades here.
        yield CancelOrder(market.symbol, exchange.codec.order_id(number))


def _rounded(value: Decimal, step: Decimal) -> Decimal:
    return value // step * step
