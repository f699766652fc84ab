"""Conditional orders: they hold their money and wait outside of the book for a price to come.

What is watched is the price of the feed, so that no person can set off another one's stop with
a small trade of their own. Pure like `engine.py`: events come out and nothing is changed here.
"""

from collections.abc import Sequence

from drawbridge.core.errors import BadInput, ExchangeRefused, Forbidden
from drawbridge.core.operations import PlaceOrder
from drawbridge.core.orders import OrderStatus, Side, TimeInForce, TriggerKind
from drawbridge.paper import engine, margin
from drawbridge.paper.book import OrderState
from drawbridge.paper.events import Accepted, Ended, Event, Terms, Triggered
from drawbridge.paper.matching import Match, Wanted, affordable
from drawbridge.paper.rules import Rules, share_of
from drawbridge.paper.state import Floor, Pit, State


def park(state: State, floor: Floor, account: str, order: PlaceOrder, now_ms: int) -> list[Event]:
    """Judge a conditional order; give its acceptance, after which it waits.

    Raises: `ExchangeRefused("trigger_would_fire")`, and what `engine.place` raises.
    """
    if order.leverage is not None:
        raise Forbidden("right_missing", rule="margin")
    if order.reduce_only or order.close_position:
        raise ExchangeRefused("reduce_only_rejected", symbol=order.symbol)
    pit = floor.pit(order.symbol)
    terms = read_terms(pit, order, now_ms)
    wanted = engine.read_wanted(pit.rules, account, order, terms.trigger_ticks)
    engine.check_account(floor, account, order.client_id)
    accepted = Accepted(
        number=floor.next_order,
        account=account,
        symbol=order.symbol,
        side=order.side,
        type=order.type,
        time_in_force=order.time_in_force,
        lots=wanted.lots,
        ticks=wanted.ticks,
        spend=wanted.spend,
        post_only=order.post_only,
        client_id=order.client_id,
        held=_held_while_waiting(pit.rules, wanted, terms.trigger_ticks),
        at_ms=now_ms,
        terms=terms,
    )
    engine.check_funds(state, pit.rules, accepted)
    return [accepted]


def read_terms(pit: Pit, order: PlaceOrder, now_ms: int) -> Terms:
    """Read what an order waits for.

    Raises: `ExchangeRefused("trigger_would_fire")`, `ExchangeRefused` for a price out of step.
    """
    trigger = order.trigger
    if trigger is None:
        raise BadInput("missing_parameter", field="trigger")
    ticks = pit.rules.ticks_of(trigger.price)
    if has_come(trigger.kind, order.side, ticks, pit.house.at(now_ms).last):
        raise ExchangeRefused("trigger_would_fire", price=trigger.price)
    return Terms(
        trigger.kind,
        ticks,
        trigger.by,
        order.reduce_only,
        order.position_side,
        order.close_position,
    )


def has_come(kind: TriggerKind, side: Side, ticks: int, price: int) -> bool:
    """Tell whether the price that a trigger waits for has come.

    A stop to buy and a take-profit to sell wait for the price to rise; the others for a fall.
    """
    rises = (side is Side.BUY) == (kind is TriggerKind.STOP)
    return price >= ticks if rises else price <= ticks


def due(pit: Pit, now_ms: int) -> Sequence[OrderState]:
    """Give the waiting orders whose price has come, oldest first."""
    if not pit.waiting:
        return ()
    price = pit.house.at(now_ms).last
    return [order for order in pit.waiting.values() if _is_due(order, price)]


def fire(state: State, floor: Floor, order: OrderState, now_ms: int) -> list[Event]:
    """Send an order whose price has come to the book, as if it were placed now.

    Where its money does not suffice any more, it ends.
    """
    pit = floor.pits[order.rules.symbol]
    wanted = Wanted(order.account, order.side, order.lots, order.ticks, order.spend)
    found = engine.find_match(pit, wanted, pit.house.at(now_ms))
    if order.time_in_force is TimeInForce.FOK and found.lots < wanted.lots:
        found = Match(stopped=True)
    lots = wanted.lots or found.lots
    takes_unasked = order.post_only and (found.meetings or found.expired or found.stopped)
    if not lots or takes_unasked:
        return _end(order, now_ms)
    held = engine.need_of(order.rules, wanted, found)
    currency = order.rules.paid_currency(order.side)
    if held - order.held > margin.available(state, order.account, currency, now_ms):
        return _end(order, now_ms)
    # The course of an order is told by its acceptance; this one was accepted long ago.
    placed = as_accepted(order, lots, held, now_ms)
    triggered = Triggered(order.number, lots, held, now_ms)
    return [triggered, *engine.course(pit, floor, placed, found)]


def _end(order: OrderState, now_ms: int) -> list[Event]:
    triggered = Triggered(order.number, order.lots, order.held, now_ms)
    return [triggered, Ended(order.number, OrderStatus.EXPIRED, now_ms)]


def _is_due(order: OrderState, price: int) -> bool:
    terms = order.terms
    if terms is None or terms.trigger is None:
        return False
    return has_come(terms.trigger, order.side, terms.trigger_ticks, price)


def as_accepted(order: OrderState, lots: int, held: int, now_ms: int) -> Accepted:
    """Give the acceptance of a waiting order as it would read if it were placed now."""
    return Accepted(
        number=order.number,
        account=order.account,
        symbol=order.rules.symbol,
        side=order.side,
        type=order.type,
        time_in_force=order.time_in_force,
        lots=lots,
        ticks=order.ticks,
        spend=order.spend,
        post_only=order.post_only,
        client_id=order.client_id,
        held=held,
        at_ms=now_ms,
        terms=order.terms,
    )


def _held_while_waiting(rules: Rules, wanted: Wanted, trigger_ticks: int) -> int:
    """Give what a waiting order holds: what it would need if it traded at its trigger."""
    if wanted.spend and wanted.side is Side.BUY:
        fee = 0 if rules.buy_fee_in_base else share_of(wanted.spend, rules.highest_rate)
        return wanted.spend + fee
    lots = wanted.lots or affordable(wanted.spend, rules, trigger_ticks)
    return rules.need(wanted.side, wanted.ticks or trigger_ticks, lots)
