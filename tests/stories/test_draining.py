"""A worker is told to stop while a bot trades: another goes on, and nothing is lost or doubled.

Real processes over a real PostgreSQL server: two workers, the front that bots reach, the paper
exchange behind.
"""

import asyncio
from collections.abc import Callable, Iterator
from contextlib import suppress
from dataclasses import replace
from functools import partial
from pathlib import Path
from time import monotonic
from typing import Final

import pytest

from drawbridge.virtual_keys.wishes import Wish
from tests.kit.cluster_here import ClusterHere, found_cluster
from tests.kit.house import read_state, until
from tests.kit.processes import Process, free_port
from tests.kit.proxied import Fields
from tests.kit.trading_bot import signed_order

_EXCHANGE: Final = "binance"
_ORDERS: Final = 60
_FRESH_S: Final = 5


@pytest.fixture
def cluster(tmp_path: Path, postgres_url: str) -> Iterator[ClusterHere]:
    with found_cluster(tmp_path, postgres_url) as cluster:
        yield cluster


def test_orders_go_on_elsewhere_when_their_worker_is_told_to_stop(
    cluster: ClusterHere, record_property: Callable[[str, object], None]
) -> None:
    proxied = cluster.proxied
    key = proxied.real_key(_EXCHANGE, "drained")
    fields = proxied.virtual_key(key, Wish(scopes=("trade_spot",))).fields
    first = cluster.worker_of(key.id)

    gaps_s = proxied.runner.run(_trade(cluster, fields, first))

    assert cluster.workers[first].finish() == 0
    assert cluster.worker_of(key.id) != first
    # The vault is open for who comes later as well: each worker opens it by itself.
    assert _started_later(cluster).ready["vault"] == "open"
    placed = proxied.runner.run(_placed(cluster))
    assert sorted(placed) == sorted(f"drained-{number}" for number in range(_ORDERS))
    assert max(gaps_s) < _FRESH_S
    record_property("told", f"a worker drained: the longest wait of a bot was {max(gaps_s):.2f} s")


def _started_later(cluster: ClusterHere) -> Process:
    town = cluster.proxied.town
    own = replace(town.settings.cluster, worker=f"127.0.0.1:{free_port()}")
    town.settings = replace(town.settings, cluster=own)
    return town.start("drawbridge.entrypoints.proxy", ["--with-parent"])


async def _trade(cluster: ClusterHere, fields: Fields, first: str) -> list[float]:
    """Place orders one after the other, each until it is taken; give how long each took."""
    gaps_s = []
    for number in range(_ORDERS):
        if number == _ORDERS // 3:
            cluster.workers[first].tell_to_stop()
        began = monotonic()
        await until(partial(_is_taken, cluster, fields, f"drained-{number}"), "it is taken")
        gaps_s.append(monotonic() - began)
    return gaps_s


async def _is_taken(cluster: ClusterHere, fields: Fields, name: str) -> bool:
    """Send an order as a bot does that tries again under the same name."""
    port = int(cluster.proxied.exchanges[_EXCHANGE]["rest"].rpartition(":")[2])
    reader, writer = await asyncio.open_connection("127.0.0.1", port)
    try:
        writer.write(signed_order(_EXCHANGE, fields, name))
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


async def _placed(cluster: ClusterHere) -> list[str]:
    """Give the client order ids of all orders of the bot that the exchange has ever taken."""
    floor = (await read_state(cluster.proxied.paper.state)).floors[_EXCHANGE]
    names = (order.client_id for order in floor.orders.values())
    return [name for name in names if name.startswith("drained-")]
