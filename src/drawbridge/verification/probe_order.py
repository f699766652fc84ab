"""Which probe order to place: one that proves the trading right and cannot trade. Pure.

A limit buy far below the market, the smallest that is allowed, post-only, under our own client
id. Where no market is affordable, the account is empty, which is no fault of the key.
"""

from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from decimal import ROUND_UP, Decimal
from typing import Final

from drawbridge.catalogue.card import Card, ProbeOrder
from drawbridge.core.ids import ClientOrderId, client_order_id
from drawbridge.core.markets import Market, Markets, Ticker
from drawbridge.core.money import ZERO, floor_to_step
from drawbridge.core.operations import Balance, PlaceOrder
from drawbridge.core.orders import OrderType, Side

# Exchanges hold a little more than the price: their fee.
_ROOM_FOR_FEES: Final = Decimal("1.01")


@dataclass(frozen=True, slots=True)
class Plan:
    """The probe order, None when it is not affordable, and the smallest amount that it takes.

    Without a currency, there is no market for one at all.
    """

    order: PlaceOrder | None
    needed: Decimal = ZERO
    needed_currency: str = ""


def candidates(card: Card, markets: Markets) -> tuple[Market, ...]:
    """Give the markets to try, in the card's order, of those that the exchange lists."""
    found = (markets.find(symbol) for symbol in card.probe_order.symbols)
    return tuple(market for market in found if market is not None and market.active)


def plan(
    rule: ProbeOrder,
    tickers: Iterable[tuple[Market, Ticker]],
    balances: Iterable[Balance],
    client_id: str,
) -> Plan:
    """Plan the order on the first market that the balances can afford."""
    free = {balance.currency: balance.free for balance in balances}
    first = Plan(None)
    for market, ticker in tickers:
        order = _smallest(rule, market, ticker, client_id)
        if order is None:
            continue
        cost = _cost(order) * _ROOM_FOR_FEES
        if free.get(market.quote, ZERO) >= cost:
            return Plan(order, cost, market.quote)
        if not first.needed_currency:
            first = Plan(None, cost, market.quote)
    return first


def probe_id(key_id: str, check_no: int) -> ClientOrderId:
    """Derive the client id of a check's probe order; a crash in between changes nothing of it."""
    return client_order_id("check", key_id, str(check_no))


def changed(before: Iterable[Balance], after: Iterable[Balance]) -> Mapping[str, Decimal]:
    """Give how much each currency's total changed; empty when nothing did."""
    was = {balance.currency: balance.total for balance in before}
    now = {balance.currency: balance.total for balance in after}
    return {
        currency: now.get(currency, ZERO) - was.get(currency, ZERO)
        for currency in sorted(was.keys() | now.keys())
        if now.get(currency, ZERO) != was.get(currency, ZERO)
    }


def _smallest(
    rule: ProbeOrder, market: Market, ticker: Ticker, client_id: str
) -> PlaceOrder | None:
    price = floor_to_step((ticker.bid or ticker.last) * rule.price_factor, market.price_tick)
    if price <= 0:
        return None
    wanted = max(market.min_quantity, market.min_notional * rule.notional_factor / price)
    steps = (wanted / market.quantity_step).to_integral_value(ROUND_UP)
    return PlaceOrder(
        symbol=market.symbol,
        side=Side.BUY,
        type=OrderType.LIMIT,
        quantity=steps * market.quantity_step,
        price=price,
        client_id=client_id,
        post_only=rule.post_only,
    )


def _cost(order: PlaceOrder) -> Decimal:
    return (order.quantity or ZERO) * (order.price or ZERO)
