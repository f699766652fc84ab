"""What the account holds, and what it paid and received.

The exchange tells three places: a wallet outside of trading, a main account, and sub-accounts, from
which alone orders are placed. The paper exchange's one wallet stands behind the first and the
last; its main account is empty.

Source: trade.cex.io/docs, private calls, 2025-07; the fields that ccxt 4.5.90 reads.
"""

from collections.abc import Mapping
from typing import Any, Final

from drawbridge.core.errors import BadInput
from drawbridge.core.markets import Markets
from drawbridge.core.operations import Balance, GetBalances, GetOwnTrades
from drawbridge.core.orders import Fill, Side
from drawbridge.exchanges.cex.codec.values import (
    MAIN_ACCOUNT,
    SUB_ACCOUNT,
    amount,
    asked_own,
    body_of,
    data_of,
    time_of,
    told,
)
from drawbridge.wire.codec import ServerView
from drawbridge.wire.documents import decimal_of, list_of, object_of
from drawbridge.wire.http import WireAnswer, WireRequest
from drawbridge.wire.moments import write_moment

Row = Mapping[str, Any]

_MOST_ROWS: Final = 100
_TYPES: Final = frozenset({"trade", "commission", "deposit", "withdraw", "internalTransfer"})


def encode_balances(_: GetBalances, __: Markets) -> WireRequest:
    """Ask for the accounts."""
    return asked_own(b"get_my_account_status_v3")


def decode_balances(_: ServerView) -> GetBalances:
    """Read the question for the accounts, or for the wallet."""
    return GetBalances()


def encode_accounts_answer(
    _: GetBalances, result: tuple[Balance, ...], view: ServerView
) -> WireAnswer:
    """Write the accounts: the main one, which is empty, and the one that orders come from."""
    rows = {
        it.currency: {
            "balance": amount(it.total),
            "balanceOnHold": amount(it.held),
            "balanceInConvertedCurrency": "0",
        }
        for it in result
    }
    accounts = {MAIN_ACCOUNT: {}, SUB_ACCOUNT: rows}
    wanted = body_of(view).value("accountIds")
    if wanted is not None:
        named = list_of(wanted, "accountIds")
        accounts = {name: held for name, held in accounts.items() if name in named}
    return told({"convertedCurrency": "USD", "balancesPerAccounts": accounts})


def encode_wallet_answer(_: GetBalances, result: tuple[Balance, ...], __: ServerView) -> WireAnswer:
    """Write the wallet, which tells totals only."""
    return told({it.currency: {"balance": amount(it.total)} for it in result})


def decode_balances_answer(_: GetBalances, answer: WireAnswer, __: Markets) -> tuple[Balance, ...]:
    """Read the account that our orders come from; nothing where there is no such account."""
    accounts = object_of(object_of(data_of(answer))["balancesPerAccounts"])
    return tuple(
        _read_balance(code, object_of(row)) for code, row in accounts.get(SUB_ACCOUNT, {}).items()
    )


def _read_balance(code: str, row: Row) -> Balance:
    total, held = decimal_of(row["balance"]), decimal_of(row["balanceOnHold"])
    return Balance(code, total - held, held)


# -------------------------------------------------------------------------------- transactions
def decode_transactions(view: ServerView) -> GetOwnTrades:
    """Read the question for transactions. Raises: `BadInput`."""
    found = body_of(view)
    if found.text("type") and found.text("type") not in _TYPES:
        raise BadInput("malformed", field="type")
    return GetOwnTrades(since_ms=time_of(found, "dateFrom"), until_ms=time_of(found, "dateTo"))


def encode_transactions_answer(
    _: GetOwnTrades, result: tuple[Fill, ...], view: ServerView
) -> WireAnswer:
    """Write what trades moved: a row for each currency, and one for the fee."""
    found = body_of(view)
    kind, currency = found.text("type"), found.text("currency")
    rows = [row for fill in result for row in _rows(fill, view.markets)]
    rows = [row for row in rows if kind in {"", row["type"]} and currency in {"", row["currency"]}]
    if found.text("sortOrder").upper() != "ASC":
        rows.reverse()
    size = min(found.whole("pageSize") or _MOST_ROWS, _MOST_ROWS)
    first = (found.whole("pageNumber") or 0) * size
    return told(rows[first : first + size])


def _rows(fill: Fill, markets: Markets) -> list[dict[str, object]]:
    market = markets.get(fill.symbol)
    sign = 1 if fill.side is Side.BUY else -1
    moved = (
        ("trade", market.base, sign * fill.quantity),
        ("trade", market.quote, -sign * fill.quote_quantity),
        ("commission", fill.fee_currency, -fill.fee),
    )
    return [
        {
            "transactionId": _name(kind, fill, code),
            "timestamp": write_moment(fill.time_ms),
            "accountId": SUB_ACCOUNT,
            "type": kind,
            "amount": amount(value),
            "details": f"{kind.capitalize()} orderId='{fill.order_id}'",
            "currency": code,
        }
        for kind, code, value in moved
        if value
    ]


def _name(kind: str, fill: Fill, code: str) -> str:
    if kind == "commission":
        return f"commission_trade_{fill.trade_id}"
    return f"trade_{fill.order_id}_{fill.trade_id}_{code}"
