"""When keys elsewhere end, and trades on their accounts from elsewhere, as the house has them."""

from itertools import islice

from drawbridge.client import every
from drawbridge.client.keys import LifeChange
from drawbridge.core.clock import DAY_MS
from drawbridge.entrypoints.cli.remote_accounts import MOST, read_key
from drawbridge.entrypoints.cli.remote_line import Line
from drawbridge.entrypoints.cli.remote_reading import read_as
from drawbridge.trading.foreign_trades import ForeignTrade
from drawbridge.vault.lives import LifeWish, read_pause_ms
from drawbridge.vault.model import KeyRecord


class RemoteLives:
    """The lives of keys elsewhere."""

    def __init__(self, line: Line) -> None:
        """Speak over a line."""
        self._line = line

    async def change(self, _owner: str, key_id: str, wish: LifeWish) -> KeyRecord:
        """Write down what a person says of a key. Raises: `BadInput` naming the field."""
        body: LifeChange = {}
        if wish.made is not None:
            body["made"] = wish.made
        if wish.pause_days is not None:
            body["pause_days"] = read_pause_ms(wish.pause_days) // DAY_MS
        if wish.closes is not None:
            body["closes"] = wish.closes
        if wish.watched is not None:
            body["watched"] = wish.watched
        return await self._line.act(
            lambda client, once: read_key(
                client.keys.change_key_life(key_id, body, idempotency_key=once)
            )
        )


class RemoteForeignTrades:
    """Trades on accounts elsewhere that were not made from there."""

    def __init__(self, line: Line) -> None:
        """Speak over a line."""
        self._line = line

    async def list_of(self, key: KeyRecord, limit: int) -> tuple[ForeignTrade, ...]:
        """List those of a key's account, the newest first."""
        return await self._line.ask(
            lambda client: tuple(
                read_as(ForeignTrade, it)
                for it in islice(
                    every(client.keys.list_foreign_trades, key.id, limit=min(limit, MOST)), limit
                )
            )
        )
