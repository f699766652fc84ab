"""The whole state of the paper exchanges: a fold over events, and nothing else.

`State.apply` is the only way in which anything changes; it judges nothing, because what was
written once must always be readable again. What is allowed is decided in `engine.py`.
"""

from collections import deque
from collections.abc import Callable, Collection, Iterable, Mapping
from dataclasses import dataclass, field
from typing import Any, Final

from drawbridge.core.errors import Corrupted, NotFound
from drawbridge.core.markets import PublicTrade
from drawbridge.core.operations import Balance
from drawbridge.core.orders import OrderStatus, Side
from drawbridge.paper.book import Book, OrderState
from drawbridge.paper.events import (
    Accepted,
    Adjusted,
    Chosen,
    Ended,
    Event,
    Funded,
    Hedged,
    Opened,
    Traded,
    Triggered,
)
from drawbridge.paper.house import STEP_MS, House
from drawbridge.paper.ledger import ISSUANCE, Entry, Ledger, free, held
from drawbridge.paper.positions import HISTORY, Contracts, Setting
from drawbridge.paper.postings import spot_entries
from drawbridge.paper.rules import Rules, amount_of

_TAPE: Final = 1_000
# Leaves room for the trades of people between two trades of the feed.
TAPE_SLOTS: Final = 100_000


@dataclass(frozen=True, slots=True)
class FillState:
    """One side of a trade. Units: ticks, lots, atoms."""

    trade: int
    order: OrderState
    ticks: int
    lots: int
    fee: int
    is_maker: bool
    at_ms: int
    realised: int = 0


@dataclass(slots=True)
class Record:
    """What an account did at one exchange, oldest first."""

    open: dict[int, OrderState] = field(default_factory=dict)
    closed: deque[OrderState] = field(default_factory=deque)
    fills: deque[FillState] = field(default_factory=lambda: deque(maxlen=HISTORY))


class Pit:
    """One market of one exchange: its rules, people's book, the house, and the tape of trades.

    Orders that wait for a trigger are not in the book; they lie in `waiting` by number.
    """

    __slots__ = (
        "book",
        "changes",
        "house",
        "rules",
        "step",
        "taken_buy",
        "taken_sell",
        "tape",
        "waiting",
    )

    def __init__(self, rules: Rules, house: House) -> None:
        """Start with an empty book."""
        self.rules = rules
        self.house = house
        self.book = Book()
        self.waiting: dict[int, OrderState] = {}
        self.tape: deque[PublicTrade] = deque(maxlen=_TAPE)
        self.step = 0
        self.changes = 0
        self.taken_buy = 0
        self.taken_sell = 0

    def taken(self, side: Side, step: int) -> int:
        """Give the lots that the house already bought (`BUY`) or sold in a step."""
        if step != self.step:
            return 0
        return self.taken_buy if side is Side.BUY else self.taken_sell

    def enter(self, at_ms: int) -> None:
        """Note a change of the book; in a new step the house's depth is whole again."""
        step = at_ms // STEP_MS
        if step != self.step:
            self.step, self.changes, self.taken_buy, self.taken_sell = step, 0, 0, 0
        self.changes += 1


class Floor:
    """One exchange: its pits, its orders, and who did what."""

    __slots__ = (
        "by_client_id",
        "by_id",
        "contracts",
        "exchange_id",
        "next_order",
        "next_trade",
        "order_id",
        "orders",
        "pits",
        "records",
        "trade_id",
    )

    def __init__(
        self,
        exchange_id: str,
        pits: Iterable[Pit],
        order_id: Callable[[int], str],
        trade_id: Callable[[int], str],
    ) -> None:
        """Open with these pits; ids are written as the exchange's codec writes them."""
        self.exchange_id = exchange_id
        self.pits = {pit.rules.symbol: pit for pit in pits}
        self.order_id = order_id
        self.trade_id = trade_id
        self.next_order = 1
        self.next_trade = 1
        self.orders: dict[int, OrderState] = {}
        self.by_id: dict[str, OrderState] = {}
        self.by_client_id: dict[tuple[str, str], OrderState] = {}
        self.records: dict[str, Record] = {}
        self.contracts = Contracts()

    @property
    def has_contracts(self) -> bool:
        """Tell whether contracts are traded here."""
        return any(pit.rules.contract is not None for pit in self.pits.values())

    def pit(self, symbol: str) -> Pit:
        """Give the pit of a symbol. Raises: `NotFound("unknown_symbol")`."""
        pit = self.pits.get(symbol)
        if pit is None:
            raise NotFound("unknown_symbol", symbol=symbol)
        return pit

    def record(self, account: str) -> Record:
        """Give what an account did here."""
        record = self.records.get(account)
        if record is None:
            record = self.records[account] = Record()
        return record

    def open_orders(self, account: str) -> Collection[OrderState]:
        """Give an account's open orders, oldest first; asking leaves no trace."""
        record = self.records.get(account)
        return record.open.values() if record is not None else ()

    def keep(self, order: OrderState) -> None:
        """Enter an order so that it can be found."""
        self.orders[order.number] = order
        self.by_id[order.order_id] = order
        if order.client_id:
            self.by_client_id[order.account, order.client_id] = order
        if order.number >= self.next_order:
            self.next_order = order.number + 1

    def close(self, order: OrderState, record: Record) -> None:
        """Move an order among the past ones, and let go of the oldest beyond what is kept."""
        record.open.pop(order.number, None)
        record.closed.append(order)
        if len(record.closed) > HISTORY:
            self._forget(record.closed.popleft())

    def _forget(self, order: OrderState) -> None:
        self.orders.pop(order.number, None)
        self.by_id.pop(order.order_id, None)
        key = (order.account, order.client_id)
        if self.by_client_id.get(key) is order:
            del self.by_client_id[key]


class State:
    """All exchanges over one ledger: a person has one wallet."""

    __slots__ = ("_appliers", "accounts", "contract_floors", "floors", "ledger", "places")

    def __init__(self, floors: Iterable[Floor], places: Mapping[str, int]) -> None:
        """Start with nobody; `places` says how fine each currency is counted."""
        self.floors = {floor.exchange_id: floor for floor in floors}
        self.places = dict(places)
        self.ledger = Ledger()
        self.accounts: dict[str, int] = {}
        self.contract_floors = [floor for floor in self.floors.values() if floor.has_contracts]
        self._appliers: dict[type[Any], Callable[[Floor, Any], None]] = {
            Accepted: self._accept,
            Triggered: self._trigger,
            Traded: self._trade,
            Ended: self._end,
            Chosen: self._choose,
            Hedged: self._hedge,
            Adjusted: self._adjust,
            Funded: self._fund,
        }

    def apply(self, exchange_id: str, events: Iterable[Event]) -> None:
        """Let the events of one command happen. Raises: `Corrupted`: an invariant is broken."""
        floor = self.floors.get(exchange_id)
        for event in events:
            if isinstance(event, Opened):
                self._open(event)
            elif floor is None:
                raise Corrupted("paper_journal_unreadable", exchange=exchange_id)
            else:
                self._appliers[type(event)](floor, event)

    def balances(self, account: str) -> tuple[Balance, ...]:
        """Give what a person has of every currency that the exchanges know."""
        ledger, can, cannot = self.ledger, free(account), held(account)
        return tuple(
            Balance(
                currency,
                amount_of(ledger.atoms(can, currency), places),
                amount_of(ledger.atoms(cannot, currency), places),
            )
            for currency, places in self.places.items()
        )

    def _open(self, event: Opened) -> None:
        if event.account in self.accounts:
            raise Corrupted("paper_account_twice", account=event.account)
        self.accounts[event.account] = event.at_ms
        target = free(event.account)
        for currency, atoms in event.credits:
            self.ledger.post((Entry(ISSUANCE, currency, -atoms), Entry(target, currency, atoms)))

    def _accept(self, floor: Floor, event: Accepted) -> None:
        pit = floor.pits[event.symbol]
        order = OrderState.of(event, floor.order_id(event.number), pit.rules)
        self.ledger.move(event.account, pit.rules.paid_currency(event.side), event.held)
        floor.keep(order)
        floor.record(event.account).open[order.number] = order
        if event.terms is not None and order.waits:
            pit.waiting[order.number] = order
        elif order.may_rest:
            pit.book.side(order.side).add(order)
            pit.enter(event.at_ms)

    def _trigger(self, floor: Floor, event: Triggered) -> None:
        order = floor.orders[event.number]
        pit = floor.pits[order.rules.symbol]
        del pit.waiting[order.number]
        currency = order.rules.paid_currency(order.side)
        self.ledger.move(order.account, currency, event.held - order.held)
        order.lots, order.held = event.lots, event.held
        order.triggered_ms = order.updated_ms = event.at_ms
        if order.may_rest:
            pit.book.side(order.side).add(order)
            pit.enter(event.at_ms)

    def _trade(self, floor: Floor, event: Traded) -> None:
        pit = floor.pits[event.symbol]
        taker = floor.orders[event.taker] if event.taker else None
        maker = floor.orders[event.maker] if event.maker else None
        if event.legs is None:
            self.ledger.post(spot_entries(pit.rules, taker, maker, event))
        else:
            floor.contracts.clear(self.ledger, taker, maker, event)
        pit.enter(event.at_ms)
        if taker is None or maker is None:
            house_side = event.side if taker is None else event.side.opposite
            if house_side is Side.BUY:
                pit.taken_buy += event.lots
            else:
                pit.taken_sell += event.lots
        floor.next_trade = max(floor.next_trade, event.number + 1)
        if taker is not None:
            self._fill(floor, taker, event, is_maker=False)
        if maker is not None:
            self._fill(floor, maker, event, is_maker=True)
        pit.tape.append(
            PublicTrade(
                trade_id=pit.step * TAPE_SLOTS + min(pit.changes, TAPE_SLOTS - 1),
                symbol=event.symbol,
                time_ms=event.at_ms,
                price=pit.rules.price(event.ticks),
                quantity=pit.rules.quantity(event.lots),
                taker_buys=event.side is Side.BUY,
            )
        )

    def _fill(self, floor: Floor, order: OrderState, event: Traded, *, is_maker: bool) -> None:
        fee = event.maker_fee if is_maker else event.taker_fee
        order.held = event.maker_held if is_maker else event.taker_held
        order.filled += event.lots
        order.filled_quote += order.rules.cost(event.ticks, event.lots)
        order.fee += fee
        order.trades.append(event.number)
        order.updated_ms = event.at_ms
        record = floor.record(order.account)
        leg = event.legs[is_maker] if event.legs is not None else None
        record.fills.append(
            FillState(
                trade=event.number,
                order=order,
                ticks=event.ticks,
                lots=event.lots,
                fee=fee,
                is_maker=is_maker,
                at_ms=event.at_ms,
                realised=leg.realised if leg is not None else 0,
            )
        )
        if order.left:
            order.status = OrderStatus.PARTIALLY_FILLED
            return
        order.status = OrderStatus.FILLED
        if order.may_rest:
            floor.pits[event.symbol].book.side(order.side).remove(order)
        floor.close(order, record)

    def _choose(self, floor: Floor, event: Chosen) -> None:
        setting = Setting(event.leverage, event.isolated)
        floor.contracts.settings[event.account, event.symbol] = setting

    def _hedge(self, floor: Floor, event: Hedged) -> None:
        change = floor.contracts.hedged.add if event.hedged else floor.contracts.hedged.discard
        change(event.account)

    def _adjust(self, floor: Floor, event: Adjusted) -> None:
        floor.contracts.adjust(self.ledger, event)

    def _fund(self, floor: Floor, event: Funded) -> None:
        floor.contracts.fund(self.ledger, floor.pits[event.symbol].rules, event)
        floor.next_trade = max(floor.next_trade, event.first + len(event.payments))

    def _end(self, floor: Floor, event: Ended) -> None:
        order = floor.orders[event.number]
        pit = floor.pits[order.rules.symbol]
        if order.terms is not None and order.waits:
            del pit.waiting[order.number]
        elif order.may_rest:
            pit.book.side(order.side).remove(order)
            pit.enter(event.at_ms)
        self.ledger.move(order.account, order.rules.paid_currency(order.side), -order.held)
        order.held = 0
        order.status = event.status
        order.updated_ms = event.at_ms
        floor.close(order, floor.record(order.account))
