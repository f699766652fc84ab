"""What became of an order whose outcome is unknown: asked by its client order id.

An order that is not found may still be on its way, so "it never arrived" is said only when the
exchange would refuse it by now. An order is never found by similarity, and never sent again.
"""

from dataclasses import dataclass
from typing import Final

from drawbridge.core.clock import SECOND_MS, Clock
from drawbridge.core.errors import ExchangeDown, NotFound
from drawbridge.core.operations import GetOrder
from drawbridge.core.orders import Order
from drawbridge.gateway.crossing import Gateway
from drawbridge.gateway.policy import Purpose
from drawbridge.wire.stamps import StampKind, StampRule

# What was taken in before our question may need a moment until it can be found.
_SETTLING_MS: Final = 2 * SECOND_MS


@dataclass(frozen=True, slots=True)
class Sought:
    """An order to look for; `intended_ms` is when its journal row was written."""

    key_id: str
    symbol: str
    client_id: str
    intended_ms: int


async def look_up(gateway: Gateway, clock: Clock, rule: StampRule, sought: Sought) -> Order | None:
    """Give the order, or None when it certainly never arrived and never will.

    Raises: `ExchangeDown("not_certain_yet")` while it may still arrive; whatever asking raises.
    """
    operation = GetOrder(symbol=sought.symbol, client_id=sought.client_id)
    try:
        return await gateway.call(sought.key_id, operation, purpose=Purpose.CLEAN_UP)
    except NotFound:
        wait_ms = sought.intended_ms + certain_after_ms(rule) - clock.now_ms()
    if wait_ms > 0:
        raise ExchangeDown("not_certain_yet", retry_after_ms=wait_ms)
    return None


def certain_after_ms(rule: StampRule) -> int:
    """Tell how long after its journal row an order could still be taken in.

    Why: with nonces, the question itself carried a higher one, so an order that comes after it
    is refused. With times, an order is refused once its stamp is older than the widest window.
    """
    if rule.kind is StampKind.NONCE:
        return _SETTLING_MS
    return rule.max_window_ms + _SETTLING_MS
