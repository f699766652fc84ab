"""Funding: what longs and shorts pay each other at fixed hours, so that a contract keeps near.

The rate of every funding, past and to come, follows from exchange, symbol and hour: the usual
interest and a small premium that looks random. Payments go between each person and the house.
"""

from collections.abc import Iterator
from typing import Final

from drawbridge.core.clock import HOUR_MS
from drawbridge.paper.events import Funded, Paid
from drawbridge.paper.ledger import free
from drawbridge.paper.noise import between, seed_of
from drawbridge.paper.positions import PositionState
from drawbridge.paper.rules import Rules, share_of
from drawbridge.paper.state import Floor, Pit, State

# In 10^-8 of the notional: 0.01 % interest for eight hours, and twice as much either way.
_INTEREST: Final = 10_000
_PREMIUM: Final = 20_000
_USUAL_HOURS: Final = 8


def interval_ms(rules: Rules) -> int:
    """Give the time between two fundings."""
    return rules.contract.funding_ms if rules.contract is not None else _USUAL_HOURS * HOUR_MS


def next_ms(rules: Rules, now_ms: int) -> int:
    """Give the time of the next funding."""
    interval = interval_ms(rules)
    return (now_ms // interval + 1) * interval


def rate(rules: Rules, slot_ms: int) -> int:
    """Give the rate of a funding in 10^-8: what longs pay to shorts of the notional."""
    seed = seed_of("funding", rules.exchange_id, rules.symbol)
    usual = _INTEREST + between(seed, slot_ms // HOUR_MS, -_PREMIUM, _PREMIUM)
    return usual * interval_ms(rules) // (_USUAL_HOURS * HOUR_MS)


def due(state: State, floor: Floor, pit: Pit, now_ms: int) -> Funded | None:
    """Give the oldest funding that is yet to take place, None when there is none.

    Fundings that came while nobody ran the exchange are made up for, each at its own price.
    """
    rules, contracts = pit.rules, floor.contracts
    interval = interval_ms(rules)
    last = now_ms // interval * interval
    if last <= contracts.funded.get(rules.symbol, 0):
        return None
    open_positions = [it for it in contracts.all() if it.rules is rules and it.opened_ms < last]
    if not open_positions:
        return None
    oldest = min(position.opened_ms for position in open_positions)
    since = max(oldest, contracts.funded.get(rules.symbol, 0))
    slot = (since // interval + 1) * interval
    mark, at = pit.house.mark(slot), rate(rules, slot)
    paying = [position for position in open_positions if position.opened_ms < slot]
    return Funded(
        symbol=rules.symbol,
        slot_ms=slot,
        rate=at,
        ticks=mark,
        first=floor.next_trade,
        payments=tuple(_payments(state, paying, mark, at)),
        at_ms=now_ms,
    )


def _payments(state: State, positions: list[PositionState], mark: int, at: int) -> Iterator[Paid]:
    """Write who pays what: from free money first, then from the margin; the rest is forgiven."""
    spare: dict[str, int] = {}
    for position in positions:
        account, rules = position.account, position.rules
        left = spare.get(account)
        if left is None:
            left = state.ledger.atoms(free(account), rules.quote)
        amount = share_of(rules.cost(mark, abs(position.lots)), abs(at))
        if (position.lots > 0) is (at > 0):
            amount = -min(amount, left + position.margin)
        margin = position.margin + min(0, left + amount)
        spare[account] = left + amount + position.margin - margin
        yield Paid(account, position.side, amount, margin)
