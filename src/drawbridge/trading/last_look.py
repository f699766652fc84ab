"""What an order passes in the moment in which its row is written: keys, stops, licences.

Why: it was judged before it waited for the exchange's rate limits, which may take a minute. A
stop, or a key that was switched off in between, must hold for it as well.
"""

from typing import Final, Protocol

from drawbridge.core.clock import Clock
from drawbridge.core.errors import Forbidden
from drawbridge.core.money import ZERO
from drawbridge.core.operations import PlaceOrder
from drawbridge.core.refusals import Refused
from drawbridge.gateway.crossing import KeptBook
from drawbridge.storage.database import Database
from drawbridge.trading.exposure import held_in
from drawbridge.trading.limit_store import EVERYBODY, KeptRules, LimitStore, Rules, key_subject
from drawbridge.trading.limits import RULE, is_entry
from drawbridge.trading.stakes import Stakes
from drawbridge.vault.model import KeyRecord, KeyStatus

_CHECKS: Final = "check:"
_USABLE: Final = frozenset({KeyStatus.ENABLED, KeyStatus.CHECKING})


class Licensed(Protocol):
    """What licences let a key do; `licences/kept.py` is one."""

    def passes(self, key: KeyRecord, origin: str) -> bool:
        """Tell at once that a key may add to a position; False when that takes a closer look."""

    async def refusal(self, key: KeyRecord, origin: str) -> Refused | None:
        """Tell what speaks against a key's adding to a position."""


class LastLook:
    """Looks at stops and keys once more; one of these stands in the order journal."""

    def __init__(
        self, database: Database, keys: KeptBook, clock: Clock, licences: Licensed | None = None
    ) -> None:
        """Use the app's database and the vault's keys; without licences nobody needs one."""
        self._licences = licences
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
        if self._licences is not None and not self._licences.passes(key, origin):
            return False
        return self._keys.get(key.id).status in _USABLE

    async def check(self, key: KeyRecord, origin: str, order: PlaceOrder) -> None:
        """Let an order through or not.

        Raises: `Forbidden("global_stop")`, `Forbidden("key_not_usable")`, `Forbidden` with the
        rule "licence"; `NotFound` for a key that was deleted.
        """
        if origin.startswith(_CHECKS):
            return
        status = self._keys.get(key.id).status
        if status not in _USABLE:
            raise Forbidden("key_not_usable", rule="status", status=status)
        rules = self._rules.glance() or await self._rules.read()
        await check_stop(rules, self._stakes, key, order, self._clock.now_ms())
        if self._licences is not None:
            await self._check_licence(self._licences, key, origin, order)

    async def _check_licence(
        self, licences: Licensed, key: KeyRecord, origin: str, order: PlaceOrder
    ) -> None:
        refused = await licences.refusal(key, origin)
        # No licence ends in the middle of a position: what closes or reduces always passes.
        if refused is None or not await is_adding(self._stakes, key, order, self._clock.now_ms()):
            return
        raise Forbidden(refused.code, **{**refused.facts, "symbol": order.symbol})


async def check_stop(
    rules: Rules, stakes: Stakes, key: KeyRecord, order: PlaceOrder, now_ms: int
) -> None:
    """Let through what closes or reduces while a stop is on. Raises: `Forbidden("global_stop")`."""
    if not rules.stopped & {EVERYBODY, key.owner}:
        return
    if await is_adding(stakes, key, order, now_ms):
        raise Forbidden("global_stop", rule=RULE, symbol=order.symbol)


async def is_adding(stakes: Stakes, key: KeyRecord, order: PlaceOrder, now_ms: int) -> bool:
    """Tell whether an order may add to what its account holds."""
    held = ZERO
    if ":" in order.symbol or order.leverage is not None:
        held = held_in(await stakes.read(key_subject(key.id), now_ms), order.symbol)
    return is_entry(order, held)
