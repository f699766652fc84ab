"""Carry out a decision: exactly one chain of orders for each, whatever happens in between.

The decision is on disk before this begins. Its client order id is derived from it, so that an
order that was sent before a crash is found again instead of being sent twice.
"""

from dataclasses import replace
from decimal import Decimal
from typing import Final

from drawbridge.core.clock import Clock
from drawbridge.core.errors import (
    DrawbridgeError,
    ExchangeDown,
    ExchangeRefused,
    OutcomeUnknown,
)
from drawbridge.core.money import ZERO
from drawbridge.core.operations import PlaceOrder
from drawbridge.core.orders import Order, OrderType
from drawbridge.robots.model import Decision, DecisionState, Robot
from drawbridge.robots.risk import is_entry
from drawbridge.robots.seams import Desk, Record
from drawbridge.robots.store import update_decision
from drawbridge.storage.database import Database

# A decision is made when its candle has closed, which is one candle's length after its moment;
# an entry that could not be placed for as long again would buy at a price that is gone.
_ENTRY_GOOD_FOR_CANDLES: Final = 2
# What trading says of an order that was sent, not answered, and then certainly not found.
_NEVER_ARRIVED: Final = "never_arrived"


class OrderChains:
    """Settles decisions, one order at a time."""

    def __init__(self, database: Database, desk: Desk, record: Record, clock: Clock) -> None:
        """Use the app's database, trading's desk and its record."""
        self._database = database
        self._desk = desk
        self._record = record
        self._clock = clock

    async def settle(self, robot: Robot, decision: Decision) -> bool:
        """Bring a decision further; True when its order is final and all its fills are known.

        Raises: `ExchangeDown` when nothing happened and it will be tried once more,
        `OutcomeUnknown` while nobody knows; any other family is the exchange's or the gateway's
        definite no, after which the decision is closed.
        """
        key_id, client_id = robot.plan.key_id, decision.client_id
        if await self._is_too_late(robot, decision):
            await self._close(decision, DecisionState.DROPPED)
            return True
        order = await self._placed(robot, decision)
        if not order.status.is_final:
            order = await self._desk.refresh(key_id, client_id)
        if not order.status.is_final:
            return False
        if await self._filled_on_record(robot, decision) < order.filled:
            # Executions can be told later than the order; a position is made of them alone.
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
            return await self._desk.place(plan.key_id, robot.origin, wanted)
        except OutcomeUnknown:
            raise
        except ExchangeDown:
            # The id is used up, and it is certain that nothing came of it: the next attempt
            # has an id of its own.
            await self._try_again(decision)
            raise
        except ExchangeRefused as error:
            if error.code != _NEVER_ARRIVED:
                await self._close(decision, DecisionState.REFUSED, error.code)
                raise
            await self._try_again(decision)
            raise ExchangeDown(error.code) from None
        except DrawbridgeError as error:
            await self._close(decision, DecisionState.REFUSED, error.code)
            raise

    async def _filled_on_record(self, robot: Robot, decision: Decision) -> Decimal:
        fills = await self._record.fills_of(robot.origin)
        return sum((fill.quantity for fill in fills if fill.client_id == decision.client_id), ZERO)

    async def _is_too_late(self, robot: Robot, decision: Decision) -> bool:
        good_for_ms = _ENTRY_GOOD_FOR_CANDLES * robot.plan.interval_ms
        age_ms = self._clock.now_ms() - decision.moment_ms - robot.plan.interval_ms
        if not is_entry(decision.side) or age_ms <= good_for_ms:
            return False
        # An order that may have been sent is never dropped, however old it is.
        known = await self._record.find_order(robot.plan.key_id, decision.client_id)
        return known is None

    async def _try_again(self, decision: Decision) -> None:
        await self._write(replace(decision, attempt=decision.attempt + 1))

    async def _close(self, decision: Decision, state: DecisionState, reason: str = "") -> None:
        await self._write(replace(decision, state=state, reason=reason))

    async def _write(self, decision: Decision) -> None:
        async with self._database.transaction() as tx:
            await update_decision(tx, decision)
