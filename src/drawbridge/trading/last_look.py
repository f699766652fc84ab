"""What an order passes in the moment in which its row is written.

Why: it was judged before it waited for the exchange's rate limits, which may take a minute. A
stop, or a key that was switched off in between, must hold for it as well.
"""

from typing import Final

from drawbridge.core.clock import Clock
from drawbridge.core.errors import Forbidden
from drawbridge.core.money import ZERO
from drawbridge.core.operations import PlaceOrder
from drawbridge.gateway.crossing import KeptBook
from drawbridge.storage.database import Database
from drawbridge.trading.exposure import held_in
from drawbridge.trading.limit_store import EVERYBODY, KeptRules, LimitStore, Rules, key_subject
from drawbridge.trading.limits import RULE, is_entry
from drawbridge.trading.stakes import Stakes
from drawbridge.vault.model import KeyRecord, KeyStatus

_CHECKS: Final = "check:"
_USABLE: Final = frozenset({KeyStatus.ENABLED, KeyStatus.CHECKING})


class LastLook:
    """Looks at stops and keys once more; one of these stands in the order journal."""

    def __init__(self, database: Database, keys: KeptBook, clock: Clock) -> None:
        """Use the app's database and the vault's keys."""
        self._rules = KeptRules(LimitStore(database))
        self._stakes = Stakes(database)
        self._keys = keys
        self._clock = clock

    def passes(self, key: KeyRecord, origin: str, _order: PlaceOrder) -> bool:
        """Tell at once that an order may go through: nothing is stopped, and its key is usable."""
        if origin.startswith(_CHECKS):
            return True
        rules = self._rules.glance()
        if rules is None or rules.stopped:
            return False
        return self._keys.get(key.id).status in _USABLE

    async def check(self, key: KeyRecord, origin: str, order: PlaceOrder) -> None:
        """Let an order through or not.

        Raises: `Forbidden("global_stop")`, `Forbidden("key_not_usable")`; `NotFound` for a key
        that was deleted.
        """
        if origin.startswith(_CHECKS):
            return
        status = self._keys.get(key.id).status
        if status not in _USABLE:
            raise Forbidden("key_not_usable", rule="status", status=status)
        rules = self._rules.glance() or await self._rules.read()
        await check_stop(rules, self._stakes, key, order, self._clock.now_ms())


async def check_stop(
    rules: Rules, stakes: Stakes, key: KeyRecord, order: PlaceOrder, now_ms: int
) -> None:
    """Let through what closes or reduces while a stop is on. Raises: `Forbidden("global_stop")`."""
    if not rules.stopped & {EVERYBODY, key.owner}:
        return
    held = ZERO
    if ":" in order.symbol or order.leverage is not None:
        held = held_in(await stakes.read(key_subject(key.id), now_ms), order.symbol)
    if is_entry(order, held):
        raise Forbidden("global_stop", rule=RULE, symbol=order.symbol)
