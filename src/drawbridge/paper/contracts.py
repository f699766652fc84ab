"""What an order for contracts does, one step at a time: it is accepted, it trades, it ends.

Pure like `engine.py`, but in steps: positions change with every trade, and with them what an
order may still do, so each step is judged against the state that the one before it left.
"""

from collections.abc import Iterable, Iterator
from typing import NamedTuple

from drawbridge.catalogue.paper_facts import SelfTradeMode
from drawbridge.core.errors import BadInput, ExchangeRefused
from drawbridge.core.operations import PlaceOrder
from drawbridge.core.orders import OrderStatus, OrderType, PositionSide, Side, TimeInForce
from drawbridge.paper import engine, margin, triggers
from drawbridge.paper.book import OrderState
from drawbridge.paper.events import Accepted, Ended, Event, Leg, Terms, Traded, Triggered
from drawbridge.paper.ledger import free
from drawbridge.paper.matching import Match, Wanted, match, meet_house, offers, reaches
from drawbridge.paper.rules import Rules
from drawbridge.paper.state import Floor, Pit, State
from drawbridge.paper.whole import is_sure_maker, will_fill


class _Deal(NamedTuple):
    """A trade that is to happen; `side` is the taker's."""

    rules: Rules
    side: Side
    ticks: int
    lots: int
    at_ms: int


_Party = tuple[OrderState, Leg]


def place(state: State, floor: Floor, account: str, order: PlaceOrder, now_ms: int) -> list[Event]:
    """Judge an order for contracts; give its acceptance, and its end where it ends at once.

    An order with a trigger holds nothing while it waits.
    Raises: `ExchangeRefused` with the reason, `NotFound("unknown_symbol")`, `BadInput`.
    """
    pit = floor.pit(order.symbol)
    setting = floor.contracts.setting(account, pit.rules)
    if order.leverage is not None and order.leverage != setting.leverage:
        raise ExchangeRefused("leverage_not_allowed", leverage=order.leverage)
    if order.position_side not in margin.sides(floor, account):
        raise ExchangeRefused("position_side_wrong", side=order.position_side)
    accepted = Accepted(
        number=floor.next_order,
        account=account,
        symbol=order.symbol,
        side=order.side,
        type=order.type,
        time_in_force=order.time_in_force,
        lots=0,
        ticks=_read_price(pit.rules, order),
        spend=0,
        post_only=order.post_only,
        client_id=order.client_id,
        held=0,
        at_ms=now_ms,
        terms=_read_terms(pit, order, now_ms),
    )
    engine.check_account(floor, account, order.client_id)
    asked = _as_order(floor, accepted)
    asked.lots = _read_lots(floor, asked, order, now_ms)
    if order.trigger is not None:
        return [accepted._replace(lots=asked.lots)]
    _check_reducing(floor, asked)
    found = _plan(floor, pit, asked, now_ms)
    takes_unasked = order.post_only and (found.meetings or found.expired or found.stopped)
    if takes_unasked and pit.rules.refuses_taking:
        raise ExchangeRefused("post_only_would_take", price=order.price)
    asked.held = _need(floor, asked, found, now_ms)
    if asked.held > margin.available(state, account, pit.rules.quote, now_ms):
        raise ExchangeRefused("insufficient_funds", currency=pit.rules.quote)
    accepted = accepted._replace(lots=asked.lots, held=asked.held)
    is_whole = order.time_in_force is TimeInForce.FOK
    if takes_unasked or (is_whole and not will_fill(state, floor, asked, found)):
        return [accepted, Ended(accepted.number, OrderStatus.EXPIRED, now_ms)]
    return [accepted]


def fire(state: State, floor: Floor, order: OrderState, now_ms: int) -> list[Event]:
    """Send an order whose price has come on its way; where there is nothing for it, it ends."""
    pit = floor.pits[order.rules.symbol]
    room = _room(floor, order)
    asked = _as_order(floor, triggers.as_accepted(order, order.lots, 0, now_ms))
    if order.terms is not None and order.terms.close:
        asked.lots = room
    found = _plan(floor, pit, asked, now_ms)
    takes_unasked = order.post_only and (found.meetings or found.expired or found.stopped)
    asked.held = _need(floor, asked, found, now_ms)
    is_whole = order.time_in_force is TimeInForce.FOK
    kills = is_whole and not will_fill(state, floor, asked, found)
    spare = margin.available(state, order.account, order.rules.quote, now_ms)
    triggered = Triggered(order.number, asked.lots, asked.held, now_ms)
    hopeless = (order.only_reduces and not room) or asked.held > spare
    if hopeless or takes_unasked or kills:
        unpaid = triggered._replace(held=0)
        return [unpaid, Ended(order.number, OrderStatus.EXPIRED, now_ms)]
    return [triggered]


def proceed(state: State, floor: Floor, order: OrderState, now_ms: int) -> list[Event]:
    """Give the next step of an order that was accepted; nothing once it rests or is done."""
    if order.status.is_final or order.waits:
        return []
    pit, side = floor.pits[order.rules.symbol], order.side
    quote, other = pit.house.at(now_ms), side.opposite
    house = quote.left(other, pit.taken(other, quote.step))
    maker, ticks, offered = next(offers(side, pit.book.side(other), house), (None, 0, 0))
    if not offered or not reaches(side, order.ticks, ticks):
        return [] if order.may_rest else [_expire(order, now_ms)]
    if maker is not None and maker.account == order.account:
        keeps = order.rules.self_trade is SelfTradeMode.EXPIRE_MAKER
        return [_expire(maker if keeps else order, now_ms)]
    return [_meet(state, floor, order, (maker, ticks, offered), now_ms)]


def advance(state: State, floor: Floor, pit: Pit, now_ms: int) -> list[Event]:
    """Let the house take the first resting order that its price has reached; nothing if none."""
    if pit.book.is_empty:
        return []
    quote = pit.house.at(now_ms)
    for side in Side:
        house = quote.left(side.opposite, pit.taken(side.opposite, quote.step))
        for maker, reached in meet_house(pit.book.side(side), side, house):
            lots = min(reached, _most(floor, maker))
            made = _leg(state, floor, maker, maker.ticks, lots)
            if made is None:
                return [_expire(maker, now_ms)]
            deal = _Deal(pit.rules, side.opposite, maker.ticks, lots, now_ms)
            return [_trade(floor, deal, None, (maker, made))]
    return []


def orphans(floor: Floor, event: Traded) -> Iterator[Ended]:
    """End the orders that were to reduce a position which is gone now.

    Those that still wait for a trigger stay: there may be a position again when it comes.
    """
    for number in (event.taker, event.maker):
        traded = floor.orders.get(number)
        if traded is None:
            continue
        for order in floor.open_orders(traded.account):
            mine = order.rules.symbol == event.symbol and not order.waits
            if mine and order.only_reduces and not _room(floor, order):
                yield _expire(order, event.at_ms)


def _meet(
    state: State,
    floor: Floor,
    order: OrderState,
    offer: tuple[OrderState | None, int, int],
    now_ms: int,
) -> Event:
    """Let an order meet an offer; whoever cannot pay for it ends instead."""
    maker, ticks, lots = offer
    lots = min(lots, _most(floor, order))
    if maker is not None:
        lots = min(lots, _most(floor, maker))
    taken = _leg(state, floor, order, ticks, lots)
    if taken is None:
        return _expire(order, now_ms)
    deal = _Deal(order.rules, order.side, ticks, lots, now_ms)
    if maker is None:
        return _trade(floor, deal, (order, taken), None)
    made = _leg(state, floor, maker, ticks, lots)
    if made is None:
        return _expire(maker, now_ms)
    return _trade(floor, deal, (order, taken), (maker, made))


def _read_price(rules: Rules, order: PlaceOrder) -> int:
    if order.type is OrderType.MARKET:
        return 0
    if order.price is None:
        raise BadInput("missing_parameter", field="price")
    return rules.ticks_of(order.price)


def _read_terms(pit: Pit, order: PlaceOrder, now_ms: int) -> Terms:
    if order.trigger is not None:
        return triggers.read_terms(pit, order, now_ms)
    return Terms(
        None,
        0,
        reduce_only=order.reduce_only,
        position_side=order.position_side,
        close=order.close_position,
    )


def _read_lots(floor: Floor, asked: OrderState, order: PlaceOrder, now_ms: int) -> int:
    """Read how much is wanted; 0 for what closes a position that is yet to be measured."""
    rules = asked.rules
    if order.close_position:
        return 0 if order.trigger is not None else _room(floor, asked)
    if order.quantity is None:
        raise BadInput("missing_parameter", field="quantity")
    lots = rules.lots_of(order.quantity)
    if not asked.only_reduces:
        quote = floor.pits[rules.symbol].house.at(now_ms)
        engine.check_cost(rules, rules.cost(asked.ticks or quote.best(asked.side.opposite), lots))
    return lots


def _check_reducing(floor: Floor, asked: OrderState) -> None:
    """Refuse what was only to reduce and finds nothing; of two positions, also what is too much."""
    if not asked.only_reduces:
        return
    room = _room(floor, asked)
    if not room or (asked.position_side is not PositionSide.BOTH and asked.lots > room):
        raise ExchangeRefused("reduce_only_rejected", symbol=asked.rules.symbol)


def _plan(floor: Floor, pit: Pit, asked: OrderState, now_ms: int) -> Match:
    """Find whom an order would meet; if it must fill whole, only those who surely can."""
    quote, other = pit.house.at(now_ms), asked.side.opposite
    people: Iterable[OrderState] = pit.book.side(other)
    if asked.time_in_force is TimeInForce.FOK:
        people = [it for it in people if is_sure_maker(floor, it)]
    wanted = Wanted(asked.account, asked.side, asked.lots, asked.ticks)
    return match(wanted, asked.rules, people, quote.left(other, pit.taken(other, quote.step)))


def _need(floor: Floor, asked: OrderState, found: Match, now_ms: int) -> int:
    """Give what an order must hold for the part of it that would open a position."""
    if asked.only_reduces:
        return 0
    # Others that would close the same position as well come first.
    open_orders = floor.open_orders(asked.account)
    closing = sum(it.left for it in open_orders if _closes_with(it, asked))
    opening = asked.lots - max(0, min(asked.lots, _room(floor, asked) - closing))
    prices = [asked.ticks, *(one.ticks for one in found.meetings)]
    if asked.side is Side.SELL:
        # What is sold dearer than asked opens a position that needs more.
        pit = floor.pits[asked.rules.symbol]
        prices += (pit.house.at(now_ms).bid, pit.book.bids.best() or 0)
    setting = floor.contracts.setting(asked.account, asked.rules)
    return margin.need(asked.rules, setting, max(prices), opening)


def _closes_with(other: OrderState, asked: OrderState) -> bool:
    same = other.rules is asked.rules and other.side is asked.side
    alike = same and other.position_side is asked.position_side
    return alike and not other.waits and not other.only_reduces and other.number != asked.number


def _room(floor: Floor, order: OrderState) -> int:
    contracts, symbol = floor.contracts, order.rules.symbol
    return margin.room(contracts.find(order.account, symbol, order.position_side), order.side)


def _most(floor: Floor, order: OrderState) -> int:
    """Give the most lots that an order may trade now."""
    return min(order.left, _room(floor, order)) if order.only_reduces else order.left


def _leg(state: State, floor: Floor, order: OrderState, ticks: int, lots: int) -> Leg | None:
    """Tell what a trade would do to an order's position; None if it cannot be paid for."""
    if not lots:
        return None
    rules, contracts = order.rules, floor.contracts
    position = contracts.find(order.account, rules.symbol, order.position_side)
    setting = contracts.setting(order.account, rules)
    leg = margin.leg_of(position, setting, order, ticks, lots)
    spare = state.ledger.atoms(free(order.account), rules.quote)
    spare += order.held - margin.still_held(order, setting, ticks, lots)
    spare += (0 if position is None else position.margin) - leg.margin
    # By the higher of both rates: it costs nobody anything, and the order need not know its role.
    fee = rules.fee(order.side, ticks, lots, rules.highest_rate)
    return leg if spare + leg.realised >= fee else None


def _trade(floor: Floor, deal: _Deal, taker: _Party | None, maker: _Party | None) -> Traded:
    """Write a trade down; None is the house, which pays no fees."""
    rules, ticks, lots = deal.rules, deal.ticks, deal.lots
    return Traded(
        number=floor.next_trade,
        symbol=rules.symbol,
        side=deal.side,
        taker=0 if taker is None else taker[0].number,
        maker=0 if maker is None else maker[0].number,
        ticks=ticks,
        lots=lots,
        taker_fee=0 if taker is None else rules.fee(deal.side, ticks, lots, rules.taker_rate),
        maker_fee=0 if maker is None else rules.fee(deal.side, ticks, lots, rules.maker_rate),
        taker_held=_still_held(floor, taker, ticks, lots),
        maker_held=_still_held(floor, maker, ticks, lots),
        at_ms=deal.at_ms,
        legs=(None if taker is None else taker[1], None if maker is None else maker[1]),
    )


def _still_held(floor: Floor, party: _Party | None, ticks: int, lots: int) -> int:
    if party is None:
        return 0
    order = party[0]
    setting = floor.contracts.setting(order.account, order.rules)
    return margin.still_held(order, setting, ticks, lots)


def _expire(order: OrderState, now_ms: int) -> Ended:
    return Ended(order.number, OrderStatus.EXPIRED, now_ms)


def _as_order(floor: Floor, accepted: Accepted) -> OrderState:
    """Give an order as it would be; it is not kept anywhere."""
    return OrderState.of(accepted, "", floor.pits[accepted.symbol].rules)
