"""Placing the probe order and ending it, whatever happens in between.

Never two probe orders: what was sent is looked up by its client id and not sent again. Which
order it is stands in `probe_order.py`; what its end means for the key, in `verdict.py`.
"""

import asyncio
from dataclasses import replace
from typing import Final

from drawbridge.core.clock import Clock
from drawbridge.core.errors import DrawbridgeError, ExchangeDown, NotFound, OutcomeUnknown
from drawbridge.core.money import plain
from drawbridge.core.operations import CancelOrder, GetOrder, PlaceOrder
from drawbridge.core.orders import Order
from drawbridge.gateway.crossing import Gateway
from drawbridge.gateway.journal import NEVER_ARRIVED, OrderJournal
from drawbridge.gateway.lookup import Sought, look_up
from drawbridge.gateway.permission import never_left
from drawbridge.gateway.policy import Purpose
from drawbridge.verification.store import PendingProbe
from drawbridge.verification.verdict import ProbeEnd, ProbeOutcome
from drawbridge.wire.stamps import StampRule

PAUSES_MS: Final = (250, 500, 1_000, 2_000)
_TRIES: Final = 3


class Probing:
    """Place, look up, cancel and confirm probe orders."""

    def __init__(
        self,
        gateway: Gateway,
        journal: OrderJournal,
        clock: Clock,
        *,
        pauses_ms: tuple[int, ...] = PAUSES_MS,
    ) -> None:
        """Work through the gateway; between two tries it waits for the next of the pauses."""
        self._gateway = gateway
        self._journal = journal
        self._clock = clock
        self._pauses_ms = pauses_ms

    async def place(
        self, key_id: str, check_no: int, order: PlaceOrder, rule: StampRule
    ) -> Order | ProbeOutcome:
        """Place the probe order; give it, or the outcome that ends the probe.

        Raises: `ExchangeDown` when nothing happened, and as `find`.
        """
        sought = Sought(key_id, order.symbol, order.client_id, self._clock.now_ms())
        try:
            placed = await self._gateway.call(
                key_id, order, purpose=Purpose.CHECK, origin=f"check:{check_no}"
            )
        except OutcomeUnknown as error:
            return await self.find(sought, rule, error)
        except ExchangeDown:
            raise
        except DrawbridgeError as error:
            if error.code == "insufficient_funds":
                return ProbeOutcome(ProbeEnd.FUNDS_MISSING, error.code)
            return ProbeOutcome(ProbeEnd.REFUSED, error.code, error.facts)
        return placed.order

    async def find(
        self, sought: Sought, rule: StampRule, cause: DrawbridgeError
    ) -> Order | ProbeOutcome:
        """Look for an order whose outcome is unknown, for a few seconds.

        Raises: `ExchangeDown("account_moved")`: nobody was asked, so nothing was learnt.
        """
        pending = ProbeOutcome(
            ProbeEnd.PENDING, cause.code, {"order": sought.client_id, "symbol": sought.symbol}
        )
        for pause_ms in self._pauses_ms:
            try:
                order = await look_up(self._gateway, self._clock, rule, sought)
            except (ExchangeDown, OutcomeUnknown) as error:
                _raise_if_not_asked(error)
                pending = replace(pending, code=error.code)
                await asyncio.sleep(pause_ms / 1_000)
                continue
            except DrawbridgeError as error:
                return replace(pending, code=error.code)
            if order is not None:
                return order
            await self._journal.fail(sought.key_id, sought.client_id, NEVER_ARRIVED, cause.code)
            return ProbeOutcome(ProbeEnd.NEVER_ARRIVED, cause.code)
        return pending

    async def end(self, key_id: str, order: Order) -> ProbeOutcome:
        """Cancel an order and see it cancelled. Raises: as `find`."""
        pending = ProbeOutcome(
            ProbeEnd.PENDING, facts={"order": order.order_id, "symbol": order.symbol}
        )
        known = order
        for pause_ms in self._pauses_ms:
            try:
                if not known.status.is_final:
                    await self._cancel(key_id, known)
                known = await self._read(key_id, known)
            except (ExchangeDown, OutcomeUnknown) as error:
                _raise_if_not_asked(error)
                pending = replace(pending, code=error.code)
                await asyncio.sleep(pause_ms / 1_000)
                continue
            except DrawbridgeError as error:
                return replace(pending, code=error.code)
            if known.status.is_final:
                return _ended(known)
            await asyncio.sleep(pause_ms / 1_000)
        return pending

    async def resume(self, pending: PendingProbe, rule: StampRule) -> ProbeOutcome:
        """End a probe order that an earlier run of this process began. Raises: as `find`."""
        sought = Sought(pending.key_id, pending.symbol, pending.client_id, pending.intended_ms)
        found = await self.find(sought, rule, OutcomeUnknown("answer_lost"))
        return await self.end(pending.key_id, found) if isinstance(found, Order) else found

    async def insist(self, pending: PendingProbe, rule: StampRule) -> ProbeOutcome:
        """Do as `resume`, again and again, while what keeps us from it may go by soon."""
        for _ in range(_TRIES):
            await asyncio.sleep(self._pauses_ms[-1] / 1_000)
            outcome = await self.resume(pending, rule)
            if not outcome.may_go_by:
                break
        return outcome

    async def _cancel(self, key_id: str, order: Order) -> None:
        # By both ids where we have both: each exchange takes the one that it prefers.
        operation = CancelOrder(order.symbol, order.order_id, order.client_id)
        try:
            await self._gateway.call(key_id, operation, purpose=Purpose.CLEAN_UP)
        except NotFound:
            # Gone already: filled, expired or cancelled by somebody. Reading it tells which.
            return

    async def _read(self, key_id: str, order: Order) -> Order:
        operation = GetOrder(order.symbol, order.order_id, order.client_id)
        return await self._gateway.call(key_id, operation, purpose=Purpose.CLEAN_UP)


def _raise_if_not_asked(error: DrawbridgeError) -> None:
    """Raise what says that the account is not surely ours: whoever has it looks for the order."""
    if never_left(error):
        raise error


def _ended(order: Order) -> ProbeOutcome:
    if not order.filled:
        return ProbeOutcome(ProbeEnd.CANCELLED, facts={"order": order.order_id})
    facts = {
        "order": order.order_id,
        "symbol": order.symbol,
        "filled": plain(order.filled),
        "paid": plain(order.filled_quote),
    }
    return ProbeOutcome(ProbeEnd.FILLED, facts=facts)
