"""T7: what a signed order costs the paper exchange, against a constant reply of the same server.

Held against two references: an application that does nothing but answer, under the same HTTP
server; and the paper exchange itself, telling the time, which goes the way of every request but
is neither signed nor booked.

Many people trade at once, each over a connection and with a key of their own: they place an
order, cancel it, and so on. Every answer is verified, matched, booked and on disk before it is
given, and every one is looked at: a refusal would be cheap. CPU is that of the whole server.
"""

import asyncio
import itertools
import tempfile
import time
from collections.abc import Callable, Iterable, Iterator, Sequence
from dataclasses import dataclass
from decimal import Decimal
from pathlib import Path
from typing import Final

from benchmarks.load import as_bytes, cpu_seconds, send_each
from benchmarks.measure import Cost, Result, compare
from benchmarks.traders import new_trader
from drawbridge.catalogue.registry import Exchange, get_exchange
from drawbridge.core.markets import Markets
from drawbridge.core.operations import CancelOrder, GetServerTime, Operation, PlaceOrder
from drawbridge.core.orders import OrderType, Side
from drawbridge.wire.http import WireAnswer
from tests.kit.processes import Paper, Process

_TRADERS: Final = 32
_ORDERS_EACH: Final = 100
_REQUESTS: Final = _TRADERS * _ORDERS_EACH * 2
_ROUNDS: Final = 5
_SYMBOLS: Final = {"binance": "BTC/USDT", "kraken": "BTC/USD"}
_NUMBERS: Final = itertools.count()
_BLANK: Final = as_bytes("POST", b"/x", (), b"a=1" * 60)


@dataclass(frozen=True, slots=True)
class _Reference:
    name: str
    port: int
    pid: int
    request: bytes


def run() -> list[Result]:
    """Compare each papered exchange with both constant replies."""
    with tempfile.TemporaryDirectory() as folder:
        paper = Paper(Path(folder), unlimited=True)
        constant = Process("benchmarks.stubs.constant_server", ())
        bare = _Reference("constant reply", constant.ready["port"], constant.pid, _BLANK)
        try:
            results = []
            for exchange in map(get_exchange, _SYMBOLS):
                told = exchange.codec.encode_request(GetServerTime(), Markets())
                ask = as_bytes(told.method, told.target, told.headers, told.body)
                own = _Reference("its own time", _port(paper, exchange), paper.process.pid, ask)
                results += [_result(paper, exchange, bare, 3.0), _result(paper, exchange, own)]
            return results
        finally:
            paper.process.stop()
            constant.stop()


def _result(
    paper: Paper, exchange: Exchange, against: _Reference, target: float | None = None
) -> Result:
    port = _port(paper, exchange)
    traders = [new_trader(paper.state, exchange) for _ in range(_TRADERS)]
    symbol = _SYMBOLS[exchange.card.id]
    asked = [[against.request] * (2 * _ORDERS_EACH)] * _TRADERS

    def ours() -> float:
        signed = [trader.signed(_orders(symbol)) for trader in traders]
        return _send(port, signed, paper.process.pid, exchange)

    def reference() -> float:
        return _send(against.port, asked, against.pid, exchange)

    pair = compare(ours, reference, rounds=_ROUNDS, measure=_server_cost)
    micros = 1e6 / _REQUESTS
    return Result(
        "T7",
        f"paper exchange ({exchange.card.id}): server CPU per signed order / {against.name}",
        pair.cpu_ratio,
        target,
        f"{pair.ours.cpu_s * micros:.0f} µs against {pair.reference.cpu_s * micros:.0f} µs",
        at_least=False,
    )


def _port(paper: Paper, exchange: Exchange) -> int:
    return int(paper.exchanges[exchange.card.id]["rest"].rpartition(":")[2])


def _server_cost(work: Callable[[], object]) -> Cost:
    began = time.perf_counter()
    cpu_s = work()
    return Cost(time.perf_counter() - began, cpu_s if isinstance(cpu_s, float) else 0.0)


def _send(port: int, requests: Sequence[Iterable[bytes]], pid: int, exchange: Exchange) -> float:
    before = cpu_seconds(pid)
    answers = asyncio.run(send_each(port, requests))
    used = cpu_seconds(pid) - before
    for status, body in answers:
        error = exchange.codec.read_error(WireAnswer(status, body))
        if error is not None:
            message = f"an order was refused: {error}"
            raise RuntimeError(message)
    return used


def _orders(symbol: str) -> Iterator[Operation[object]]:
    price, quantity = Decimal(10_000), Decimal("0.001")
    for number in itertools.islice(_NUMBERS, _ORDERS_EACH):
        name = f"bench-{number}"
        yield PlaceOrder(symbol, Side.BUY, OrderType.LIMIT, quantity, price, client_id=name)
        yield CancelOrder(symbol=symbol, client_id=name)
