"""The order journal: a durable row before an order leaves, its outcome after.

A row that has no outcome means that nobody knows, and `trading/reconcile.py` finds out by the
client order id. Rows are read in `trading/store.py` and `verification/store.py`.
"""

from collections.abc import Awaitable, Callable, Sequence
from decimal import Decimal
from typing import Final, Protocol, TypeAlias

from drawbridge.core.clock import Clock
from drawbridge.core.errors import BadInput, Conflict
from drawbridge.core.money import plain
from drawbridge.core.operations import PlaceOrder
from drawbridge.core.orders import Fill, Order
from drawbridge.storage.connection import Value
from drawbridge.storage.rows import RowJournal, Rows, Statement
from drawbridge.vault.model import KeyRecord

INTENDED: Final = "intended"
UNKNOWN: Final = "unknown"
REFUSED: Final = "refused"
NEVER_ARRIVED: Final = "never_arrived"

_INTEND: Final = Rows(
    "INSERT INTO orders (key_id, client_order_id, owner, exchange, venue, origin, symbol, side,"
    " type, time_in_force, post_only, quantity, quote_quantity, price, state, intended_ms,"
    " updated_ms) VALUES {rows}",
    "(?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, 'intended', ?, ?)",
    key=2,
)
# Frees the name of what certainly never came to be an order.
_FREE: Final = (
    "DELETE FROM orders WHERE key_id = ? AND client_order_id = ?"
    " AND state IN ('never_arrived', 'refused')"
)
# Answers can overtake each other: a row never becomes less filled, and an ended order stays so.
_SETTLE: Final = Rows(
    "WITH told (key_id, client_order_id, state, order_id, filled, filled_quote, fee, fee_currency,"
    " is_final, at_ms) AS (VALUES {rows})"
    " UPDATE orders SET state = told.state, reason = '', exchange_order_id = told.order_id,"
    " filled = told.filled, filled_quote = told.filled_quote, fee = told.fee,"
    " fee_currency = told.fee_currency, updated_ms = told.at_ms FROM told"
    " WHERE orders.key_id = told.key_id AND orders.client_order_id = told.client_order_id"
    " AND (orders.state NOT IN ('filled', 'cancelled', 'expired', 'rejected')"
    " OR told.is_final = 1)"
    " AND CAST(orders.filled AS DOUBLE PRECISION) <= CAST(told.filled AS DOUBLE PRECISION)",
    # Values that stand for themselves have no column to tell their type.
    "(?, ?, ?, ?, ?, ?, ?, ?, CAST(? AS BIGINT), CAST(? AS BIGINT))",
    key=2,
)
_FAIL: Final = Rows(
    "WITH told (key_id, client_order_id, state, reason, at_ms) AS (VALUES {rows})"
    " UPDATE orders SET state = told.state, reason = told.reason, updated_ms = told.at_ms FROM told"
    " WHERE orders.key_id = told.key_id AND orders.client_order_id = told.client_order_id"
    " AND orders.state IN ('intended', 'unknown')",
    "(?, ?, ?, ?, CAST(? AS BIGINT))",
    key=2,
)
_FILL: Final = Rows(
    "INSERT INTO fills (key_id, symbol, trade_id, client_order_id,"
    " exchange_order_id, side, type, price, quantity, fee, fee_currency, is_maker, time_ms)"
    " VALUES {rows} ON CONFLICT DO NOTHING",
    "(?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?)",
    key=3,
)
_KNOW_FILLS: Final = Rows(
    "WITH told (key_id, client_order_id, filled) AS (VALUES {rows})"
    " UPDATE orders SET known_filled = told.filled FROM told"
    " WHERE orders.key_id = told.key_id AND orders.client_order_id = told.client_order_id"
    " AND orders.filled = told.filled",
    "(?, ?, ?)",
    key=2,
)
# So that no order waits for long behind them.
_AT_ONCE: Final = 256

KnownFills: TypeAlias = tuple[str, str, str]
"""A key's id, a client order id, and how much is filled that our fills add up to."""


class LastLook(Protocol):
    """What an order passes in the moment in which its row is written."""

    def passes(self, key: KeyRecord, origin: str, order: PlaceOrder) -> bool:
        """Tell at once that it may go through; False when that takes a closer look."""

    async def check(self, key: KeyRecord, origin: str, order: PlaceOrder) -> None:
        """Let it through. Raises: `Forbidden` when it is not wanted any more."""


class OrderJournal:
    """Write orders and what became of them; every write is on disk when it returns."""

    def __init__(
        self, journal: RowJournal, clock: Clock, last_look: LastLook | None = None
    ) -> None:
        """Write through this journal what passes the last look."""
        self._journal = journal
        self._clock = clock
        self._last_look = last_look
        self._written: Callable[[str, str], None] | None = None

    def tell_written(self, hear: Callable[[str, str], None]) -> None:
        """Tell by key and client id, from now on, of each row of an order that has been written."""
        self._written = hear

    async def intend(
        self, key: KeyRecord, origin: str, order: PlaceOrder, *, may_repeat: bool = False
    ) -> None:
        """Write down that an order is about to be sent.

        `may_repeat`: whoever was told that nothing came of it tries again by the same name, as
        exchanges let them.
        Raises: `Conflict("order_already_intended")` for a client id that was used before: the
        order may exist, so it must be looked up and never be sent again; `Forbidden` when the
        order is not wanted any more: nothing was written.
        """
        if not order.client_id:
            raise BadInput("missing_client_id", field="client_id")
        look = self._last_look
        if look is not None and not look.passes(key, origin, order):
            await look.check(key, origin, order)
        now_ms = self._clock.now_ms()
        args = (
            *(key.id, order.client_id, key.owner, key.exchange, key.venue, origin),
            *(order.symbol, order.side.value, order.type.value, order.time_in_force.value),
            *(int(order.post_only), _text(order.quantity), _text(order.quote_quantity)),
            *(_text(order.price), now_ms, now_ms),
        )
        try:
            await self._journal.write(_INTEND, args)
        except Conflict:
            if not may_repeat:
                raise _used(order.client_id) from None
            await self._intend_again(args)
        if self._written is not None:
            self._written(key.id, order.client_id)

    async def _intend_again(self, args: tuple[Value, ...]) -> None:
        key_id, client_id = args[:2]
        try:
            # Together: of two who try at the same moment, the second finds the row of the first.
            await self._journal.write_many([(_FREE, (key_id, client_id)), (_INTEND, args)])
        except Conflict:
            raise _used(str(client_id)) from None

    def settle(
        self, key_id: str, client_id: str, order: Order, fills: tuple[Fill, ...] = ()
    ) -> Awaitable[None]:
        """Write down how an order stands, and what it filled.

        Why: under our own client id, because not every exchange repeats it in its answer.
        """
        return self._journal.write_many(self._settling(key_id, client_id, order, fills))

    def settle_later(
        self, key_id: str, client_id: str, order: Order, fills: tuple[Fill, ...] = ()
    ) -> None:
        """Do as `settle`, soon, and let nobody wait for it.

        Why: until it is on disk the row says that nobody knows, and then it is looked up.
        """
        self._journal.write_later(self._settling(key_id, client_id, order, fills))

    def fail_later(self, key_id: str, client_id: str, state: str, reason: str) -> None:
        """Do as `fail`, soon, and let nobody wait for it."""
        args = (key_id, client_id, state, reason, self._clock.now_ms())
        self._journal.write_later(((_FAIL, args),))

    def fail(self, key_id: str, client_id: str, state: str, reason: str) -> Awaitable[None]:
        """Write down that an order was refused, never arrived, or that nobody knows."""
        args = (key_id, client_id, state, reason, self._clock.now_ms())
        return self._journal.write(_FAIL, args)

    async def know_fills(self, orders: Sequence[KnownFills]) -> None:
        """Write down that all fills of these orders are on disk, until they are filled further."""
        for first in range(0, len(orders), _AT_ONCE):
            some = orders[first : first + _AT_ONCE]
            await self._journal.write_many([(_KNOW_FILLS, known) for known in some])

    def _settling(
        self, key_id: str, client_id: str, order: Order, fills: tuple[Fill, ...]
    ) -> list[Statement]:
        statements: list[Statement] = [(_SETTLE, self._settled(key_id, client_id, order))]
        statements += [(_FILL, _filled(key_id, client_id, fill)) for fill in fills]
        return statements

    def _settled(self, key_id: str, client_id: str, order: Order) -> tuple[Value, ...]:
        return (
            *(key_id, client_id, order.status.value, order.order_id, plain(order.filled)),
            *(plain(order.filled_quote), plain(order.fee), order.fee_currency),
            *(int(order.status.is_final), self._clock.now_ms()),
        )


def _filled(key_id: str, client_id: str, fill: Fill) -> tuple[Value, ...]:
    return (
        *(key_id, fill.symbol, fill.trade_id, client_id, fill.order_id, fill.side.value),
        *(fill.type.value, plain(fill.price), plain(fill.quantity), plain(fill.fee)),
        *(fill.fee_currency, int(fill.is_maker), fill.time_ms),
    )


def _used(client_id: str) -> Conflict:
    return Conflict("order_already_intended", client_order_id=client_id)


def _text(amount: Decimal | None) -> str | None:
    return None if amount is None else plain(amount)
