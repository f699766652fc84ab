"""The desk for contracts: operations on them carried out, and what time does to positions.

Works step by step through `apply`, because every step changes what the next one may do; the
events of a command are handed to `record` together once it is done.
"""

from collections.abc import Callable, Sequence
from typing import Any

from drawbridge.core.derivatives import (
    AdjustMargin,
    ContractSetting,
    GetContractSettings,
    GetFundingHistory,
    GetFundingPayments,
    GetFundingRates,
    GetMarginAccounts,
    GetPositionMode,
    GetPositions,
    Position,
    SetLeverage,
    SetMarginMode,
    SetPositionMode,
)
from drawbridge.core.operations import PlaceOrder
from drawbridge.paper import contract_settings, contract_views, contracts, funding, triggers
from drawbridge.paper.book import OrderState
from drawbridge.paper.events import Event, Traded
from drawbridge.paper.liquidation import liquidate
from drawbridge.paper.state import Floor, State

Apply = Callable[[Floor, Sequence[Event]], None]
"""Lets events happen at an exchange."""

Record = Callable[[Floor, Sequence[Event]], None]
"""Takes all events of one command once they have happened."""


class ContractDesk:
    """Carries out operations on the contracts of all exchanges of a world."""

    def __init__(self, state: State, apply: Apply, record: Record) -> None:
        """Work on this state through `apply`; hand what happened to `record`."""
        self._state = state
        self._apply = apply
        self._record = record
        self.public: dict[type[Any], Callable[[Floor, Any, int], object]] = {
            GetFundingRates: contract_views.funding_rates,
            GetFundingHistory: contract_views.funding_history,
        }
        self.private: dict[type[Any], Callable[[Floor, str, Any, int], object]] = {
            GetPositions: lambda *wish: contract_views.positions(state, *wish),
            GetMarginAccounts: lambda floor, account, _, now_ms: contract_views.margin_accounts(
                state, floor, account, now_ms
            ),
            GetContractSettings: lambda floor, account, wanted, _: contract_views.settings(
                floor, account, wanted
            ),
            GetFundingPayments: lambda floor, account, wanted, _: contract_views.funding_payments(
                floor, account, wanted
            ),
            GetPositionMode: lambda floor, account, *_: account in floor.contracts.hedged,
            SetLeverage: self._set_leverage,
            SetMarginMode: self._set_margin_mode,
            SetPositionMode: self._set_position_mode,
            AdjustMargin: self._adjust_margin,
        }

    def judge(self, floor: Floor, account: str, order: PlaceOrder, now_ms: int) -> list[Event]:
        """Judge an order; give its acceptance. Raises: what `contracts.place` raises."""
        return contracts.place(self._state, floor, account, order, now_ms)

    def carry_through(self, floor: Floor, events: Sequence[Event], now_ms: int) -> None:
        """Let an order's acceptance or its trigger happen, and then all that follows from it."""
        number = getattr(events[0], "number", 0)
        happened = self._take(floor, events)
        order = floor.orders[number]
        while following := contracts.proceed(self._state, floor, order, now_ms):
            happened += self._take(floor, following)
        self._record(floor, happened)

    def advance(self, floor: Floor, now_ms: int) -> None:
        """Let fundings, resting orders, triggers and liquidations of this step take place."""
        pits = [pit for pit in floor.pits.values() if pit.rules.contract is not None]
        for pit in pits:
            while (funded := funding.due(self._state, floor, pit, now_ms)) is not None:
                self._finish(floor, [funded])
        for pit in pits:
            while events := contracts.advance(self._state, floor, pit, now_ms):
                self._finish(floor, events)
            for order in triggers.due(pit, now_ms):
                self._fire(floor, order, now_ms)
        while events := liquidate(self._state, floor, now_ms):
            self._finish(floor, events)

    def _fire(self, floor: Floor, order: OrderState, now_ms: int) -> None:
        self.carry_through(floor, contracts.fire(self._state, floor, order, now_ms), now_ms)

    def _finish(self, floor: Floor, events: Sequence[Event]) -> None:
        self._record(floor, self._take(floor, events))

    def _take(self, floor: Floor, events: Sequence[Event]) -> list[Event]:
        """Let events happen, and end the orders that have nothing left to reduce."""
        happened = list(events)
        self._apply(floor, events)
        for event in events:
            if isinstance(event, Traded):
                ended = list(contracts.orphans(floor, event))
                self._apply(floor, ended)
                happened += ended
        return happened

    def _set_leverage(
        self, floor: Floor, account: str, wanted: SetLeverage, now_ms: int
    ) -> ContractSetting:
        events = contract_settings.set_leverage(self._state, floor, account, wanted, now_ms)
        self._finish(floor, events)
        return contract_views.tell_setting(floor, account, floor.pit(wanted.symbol).rules)

    def _set_margin_mode(
        self, floor: Floor, account: str, wanted: SetMarginMode, now_ms: int
    ) -> ContractSetting:
        self._finish(floor, contract_settings.set_margin_mode(floor, account, wanted, now_ms))
        return contract_views.tell_setting(floor, account, floor.pit(wanted.symbol).rules)

    def _set_position_mode(
        self, floor: Floor, account: str, wanted: SetPositionMode, now_ms: int
    ) -> bool:
        self._finish(floor, contract_settings.set_position_mode(floor, account, wanted, now_ms))
        return account in floor.contracts.hedged

    def _adjust_margin(
        self, floor: Floor, account: str, wanted: AdjustMargin, now_ms: int
    ) -> Position:
        events = contract_settings.adjust_margin(self._state, floor, account, wanted, now_ms)
        self._finish(floor, events)
        told = contract_views.positions(
            self._state, floor, account, GetPositions(wanted.symbol), now_ms
        )
        return next(position for position in told if position.side is wanted.side)
