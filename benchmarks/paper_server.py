"""T7: what a signed order costs the paper exchange, against a constant reply of the same server.

Signed orders are placed and cancelled in turn, each verified, matched, booked and made durable
before it is answered. CPU is that of the whole server process.
"""

import asyncio
import tempfile
import time
from collections.abc import Callable
from decimal import Decimal
from pathlib import Path

from benchmarks.load import as_bytes, cpu_seconds, send_all
from benchmarks.measure import Cost, Result, compare
from drawbridge.catalogue.registry import Exchange, credential_of, get_exchange
from drawbridge.core.operations import CancelOrder, Operation, PlaceOrder
from drawbridge.core.orders import OrderType, Side
from drawbridge.core.secret import Secret
from drawbridge.wire.dialect import Credential, sign
from tests.kit.processes import Paper, Process

_ORDERS = 3_000
_CONNECTIONS = 16
_ROUNDS = 5
_SYMBOLS = {"binance": "BTC/USDT", "kraken": "BTC/USD"}


def run() -> list[Result]:
    """Compare each papered exchange with the constant reply."""
    with tempfile.TemporaryDirectory() as folder:
        paper = Paper(Path(folder), unlimited=True)
        constant = Process("benchmarks.stubs.constant_server", ())
        try:
            return [_result(paper, constant, exchange) for exchange in _SYMBOLS]
        finally:
            paper.process.stop()
            constant.stop()


def _result(paper: Paper, constant: Process, exchange_id: str) -> Result:
    exchange = get_exchange(exchange_id)
    key = paper.key(exchange_id)
    fields = {"api_key": Secret(key["api_key"]), "api_secret": Secret(key["api_secret"])}
    credential = credential_of(exchange, fields)
    port = int(paper.exchanges[exchange_id]["rest"].rpartition(":")[2])
    batches = iter(
        _signed(exchange, credential, _SYMBOLS[exchange_id], number) for number in range(99)
    )
    # A key made by another process is taken in at its first use, while later requests overtake.
    _send(port, next(batches)[:1], paper.process.pid)
    blank = [as_bytes("POST", b"/x", (), b"a=1" * 60)] * _ORDERS

    def ours() -> float:
        return _send(port, next(batches), paper.process.pid)

    def reference() -> float:
        return _send(constant.ready["port"], blank, constant.pid)

    pair = compare(ours, reference, rounds=_ROUNDS, measure=_server_cost)
    micros = 1e6 / _ORDERS
    return Result(
        "T7",
        f"paper exchange ({exchange_id}): server CPU per signed order / constant reply",
        pair.cpu_ratio,
        3.0,
        f"{pair.ours.cpu_s * micros:.0f} µs against {pair.reference.cpu_s * micros:.0f} µs",
        at_least=False,
    )


def _server_cost(work: Callable[[], object]) -> Cost:
    began = time.perf_counter()
    cpu_s = work()
    return Cost(time.perf_counter() - began, cpu_s if isinstance(cpu_s, float) else 0.0)


def _send(port: int, requests: list[bytes], pid: int) -> float:
    before = cpu_seconds(pid)
    counts = asyncio.run(send_all(port, requests, _CONNECTIONS))
    if set(counts) != {200}:
        message = f"not every request was answered with 200: {counts}"
        raise RuntimeError(message)
    return cpu_seconds(pid) - before


def _signed(exchange: Exchange, credential: Credential, symbol: str, batch: int) -> list[bytes]:
    """Sign half as many orders as requests, and the cancelling of each, a round later.

    Why a distance between the two: the connections run side by side, and an order must have
    been answered before it is cancelled.
    """
    distance = 2 * _CONNECTIONS
    names = [f"bench-{batch}-{number}" for number in range(_ORDERS // 2)]
    operations: list[Operation[object]] = []
    for start in range(0, len(names), distance):
        block = names[start : start + distance]
        operations += [_order(symbol, name) for name in block]
        operations += [CancelOrder(symbol=symbol, client_id=name) for name in block]
    markets, now = exchange.card.markets(), time.time_ns() // 1_000_000
    requests = []
    for step, operation in enumerate(operations):
        unsigned = exchange.codec.encode_request(operation, markets)
        stamp = now * exchange.card.stamp.units_per_ms
        stamp += step if exchange.card.stamp.kind == "nonce" else 0
        signed = sign(exchange.dialect, unsigned, credential, str(stamp))
        requests.append(as_bytes(signed.method, signed.target, signed.headers, signed.body))
    return requests


def _order(symbol: str, name: str) -> PlaceOrder:
    price = Decimal(10_000)
    return PlaceOrder(symbol, Side.BUY, OrderType.LIMIT, Decimal("0.001"), price, client_id=name)
