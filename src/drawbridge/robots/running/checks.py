"""Asking key and account whether a robot may work there, and what an account says against it."""

from collections.abc import Collection
from decimal import Decimal
from typing import Final

from drawbridge.core.clock import Clock
from drawbridge.core.derivatives import GetPositions
from drawbridge.core.due import Due
from drawbridge.core.errors import DrawbridgeError, ExchangeRefused, Forbidden
from drawbridge.core.money import ONE, ZERO
from drawbridge.core.operations import Balance, GetBalances
from drawbridge.gateway.policy import Purpose
from drawbridge.robots.model import Decision
from drawbridge.robots.risk import (
    INSUFFICIENT_FUNDS,
    POSITION_MISSING,
    Refusal,
    judge_end,
    judge_key,
)
from drawbridge.robots.running.seat import Seat, is_entry
from drawbridge.robots.seams import Outside

# Who was not looked at once its end was near is looked at again.
_AGAIN_MS: Final = 60_000


class Checks:
    """What is asked before robots trade, and after they were refused."""

    def __init__(self, outside: Outside, clock: Clock) -> None:
        """Ask the vault's keys, and accounts over the gateway."""
        self._outside = outside
        self._clock = clock
        self._seen = 0
        # When robots pause because their key ends soon.
        self._ends: Due[str] = Due()

    async def list_suspects(self) -> Collection[str]:
        """List the keys of which something has changed since the last look, or whose end is near.

        Whether robots may work with them is to be asked anew.
        """
        news = await self._outside.keys.news(self._seen)
        for key_id in news.gone:
            self._ends.drop(key_id)
        for key in news.keys:
            if key.pauses_ms is None:
                self._ends.drop(key.id)
            else:
                self._ends.put(key.id, key.pauses_ms)
        self._seen = news.version
        now_ms = self._clock.now_ms()
        ended = self._ends.take(now_ms, len(self._ends), again_ms=_AGAIN_MS)
        return {*ended, *(str(key.id) for key in news.keys)}

    async def find_refusal(self, seat: Seat) -> Refusal | None:
        """Tell why a seat cannot work with its key, None when it can."""
        key = await self._outside.keys.get_record(seat.key_id)
        found = judge_key(key.status, key.scopes, seat.plan, key.reason)
        return found or judge_end(key, self._clock.now_ms())

    async def closes_first(self, seat: Seat) -> bool:
        """Tell whether positions are to be closed before the seat's key ends."""
        return (await self._outside.keys.get_record(seat.key_id)).life.closes

    async def check_key(self, seat: Seat) -> None:
        """Make sure that a seat may work with its key. Raises: `Forbidden` with the reason."""
        if refusal := await self.find_refusal(seat):
            raise Forbidden(refusal.code, rule="key", **refusal.facts)

    async def check_position(self, seat: Seat) -> None:
        """Make sure that the account holds what the robot's own fills add up to.

        Why: less than that means that a person has sold or moved it; the robot then asks instead
        of selling what is not its own. More is somebody else's and none of its business.
        Raises: `Forbidden("robot_position_missing")`.
        """
        quantity = seat.book.quantity
        if seat.book.is_flat:
            return
        there = await self._held_there(seat)
        if there * quantity < 0 or abs(there) < abs(quantity) - seat.book.step:
            raise Forbidden(POSITION_MISSING, rule="position", **_missing(seat, there))

    async def explained(
        self, seat: Seat, decision: Decision, error: DrawbridgeError
    ) -> DrawbridgeError:
        """Give an error as it is best told: with amounts where money or goods were missing."""
        if error.code != INSUFFICIENT_FUNDS or seat.plan.is_contract:
            return error
        try:
            balances = await self._balances(seat)
        except DrawbridgeError:
            return error
        free = {it.currency: it.free for it in balances}
        if not is_entry(decision) and decision.price is None:
            missing = _missing(seat, free.get(seat.plan.base, ZERO))
            return ExchangeRefused(POSITION_MISSING, **missing)
        fee = seat.market.fee_taker if seat.market else ZERO
        return ExchangeRefused(
            INSUFFICIENT_FUNDS,
            needed=seat.account.stake.amount * (ONE + fee),
            free=free.get(seat.plan.quote, ZERO),
            currency=seat.plan.quote,
        )

    async def _held_there(self, seat: Seat) -> Decimal:
        plan = seat.plan
        if not plan.is_contract:
            balances = await self._balances(seat)
            return next((it.total for it in balances if it.currency == plan.base), ZERO)
        asked = GetPositions(plan.symbol)
        told = await self._outside.roads.call(seat.key_id, asked, purpose=Purpose.READ)
        return sum((it.quantity for it in told if it.symbol == plan.symbol), ZERO)

    async def _balances(self, seat: Seat) -> tuple[Balance, ...]:
        return await self._outside.roads.call(seat.key_id, GetBalances(), purpose=Purpose.READ)


def _missing(seat: Seat, free: Decimal) -> dict[str, object]:
    return {"held": seat.book.quantity, "free": free, "currency": seat.plan.base}
