"""Liquidation: a position whose margin is used up is closed by the house before it owes anything.

It is closed at the mark price, or where that would cost more than there is, at the price that
costs just that much: what is lost beyond is the house's. Pure; all events of one liquidation
come out together.
"""

from collections.abc import Iterator, Sequence
from itertools import count

from drawbridge.core.orders import OrderStatus, OrderType, TimeInForce
from drawbridge.paper import margin
from drawbridge.paper.book import OrderState
from drawbridge.paper.events import Accepted, Adjusted, Ended, Event, Leg, Terms, Traded
from drawbridge.paper.ledger import free
from drawbridge.paper.positions import PositionState
from drawbridge.paper.rules import share_of
from drawbridge.paper.state import Floor, State

CLIENT_ID = "liquidation"


def liquidate(state: State, floor: Floor, now_ms: int) -> list[Event]:
    """End the positions of the first account that is due; nothing when none is."""
    for account in floor.contracts.positions:
        for group in _groups(floor, account):
            isolated = len(group) == 1 and _is_isolated(floor, group[0])
            if isolated and not _is_due_isolated(floor, group[0], now_ms):
                continue
            if not isolated and not _is_due_cross(state, floor, group, now_ms):
                continue
            return _end(state, floor, group, now_ms, isolated=isolated)
    return []


def orders_of(floor: Floor, group: Sequence[PositionState]) -> list[OrderState]:
    """Give the orders in the book whose margin stands in for these positions as well."""
    first = group[0]
    isolated = _is_isolated(floor, first)
    return [
        order
        for order in floor.open_orders(first.account)
        if order.rules.contract is not None
        and not order.waits
        and order.rules.quote == first.rules.quote
        and floor.contracts.setting(first.account, order.rules).isolated is isolated
        and (not isolated or order.rules is first.rules)
    ]


def _groups(floor: Floor, account: str) -> Iterator[list[PositionState]]:
    """Give the positions that stand or fall together: isolated ones alone, cross ones by money."""
    cross: dict[str, list[PositionState]] = {}
    for position in floor.contracts.of(account):
        if _is_isolated(floor, position):
            yield [position]
        else:
            cross.setdefault(position.rules.quote, []).append(position)
    yield from cross.values()


def _is_isolated(floor: Floor, position: PositionState) -> bool:
    return floor.contracts.setting(position.account, position.rules).isolated


def _mark(floor: Floor, position: PositionState, now_ms: int) -> int:
    return floor.pits[position.rules.symbol].house.at(now_ms).last


def _is_due_isolated(floor: Floor, position: PositionState, now_ms: int) -> bool:
    mark = _mark(floor, position, now_ms)
    left = position.margin + margin.unrealised(position, mark)
    return left <= margin.maintenance(position, mark)


def _is_due_cross(state: State, floor: Floor, group: Sequence[PositionState], now_ms: int) -> bool:
    first = group[0]
    equity = state.ledger.atoms(free(first.account), first.rules.quote)
    equity += sum(order.held for order in orders_of(floor, group))
    needed = 0
    for position in group:
        mark = _mark(floor, position, now_ms)
        equity += position.margin + margin.unrealised(position, mark)
        needed += margin.maintenance(position, mark)
    return equity <= needed


def _end(
    state: State, floor: Floor, group: Sequence[PositionState], now_ms: int, *, isolated: bool
) -> list[Event]:
    events: list[Event] = []
    spare = 0
    for order in orders_of(floor, group):
        spare += order.held
        events.append(Ended(order.number, OrderStatus.EXPIRED, now_ms))
    first = group[0]
    if isolated:
        # Only what was set aside for it stands in for an isolated position.
        spare = first.margin
    else:
        spare += state.ledger.atoms(free(first.account), first.rules.quote)
        for position in group:
            spare += position.margin
            symbol, side = position.rules.symbol, position.side
            events.append(Adjusted(position.account, symbol, side, 0, now_ms))
    # What gains first: it pays for what loses.
    gains = sorted(
        group, key=lambda it: margin.unrealised(it, _mark(floor, it, now_ms)), reverse=True
    )
    orders, trades = count(floor.next_order), count(floor.next_trade)
    for position in gains:
        accepted, traded = _close(floor, position, spare, (next(orders), next(trades)), now_ms)
        spare -= traded.taker_fee - _realised(traded)
        events += (accepted, traded)
    return events


def _close(
    floor: Floor, position: PositionState, spare: int, numbers: tuple[int, int], now_ms: int
) -> tuple[Accepted, Traded]:
    rules, lots, side = position.rules, abs(position.lots), margin.closing_side(position)
    ticks = _mark(floor, position, now_ms)
    if spare + margin.unrealised(position, ticks) < 0:
        ticks = margin.bankruptcy(position, spare)
    realised = margin.unrealised(position, ticks)
    rate = 0 if rules.contract is None else rules.contract.liquidation_rate
    fee = min(share_of(rules.cost(ticks, lots), rate), spare + realised)
    number, trade = numbers
    accepted = Accepted(
        number=number,
        account=position.account,
        symbol=rules.symbol,
        side=side,
        type=OrderType.MARKET,
        time_in_force=TimeInForce.IOC,
        lots=lots,
        ticks=0,
        spend=0,
        post_only=False,
        client_id=CLIENT_ID,
        held=0,
        at_ms=now_ms,
        terms=Terms(None, 0, reduce_only=True, position_side=position.side),
    )
    traded = Traded(
        number=trade,
        symbol=rules.symbol,
        side=side,
        taker=number,
        maker=0,
        ticks=ticks,
        lots=lots,
        taker_fee=fee,
        maker_fee=0,
        taker_held=0,
        maker_held=0,
        at_ms=now_ms,
        legs=(Leg(realised, 0, 0), None),
    )
    return accepted, traded


def _realised(traded: Traded) -> int:
    leg = traded.legs[0] if traded.legs is not None else None
    return 0 if leg is None else leg.realised
