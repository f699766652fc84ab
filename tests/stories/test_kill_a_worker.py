"""kill -9 of the worker that has a bot's account, in the middle of its orders over a front.

The account comes to the other worker, the bot goes on, and nothing is lost or doubled.
"""

import asyncio
from contextlib import suppress
from itertools import pairwise
from pathlib import Path
from typing import Final

from drawbridge.catalogue.registry import get_exchange
from drawbridge.virtual_keys.wishes import Wish
from drawbridge.wire.http import WireAnswer
from tests.kit.cluster_here import ClusterHere, found_cluster
from tests.kit.house import read_state, until
from tests.kit.proxied import Fields
from tests.kit.trading_bot import signed_order

_EXCHANGE: Final = "binance"
_ORDERS: Final = 60
_LINES: Final = 4
# A claim lasts three seconds; what came before it ended is refused within five.
_AGAIN_WITHIN_S: Final = 15


def test_a_bots_orders_go_on_after_its_worker_was_killed(tmp_path: Path, postgres_url: str) -> None:
    with found_cluster(tmp_path, postgres_url) as here:
        key = here.proxied.real_key(_EXCHANGE, "killed")
        fields = here.proxied.virtual_key(key, Wish(scopes=("trade_spot",))).fields
        first = here.worker_of(key.id)
        taken, doubtful, paused_s = here.proxied.runner.run(_trade(here, fields, first))
        [second] = here.workers
        assert here.worker_of(key.id) == second != first
        placed = here.proxied.runner.run(_placed(here))
        known = here.proxied.runner.run(_journalled(here))
    # Each that was taken is there once; of those in doubt, each once or not at all.
    assert len(placed) == len(set(placed))
    assert taken <= set(placed) <= taken | doubtful
    # Whatever left is on record: what became of it is found again by that.
    assert set(placed) <= known
    assert len(taken) + len(doubtful) == _ORDERS
    assert len(doubtful) <= _LINES
    assert paused_s < _AGAIN_WITHIN_S


async def _trade(
    here: ClusterHere, fields: Fields, worker: str
) -> tuple[set[str], set[str], float]:
    """Place orders over several lines; kill the worker when a third of them is answered."""
    taken: set[str] = set()
    doubtful: set[str] = set()
    names = iter([f"killed-{number}" for number in range(_ORDERS)])
    moments: list[float] = []
    loop = asyncio.get_running_loop()

    async def line() -> None:
        for name in names:
            verdict = await _place(here, fields, name)
            (taken if verdict else doubtful).add(name)
            moments.append(loop.time())
            if len(taken) == _ORDERS // 3 and worker in here.workers:
                here.kill(worker)

    async with asyncio.timeout(60), asyncio.TaskGroup() as lines:
        for _ in range(_LINES):
            lines.create_task(line())
    gaps = [later - earlier for earlier, later in pairwise(moments)]
    return taken, doubtful, max(gaps)


async def _place(here: ClusterHere, fields: Fields, name: str) -> bool:
    """Place one order as a careful bot does: again where nothing happened, never where in doubt."""
    exchange = get_exchange(_EXCHANGE)

    async def tried() -> str:
        answer = await _asked(here, signed_order(_EXCHANGE, fields, name))
        if answer is None:
            return "lost"
        raw = exchange.codec.read_error(answer)
        code = "" if raw is None else exchange.errors.read(raw).code
        # To come back later, or that it was stamped before the account came to where it is now.
        return "" if code in {"overloaded", "stale_stamp"} else code or "taken"

    became = await until(tried, "the order is taken or in doubt")
    assert became in {"taken", "lost", "timed_out"}, became
    return became == "taken"


async def _asked(here: ClusterHere, raw: bytes) -> WireAnswer | None:
    """Send a request over a connection of its own; None where that ended without an answer."""
    port = int(here.proxied.exchanges[_EXCHANGE]["rest"].rpartition(":")[2])
    reader, writer = await asyncio.open_connection("127.0.0.1", port)
    try:
        writer.write(raw)
        head = await reader.readuntil(b"\r\n\r\n")
        length = head.partition(b"content-length: ")[2].partition(b"\r\n")[0]
        body = await reader.readexactly(int(length))
    except (OSError, asyncio.IncompleteReadError):
        return None
    finally:
        writer.close()
        with suppress(OSError):
            await writer.wait_closed()
    return WireAnswer(int(head.split(b" ")[1]), body)


async def _placed(here: ClusterHere) -> list[str]:
    """Give the client order ids of all orders that the exchange has ever taken."""
    floor = (await read_state(here.proxied.paper.state)).floors[_EXCHANGE]
    return [order.client_id for order in floor.orders.values()]


async def _journalled(here: ClusterHere) -> set[str]:
    rows = await here.proxied.house.database.fetch_all("SELECT client_order_id FROM orders")
    return {str(row["client_order_id"]) for row in rows}
