"""Stopping in a hurry at a Drawbridge elsewhere: one's own keys, as the token's owner."""

from drawbridge.client.panic import PanicWish, StoppedKey
from drawbridge.entrypoints.cli.remote_line import Line
from drawbridge.vault.lots import Lot


class RemotePanic:
    """What stops keys elsewhere."""

    def __init__(self, line: Line) -> None:
        """Speak over a line."""
        self._line = line

    async def stop_key(self, _owner: str, key_id: str, *, cancel: bool = False) -> None:
        """Stop the use of a key that may have leaked."""
        await self._stop({"key": key_id, "cancel_orders": cancel})

    async def stop_virtual_key(self, _owner: str, virtual_id: str, *, cancel: bool = False) -> None:
        """End a virtual key for good."""
        await self._stop({"virtual_key": virtual_id, "cancel_orders": cancel})

    async def stop_lot(self, lot: Lot, *, cancel: bool = False) -> list[StoppedKey]:
        """Stop the use of many keys, and tell them as they stood."""
        if lot.exchange:
            return await self._stop({"exchange": lot.exchange, "cancel_orders": cancel})
        return await self._stop({"everything": True, "cancel_orders": cancel})

    async def _stop(self, wish: PanicWish) -> list[StoppedKey]:
        return await self._line.act(
            lambda client, once: client.panic.panic(wish, idempotency_key=once)["keys"]
        )
