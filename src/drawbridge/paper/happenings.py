"""What happened to an account, in the words of streams: orders as they stood right then.

From an event of the engine that has just been applied; pure but for reading the floor. Who is
told of it, and when it may be told, is decided in `hub.py`.
"""

from collections.abc import Iterator
from dataclasses import replace
from itertools import islice

from drawbridge.core.derivatives import Position
from drawbridge.core.money import ZERO
from drawbridge.core.operations import Balance
from drawbridge.core.orders import Side
from drawbridge.core.streams import BalancesTold, OrderTold, PositionsTold
from drawbridge.paper.book import OrderState
from drawbridge.paper.events import Event, Traded
from drawbridge.paper.history import tell_fill, tell_order
from drawbridge.paper.rules import Rules
from drawbridge.paper.state import Floor

_NEWEST = 4


def orders_of(floor: Floor, event: Event) -> tuple[OrderState, ...]:
    """Give the orders that an event is about; the taker's before the maker's."""
    if isinstance(event, Traded):
        numbers: tuple[int, ...] = (event.taker, event.maker)
    else:
        numbers = (getattr(event, "number", 0),)
    found = (floor.orders.get(number) for number in numbers if number)
    return tuple(order for order in found if order is not None)


def tell_happening(floor: Floor, order: OrderState, event: Event) -> OrderTold:
    """Tell an order as it stands after an event, with its fill if that was it."""
    told, fill = tell_order(floor, order), None
    if isinstance(event, Traded):
        newest = islice(reversed(floor.record(order.account).fills), _NEWEST)
        fill = next(
            (it for it in newest if it.trade == event.number and it.order is order),
            None,
        )
    return OrderTold(told, order.updated_ms, None if fill is None else tell_fill(floor, fill))


def touched_levels(floor: Floor, event: Event) -> Iterator[tuple[Rules, Side, int]]:
    """Give the prices (in ticks) of a book at which an event changed something."""
    if isinstance(event, Traded):
        yield floor.pits[event.symbol].rules, event.side.opposite, event.ticks
        return
    for order in orders_of(floor, event):
        if order.may_rest:
            yield order.rules, order.side, order.ticks


def changed_balances(
    before: tuple[Balance, ...], now: tuple[Balance, ...], now_ms: int
) -> BalancesTold | None:
    """Give the balances that differ and by how much, None where none does."""
    known = {balance.currency: balance for balance in before}
    changed = tuple(balance for balance in now if known.get(balance.currency) != balance)
    if not changed:
        return None
    changes = tuple(
        balance.total - known[balance.currency].total
        if balance.currency in known
        else balance.total
        for balance in changed
    )
    return BalancesTold(changed, now_ms, changes=changes)


def changed_positions(
    before: tuple[Position, ...], now: tuple[Position, ...], now_ms: int
) -> PositionsTold | None:
    """Give the positions that differ in more than what the price alone moves.

    One that is gone is told once more, with no quantity.
    """
    known = {(position.symbol, position.side): position for position in before}
    changed = []
    for position in now:
        was = known.pop((position.symbol, position.side), None)
        if was is None or _differ(was, position):
            changed.append(position)
    changed += [
        replace(was, quantity=ZERO, margin=ZERO, maintenance_margin=ZERO, unrealised=ZERO)
        for was in known.values()
        if was.quantity
    ]
    return PositionsTold(tuple(changed), now_ms) if changed else None


def _differ(was: Position, now: Position) -> bool:
    return (
        was.quantity != now.quantity
        or was.entry_price != now.entry_price
        or was.leverage != now.leverage
        or was.mode is not now.mode
        or was.realised != now.realised
    )
