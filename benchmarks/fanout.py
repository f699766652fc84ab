"""T5, T6: one signal, an order for each of many accounts, against one shared ccxt client.

Both sides send to the same server with 128 orders under way. Ours go the whole road: keys sealed
in the vault, budgets charged, and for each order a durable row before it leaves and its outcome
after. The reference is one ccxt client whose key and secret are changed before each order, the
cheapest way to many accounts with it; it writes nothing down and keeps to no limits.

An exchange's limits per address would stop ten thousand orders from one machine. Here they are
charged as always, from a table in which they are so high that none is reached. What is asked for
once (markets, clock, opening a secret for the first time) was asked for before anything is timed.
"""

import asyncio
import itertools
import statistics
import tempfile
import time
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field, replace
from pathlib import Path
from typing import Any, Final

import ccxt.async_support as ccxt_async

from benchmarks.measure import Result, compare
from benchmarks.stubs.exchange_server import place_order
from drawbridge.catalogue.registry import Exchange, get_exchange
from drawbridge.core.ids import client_order_id
from drawbridge.entrypoints.paper_server.hosting import client_urls
from drawbridge.trading.fanout import IN_FLIGHT, Fate, Wish
from tests.kit.many_accounts import ManyAccounts, many_accounts
from tests.kit.processes import Process

EXCHANGE: Final = "binance"
FEW: Final = 1_000
MANY: Final = 10_000
_ROUNDS: Final = 5
_UNREACHED: Final = 1_000_000
_SIGNALS: Final = itertools.count()
_SECRET: Final = "czNjcjN0" * 8  # base64 and letters only: good for every exchange here
_KIB: Final = 1024


def run() -> list[Result]:
    """Compare both sides, many accounts with few, and weigh an account."""
    server = Process("benchmarks.stubs.exchange_server", (EXCHANGE, "--sleepy"))
    base = f"http://127.0.0.1:{server.ready['port']}"
    try:
        with tempfile.TemporaryDirectory() as folder:
            results = _timed(Path(folder), base)
        weigher = Process("benchmarks.stubs.many_traders", (base,))
        weigher.finish()
        return [*results, _weight(weigher.ready)]
    finally:
        server.stop()


@dataclass(slots=True)
class Signals:
    """Our side: signals to the first so many accounts, and how soon their first order was done."""

    house: ManyAccounts
    exchange: Exchange
    first_s: list[float] = field(default_factory=list)

    def wishes(self, count: int) -> list[Wish]:
        """Make a new signal's orders."""
        order, signal = place_order(self.exchange.card.markets()), str(next(_SIGNALS))
        return [
            Wish(key_id, "robot:bench", replace(order, client_id=client_order_id(signal, key_id)))
            for key_id in self.house.key_ids[:count]
        ]

    async def give(self, wishes: list[Wish]) -> None:
        """Give a signal and wait for every order."""
        began, told = time.perf_counter(), 0
        async with self.house.fan_out.place_each(wishes) as outcomes:
            async for outcome in outcomes:
                if not told:
                    self.first_s.append(time.perf_counter() - began)
                if outcome.fate is not Fate.PLACED:
                    message = f"an order was not placed: {outcome}"
                    raise RuntimeError(message)
                told += 1
        if told != len(wishes):
            message = f"{told} outcomes of {len(wishes)}"
            raise RuntimeError(message)


def credentials(count: int) -> list[tuple[str, str]]:
    """Give so many keys with their secrets."""
    return [(f"K{number:055}", _SECRET) for number in range(count)]


@contextmanager
def unreached_limits(exchange: Exchange) -> Iterator[None]:
    """Raise all limits of an exchange for this process, so that charging them ends in no wait."""
    limits = exchange.endpoints.limits
    exchange.endpoints.limits = {
        name: replace(limit, amount=limit.amount * _UNREACHED) for name, limit in limits.items()
    }
    try:
        yield
    finally:
        exchange.endpoints.limits = limits


def _timed(folder: Path, base: str) -> list[Result]:
    exchange = get_exchange(EXCHANGE)
    house = many_accounts(folder, EXCHANGE, base, credentials(MANY))
    with asyncio.Runner() as runner, unreached_limits(exchange):
        client = runner.run(_ccxt(exchange, base))
        signals = Signals(runner.run(house.__aenter__()), exchange)
        # Twice as many as are counted in the end: each side runs once to warm up.
        many = [signals.wishes(MANY) for _ in range(2 * _ROUNDS + 2)]
        few = [signals.wishes(FEW) for _ in range(_ROUNDS + 1)]
        loop, most = runner.get_loop(), iter(many)

        def ours() -> None:
            loop.run_until_complete(signals.give(next(most)))

        def reference() -> None:
            loop.run_until_complete(_place_all(client, many[0]))

        def ours_few() -> None:
            loop.run_until_complete(signals.give(few.pop()))

        try:
            against_ccxt = compare(ours, reference, rounds=_ROUNDS)
            against_few = compare(ours, ours_few, rounds=_ROUNDS)
        finally:
            runner.run(client.close())
            runner.run(house.__aexit__(None, None, None))
    ours_s, reference_s = against_ccxt.ours.wall_s, against_ccxt.reference.wall_s
    first = sorted(signals.first_s[1:])
    shown = f"{MANY / ours_s:,.0f} against {MANY / reference_s:,.0f} orders/s"
    cpu = f"CPU {1e6 * against_ccxt.ours.cpu_s / MANY:.0f} against "
    cpu += f"{1e6 * against_ccxt.reference.cpu_s / MANY:.0f} µs an order"
    return [
        Result(
            "T5",
            f"{MANY:,} accounts, one signal, journal on: orders/s / one shared ccxt's",
            against_ccxt.times_faster,
            10,
            f"{shown}; {cpu}",
        ),
        Result(
            "T5",
            f"time of {MANY:,} orders / of {FEW:,}",
            against_few.wall_ratio,
            12,
            f"{against_few.ours.wall_s:.2f} s against {against_few.reference.wall_s:.2f} s",
            at_least=False,
        ),
        Result(
            "T5",
            "first order answered / last one",
            statistics.median(first) / ours_s,
            None,
            f"p50 {1e3 * statistics.median(first):.1f} ms, slowest {1e3 * first[-1]:.1f} ms",
            at_least=False,
        ),
    ]


def _weight(told: dict[str, Any]) -> Result:
    per_account = (told["many_bytes"] - told["few_bytes"]) / (MANY - FEW) / _KIB
    cold = f"a fresh process opens and trades {MANY - FEW:,} keys in {told['cold_s']:.1f} s"
    return Result(
        "T6",
        "resident memory of an account that has traded, in KiB",
        per_account,
        5,
        cold,
        at_least=False,
    )


async def _ccxt(exchange: Exchange, base: str) -> Any:  # noqa: ANN401 - ccxt has no types
    client = getattr(ccxt_async, exchange.card.clients["ccxt"].id)(
        {
            "apiKey": "none",
            "secret": "none",
            "urls": client_urls(exchange, "ccxt", base, base),
            "enableRateLimit": False,
            "timeout": 60_000,  # on a busy machine, its own ten seconds are soon over
        }
    )
    await client.load_markets()
    return client


async def _place_all(client: Any, wishes: list[Wish]) -> None:  # noqa: ANN401 - ccxt has no types
    left = iter(zip(wishes, credentials(len(wishes)), strict=True))

    async def worker() -> None:
        for wish, (key, secret) in left:
            # Nothing else runs between here and the signature, so no order takes another's key.
            client.apiKey, client.secret = key, secret
            order, named = wish.order, {"newClientOrderId": wish.order.client_id}
            await client.create_order(order.symbol, "limit", "buy", 0.001, 20000, named)

    await asyncio.gather(*(worker() for _ in range(IN_FLIGHT)))
