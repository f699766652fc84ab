"""Orders as a file: every one that was meant, also those that came to nothing.

Times are in UTC and amounts exact; columns and states are named for programs, in no language.
"""

import csv
import io
from collections.abc import Iterable, Mapping
from decimal import Decimal
from typing import Final

from drawbridge.core.money import plain
from drawbridge.statistics.export import as_cell
from drawbridge.trading.history import PastOrder
from drawbridge.wording.formats import iso

COLUMNS: Final = (
    *("time", "exchange", "venue", "key", "wanted_by", "symbol", "side", "type", "quantity"),
    *("quote_quantity", "price", "state", "reason", "filled", "filled_quote", "fee"),
    *("fee_currency", "client_order_id", "exchange_order_id"),
)


def write_orders(found: Iterable[PastOrder], labels: Mapping[str, str]) -> str:
    """Write orders as CSV; `labels` are the names of keys by their ids."""
    text = io.StringIO()
    writer = csv.writer(text)
    writer.writerow(COLUMNS)
    for past in found:
        order = past.order
        writer.writerow(
            [
                *(iso(order.intended_ms), past.exchange, past.venue),
                *(as_cell(labels.get(order.key_id, order.key_id)), as_cell(order.origin)),
                *(order.symbol, order.side.value, order.type.value),
                *(_told(order.quantity), _told(order.quote_quantity), _told(order.price)),
                *(order.state.value, order.reason, plain(order.filled)),
                *(plain(order.filled_quote), plain(order.fee), order.fee_currency),
                *(as_cell(order.client_id), as_cell(order.order_id)),
            ]
        )
    return text.getvalue()


def _told(amount: Decimal | None) -> str:
    return "" if amount is None else plain(amount)
