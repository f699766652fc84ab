"""The arithmetic of contracts: what a position is worth, what it needs, what a trade does to it.

Pure and in whole numbers. Everything is rounded so that the parts of an order never need more
than the whole: margins, costs and fees down. Nothing here decides what is allowed.
"""

from drawbridge.core.orders import PositionSide, Side
from drawbridge.paper.book import OrderState
from drawbridge.paper.events import Leg
from drawbridge.paper.ledger import free
from drawbridge.paper.positions import PositionState, Setting
from drawbridge.paper.rules import Rules, share_of
from drawbridge.paper.state import Floor, State


def signed(side: Side, lots: int) -> int:
    """Give lots with the sign that they have in a position."""
    return lots if side is Side.BUY else -lots


def initial(cost: int, setting: Setting) -> int:
    """Give what is set aside for contracts of that cost."""
    return cost // setting.leverage


def need(rules: Rules, setting: Setting, ticks: int, lots: int) -> int:
    """Give what an order must hold that may open so much at that price, its fee included."""
    cost = rules.cost(ticks, lots)
    return initial(cost, setting) + share_of(cost, rules.highest_rate)


def unrealised(position: PositionState, mark: int) -> int:
    """Give what closing a position at the mark price would bring (below zero: cost)."""
    worth = position.rules.cost(mark, abs(position.lots))
    return worth - position.cost if position.lots > 0 else position.cost - worth


def maintenance(position: PositionState, mark: int) -> int:
    """Give the margin below which a position is ended."""
    contract = position.rules.contract
    rate = 0 if contract is None else contract.maintenance_rate
    return share_of(position.rules.cost(mark, abs(position.lots)), rate)


def room(position: PositionState | None, side: Side) -> int:
    """Give how many lots an order of that side could close."""
    if position is None or (position.lots > 0) is (side is Side.BUY):
        return 0
    return abs(position.lots)


def leg_of(
    position: PositionState | None, setting: Setting, order: OrderState, ticks: int, lots: int
) -> Leg:
    """Tell what a trade would do to a position: first it closes, then it opens."""
    rules = order.rules
    closing = min(lots, room(position, order.side))
    opened = rules.cost(ticks, lots - closing)
    margin = initial(opened, setting)
    if position is None:
        return Leg(0, margin, opened)
    closed, all_lots = rules.cost(ticks, closing), abs(position.lots)
    paid = position.cost * closing // all_lots
    released = position.margin * closing // all_lots
    return Leg(
        realised=closed - paid if position.lots > 0 else paid - closed,
        margin=position.margin - released + margin,
        cost=position.cost - paid + opened,
    )


def still_held(order: OrderState, setting: Setting, ticks: int, lots: int) -> int:
    """Give what an order goes on holding after so much of it traded."""
    left = order.left - lots
    if not left:
        return 0
    return min(order.held, need(order.rules, setting, order.ticks or ticks, left))


def at_risk(floor: Floor, account: str, currency: str, now_ms: int) -> int:
    """Give by how much an account's cross positions at an exchange are under water; at least 0."""
    total = 0
    for position in floor.contracts.of(account):
        rules = position.rules
        if rules.quote == currency and not floor.contracts.setting(account, rules).isolated:
            total += unrealised(position, floor.pits[rules.symbol].house.at(now_ms).last)
    return max(0, -total)


def available(state: State, account: str, currency: str, now_ms: int) -> int:
    """Give what an account may spend: what is free, less what its cross positions are losing.

    Why: a loss that is not realised yet is as good as spent. A profit is spent once realised.
    """
    spare = state.ledger.atoms(free(account), currency)
    for floor in state.contract_floors:
        if account in floor.contracts.positions:
            spare -= at_risk(floor, account, currency, now_ms)
    return max(0, spare)


def bankruptcy(position: PositionState, collateral: int) -> int:
    """Give the worst price in ticks at which a position loses no more than the collateral."""
    rules, lots = position.rules, abs(position.lots)
    if position.lots > 0:
        least = position.cost - collateral
        return max(1, -(-least * rules.cost_by // (lots * rules.cost_per)))
    most = position.cost + collateral
    return max(1, ((most + 1) * rules.cost_by - 1) // (lots * rules.cost_per))


def closing_side(position: PositionState) -> Side:
    """Give the side of an order that makes a position smaller."""
    return Side.SELL if position.lots > 0 else Side.BUY


def sides(floor: Floor, account: str) -> tuple[PositionSide, ...]:
    """Give the sides that an account's positions can have."""
    if account in floor.contracts.hedged:
        return PositionSide.LONG, PositionSide.SHORT
    return (PositionSide.BOTH,)
