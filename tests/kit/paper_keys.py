"""Deleting a key at a paper exchange, as a person does on its pages."""

from pathlib import Path

from drawbridge.app.clock import SystemClock, entropy
from drawbridge.catalogue.registry import get_exchange
from drawbridge.paper.keys import PaperKeys, Surroundings
from drawbridge.paper.store import PaperStore, open_database


async def end_paper_key(state: Path, exchange_id: str, account: str, public_key: str) -> None:
    """Delete a key of an account; whatever runs over this state notices it at once."""
    database = await open_database(state)
    try:
        at = Surroundings(SystemClock(), entropy)
        keys = PaperKeys(PaperStore(database), {exchange_id: get_exchange(exchange_id)}, at)
        await keys.reload()
        await keys.delete(account, exchange_id, public_key)
    finally:
        await database.close()
