"""Are two keys of one exchange account? Asked before one takes the other's place.

What proves it: the account's number, where the exchange tells it; an order that one key placed
and the other one sees; else balances and open orders that agree and are too odd to do so by
chance. What proves nothing is told as such, and never guessed.
"""

from dataclasses import dataclass
from decimal import Decimal
from typing import Final, TypeVar

from drawbridge.core.errors import DrawbridgeError, ExchangeDown, NotFound, OutcomeUnknown
from drawbridge.core.operations import GetBalances, GetOpenOrders, GetOrder, Operation
from drawbridge.core.orders import Order
from drawbridge.gateway.crossing import Gateway
from drawbridge.gateway.policy import Purpose
from drawbridge.rotation import replacement_store as store
from drawbridge.rotation.alike import is_telling
from drawbridge.rotation.replacement import AccountProof
from drawbridge.storage.database import Database
from drawbridge.trading.model import OwnOrder
from drawbridge.vault.model import KeyRecord, KeyStatus

A = TypeVar("A")

_MOST_ORDERS: Final = 3
_MOST_TRIES: Final = 3
_NOT_ASKED: Final = frozenset({KeyStatus.DISABLED, KeyStatus.REFUSED})


@dataclass(frozen=True, slots=True)
class Finding:
    """What was found out: the proof; or that the accounts differ; or neither."""

    proof: AccountProof = AccountProof.NONE
    differs: bool = False


_SAME_ORDER: Final = Finding(AccountProof.ORDER)
_UNTOLD: Final = Finding()
_DIFFERENT: Final = Finding(differs=True)


class SameAccount:
    """Asks exchanges about two keys."""

    def __init__(self, gateway: Gateway, database: Database) -> None:
        """Ask over this gateway; our own orders stand in this database."""
        self._gateway = gateway
        self._database = database

    async def find_out(self, key: KeyRecord, stand_in: KeyRecord) -> Finding:
        """Find out whether a stand-in is of the key's account; the key itself may be dead.

        Raises: `ExchangeDown` while the exchange cannot be asked.
        """
        if key.account_hint and stand_in.account_hint:
            is_same = key.account_hint == stand_in.account_hint
            return Finding(AccountProof.ACCOUNT) if is_same else _DIFFERENT
        for placed_by, other in ((key, stand_in), (stand_in, key)):
            seen = await self._sees_orders(placed_by, other)
            if seen is not None:
                return _SAME_ORDER if seen else _DIFFERENT
        return await self._compare(key, stand_in)

    async def sees_orders_of(self, key: KeyRecord, other: KeyRecord) -> Finding:
        """Find out by the other key alone whether both are of one account, if that tells it.

        Raises: `ExchangeDown` while the exchange cannot be asked.
        """
        for own in await store.latest_orders(self._database, key.id, _MOST_ORDERS):
            if await self._sees(other, own):
                return _SAME_ORDER
        return _UNTOLD

    async def _sees_orders(self, placed_by: KeyRecord, other: KeyRecord) -> bool | None:
        """Tell whether a key sees what the other one placed; None where that tells nothing."""
        if other.status in _NOT_ASKED:
            return None
        for own in await store.latest_orders(self._database, placed_by.id, _MOST_ORDERS):
            if await self._sees(other, own):
                return True
            # Only an order that the exchange still tells to who placed it shows a difference.
            if placed_by.status not in _NOT_ASKED and await self._sees(placed_by, own):
                return False
        return None

    async def _sees(self, key: KeyRecord, own: OwnOrder) -> bool:
        asked = GetOrder(own.symbol, own.order_id, own.client_id)
        try:
            found = await self._ask(key, asked)
        except NotFound:
            return False
        return found is not None and _is_the_one(found, own)

    async def _compare(self, key: KeyRecord, stand_in: KeyRecord) -> Finding:
        """Hold what both keys read against each other, while nothing moves in between."""
        if key.status in _NOT_ASKED:
            return _UNTOLD
        for _ in range(_MOST_TRIES):
            before = await self._view(key)
            other = await self._view(stand_in)
            after = await self._view(key)
            if before is None or other is None or after is None:
                return _UNTOLD
            if before != after:
                continue
            if other != after:
                return _DIFFERENT
            return Finding(AccountProof.HOLDINGS) if other.is_telling else _UNTOLD
        return _UNTOLD

    async def _view(self, key: KeyRecord) -> "_View | None":
        balances = await self._ask(key, GetBalances())
        if balances is None:
            return None
        orders = await self._ask(key, GetOpenOrders())
        return _View(
            frozenset((it.currency, it.total) for it in balances if it.total),
            frozenset(order.order_id for order in orders or ()),
            is_telling(it.total for it in balances),
        )

    async def _ask(self, key: KeyRecord, operation: Operation[A]) -> A | None:
        """Ask with a key; None where it gets no answer, whatever the reason.

        Raises: `NotFound`; `ExchangeDown` when it may be asked again.
        """
        try:
            return await self._gateway.call(key.id, operation, purpose=Purpose.CHECK)
        except OutcomeUnknown as error:
            raise ExchangeDown(error.code) from None
        except (ExchangeDown, NotFound):
            raise
        except DrawbridgeError:
            return None


@dataclass(frozen=True, slots=True)
class _View:
    """What an account looks like with a key: totals, open orders, whether the totals are odd."""

    totals: frozenset[tuple[str, Decimal]]
    orders: frozenset[str]
    is_odd: bool

    @property
    def is_telling(self) -> bool:
        return bool(self.orders) or self.is_odd


def _is_the_one(found: Order, own: OwnOrder) -> bool:
    """Tell whether an order is the one that we placed: ids may be small numbers somewhere."""
    if (found.order_id, found.symbol, found.side) != (own.order_id, own.symbol, own.side):
        return False
    if found.client_id and own.client_id:
        return found.client_id == own.client_id
    return found.price == own.price and own.quantity in {None, found.quantity}
