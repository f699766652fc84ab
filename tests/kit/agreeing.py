"""What robots, journal and ledger say, held against each other to the last digit.

Both processes have ended by then; everything is read from the disk.
"""

import json
from collections import Counter, defaultdict
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from decimal import Decimal
from typing import Final

from drawbridge.app.build import House
from drawbridge.core.orders import Fill, Side
from drawbridge.paper.state import State
from drawbridge.paper.world import DEMO_BALANCES
from drawbridge.trading.model import OrderState, OwnOrder
from tests.kit.arena import AMOUNT, Arena
from tests.kit.house import ACCOUNT, read_state
from tests.kit.processes import drawbridge

_NEVER_CAME: Final = frozenset({OrderState.NEVER_ARRIVED, OrderState.REFUSED})
# What the price may have moved since the amount was decided on.
_LEEWAY: Final = Decimal("1.05")


@dataclass(frozen=True)
class Outcome:
    """What a story came to: each robot's orders, all fills, the exchange's own state."""

    orders: dict[str, tuple[OwnOrder, ...]]
    fills: tuple[Fill, ...]
    state: State

    @property
    def every(self) -> list[OwnOrder]:
        """Give all orders of all robots."""
        return [order for each in self.orders.values() for order in each]

    @property
    def executed(self) -> int:
        """Count the orders that were filled."""
        return sum(1 for order in self.every if order.filled)

    @property
    def states(self) -> dict[str, int]:
        """Count the orders by how they ended."""
        return dict(Counter(order.state.value for order in self.every))


async def agreed(arena: Arena, house: House, key_id: str) -> Outcome:
    """End the processes, and check that nothing was lost and nothing done twice."""
    arena.end()
    origins = arena.rows("SELECT DISTINCT origin FROM orders WHERE origin LIKE 'robot:%'")
    orders = {str(origin): await house.orders.orders_of(str(origin)) for (origin,) in origins}
    fills = await house.orders.fills_of_key(key_id)
    outcome = Outcome(orders, fills, await read_state(arena.state))
    for origin, each in orders.items():
        own = await house.orders.fills_of(origin)
        _check_robot(origin, each, own)
    _check_taken_in(arena)
    _check_exchange(arena.exchange, outcome)
    _check_ledger(outcome)
    done = drawbridge("paper", "ledger", "--state", str(arena.state), "--json")
    assert done.returncode == 0, done.stderr
    return outcome


def _check_robot(origin: str, orders: Sequence[OwnOrder], fills: Sequence[Fill]) -> None:
    """Hold what a robot did against what it may do: be in the market once, or not at all.

    One that had acted twice on a signal would hold more than its amount, or have sold what it
    did not hold.
    """
    held = Decimal(0)
    for order in orders:
        if order.filled:
            held += order.filled if order.side is Side.BUY else -order.filled
            price = order.filled_quote / order.filled
            assert held * price <= AMOUNT * _LEEWAY, f"{origin} holds too much"
            assert held >= 0, f"{origin} sold what it did not hold"
    signs = {Side.BUY: 1, Side.SELL: -1}
    assert held == sum((signs[fill.side] * fill.quantity for fill in fills), Decimal(0))


def _check_taken_in(arena: Arena) -> None:
    """Make sure that the fills of no order were counted twice: each time would have been told."""
    rows = arena.rows("SELECT facts FROM notices WHERE kind = 'order_filled'")
    told = Counter(json.loads(str(facts))["client_order_id"] for (facts,) in rows)
    assert [order for order, times in told.items() if times > 1] == []


def _check_exchange(exchange: str, outcome: Outcome) -> None:
    """Hold the journal against the exchange, order by order."""
    ours = {order.client_id: order for order in outcome.every}
    every = [order.told(()) for order in outcome.state.floors[exchange].orders.values()]
    theirs = [order for order in every if order.client_id in ours]
    # The others are those of checks, which trade nothing; an order of nobody would have.
    assert not any(order.filled for order in every if order.client_id not in ours)
    assert set(Counter(order.client_id for order in theirs).values()) <= {1}
    came = {name for name, order in ours.items() if order.state not in _NEVER_CAME}
    assert {order.client_id for order in theirs} == came
    for order in theirs:
        known = ours[order.client_id]
        assert (known.order_id, known.filled, known.filled_quote, known.state.value) == (
            order.order_id,
            order.filled,
            order.filled_quote,
            order.status.value,
        )


def _check_ledger(outcome: Outcome) -> None:
    """Hold what the journal says was bought, paid and charged against the balances."""
    moved = _moved(outcome.every, outcome.fills)
    for balance in outcome.state.balances(ACCOUNT):
        change = balance.total - DEMO_BALANCES[balance.currency]
        assert change == moved[balance.currency], balance.currency


def _moved(orders: Iterable[OwnOrder], fills: Iterable[Fill]) -> dict[str, Decimal]:
    moved: dict[str, Decimal] = defaultdict(Decimal)
    for order in orders:
        base, _, quote = order.symbol.partition("/")
        sign = 1 if order.side is Side.BUY else -1
        moved[base] += sign * order.filled
        moved[quote] -= sign * order.filled_quote
    for fill in fills:
        moved[fill.fee_currency] -= fill.fee
    return moved
