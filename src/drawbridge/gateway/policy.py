"""May this key do this now? A pure judge; refusals are values here and exceptions at the edge.

Refuse by default: an operation passes only if the key's status, its known rights and the
purpose all allow it. Nothing lets a withdrawal, a transfer or the making of keys pass.
"""

from collections.abc import Mapping
from decimal import Decimal
from enum import StrEnum
from typing import Any, Final

from drawbridge.core.markets import Market
from drawbridge.core.money import is_on_step
from drawbridge.core.operations import (
    FORBIDDEN_SCOPES,
    CancelOrder,
    GetStreamToken,
    Operation,
    PlaceOrder,
    Scope,
)
from drawbridge.core.orders import OrderType
from drawbridge.core.refusals import Refused
from drawbridge.vault.model import KeyRecord, KeyStatus
from drawbridge.wire.endpoints import Endpoint


class Purpose(StrEnum):
    """What a crossing is for. `CLEAN_UP` ends what was begun, whatever became of the key.

    `LISTEN` draws the tokens of streams, which stay in the gateway: some could trade as well.
    `INQUIRY` reads what was done on an account, also of a key that was stopped for it.
    """

    CHECK = "check"
    TRADE = "trade"
    READ = "read"
    CLEAN_UP = "clean_up"
    LISTEN = "listen"
    INQUIRY = "inquiry"


# Where a status is not named for a purpose, nothing passes.
_GOOD_FOR: Final[Mapping[Purpose, frozenset[KeyStatus]]] = {
    Purpose.CHECK: frozenset(
        {
            KeyStatus.UNVERIFIED,
            KeyStatus.CHECKING,
            KeyStatus.ENABLED,
            KeyStatus.READ_ONLY,
            KeyStatus.INVALID,
            KeyStatus.CLEANUP_PENDING,
        }
    ),
    Purpose.TRADE: frozenset({KeyStatus.ENABLED, KeyStatus.CHECKING}),
    Purpose.READ: frozenset({KeyStatus.ENABLED, KeyStatus.READ_ONLY, KeyStatus.CHECKING}),
    Purpose.LISTEN: frozenset({KeyStatus.ENABLED, KeyStatus.READ_ONLY, KeyStatus.CHECKING}),
    Purpose.CLEAN_UP: frozenset(set(KeyStatus) - {KeyStatus.REFUSED}),
    Purpose.INQUIRY: frozenset(set(KeyStatus) - {KeyStatus.REFUSED}),
}
_OF_STAND_INS: Final = frozenset({Purpose.CHECK, Purpose.CLEAN_UP})


def judge(
    key: KeyRecord,
    purpose: Purpose,
    operation: Operation[Any] | None,
    endpoint: Endpoint,
    *,
    has_post_only: bool = True,
) -> Refused | None:
    """Give the reason against it, None when there is none.

    No operation stands for what a bot asks and nobody here can read.

    Where an exchange has no orders that may only rest, a check's limit order must do without.
    """
    scope = _scope_of(operation, endpoint)
    if purpose is Purpose.LISTEN:
        return _judge_token(key, operation, scope)
    if scope in FORBIDDEN_SCOPES or scope is Scope.OTHER:
        return Refused("scope_never_allowed", {"rule": "scope", "scope": scope})
    if not _is_good(key, purpose):
        return Refused("key_not_usable", {"rule": "status", "status": key.status})
    if scope in {None, Scope.READ}:
        return None
    if purpose is Purpose.CHECK and isinstance(operation, PlaceOrder):
        harmless = _is_harmless(operation, has_post_only=has_post_only)
        return None if harmless else Refused("purpose_only_probes", {"rule": "purpose"})
    return _judge_change(key, purpose, operation, scope)


def judge_listening(key: KeyRecord) -> Refused | None:
    """Hold a key against what it takes to hear of its account over a stream."""
    if _is_good(key, Purpose.LISTEN):
        return None
    return Refused("key_not_usable", {"rule": "status", "status": key.status})


def _is_good(key: KeyRecord, purpose: Purpose) -> bool:
    """Tell whether a key is good for this; one that is to replace another is only checked."""
    if key.replaces and purpose not in _OF_STAND_INS:
        return False
    return key.status in _GOOD_FOR[purpose]


def judge_order(order: PlaceOrder, market: Market) -> Refused | None:
    """Hold an order against its market's rules, before anything is sent.

    Why: the exchange would refuse it as well, but in fewer words and at the cost of a request.
    """
    quantity, cost, price = order.quantity, order.quote_quantity, order.price
    if not market.active:
        return _wrong("market_closed", "symbol", market)
    if order.type is OrderType.LIMIT and price is None:
        return _wrong("missing_price", "price", market)
    if (quantity is None) == (cost is None):
        return _wrong("missing_quantity", "quantity", market)
    for amount, name in ((quantity, "quantity"), (cost, "quote_quantity"), (price, "price")):
        if amount is not None and amount <= 0:
            return _wrong("not_positive", name, market)
    return _judge_price(order, market) or _judge_quantity(order, market)


def _judge_token(
    key: KeyRecord, operation: Operation[Any] | None, scope: Scope | None
) -> Refused | None:
    # With some exchanges' tokens one could trade as well; ours listens, and goes nowhere else.
    if scope in FORBIDDEN_SCOPES or not isinstance(operation, GetStreamToken):
        facts = {"rule": "scope", "scope": scope}
        is_never = scope in FORBIDDEN_SCOPES or scope is Scope.OTHER
        return Refused("scope_never_allowed" if is_never else "purpose_only_listens", facts)
    return judge_listening(key)


def _judge_change(
    key: KeyRecord, purpose: Purpose, operation: Operation[Any] | None, scope: Scope | None
) -> Refused | None:
    if purpose in {Purpose.READ, Purpose.INQUIRY}:
        return Refused("purpose_only_reads", {"rule": "purpose"})
    if purpose is Purpose.CLEAN_UP and not isinstance(operation, CancelOrder):
        return Refused("purpose_only_cleans_up", {"rule": "purpose"})
    if purpose is Purpose.TRADE and scope not in key.scopes:
        return Refused("right_missing", {"rule": "scope", "scope": scope})
    return None


def _is_harmless(order: PlaceOrder, *, has_post_only: bool) -> bool:
    rests = order.post_only or not has_post_only
    return order.dry_run or (rests and order.type is OrderType.LIMIT)


def _wrong(code: str, field: str, market: Market, **rule: object) -> Refused:
    return Refused(code, {"field": field, "symbol": market.symbol, **rule})


def _judge_price(order: PlaceOrder, market: Market) -> Refused | None:
    if order.price is not None and not _on_step(order.price, market.price_tick):
        return _wrong("price_off_tick", "price", market, tick=market.price_tick)
    return None


def _judge_quantity(order: PlaceOrder, market: Market) -> Refused | None:
    quantity, cost = order.quantity, order.quote_quantity
    if quantity is not None:
        if not _on_step(quantity, market.quantity_step):
            return _wrong("quantity_off_step", "quantity", market, step=market.quantity_step)
        if quantity < market.min_quantity:
            return _wrong("too_small", "quantity", market, lowest=market.min_quantity)
        if order.price is not None:
            cost = quantity * order.price
    if cost is not None and cost < market.min_notional:
        return _wrong("notional_too_small", "quantity", market, lowest=market.min_notional)
    return None


def _on_step(value: Decimal, step: Decimal) -> bool:
    return not step or is_on_step(value, step)


def _scope_of(operation: Operation[Any] | None, endpoint: Endpoint) -> Scope | None:
    # A margin order and a spot order may share one endpoint; the order knows which it is.
    return operation.scope if isinstance(operation, PlaceOrder) else endpoint.scope
