"""Ids of orders and trades as Coinbase writes them: UUIDs.

The paper exchange numbers its orders and trades; the number is scattered over the UUID, so that
ids look and sort as little like a count as the real ones do.
"""

from typing import Final
from uuid import UUID

_SPAN: Final = 1 << 128
# Odd, so that multiplying by it modulo the span is one to one.
_SCATTER: Final = 0x9E3779B97F4A7C15F39CC0605CEDC835
_ORDERS: Final = 0x6F72646572
_TRADES: Final = 0x7472616465
_PORTFOLIOS: Final = 0x706F7274


def order_id(number: int) -> str:
    """Give the n-th order its id."""
    return _scattered(number, _ORDERS)


def trade_id(number: int) -> str:
    """Give the n-th trade its id."""
    return _scattered(number, _TRADES)


def account_id(currency: str) -> str:
    """Give the wallet of a currency its id, the same for everyone."""
    return _scattered(int.from_bytes(currency.encode("ascii", "replace"), "big"), 0)


def portfolio_id(account: str) -> str:
    """Give the portfolio of an account its id; what is one already stays it."""
    return _scattered(int(account), _PORTFOLIOS) if account.isdigit() else account


def _scattered(number: int, kind: int) -> str:
    mixed = ((number << 40) + kind) * _SCATTER % _SPAN
    # Folding the upper half into the lower keeps it one to one and leaves no part that counts.
    return str(UUID(int=mixed ^ (mixed >> 64)))
