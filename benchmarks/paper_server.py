"""T7: what a signed order costs the paper exchange, against a constant reply of the same server.

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
from drawbridge.app.clock import SystemClock, entropy
from drawbridge.catalogue.registry import Exchange, credential_of, get_exchange
from drawbridge.core.operations import CancelOrder, Operation, PlaceOrder, Scope
from drawbridge.core.orders import OrderType, Side
from drawbridge.core.secret import Secret
from drawbridge.paper.accounts import KeyWish, switches_for
from drawbridge.paper.keys import Surroundings, make_key
from drawbridge.wire.dialect import Credential, sign
from drawbridge.wire.http import WireAnswer
from drawbridge.wire.stamps import next_stamp
from tests.kit.processes import Paper, Process

_TRADERS: Final = 32
_ORDERS_EACH: Final = 100
_REQUESTS: Final = _TRADERS * _ORDERS_EACH * 2
_ROUNDS: Final = 5
_SYMBOLS: Final = {"binance": "BTC/USDT", "kraken": "BTC/USD"}
_BLANK: Final = as_bytes("POST", b"/x", (), b"a=1" * 60)


@dataclass(slots=True)
class _Trader:
    credential: Credential
    last_stamp: int = 0


def run() -> list[Result]:
    """Compare each papered exchange with the constant reply."""
    with tempfile.TemporaryDirectory() as folder:
        paper = Paper(Path(folder), unlimited=True)
        constant = Process("benchmarks.stubs.constant_server", ())
        try:
            return [_result(paper, constant, get_exchange(name)) for name in _SYMBOLS]
        finally:
            paper.process.stop()
            constant.stop()


def _result(paper: Paper, constant: Process, exchange: Exchange) -> Result:
    port = int(paper.exchanges[exchange.card.id]["rest"].rpartition(":")[2])
    traders = [_trader(paper.state, exchange, number) for number in range(_TRADERS)]
    names = (f"bench-{number}" for number in itertools.count())
    blank = [[_BLANK] * (2 * _ORDERS_EACH)] * _TRADERS

    def ours() -> float:
        signed = [_signed(exchange, trader, names) for trader in traders]
        return _send(port, signed, paper.process.pid, exchange)

    def reference() -> float:
        return _send(constant.ready["port"], blank, constant.pid, exchange)

    pair = compare(ours, reference, rounds=_ROUNDS, measure=_server_cost)
    micros = 1e6 / _REQUESTS
    return Result(
        "T7",
        f"paper exchange ({exchange.card.id}): server CPU per signed order / constant reply",
        pair.cpu_ratio,
        3.0,
        f"{pair.ours.cpu_s * micros:.0f} µs against {pair.reference.cpu_s * micros:.0f} µs",
        at_least=False,
    )


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


def _trader(state: Path, exchange: Exchange, number: int) -> _Trader:
    switches = switches_for(exchange.card, frozenset({Scope.READ, Scope.TRADE_SPOT}))
    wish = KeyWish(exchange.card.id, switches=switches)
    at = Surroundings(SystemClock(), entropy)
    made = asyncio.run(make_key(state, (exchange,), f"trader-{number}", wish, at))
    fields = {"api_key": Secret(made.api_key), "api_secret": made.api_secret or Secret("")}
    return _Trader(credential_of(exchange, fields))


def _signed(exchange: Exchange, trader: _Trader, names: Iterator[str]) -> list[bytes]:
    """Sign a trader's orders and the cancelling of each."""
    markets, rule, requests = exchange.card.markets(), exchange.card.stamp, []
    for operation in _orders(_SYMBOLS[exchange.card.id], names):
        unsigned = exchange.codec.encode_request(operation, markets)
        trader.last_stamp = next_stamp(rule, time.time_ns() // 1_000_000, trader.last_stamp)
        stamp = str(trader.last_stamp)
        signed = sign(exchange.dialect, unsigned, trader.credential, stamp)
        requests.append(as_bytes(signed.method, signed.target, signed.headers, signed.body))
    return requests


def _orders(symbol: str, names: Iterator[str]) -> Iterator[Operation[object]]:
    price, quantity = Decimal(10_000), Decimal("0.001")
    for name in itertools.islice(names, _ORDERS_EACH):
        yield PlaceOrder(symbol, Side.BUY, OrderType.LIMIT, quantity, price, client_id=name)
        yield CancelOrder(symbol=symbol, client_id=name)
