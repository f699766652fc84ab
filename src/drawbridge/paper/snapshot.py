"""The state as one piece of JSON, and back.

A snapshot is a shortcut and nothing more: the same state comes out of the events alone. The
tape of public trades and what was taken of the house's depth are left out; both are of the
moment, and no money hangs on them.
"""

from collections import deque
from itertools import chain
from typing import Any

import orjson

from drawbridge.core.errors import Corrupted
from drawbridge.core.orders import OrderStatus, OrderType, PositionSide, Side, TimeInForce
from drawbridge.paper.book import OrderState
from drawbridge.paper.events import read_terms
from drawbridge.paper.ledger import Ledger
from drawbridge.paper.positions import HISTORY, Contracts, PaymentState, PositionState, Setting
from drawbridge.paper.state import FillState, Floor, Pit, Record, State


def encode_state(state: State) -> bytes:
    """Write the whole state.

    Shape: `{"accounts", "ledger", "floors": {id: {"next_order", "next_trade", "orders",
    "records": {account: {"open", "closed", "fills"}}, "contracts", "books": {symbol: [number,
    …]}}}}`; orders, fills, positions and payments are rows.
    """
    return orjson.dumps(
        {
            "accounts": state.accounts,
            "ledger": state.ledger.balances(),
            "floors": {name: _floor(floor) for name, floor in state.floors.items()},
        }
    )


def restore_state(state: State, text: bytes) -> None:
    """Read what `encode_state` wrote into an empty state.

    Raises: `Corrupted("paper_snapshot_unreadable")`.
    """
    try:
        document = orjson.loads(text)
        state.accounts = dict(document["accounts"])
        state.ledger = Ledger(document["ledger"])
        for name, floor in document["floors"].items():
            _restore_floor(state.floors[name], floor)
    except (ValueError, TypeError, KeyError, IndexError, AttributeError):
        raise Corrupted("paper_snapshot_unreadable") from None


def _floor(floor: Floor) -> dict[str, object]:
    return {
        "next_order": floor.next_order,
        "next_trade": floor.next_trade,
        "orders": [_order(order) for order in floor.orders.values()],
        "records": {account: _record(record) for account, record in floor.records.items()},
        "contracts": _contracts(floor.contracts) if floor.has_contracts else None,
        "books": {
            symbol: _queue(pit) for symbol, pit in floor.pits.items() if not pit.book.is_empty
        },
    }


def _queue(pit: Pit) -> list[int]:
    """List who rests in a book, in its own order: a triggered order queues when it is triggered."""
    return [order.number for side in Side for order in pit.book.side(side)]


def _record(record: Record) -> dict[str, object]:
    return {
        "open": list(record.open),
        "closed": [order.number for order in record.closed],
        "fills": [_fill(it) for it in record.fills],
    }


def _fill(it: FillState) -> tuple[object, ...]:
    row = (it.trade, it.order.number, it.ticks, it.lots, it.fee, it.is_maker, it.at_ms)
    return (*row, it.realised) if it.realised else row


def _contracts(contracts: Contracts) -> dict[str, object]:
    return {
        "positions": [
            (
                it.account,
                it.rules.symbol,
                it.side,
                (it.lots, it.cost, it.margin, it.realised, it.opened_ms, it.updated_ms),
            )
            for it in contracts.all()
        ],
        "settings": [
            (account, symbol, setting.leverage, setting.isolated)
            for (account, symbol), setting in contracts.settings.items()
        ],
        "hedged": sorted(contracts.hedged),
        "funded": contracts.funded,
        "payments": {
            account: [(it.number, it.symbol, it.at_ms, it.atoms, it.rate) for it in payments]
            for account, payments in contracts.payments.items()
        },
    }


def _order(order: OrderState) -> tuple[object, ...]:
    return (
        order.number,
        order.client_id,
        order.account,
        order.rules.symbol,
        order.side,
        order.type,
        order.time_in_force,
        order.lots,
        order.ticks,
        order.spend,
        order.post_only,
        order.created_ms,
        order.updated_ms,
        order.held,
        order.status,
        order.filled,
        order.filled_quote,
        order.fee,
        order.trades,
        None if order.terms is None else list(order.terms),
        order.triggered_ms,
    )


def _restore_floor(floor: Floor, document: dict[str, Any]) -> None:
    resting: list[int] = []
    for row in sorted(document["orders"]):
        order = _read_order(floor, row)
        floor.keep(order)
        if order.waits:
            floor.pits[order.rules.symbol].waiting[order.number] = order
        elif order.may_rest and not order.status.is_final:
            resting.append(order.number)
    # Snapshots of older versions list no books; by number is by time then.
    books = document.get("books")
    for number in resting if books is None else chain.from_iterable(books.values()):
        order = floor.orders[number]
        floor.pits[order.rules.symbol].book.side(order.side).add(order)
    for account, parts in document["records"].items():
        record = floor.record(account)
        record.open = {number: floor.orders[number] for number in parts["open"]}
        record.closed.extend(floor.orders[number] for number in parts["closed"])
        record.fills.extend(
            FillState(trade, floor.orders[number], *rest)
            for trade, number, *rest in parts["fills"]
            # The order of a very old fill may have been let go of already.
            if number in floor.orders
        )
    if document.get("contracts") is not None:
        _restore_contracts(floor, document["contracts"])
    floor.next_order = document["next_order"]
    floor.next_trade = document["next_trade"]


def _restore_contracts(floor: Floor, document: dict[str, Any]) -> None:
    contracts = floor.contracts
    for account, symbol, side, numbers in document["positions"]:
        rules = floor.pits[symbol].rules
        contracts.enter(PositionState(account, rules, PositionSide(side), *numbers))
    for account, symbol, leverage, isolated in document["settings"]:
        contracts.settings[account, symbol] = Setting(leverage, isolated)
    contracts.hedged = set(document["hedged"])
    contracts.funded = dict(document["funded"])
    contracts.payments = {
        account: deque((PaymentState(*row) for row in rows), maxlen=HISTORY)
        for account, rows in document["payments"].items()
    }


def _read_order(floor: Floor, row: list[Any]) -> OrderState:
    number, client_id, account, symbol, side, kind, time_in_force = row[:7]
    lots, ticks, spend, post_only, created_ms, updated_ms, held = row[7:14]
    status, filled, filled_quote, fee, trades = row[14:19]
    # Snapshots of older versions know no terms.
    terms, triggered_ms = row[19:21] or (None, 0)
    return OrderState(
        number=number,
        order_id=floor.order_id(number),
        client_id=client_id,
        account=account,
        rules=floor.pits[symbol].rules,
        side=Side(side),
        type=OrderType(kind),
        time_in_force=TimeInForce(time_in_force),
        lots=lots,
        ticks=ticks,
        spend=spend,
        post_only=post_only,
        created_ms=created_ms,
        updated_ms=updated_ms,
        held=held,
        status=OrderStatus(status),
        filled=filled,
        filled_quote=filled_quote,
        fee=fee,
        trades=trades,
        terms=read_terms(terms),
        triggered_ms=triggered_ms,
    )
