"""Where operations are carried out: judged, applied and written down, all in memory.

No disk and no clock here: time is an argument, and what happened is handed to `record` as text
the moment it has happened. `world.py` puts it on disk.
"""

from collections.abc import Callable, Sequence
from typing import Any, TypeVar, cast

from drawbridge.core.errors import BadInput, Corrupted, NotProven
from drawbridge.core.markets import Candle, OrderBook, PublicTrade, Ticker
from drawbridge.core.operations import (
    Balance,
    CancelAllOrders,
    CancelOrder,
    GetBalances,
    GetCandles,
    GetClosedOrders,
    GetOpenOrders,
    GetOrder,
    GetOrderBook,
    GetOwnTrades,
    GetTicker,
    GetTickers,
    GetTrades,
    Operation,
    Placed,
    PlaceOrder,
)
from drawbridge.core.orders import Fill, Order
from drawbridge.paper import engine, history, triggers
from drawbridge.paper.book import OrderState
from drawbridge.paper.contract_desk import ContractDesk
from drawbridge.paper.events import Accepted, Event, Opened, encode_events
from drawbridge.paper.house import STEP_MS
from drawbridge.paper.market_data import MarketData
from drawbridge.paper.setting_up import Built
from drawbridge.paper.state import Floor, Pit

Answer = TypeVar("Answer")

Record = Callable[[str, str], None]
"""Takes an exchange's id (empty: all of them) and the events of one command as text."""

Witness = Callable[[Floor, Event], None]
"""Is told of an event at an exchange the moment it has happened; it must not raise."""


class Desk:
    """Carries out operations on all exchanges of a world."""

    def __init__(self, built: Built, record: Record) -> None:
        """Work on this state; hand what happens to `record`."""
        self._state = built.state
        self._data = built.data
        self._record = record
        self.witness: Witness | None = None
        self._step = 0
        self._public: dict[type[Any], Callable[[Floor, Any, int], object]] = {
            GetTicker: self._ticker,
            GetTickers: self._tickers,
            GetCandles: self._candles,
            GetOrderBook: self._book,
            GetTrades: self._trades,
        }
        self._private: dict[type[Any], Callable[[Floor, str, Any, int], object]] = {
            PlaceOrder: self._place,
            CancelOrder: self._cancel,
            CancelAllOrders: self._cancel_all,
            GetBalances: self._balances,
            GetOrder: _get_order,
            GetOpenOrders: _open_orders,
            GetClosedOrders: _closed_orders,
            GetOwnTrades: _own_trades,
        }
        self._contracts = ContractDesk(self._state, self._apply, self._write)
        self._public |= self._contracts.public
        self._private |= self._contracts.private

    def carry_out(
        self, exchange_id: str, account: str | None, operation: Operation[Answer], now_ms: int
    ) -> Answer:
        """Carry out one operation; `account` None is anyone.

        Raises: the errors whose codes every exchange can speak.
        """
        if now_ms // STEP_MS != self._step:
            self.advance(now_ms)
        floor = self._state.floors[exchange_id]
        private = self._private.get(type(operation))
        if private is None:
            public = self._public.get(type(operation))
            if public is None:
                raise BadInput("unknown_endpoint", field="operation")
            return cast("Answer", public(floor, operation, now_ms))
        if account is None or account not in self._state.accounts:
            raise NotProven("bad_key")
        return cast("Answer", private(floor, account, operation, now_ms))

    def advance(self, now_ms: int) -> None:
        """Let resting orders meet the price of this step; once a step is enough."""
        self._step = now_ms // STEP_MS
        for floor in self._state.floors.values():
            for pit in floor.pits.values():
                if pit.rules.contract is None:
                    self._advance(floor, pit, now_ms)
        for floor in self._state.contract_floors:
            self._contracts.advance(floor, now_ms)

    def open_account(self, account: str, money: Sequence[tuple[str, int]], now_ms: int) -> None:
        """Open an account with money out of issuance; one that is open stays as it is."""
        if account not in self._state.accounts:
            opened = [Opened(account, now_ms, tuple(money))]
            self._state.apply("", opened)
            self._record("", encode_events(opened))

    def _apply(self, floor: Floor, events: Sequence[Event]) -> None:
        witness = self.witness
        if witness is None:
            self._state.apply(floor.exchange_id, events)
            return
        # One by one, so that each order can be told as it stood after each event.
        for event in events:
            self._state.apply(floor.exchange_id, (event,))
            witness(floor, event)

    def _write(self, floor: Floor, events: Sequence[Event]) -> None:
        self._record(floor.exchange_id, encode_events(events))

    def _happen(self, floor: Floor, events: Sequence[Event]) -> None:
        self._apply(floor, events)
        self._write(floor, events)

    def _advance(self, floor: Floor, pit: Pit, now_ms: int) -> None:
        events = engine.advance(floor, pit, now_ms)
        if events:
            self._happen(floor, events)
        for order in triggers.due(pit, now_ms):
            # One after the other: each finds what the one before it left.
            self._happen(floor, triggers.fire(self._state, floor, order, now_ms))

    def _place(self, floor: Floor, account: str, wanted: PlaceOrder, now_ms: int) -> Placed:
        is_contract = floor.pit(wanted.symbol).rules.contract is not None
        if is_contract:
            events = self._contracts.judge(floor, account, wanted, now_ms)
        else:
            judge = engine.place if wanted.trigger is None else triggers.park
            events = judge(self._state, floor, account, wanted, now_ms)
        accepted = events[0]
        if not isinstance(accepted, Accepted):
            raise Corrupted("paper_engine_broken")
        if wanted.dry_run:
            return Placed(_unplaced(floor, accepted))
        if is_contract:
            self._contracts.carry_through(floor, events, now_ms)
        else:
            self._happen(floor, events)
        order = floor.orders[accepted.number]
        return Placed(history.tell_order(floor, order), history.fills_of(floor, order))

    def _cancel(self, floor: Floor, account: str, wanted: CancelOrder, now_ms: int) -> Order:
        order, ended = engine.cancel(floor, account, wanted, now_ms)
        self._happen(floor, (ended,))
        return history.tell_order(floor, order)

    def _cancel_all(
        self, floor: Floor, account: str, wanted: CancelAllOrders, now_ms: int
    ) -> tuple[Order, ...]:
        orders, ended = engine.cancel_all(floor, account, wanted, now_ms)
        if ended:
            self._happen(floor, ended)
        return tuple(history.tell_order(floor, order) for order in orders)

    def _balances(
        self, _floor: Floor, account: str, _wanted: GetBalances, _now_ms: int
    ) -> tuple[Balance, ...]:
        return self._state.balances(account)

    def _ticker(self, floor: Floor, wanted: GetTicker, now_ms: int) -> Ticker:
        return self._of(floor, wanted.symbol).ticker(now_ms)

    def _tickers(self, floor: Floor, wanted: GetTickers, now_ms: int) -> tuple[Ticker, ...]:
        symbols = wanted.symbols or floor.pits
        return tuple(self._of(floor, symbol).ticker(now_ms) for symbol in symbols)

    def _candles(self, floor: Floor, wanted: GetCandles, now_ms: int) -> tuple[Candle, ...]:
        return self._of(floor, wanted.symbol).candles(wanted, now_ms)

    def _book(self, floor: Floor, wanted: GetOrderBook, now_ms: int) -> OrderBook:
        return self._of(floor, wanted.symbol).book(wanted, now_ms)

    def _trades(self, floor: Floor, wanted: GetTrades, now_ms: int) -> tuple[PublicTrade, ...]:
        return self._of(floor, wanted.symbol).trades(wanted, now_ms)

    def _of(self, floor: Floor, symbol: str) -> MarketData:
        # Through the pit, which refuses a symbol that is not there.
        return self._data[floor.exchange_id, floor.pit(symbol).rules.symbol]


def _unplaced(floor: Floor, accepted: Accepted) -> Order:
    """Tell of an order that was only checked: it has no id."""
    return OrderState.of(accepted, "", floor.pits[accepted.symbol].rules).told(())


def _get_order(floor: Floor, account: str, wanted: GetOrder, _now_ms: int) -> Order:
    return history.get_order(floor, account, wanted)


def _open_orders(
    floor: Floor, account: str, wanted: GetOpenOrders, _now_ms: int
) -> tuple[Order, ...]:
    return history.open_orders(floor, account, wanted)


def _closed_orders(
    floor: Floor, account: str, wanted: GetClosedOrders, _now_ms: int
) -> tuple[Order, ...]:
    return history.closed_orders(floor, account, wanted)


def _own_trades(floor: Floor, account: str, wanted: GetOwnTrades, _now_ms: int) -> tuple[Fill, ...]:
    return history.own_trades(floor, account, wanted)
