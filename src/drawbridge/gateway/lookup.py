"""What became of an order whose outcome is unknown: asked by its client order id.

An order that is not found may still be on its way, so "it never arrived" is said only when the
exchange would refuse it by now. An order is never found by similarity, and never sent again.
"""

from collections.abc import Iterable
from dataclasses import dataclass, replace
from typing import Final, TypeVar

from drawbridge.catalogue.registry import get_card
from drawbridge.core.clock import MINUTE_MS, SECOND_MS, Clock
from drawbridge.core.errors import BadInput, ExchangeDown, NotFound
from drawbridge.core.operations import GetClosedOrders, GetOpenOrders, GetOrder, Operation
from drawbridge.core.orders import Order
from drawbridge.gateway.crossing import Gateway
from drawbridge.gateway.policy import Purpose
from drawbridge.wire.stamps import StampKind, StampRule

A = TypeVar("A")

# What was taken in before our question may need a moment until it can be found.
_SETTLING_MS: Final = 2 * SECOND_MS
# A claim that was given back early leaves a second of what was signed under it; and the same.
_TAKEN_OVER_MS: Final = 2 * SECOND_MS + _SETTLING_MS
_CLOCKS_DIFFER_BY_MS: Final = MINUTE_MS
_MOST_PAGES: Final = 20
# Said by codecs of exchanges that find an order by their own id alone.
_BY_ITS_OWN_ID_ONLY: Final = "order_id_needed"


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
    # Before it is asked: what is certain only after the question was not answered by it.
    wait_ms = await _certain_in_ms(gateway, clock, rule, sought)
    found = await _find(gateway, sought)
    if found is not None:
        return found
    if wait_ms > 0:
        raise ExchangeDown("not_certain_yet", retry_after_ms=wait_ms)
    return None


async def _certain_in_ms(gateway: Gateway, clock: Clock, rule: StampRule, sought: Sought) -> int:
    """Tell how long an order may still be taken in.

    Why less for what was meant before the account came to us: it was signed so that the exchange
    refuses it once the claim of whoever sent it has ended, where the exchange has such a word.
    """
    age_ms = clock.now_ms() - sought.intended_ms
    wait_ms = certain_after_ms(rule) - age_ms
    held_ms = gateway.permission.held_for_ms(sought.key_id)
    if held_ms is None or age_ms <= held_ms:
        return wait_ms
    exchange_id, _ = await gateway.place_of(sought.key_id)
    is_refused = bool(get_card(exchange_id).window.name)
    return min(wait_ms, _TAKEN_OVER_MS - held_ms) if is_refused else wait_ms


async def _find(gateway: Gateway, sought: Sought) -> Order | None:
    operation = GetOrder(symbol=sought.symbol, client_id=sought.client_id)
    try:
        return await _ask(gateway, sought, operation)
    except NotFound:
        return None
    except BadInput as error:
        if error.code != _BY_ITS_OWN_ID_ONLY:
            raise
    listed = await _find_listed(gateway, sought)
    if listed is None:
        return None
    # Read once more by its own id: the lists may be older, and this answer is journalled.
    return await _ask(gateway, sought, replace(operation, order_id=listed.order_id))


async def _find_listed(gateway: Gateway, sought: Sought) -> Order | None:
    """Look through open orders, then through those that ended since it was intended.

    Why: in this order, an order that ends between the two questions is in the second answer.
    """
    open_orders = await _ask(gateway, sought, GetOpenOrders(sought.symbol))
    if found := _named(open_orders, sought.client_id):
        return found
    since_ms = sought.intended_ms - _CLOCKS_DIFFER_BY_MS
    offset = 0
    for _ in range(_MOST_PAGES):
        # Of all pairs: where a codec picks one pair's orders out of a page of many, an empty page
        # would look like the end of the list.
        operation = GetClosedOrders(since_ms=since_ms, offset=offset)
        page = await _ask(gateway, sought, operation)
        if found := _named(page, sought.client_id):
            return found
        if not page:
            return None
        offset += len(page)
    raise ExchangeDown("not_certain_yet", retry_after_ms=MINUTE_MS)


async def _ask(gateway: Gateway, sought: Sought, operation: Operation[A]) -> A:
    return await gateway.call(sought.key_id, operation, purpose=Purpose.CLEAN_UP)


def _named(orders: Iterable[Order], client_id: str) -> Order | None:
    return next((order for order in orders if order.client_id == client_id), None)


def certain_after_ms(rule: StampRule) -> int:
    """Tell how long after its journal row an order could still be taken in.

    Why: with nonces, the question itself carried a higher one, so an order that comes after it
    is refused. With times, an order is refused once its stamp is older than the widest window.
    """
    if rule.kind is StampKind.NONCE:
        return _SETTLING_MS
    return rule.max_window_ms + _SETTLING_MS
