"""Rows of the log of what crossed for bots, as the gateway's process writes them."""

from drawbridge.app.build import House
from drawbridge.storage.database import Database


async def cross(
    house: House, whose: tuple[str, str], outcome: str, code: str = "", rule: str = ""
) -> None:
    """Write one request of a virtual key, of now; `whose` are its owner and its id."""
    await write_crossing(house.database, whose, house.clock.now_ms(), (outcome, code, rule))


async def write_crossing(
    database: Database, whose: tuple[str, str], at_ms: int, became: tuple[str, str, str]
) -> None:
    """Write one request; `became` are its outcome, and the code and rule of a refusal."""
    async with database.transaction() as tx:
        await tx.execute(
            "INSERT INTO crossings (at_ms, owner, virtual_id, exchange, venue, endpoint, outcome,"
            " code, rule, status, took_us, received_bytes, answered_bytes, address) VALUES"
            " (?, ?, ?, 'kraken', 'paper', 'add_order', ?, ?, ?, 200, 1500, 1, 1, '127.0.0.1')",
            *(at_ms, *whose, *became),
        )
