"""Whether an order for contracts that must fill whole or not at all surely will.

Contracts trade step by step, and a step cannot be taken back. So the whole course is gone
through beforehand on a copy, against those only of whom it is certain that they can trade.
"""

from dataclasses import replace

from drawbridge.core.orders import Side
from drawbridge.paper import margin
from drawbridge.paper.book import OrderState
from drawbridge.paper.ledger import free
from drawbridge.paper.matching import Match
from drawbridge.paper.positions import PositionState
from drawbridge.paper.state import Floor, State


def is_sure_maker(floor: Floor, maker: OrderState) -> bool:
    """Tell whether a resting order can trade all it shows: it opens, and holds what it needs."""
    if maker.only_reduces:
        return False
    position = floor.contracts.find(maker.account, maker.rules.symbol, maker.position_side)
    if margin.room(position, maker.side):
        return False
    setting = floor.contracts.setting(maker.account, maker.rules)
    return maker.held >= margin.need(maker.rules, setting, maker.ticks, maker.left)


def will_fill(state: State, floor: Floor, asked: OrderState, found: Match) -> bool:
    """Tell whether an order that would meet these fills whole, and can be paid for all the way."""
    rules, contracts = asked.rules, floor.contracts
    setting = contracts.setting(asked.account, rules)
    position = contracts.find(asked.account, rules.symbol, asked.position_side)
    if found.lots < asked.lots:
        return False
    if asked.only_reduces and asked.lots > margin.room(position, asked.side):
        return False
    order = replace(asked)
    spare = state.ledger.atoms(free(asked.account), rules.quote) - asked.held
    for one in found.meetings:
        leg = margin.leg_of(position, setting, order, one.ticks, one.lots)
        still_held = margin.still_held(order, setting, one.ticks, one.lots)
        before, lots = (0, 0) if position is None else (position.margin, position.lots)
        spare += order.held - still_held + before - leg.margin + leg.realised
        spare -= rules.fee(asked.side, one.ticks, one.lots, rules.highest_rate)
        if spare < 0:
            return False
        lots += one.lots if asked.side is Side.BUY else -one.lots
        order.filled, order.held = order.filled + one.lots, still_held
        position = PositionState(
            asked.account, rules, asked.position_side, lots, leg.cost, leg.margin, 0, 0, 0
        )
        position = position if lots else None
    return True
