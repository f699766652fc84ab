"""What an admitted operation does, whichever way it came: over REST or over a stream.

What the exchange knows without the world (its clock, its listing, a key's own rights, tokens for
streams) is told here; everything else is the world's.
"""

from typing import Any

from drawbridge.catalogue.registry import Exchange
from drawbridge.core.markets import Currency
from drawbridge.core.operations import (
    GetCurrencies,
    GetFixed,
    GetKeyRights,
    GetMarkets,
    GetOwnName,
    GetServerTime,
    GetStreamToken,
    KeyRights,
    Operation,
    ServerTime,
)
from drawbridge.paper.accounts import PaperKey, own_name
from drawbridge.paper.world import PaperWorld
from drawbridge.wire.stamps import StampKind


class Carrier:
    """Carries out operations for the clients of one papered exchange."""

    def __init__(self, exchange: Exchange, world: PaperWorld) -> None:
        """Know the exchange's listing."""
        self._exchange = exchange
        self._world = world
        self.markets = world.markets(exchange.card.id)
        self._currencies = tuple(
            Currency(row.code, row.name, row.places) for row in exchange.card.currencies
        )

    def result(self, key: PaperKey | None, operation: Operation[Any], now_ms: int) -> object:
        """Carry out an operation for whoever holds this key, None for anyone.

        Raises: the errors whose codes every exchange can speak.
        """
        match operation:
            case GetServerTime():
                return ServerTime(now_ms)
            case GetMarkets(symbols):
                wanted = frozenset(symbols)
                return tuple(
                    market for market in self.markets if not wanted or market.symbol in wanted
                )
            case GetCurrencies():
                return self._currencies
            case GetFixed(answer):
                return answer
            case GetKeyRights() | GetStreamToken() | GetOwnName() if key is not None:
                return self._of_key(key, operation, now_ms)
        account = None if key is None else key.account
        return self._world.carry_out(self._exchange.card.id, account, operation, now_ms)

    def _of_key(
        self, key: PaperKey, operation: GetKeyRights | GetStreamToken | GetOwnName, now_ms: int
    ) -> object:
        if isinstance(operation, GetKeyRights):
            return self._rights(key)
        if isinstance(operation, GetOwnName):
            return own_name(key.account, operation.of)
        return self._world.stream_tokens.carry_out(key, operation, now_ms)

    def _rights(self, key: PaperKey) -> KeyRights:
        told_nonce = self._exchange.card.stamp.kind is StampKind.NONCE
        return KeyRights(
            switches=key.switches,
            ip_list=tuple(str(network) for network in key.ip_list),
            ip_bound=bool(key.ip_list),
            created_ms=key.created_ms,
            expires_ms=key.expires_ms,
            label=key.label,
            key=key.key,
            last_nonce=key.last_nonce if told_nonce else None,
            account_id=own_name(key.account, "user"),
        )
