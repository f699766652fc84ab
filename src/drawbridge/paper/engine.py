"""What a command does: it is judged against the state and becomes events, or is refused.

Pure: state, command and time in, events out; nothing is changed here (`State.apply` does) and
nothing is stored. Reasons are the ones that every exchange's error table can speak.
"""

from collections.abc import Iterator
from decimal import Decimal
from typing import Final

from drawbridge.core.errors import BadInput, ExchangeRefused, Forbidden, NotFound
from drawbridge.core.operations import CancelAllOrders, CancelOrder, PlaceOrder
from drawbridge.core.orders import OrderStatus, OrderType, Side, TimeInForce
from drawbridge.paper import margin
from drawbridge.paper.book import OrderState
from drawbridge.paper.events import Accepted, Ended, Event, Traded
from drawbridge.paper.house import Quote
from drawbridge.paper.matching import NOTHING, Match, Wanted, match, meet_house, reaches
from drawbridge.paper.rules import MOST_LOTS, MOST_TICKS, Rules, atoms_of
from drawbridge.paper.state import Floor, Pit, State

MOST_OPEN_ORDERS: Final = 200


def place(state: State, floor: Floor, account: str, order: PlaceOrder, now_ms: int) -> list[Event]:
    """Judge an order; give its acceptance, its trades and, where it may not rest, its end.

    Raises: `ExchangeRefused` with the reason, `NotFound("unknown_symbol")`, `BadInput`,
    `Forbidden("right_missing")` for margin, which there is none of.
    """
    if order.leverage is not None:
        raise Forbidden("right_missing", rule="margin")
    if order.reduce_only or order.close_position:
        raise ExchangeRefused("reduce_only_rejected", symbol=order.symbol)
    pit = floor.pit(order.symbol)
    quote = pit.house.at(now_ms)
    wanted = read_wanted(pit.rules, account, order, quote.best(order.side.opposite))
    check_account(floor, account, order.client_id)
    found = find_match(pit, wanted, quote)
    if order.post_only and (found.meetings or found.expired or found.stopped):
        if pit.rules.refuses_taking:
            raise ExchangeRefused("post_only_would_take", price=order.price)
        found = Match(stopped=True)
    if order.time_in_force is TimeInForce.FOK and found.lots < wanted.lots:
        found = Match(stopped=True)
    held = need_of(pit.rules, wanted, found)
    accepted = Accepted(
        number=floor.next_order,
        account=account,
        symbol=order.symbol,
        side=order.side,
        type=order.type,
        time_in_force=order.time_in_force,
        lots=wanted.lots or found.lots,
        ticks=wanted.ticks,
        spend=wanted.spend,
        post_only=order.post_only,
        client_id=order.client_id,
        held=held,
        at_ms=now_ms,
    )
    check_funds(state, pit.rules, accepted)
    return [accepted, *course(pit, floor, accepted, found)]


def course(pit: Pit, floor: Floor, accepted: Accepted, found: Match) -> Iterator[Event]:
    """Give what follows once an order is there: its trades and, where it may not rest, its end."""
    for own in found.expired:
        yield Ended(own.number, OrderStatus.EXPIRED, accepted.at_ms)
    if found.meetings:
        yield from _trades(pit.rules, floor.next_trade, accepted, found)
    rests = accepted.type is OrderType.LIMIT and accepted.time_in_force is TimeInForce.GTC
    filled = found.lots == accepted.lots > 0
    if not filled and (found.stopped or not rests):
        yield Ended(accepted.number, OrderStatus.EXPIRED, accepted.at_ms)


def find_order(floor: Floor, account: str, wanted: CancelOrder) -> OrderState | None:
    """Give an account's order by the exchange's id or the client's, None when there is none."""
    if wanted.order_id:
        order = floor.by_id.get(wanted.order_id)
    else:
        order = floor.by_client_id.get((account, wanted.client_id))
    if order is None or order.account != account:
        return None
    if wanted.symbol and wanted.symbol != order.rules.symbol:
        return None
    if wanted.conditional is not None and not is_of_kind(order, conditional=wanted.conditional):
        return None
    return order


def is_of_kind(order: OrderState, *, conditional: bool | None) -> bool:
    """Tell whether an order is of the kind asked for; one that was triggered is of both."""
    if conditional is None:
        return True
    has_trigger = order.terms is not None and order.terms.trigger is not None
    return has_trigger if conditional else not has_trigger or bool(order.triggered_ms)


def cancel(
    floor: Floor, account: str, wanted: CancelOrder, now_ms: int
) -> tuple[OrderState, Ended]:
    """End an open order. Raises: `NotFound("unknown_order_cancel")`."""
    order = find_order(floor, account, wanted)
    if order is None or order.status.is_final:
        raise NotFound("unknown_order_cancel", order_id=wanted.order_id or wanted.client_id)
    return order, Ended(order.number, OrderStatus.CANCELLED, now_ms)


def cancel_all(
    floor: Floor, account: str, wanted: CancelAllOrders, now_ms: int
) -> tuple[list[OrderState], list[Ended]]:
    """End all open orders of a symbol or of all. Raises: `NotFound("unknown_symbol")`."""
    symbol = wanted.symbol and floor.pit(wanted.symbol).rules.symbol
    orders = [
        order
        for order in floor.open_orders(account)
        if (not symbol or order.rules.symbol == symbol)
        and wanted.conditional in {None, order.waits}
    ]
    return orders, [Ended(order.number, OrderStatus.CANCELLED, now_ms) for order in orders]


def advance(floor: Floor, pit: Pit, now_ms: int) -> list[Event]:
    """Let the house take the resting orders that the moving price has reached."""
    if pit.book.is_empty:
        return []
    quote = pit.house.at(now_ms)
    events: list[Event] = []
    for side in Side:
        book = pit.book.side(side)
        best = book.best()
        if best is None or not reaches(side, best, quote.best(side.opposite)):
            continue
        house = quote.left(side.opposite, pit.taken(side.opposite, quote.step))
        for maker, lots in meet_house(book, side, house):
            number = floor.next_trade + len(events)
            events.append(_by_house(pit.rules, number, maker, lots, now_ms))
    return events


def read_wanted(rules: Rules, account: str, order: PlaceOrder, near: int) -> Wanted:
    """Count what is asked for in ticks, lots and atoms, by the market's rules.

    `near` is the price in ticks at which a market order is worth measuring.
    """
    if order.type is OrderType.LIMIT:
        if order.price is None or order.quantity is None:
            missing = "price" if order.price is None else "quantity"
            raise BadInput("missing_parameter", field=missing)
        lots, ticks = rules.lots_of(order.quantity), rules.ticks_of(order.price)
        check_cost(rules, rules.cost(ticks, lots))
        return Wanted(account, order.side, lots, ticks)
    if order.quantity is not None:
        lots = rules.lots_of(order.quantity)
        check_cost(rules, rules.cost(near, lots))
        return Wanted(account, order.side, lots, 0)
    if order.quote_quantity is None:
        raise BadInput("missing_parameter", field="quantity")
    spend = atoms_of(order.quote_quantity, rules.quote_places)
    if spend > MOST_LOTS * MOST_TICKS:
        raise ExchangeRefused("too_large", quantity=order.quote_quantity)
    check_cost(rules, spend)
    return Wanted(account, order.side, 0, 0, spend)


def check_cost(rules: Rules, cost: int) -> None:
    """Refuse what is worth too little. Raises: `ExchangeRefused("notional_too_small")`."""
    if cost < rules.least_cost or cost <= 0:
        least: Decimal = rules.quote_amount(rules.least_cost)
        raise ExchangeRefused("notional_too_small", least=least, currency=rules.quote)


def check_account(floor: Floor, account: str, client_id: str) -> None:
    """Refuse an order too many, and a client's id that an open order has already."""
    record = floor.records.get(account)
    if record is not None and len(record.open) >= MOST_OPEN_ORDERS:
        raise ExchangeRefused("too_many_orders", most=MOST_OPEN_ORDERS)
    if client_id:
        same = floor.by_client_id.get((account, client_id))
        if same is not None and not same.status.is_final:
            raise ExchangeRefused("duplicate_client_id", client_id=client_id)


def check_funds(state: State, rules: Rules, accepted: Accepted) -> None:
    """Refuse what is not paid for. Raises: `ExchangeRefused("insufficient_funds")`."""
    currency = rules.paid_currency(accepted.side)
    if accepted.held > margin.available(state, accepted.account, currency, accepted.at_ms):
        raise ExchangeRefused("insufficient_funds", currency=currency)


def find_match(pit: Pit, wanted: Wanted, quote: Quote) -> Match:
    """Find whom an order would meet now: people and house together."""
    other = wanted.side.opposite
    people, price = pit.book.side(other), quote.best(other)
    best = people.best()
    if not reaches(wanted.side, wanted.ticks, price) and (
        best is None or not reaches(wanted.side, wanted.ticks, best)
    ):
        return NOTHING
    house = quote.left(other, pit.taken(other, quote.step))
    return match(wanted, pit.rules, people, house)


def need_of(rules: Rules, wanted: Wanted, found: Match) -> int:
    """Give what must be set aside for an order that was just matched."""
    lots = wanted.lots or found.lots
    if not lots and wanted.spend and not found.stopped:
        # There is always depth at some price, so it was the amount that bought no single lot.
        least = rules.quote_amount(rules.least_cost)
        raise ExchangeRefused("notional_too_small", least=least, currency=rules.quote)
    if wanted.ticks or wanted.side is Side.SELL:
        return rules.need(wanted.side, wanted.ticks, lots)
    rate = rules.taker_rate
    return sum(rules.paid(Side.BUY, one.ticks, one.lots, rate) for one in found.meetings)


def _trades(rules: Rules, number: int, accepted: Accepted, found: Match) -> Iterator[Traded]:
    side, left, still_held = accepted.side, accepted.lots, accepted.held
    for one in found.meetings:
        left -= one.lots
        if not left:
            still_held = 0
        elif accepted.ticks:
            still_held = rules.need(side, accepted.ticks, left)
        else:
            still_held -= rules.paid(side, one.ticks, one.lots, rules.taker_rate)
        maker = one.maker
        maker_fee = maker_held = 0
        if maker is not None:
            maker_fee = rules.fee(maker.side, one.ticks, one.lots, rules.maker_rate)
            maker_held = rules.need(maker.side, maker.ticks, maker.left - one.lots)
        yield Traded(
            number=number,
            symbol=rules.symbol,
            side=side,
            taker=accepted.number,
            maker=maker.number if maker is not None else 0,
            ticks=one.ticks,
            lots=one.lots,
            taker_fee=rules.fee(side, one.ticks, one.lots, rules.taker_rate),
            maker_fee=maker_fee,
            taker_held=still_held,
            maker_held=maker_held,
            at_ms=accepted.at_ms,
        )
        number += 1


def _by_house(rules: Rules, number: int, maker: OrderState, lots: int, now_ms: int) -> Traded:
    return Traded(
        number=number,
        symbol=rules.symbol,
        side=maker.side.opposite,
        taker=0,
        maker=maker.number,
        ticks=maker.ticks,
        lots=lots,
        taker_fee=0,
        maker_fee=rules.fee(maker.side, maker.ticks, lots, rules.maker_rate),
        taker_held=0,
        maker_held=rules.need(maker.side, maker.ticks, maker.left - lots),
        at_ms=now_ms,
    )
