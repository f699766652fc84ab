"""Carry out decisions: exactly one chain of orders for each, whatever happens in between.

A decision is on disk before this begins. Its client order id is derived from it, so that an
order that was sent before a crash is found again instead of being sent twice.
"""

from collections.abc import AsyncIterator, Coroutine, Iterable, Mapping, Sequence
from dataclasses import dataclass, replace
from typing import Final

from drawbridge.core.clock import Clock
from drawbridge.core.errors import Conflict, DrawbridgeError, ExchangeDown, NotProven
from drawbridge.core.money import ZERO
from drawbridge.core.operations import PlaceOrder
from drawbridge.core.orders import Fill, Order, OrderType
from drawbridge.notices.model import Notice, NoticeKind
from drawbridge.robots.decision_store import Changes
from drawbridge.robots.model import Decision, DecisionState, RobotStatus
from drawbridge.robots.risk import is_about_key
from drawbridge.robots.running.checks import Checks
from drawbridge.robots.running.deciding import TOO_LATE, is_too_late
from drawbridge.robots.running.seat import Seat, is_entry
from drawbridge.robots.running.writing import TAKEN_OVER, Pen
from drawbridge.robots.seams import Desk, Outside
from drawbridge.trading.fanout import FanOut, Fate, Outcome, Wish

# What trading says of a client order id that was used and came to nothing.
_CAME_TO_NOTHING: Final = "order_already_intended"


class OrderChains:
    """Carries decisions to the exchange and brings back what became of them."""

    def __init__(self, outside: Outside, checks: Checks, pen: Pen, clock: Clock) -> None:
        """Use trading's desk and its record of fills."""
        self._desk = outside.desk
        self._record = outside.record
        self._places = outside.roads
        self._checks = checks
        self._pen = pen
        self._clock = clock
        self._taking = set[tuple[str, str, str]]()

    async def place_each(
        self, sent: Sequence[tuple[Seat, Decision]]
    ) -> AsyncIterator[tuple[Seat, Decision, Outcome]]:
        """Place the orders of fresh decisions side by side; each outcome goes to `hear`."""
        waiting = {(seat.key_id, str(it.client_id)): (seat, it) for seat, it in sent}
        wishes = (Wish(seat.key_id, seat.robot.origin, order_of(seat, it)) for seat, it in sent)
        fan_out = FanOut(_Placing(self._desk, waiting), self._places)
        async with fan_out.place_each(wishes) as outcomes:
            async for outcome in outcomes:
                known = (outcome.wish.key_id, outcome.wish.order.client_id)
                seat, decision = waiting.pop(known)
                yield seat, decision, outcome

    async def place(self, seat: Seat, decision: Decision) -> Order | None:
        """Place the order of a decision and give it as it then stands.

        Raises: as `hear`.
        """
        told = [it async for it in self.place_each([(seat, decision)])]
        return await self.hear(*told[0])

    async def hear(self, seat: Seat, decision: Decision, outcome: Outcome) -> Order | None:
        """Take in what became of placing a decision's order.

        Raises: `ExchangeDown`, `NotProven` and `Forbidden("key_not_usable")` when nothing happened
        and it will be tried once more, `OutcomeUnknown` while nobody knows; any other family is a
        definite no, after which the decision is closed.
        """
        error = outcome.error
        if error is None:
            if outcome.order is not None and outcome.order.order_id:
                seat.order_ids[decision.tag] = outcome.order.order_id
            return outcome.order
        if outcome.fate is Fate.UNKNOWN:
            await self._tell_unknown(seat, decision, error)
            raise error
        if isinstance(error, ExchangeDown | NotProven) or is_about_key(error):
            # The id is used up, and it is certain that nothing came of it: the next attempt
            # has an id of its own. Whether a key is bad is not decided by one refusal.
            await self._try_again(seat, decision)
            raise error
        if isinstance(error, Conflict) and error.code == TAKEN_OVER:
            # Not sent, because the seat was given up: whoever has the account now carries it out.
            raise error
        if isinstance(error, Conflict) and error.code == _CAME_TO_NOTHING:
            await self._try_again(seat, decision)
            raise ExchangeDown(error.code)
        await self.close(seat, decision, DecisionState.REFUSED, error)
        raise await self._checks.explained(seat, decision, error)

    async def settle(self, seat: Seat) -> bool:
        """Bring a seat's decisions further, one after the other; True when none is left.

        Raises: as `hear`.
        """
        for decision in tuple(seat.open.values()):
            if not await self.settle_one(seat, decision):
                return False
        return True

    async def settle_one(self, seat: Seat, decision: Decision) -> bool:
        """Bring a decision further; True when its order is final and all its fills are known."""
        decision = seat.open.get(decision.tag, decision)
        order = await self._desk.look_up(seat.key_id, decision.client_id)
        if order is None:
            if self.is_too_late(seat, decision):
                why = too_late(seat, decision, self._clock.now_ms())
                await self.close(seat, decision, DecisionState.DROPPED, why)
                return True
            order = await self.place(seat, decision)
            if order is not None and not order.status.is_final:
                order = await self._desk.look_up(seat.key_id, decision.client_id)
        return await self.take_up(seat, decision, order)

    async def take_up(self, seat: Seat, decision: Decision, order: Order | None) -> bool:
        """Take in how a decision's order stands; True when it is final, and then it is closed."""
        at = (seat.robot.id, seat.key_id, decision.tag)
        if order is None or not order.status.is_final or at in self._taking:
            return False
        # An answer and a stream may tell of the same end at once; its fills count once.
        self._taking.add(at)
        try:
            if decision.tag in seat.open:
                await self._take_in(seat, decision, order)
        finally:
            self._taking.discard(at)
        return True

    async def _take_in(self, seat: Seat, decision: Decision, order: Order) -> None:
        changes, fills = Changes(), await self.fills_of(seat, decision, order)
        book, standing = seat.with_fills(decision, fills)
        done = replace(decision, state=DecisionState.DONE)
        changes.moved.append(done)
        changes.standings.append((seat.robot.id, seat.key_id, standing))
        if fills:
            changes.notices.append(filled_notice(seat, decision, fills))
        await self._pen.write(changes)
        seat.book, seat.standing = book, standing
        seat.open.pop(decision.tag, None)
        seat.order_ids.pop(decision.tag, None)

    async def fills_of(self, seat: Seat, decision: Decision, order: Order) -> tuple[Fill, ...]:
        """Give every fill of an order that is final.

        Raises: `ExchangeDown("fills_not_told_yet")`, because not every exchange tells them with
        its answer.
        """
        fills = await self._record.fills_of_order(seat.key_id, decision.client_id)
        if sum((fill.quantity for fill in fills), ZERO) < order.filled or not order.filled:
            await self._desk.look_up(seat.key_id, decision.client_id)
            fills = await self._record.fills_of_order(seat.key_id, decision.client_id)
        return fills

    async def close(
        self,
        seat: Seat,
        decision: Decision,
        state: DecisionState,
        error: DrawbridgeError | None = None,
    ) -> None:
        """Close a decision of which nothing came, and say why if it was refused."""
        reason = error.code if error else ""
        changes = Changes(moved=[replace(decision, state=state, reason=reason)])
        if error is not None:
            notice = _notice(NoticeKind.ORDER_REFUSED, seat, decision, _why(error))
            changes.notices.append(notice)
        if error is not None and decision.approval:
            changes.outcomes.append((decision.approval, error.code))
        await self._pen.write(changes)
        seat.open.pop(decision.tag, None)
        seat.order_ids.pop(decision.tag, None)

    async def cancel(self, seat: Seat, decision: Decision) -> bool:
        """Cancel a decision's order, and take in how it ended.

        Raises: `ExchangeDown`, `OutcomeUnknown`.
        """
        order = await self._desk.cancel(seat.key_id, decision.client_id)
        if order is None:
            await self.close(seat, decision, DecisionState.DROPPED)
            return True
        return await self.take_up(seat, decision, order)

    def is_too_late(self, seat: Seat, decision: Decision) -> bool:
        """Tell whether a decision that was not sent yet is to be sent no more."""
        now_ms = self._clock.now_ms()
        if is_answer_over(decision, now_ms):
            return True
        if not is_entry(decision):
            return False
        if seat.status is RobotStatus.STOPPING:
            return True
        return is_too_late(seat.plan, decision.moment_ms, now_ms)

    async def _try_again(self, seat: Seat, decision: Decision) -> None:
        again = replace(decision, attempt=decision.attempt + 1)
        await self._pen.write(Changes(moved=[again]))
        if decision.tag in seat.open:
            seat.open[decision.tag] = again

    async def _tell_unknown(self, seat: Seat, decision: Decision, error: DrawbridgeError) -> None:
        notice = _notice(NoticeKind.ORDER_UNKNOWN, seat, decision, _why(error))
        await self._pen.write(Changes(notices=[notice]), key_ids=(seat.key_id,))


@dataclass(frozen=True, slots=True)
class _Placing:
    """Places the orders of seats, until these are given up.

    Why: whoever has the account meanwhile may have dropped what still waits for its turn here.
    """

    desk: Desk
    seats: Mapping[tuple[str, str], tuple[Seat, Decision]]

    async def known_among(
        self, intentions: Iterable[tuple[str, str]]
    ) -> frozenset[tuple[str, str]]:
        return await self.desk.known_among(intentions)

    def place(
        self, key_id: str, origin: str, order: PlaceOrder, *, is_new: bool = False
    ) -> Coroutine[None, None, Order]:
        if self.seats[key_id, order.client_id][0].is_left:
            raise Conflict(TAKEN_OVER)
        return self.desk.place(key_id, origin, order, is_new=is_new)


def order_of(seat: Seat, decision: Decision) -> PlaceOrder:
    """Give the order that carries out a decision."""
    at_market = decision.price is None
    return PlaceOrder(
        symbol=seat.plan.symbol,
        side=decision.side,
        type=OrderType.MARKET if at_market else OrderType.LIMIT,
        quantity=decision.quantity,
        price=decision.price,
        client_id=decision.client_id,
        reduce_only=decision.reduces,
    )


def decided_notice(seat: Seat, decision: Decision) -> Notice:
    """Tell of a decision as it is made."""
    return _notice(NoticeKind.ROBOT_DECIDED, seat, decision, {})


def is_answer_over(decision: Decision, now_ms: int) -> bool:
    """Tell whether the time has ended for which a person allowed an order."""
    return decision.until_ms is not None and now_ms >= decision.until_ms


def too_late(seat: Seat, decision: Decision, now_ms: int) -> DrawbridgeError:
    """Give why an order was left out that came too late."""
    if is_answer_over(decision, now_ms):
        return ExchangeDown("approval_too_late", name=seat.robot.name)
    return ExchangeDown(TOO_LATE, symbol=seat.plan.symbol)


def missed_notice(seat: Seat, decision: Decision) -> Notice:
    """Tell of an entry that came too late to be made."""
    why = _why(ExchangeDown(TOO_LATE, symbol=seat.plan.symbol))
    return _notice(NoticeKind.ORDER_REFUSED, seat, decision, why)


def filled_notice(seat: Seat, decision: Decision, fills: Sequence[Fill]) -> Notice:
    """Tell of what a decision's order has filled."""
    quantity = sum((fill.quantity for fill in fills), ZERO)
    price = sum((fill.quote_quantity for fill in fills), ZERO) / quantity
    facts = {"quantity": quantity, "price": price}
    return _notice(NoticeKind.ORDER_FILLED, seat, decision, facts)


def _why(error: DrawbridgeError) -> dict[str, object]:
    return {"reason": error.code, "about": dict(error.facts)}


def _notice(kind: NoticeKind, seat: Seat, decision: Decision, more: Mapping[str, object]) -> Notice:
    facts: dict[str, object] = {
        "name": seat.robot.name,
        "symbol": seat.plan.symbol,
        "side": decision.side.value,
        "quantity": decision.quantity,
        "client_order_id": decision.client_id,
        "time_ms": decision.moment_ms,
    }
    if decision.price is not None:
        facts["price"] = decision.price
    return Notice(kind, seat.robot.owner, seat.robot.id, {**facts, **more})
