"""Carry out a decision: exactly one chain of orders for each, whatever happens in between.

The decision is on disk before this begins. Its client order id is derived from it, so that an
order that was sent before a crash is found again instead of being sent twice.
"""

from dataclasses import replace
from typing import Final

from drawbridge.core.clock import Clock
from drawbridge.core.errors import (
    DrawbridgeError,
    ExchangeDown,
    OutcomeUnknown,
)
from drawbridge.core.operations import PlaceOrder
from drawbridge.core.orders import Order, OrderType
from drawbridge.robots.decision_store import Changes, write
from drawbridge.robots.model import Decision, DecisionState, Robot
from drawbridge.robots.risk import is_entry
from drawbridge.robots.seams import Desk
from drawbridge.storage.database import Database

# A decision is made when its candle has closed, which is one candle's length after its moment;
# an entry that could not be placed for as long again would buy at a price that is gone.
_ENTRY_GOOD_FOR_CANDLES: Final = 2
# What trading says of a client order id that was used and came to nothing.
_CAME_TO_NOTHING: Final = "order_already_intended"


class OrderChains:
    """Settles decisions, one order at a time."""

    def __init__(self, database: Database, desk: Desk, clock: Clock) -> None:
        """Use the app's database and trading's desk."""
        self._database = database
        self._desk = desk
        self._clock = clock

    async def settle(self, robot: Robot, decision: Decision) -> bool:
        """Bring a decision further; True when its order is final and all its fills are known.

        Raises: `ExchangeDown` when nothing happened and it will be tried once more,
        `OutcomeUnknown` while nobody knows; any other family is the exchange's or the gateway's
        definite no, after which the decision is closed.
        """
        order = await self._desk.look_up(robot.plan.key_id, decision.client_id)
        if order is None and self._is_too_late(robot, decision):
            await self._close(decision, DecisionState.DROPPED)
            return True
        if order is None:
            order = await self._placed(robot, decision)
        if not order.status.is_final:
            return False
        await self._close(decision, DecisionState.DONE)
        return True

    async def _placed(self, robot: Robot, decision: Decision) -> Order:
        plan = robot.plan
        wanted = PlaceOrder(
            symbol=plan.symbol,
            side=decision.side,
            type=OrderType.MARKET,
            quantity=decision.quantity,
            client_id=decision.client_id,
        )
        try:
            await self._desk.place(plan.key_id, robot.origin, wanted)
        except OutcomeUnknown:
            raise
        except ExchangeDown:
            # The id is used up, and it is certain that nothing came of it: the next attempt
            # has an id of its own.
            await self._try_again(decision)
            raise
        except DrawbridgeError as error:
            if error.code == _CAME_TO_NOTHING:
                await self._try_again(decision)
                raise ExchangeDown(error.code) from None
            await self._close(decision, DecisionState.REFUSED, error.code)
            raise
        # Looked up again, because not every exchange tells the fills in its answer.
        order = await self._desk.look_up(plan.key_id, decision.client_id)
        if order is None:
            raise ExchangeDown(_CAME_TO_NOTHING)
        return order

    def _is_too_late(self, robot: Robot, decision: Decision) -> bool:
        good_for_ms = _ENTRY_GOOD_FOR_CANDLES * robot.plan.interval_ms
        age_ms = self._clock.now_ms() - decision.moment_ms - robot.plan.interval_ms
        return is_entry(decision.side) and age_ms > good_for_ms

    async def _try_again(self, decision: Decision) -> None:
        await self._write(replace(decision, attempt=decision.attempt + 1))

    async def _close(self, decision: Decision, state: DecisionState, reason: str = "") -> None:
        await self._write(replace(decision, state=state, reason=reason))

    async def _write(self, decision: Decision) -> None:
        async with self._database.transaction() as tx:
            await write(tx, Changes(moved=[decision]), self._clock.now_ms())
