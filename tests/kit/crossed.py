"""Rows of the log of what crossed for bots, as the gateway's process writes them."""

from drawbridge.app.build import House


async def cross(
    house: House, whose: tuple[str, str], outcome: str, code: str = "", rule: str = ""
) -> None:
    """Write one request of a virtual key; `whose` are its owner and its id."""
    async with house.database.transaction() as tx:
        await tx.execute(
            "INSERT INTO crossings (at_ms, owner, virtual_id, exchange, venue, endpoint, outcome,"
            " code, rule, status, took_us, received_bytes, answered_bytes, address) VALUES"
            " (?, ?, ?, 'kraken', 'paper', 'add_order', ?, ?, ?, 200, 1500, 1, 1, '127.0.0.1')",
            *(house.clock.now_ms(), *whose, outcome, code, rule),
        )
