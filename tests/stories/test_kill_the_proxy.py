"""kill -9 of the process that serves bots, in the middle of their orders.

Each order is found again as the exchange has it, or is told as unknown, and none is placed twice.
"""

import asyncio
from collections.abc import Iterator
from contextlib import suppress
from pathlib import Path
from typing import Final

from drawbridge.virtual_keys.wishes import Wish
from tests.kit.house import read_state, until
from tests.kit.proxied import Fields, Proxied, found_proxied
from tests.kit.trading_bot import signed_order

_EXCHANGE: Final = "binance"
_ORDERS: Final = 60
_LINES: Final = 6
_ACCOUNT: Final = "killed"


def test_orders_of_a_bot_are_found_again_after_a_kill(tmp_path: Path) -> None:
    with found_proxied(tmp_path) as proxied:
        key = proxied.real_key(_EXCHANGE, _ACCOUNT)
        fields = proxied.virtual_key(key, Wish(scopes=("trade_spot",))).fields
        answered = proxied.runner.run(_trade_until_killed(proxied, fields))
        proxied.town.proxy()
        rows = proxied.runner.run(_settled(proxied))
        placed = proxied.runner.run(_placed(proxied))
    assert len(placed) == len(set(placed))
    known = {str(row["client_order_id"]): str(row["state"]) for row in rows}
    # Whatever the exchange has is on record here as what it is, and was on disk before it left.
    assert {known.get(name) for name in placed} == {"open"}
    # Of what it does not have, nobody says that it was taken.
    assert {known[name] for name in known.keys() - set(placed)} <= {"unknown", "intended"}
    assert answered <= set(placed)
    assert answered


async def _trade_until_killed(proxied: Proxied, fields: Fields) -> set[str]:
    """Place orders over several lines; kill the process when a third of them is answered."""
    answered: set[str] = set()
    names = iter([f"killed-{number}" for number in range(_ORDERS)])
    async with asyncio.TaskGroup() as lines:
        for _ in range(_LINES):
            lines.create_task(_trade(proxied, fields, names, answered))
    return answered


async def _trade(
    proxied: Proxied, fields: Fields, names: Iterator[str], answered: set[str]
) -> None:
    port = int(proxied.exchanges[_EXCHANGE]["rest"].rpartition(":")[2])
    reader, writer = await asyncio.open_connection("127.0.0.1", port)
    for name in names:
        try:
            writer.write(signed_order(_EXCHANGE, fields, name))
            head = await reader.readuntil(b"\r\n\r\n")
            length = head.partition(b"content-length: ")[2].partition(b"\r\n")[0]
            await reader.readexactly(int(length))
        except (OSError, asyncio.IncompleteReadError):
            break
        assert head.startswith(b"HTTP/1.1 200"), head
        answered.add(name)
        if len(answered) == _ORDERS // 3:
            proxied.process.kill()
    writer.close()
    with suppress(OSError):
        await writer.wait_closed()


async def _placed(proxied: Proxied) -> list[str]:
    """Give the client order ids of all orders that the exchange has ever taken."""
    floor = (await read_state(proxied.paper.state)).floors[_EXCHANGE]
    return [order.client_id for order in floor.orders.values()]


async def _settled(proxied: Proxied) -> list[dict[str, object]]:
    """Wait until the journal knows of every order that the exchange has."""

    async def known() -> list[dict[str, object]] | None:
        sql = "SELECT client_order_id, state FROM orders"
        rows = [dict(row) for row in await proxied.house.database.fetch_all(sql)]
        there = set(await _placed(proxied))
        ours = {row["client_order_id"] for row in rows if row["state"] == "open"}
        return rows if there <= ours else None

    return await until(known, "every order of the exchange is known here")
