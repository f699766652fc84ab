"""Reading Binance's answers about an account, a key and the currencies.

Source: binance-spot-api-docs, rest-api; developers.binance.com, wallet, 2026-07-21.
"""

from collections.abc import Mapping
from typing import Any, Final

from drawbridge.core.errors import BadInput
from drawbridge.core.markets import Currency, Markets
from drawbridge.core.money import places_of
from drawbridge.core.operations import (
    Balance,
    GetBalances,
    GetCurrencies,
    GetKeyRights,
    GetStreamToken,
    KeyRights,
    StreamToken,
)
from drawbridge.exchanges.binance.codec.scalars import money, rows, text, truth, whole
from drawbridge.exchanges.binance.codec.tables import LISTEN_KEY_LASTS_MS

Row = Mapping[str, Any]

_NOT_SWITCHES: Final = frozenset({"ipRestrict"})


def currencies(_: GetCurrencies, told: object, __: Markets) -> tuple[Currency, ...]:
    """Read the currencies."""
    return tuple(
        Currency(text(row["coin"]), text(row["name"]), _places(row["networkList"]))
        for row in rows(told)
    )


def _places(networks: object) -> int:
    """Give the most decimals that any network of a currency moves; 8 where none tells."""
    units = (money(row["withdrawIntegerMultiple"]) for row in rows(networks))
    return max((places_of(unit) for unit in units if unit), default=8)


def balances(_: GetBalances, told: Row, __: Markets) -> tuple[Balance, ...]:
    """Read the balances."""
    return tuple(
        Balance(text(row["asset"]), money(row["free"]), money(row["locked"]))
        for row in rows(told["balances"])
    )


def key_rights(_: GetKeyRights, told: Row, __: Markets) -> KeyRights:
    """Read the switches that are on, those that we have never heard of included.

    The exchange has added switches over the years: one that is on and that nobody here knows
    is a right all the same, and the verdict refuses it by name.
    """
    flags = {name: value for name, value in told.items() if isinstance(value, bool)}
    if not {"enableReading", "enableWithdrawals"} <= flags.keys():
        raise BadInput("malformed", field="enableReading")
    expires_ms = told.get("tradingAuthorityExpirationTime")
    return KeyRights(
        switches=frozenset(name for name, on in flags.items() if on) - _NOT_SWITCHES,
        ip_bound=truth(told["ipRestrict"]),
        created_ms=whole(told["createTime"]),
        expires_ms=None if expires_ms is None else whole(expires_ms),
    )


def stream_token(operation: GetStreamToken, told: Row, _: Markets) -> StreamToken:
    """Read a listen key; how long it lives is not told but known."""
    if not operation.token:
        return StreamToken(text(told["listenKey"]), LISTEN_KEY_LASTS_MS)
    if told:
        raise BadInput("malformed", field="answer")
    return StreamToken(operation.token, 0 if operation.ends else LISTEN_KEY_LASTS_MS)
