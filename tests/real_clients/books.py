"""The books of a running paper exchange, followed on its disk as an auditor would.

What is read here never went through a codec or a wire: it is what clients are held against.
"""

import asyncio
import sqlite3
from collections.abc import Mapping
from contextlib import closing
from dataclasses import dataclass
from decimal import Decimal
from pathlib import Path

from drawbridge.app.clock import SystemClock
from drawbridge.core.derivatives import GetPositions, MarginAccount, Position
from drawbridge.core.operations import (
    Balance,
    GetClosedOrders,
    GetOpenOrders,
    GetOwnTrades,
)
from drawbridge.core.orders import Fill, Order
from drawbridge.entrypoints.paper_server.hosting import papered
from drawbridge.paper import contract_views, history
from drawbridge.paper.setting_up import build, read_pace, relive
from drawbridge.paper.state import State
from drawbridge.paper.store import DATABASE, PaperStore, Told, open_database


@dataclass(frozen=True)
class Account:
    """Everything that the books hold of an account at one exchange.

    What contracts are worth is worked out for the moment.
    """

    balances: tuple[Balance, ...]
    margin: tuple[MarginAccount, ...]
    positions: tuple[Position, ...]
    open: tuple[Order, ...]
    closed: tuple[Order, ...]
    fills: tuple[Fill, ...]

    @property
    def orders(self) -> dict[str, Order]:
        """Give all orders by their ids."""
        return {order.order_id: order for order in (*self.open, *self.closed)}

    @property
    def amounts(self) -> Mapping[str, tuple[Decimal, Decimal]]:
        """Give what is free and what is held, by currency."""
        return {row.currency: (row.free, row.held) for row in self.balances}


class Books:
    """Follows a paper exchange's journal; each look reads only what was added."""

    def __init__(self, folder: Path) -> None:
        """Start before the first page; `account` reads on."""
        self._folder = folder
        self._n = 0
        self._state = asyncio.run(self._begun())

    def account(self, exchange_id: str, account: str) -> Account:
        """Give what the books say now."""
        self._read_on()
        state, now_ms = self._state, SystemClock().now_ms()
        floor = state.floors[exchange_id]
        return Account(
            balances=state.balances(account),
            margin=contract_views.margin_accounts(state, floor, account, now_ms),
            positions=contract_views.positions(state, floor, account, GetPositions(), now_ms),
            open=history.open_orders(floor, account, GetOpenOrders()),
            closed=history.closed_orders(floor, account, GetClosedOrders()),
            fills=history.own_trades(floor, account, GetOwnTrades()),
        )

    async def _begun(self) -> State:
        database = await open_database(self._folder)
        try:
            store = PaperStore(database)
            state = build(papered(), await read_pace(store, SystemClock().now_ms())).state
            told = await store.told()
        finally:
            await database.close()
        relive(state, told)
        self._n = told.n
        return state

    def _read_on(self) -> None:
        with closing(sqlite3.connect(self._folder / DATABASE)) as database:
            # One transaction: a snapshot may be taking the place of pages just now.
            database.execute("BEGIN")
            (snapshot,) = database.execute("SELECT max(n) FROM paper_snapshots").fetchone()
            rows = database.execute(
                "SELECT n, batch FROM paper_commands WHERE n > ? ORDER BY n", (self._n,)
            ).fetchall()
        if snapshot is not None and snapshot > self._n:
            self._state = asyncio.run(self._begun())
        elif rows:
            self._n = rows[-1][0]
            relive(self._state, Told(self._n, b"", [batch for _, batch in rows]))
