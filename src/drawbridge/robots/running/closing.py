"""Stopping a robot on an account: end its orders, and close its position as chosen beforehand."""

from dataclasses import replace
from decimal import Decimal
from typing import Final

from drawbridge.core.clock import MINUTE_MS, Clock
from drawbridge.core.markets import Ticker
from drawbridge.core.operations import GetTicker
from drawbridge.robots.decision_store import Changes
from drawbridge.robots.model import Decision, DecisionState, OnStop
from drawbridge.robots.running.checks import Checks
from drawbridge.robots.running.deciding import leaving
from drawbridge.robots.running.orders import OrderChains
from drawbridge.robots.running.seat import Seat
from drawbridge.robots.running.writing import Pen
from drawbridge.robots.seams import Outside

LIMIT_FOR_MS: Final = 5 * MINUTE_MS
"""For so long a limit order is kept at the best price before what is left goes at market."""


class Closing:
    """What ends a robot's orders and closes its position."""

    def __init__(
        self, outside: Outside, chains: OrderChains, checks: Checks, pen: Pen, clock: Clock
    ) -> None:
        """Place and cancel through chains."""
        self._outside = outside
        self._chains = chains
        self._checks = checks
        self._pen = pen
        self._clock = clock

    async def close(self, seat: Seat) -> bool:
        """Bring a seat further towards its end; True when nothing is left to do.

        Raises: what an order's definite no raises, `ExchangeDown`, `OutcomeUnknown`.
        """
        if not await self._ended(seat):
            return False
        if seat.robot.closing is OnStop.KEEP or seat.book.is_flat:
            return True
        asked = GetTicker(seat.plan.symbol)
        plan = seat.plan
        ticker = await self._outside.roads.call_public(plan.exchange, plan.venue, asked)
        held = seat.held_at(ticker.last)
        if not held:
            return True
        await self._checks.check_position(seat)
        decision = self._decided(seat, held, ticker)
        await self._pen.write(Changes(made=[decision]))
        seat.open[decision.tag] = decision
        order = await self._chains.place(seat, decision)
        return await self._chains.take_up(seat, decision, order) and seat.held_at(ticker.last) == 0

    async def _ended(self, seat: Seat) -> bool:
        """Settle or cancel everything that is open; True when nothing is any more."""
        for decision in tuple(seat.open.values()):
            if decision.price is None or (
                decision.tag.startswith("close") and await self._is_best(seat, decision)
            ):
                is_over = await self._chains.settle_one(seat, decision)
            else:
                is_over = await self._chains.cancel(seat, decision)
            if not is_over:
                return False
        return True

    def _decided(self, seat: Seat, held: Decimal, ticker: Ticker) -> Decision:
        now_ms = self._clock.now_ms()
        decision = leaving(seat, held, f"close:{now_ms}", now_ms)
        if self._rests(seat):
            return replace(decision, price=_best(ticker, held))
        return decision

    def _rests(self, seat: Seat) -> bool:
        """Tell whether its position is closed by a limit order still."""
        has_time = self._clock.now_ms() < seat.account.changed_ms + LIMIT_FOR_MS
        return has_time and seat.robot.closing is OnStop.LIMIT

    async def _is_best(self, seat: Seat, decision: Decision) -> bool:
        """Tell whether a closing order may go on resting at its price."""
        if not self._rests(seat) or decision.state is not DecisionState.OPEN:
            return False
        plan = seat.plan
        asked = GetTicker(plan.symbol)
        ticker = await self._outside.roads.call_public(plan.exchange, plan.venue, asked)
        return decision.price == _best(ticker, seat.book.quantity)


def _best(ticker: Ticker, held: Decimal) -> Decimal:
    """Give the best price among those who want to trade on the same side."""
    return (ticker.ask if held > 0 else ticker.bid) or ticker.last
