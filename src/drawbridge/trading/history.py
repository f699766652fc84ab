"""Looking through a person's orders: all of them, the newest first, a page at a time."""

import json
import re
from collections.abc import Mapping
from dataclasses import dataclass
from enum import StrEnum
from typing import Final

from drawbridge.core.errors import BadInput
from drawbridge.storage.database import Database
from drawbridge.trading.model import OrderState, OwnOrder
from drawbridge.trading.store import read_order

_CURSOR: Final = re.compile(r"([0-9]{1,15})~([^~]{1,100})~([^~]{1,100})")
_FIND: Final = (
    "SELECT * FROM orders WHERE owner = ? AND ? IN ('', key_id) AND ? IN ('', origin)"
    " AND state IN (SELECT value FROM json_each(?))"
    " AND (? IN ('', client_order_id, exchange_order_id) OR instr(lower(symbol), lower(?)) > 0)"
    " AND (intended_ms, key_id, client_order_id) < (?, ?, ?)"
    " ORDER BY intended_ms DESC, key_id DESC, client_order_id DESC LIMIT ?"
)


class Standing(StrEnum):
    """Which orders to look for, by how they stand."""

    ALL = "all"
    OPEN = "open"
    FILLED = "filled"
    ENDED = "ended"


_UNSETTLED: Final = tuple(state for state in OrderState if not state.is_settled)
_ENDED_OTHERWISE: Final = tuple(
    state for state in OrderState if state.is_settled and state is not OrderState.FILLED
)
_STATES: Final[Mapping[Standing, str]] = {
    standing: json.dumps([state.value for state in states])
    for standing, states in {
        Standing.ALL: tuple(OrderState),
        Standing.OPEN: _UNSETTLED,
        Standing.FILLED: (OrderState.FILLED,),
        Standing.ENDED: _ENDED_OTHERWISE,
    }.items()
}


@dataclass(frozen=True, slots=True)
class Cursor:
    """Where a page ended: the next one begins with what is older."""

    intended_ms: int
    key_id: str
    client_id: str

    def __str__(self) -> str:
        """Write it for an address."""
        return f"{self.intended_ms}~{self.key_id}~{self.client_id}"


@dataclass(frozen=True, slots=True)
class Query:
    """What somebody looks for: of a key, an origin, a standing; `text` is a market or an id."""

    key_id: str = ""
    origin: str = ""
    standing: Standing = Standing.ALL
    text: str = ""
    before: Cursor | None = None


@dataclass(frozen=True, slots=True)
class PastOrder:
    """An order, and where it was placed."""

    order: OwnOrder
    exchange: str
    venue: str

    @property
    def cursor(self) -> Cursor:
        """Give the place behind this order."""
        return Cursor(self.order.intended_ms, self.order.key_id, self.order.client_id)


class OrderHistory:
    """Trading's journal, read the way a person looks through it."""

    def __init__(self, database: Database) -> None:
        """Read from this database."""
        self._database = database

    async def find(self, owner: str, query: Query, limit: int) -> tuple[PastOrder, ...]:
        """Give at most so many of a person's orders, the newest first."""
        before = query.before or Cursor(1 << 62, "", "")
        rows = await self._database.fetch_all(
            _FIND,
            *(owner, query.key_id, query.origin, _STATES[query.standing]),
            *(query.text, query.text),
            *(before.intended_ms, before.key_id, before.client_id, limit),
        )
        return tuple(PastOrder(read_order(row), row["exchange"], row["venue"]) for row in rows)


def read_standing(text: str) -> Standing:
    """Read a standing; nothing asks for all. Raises: `BadInput("unknown_standing")`."""
    try:
        return Standing(text or Standing.ALL)
    except ValueError:
        known = ", ".join(Standing)
        raise BadInput("unknown_standing", field="standing", given=text, known=known) from None


def read_cursor(text: str) -> Cursor | None:
    """Read a cursor as an address carries it; nothing is none. Raises: `BadInput("bad_cursor")`."""
    if not text:
        return None
    found = _CURSOR.fullmatch(text)
    if found is None:
        raise BadInput("bad_cursor", field="before")
    return Cursor(int(found[1]), found[2], found[3])
