"""What narrows a virtual key: small frozen values, each with one question, `verify`.

A key passes what all of its restrictions pass, so that one more never widens it. `number` is how
a restriction is called on disk: it is given once and never used again. Amounts of money stand in
`amounts.py`, the way to disk and back in `written.py`.
"""

from dataclasses import dataclass
from functools import lru_cache
from ipaddress import IPv4Address, IPv4Network, IPv6Address, IPv6Network, ip_address
from typing import ClassVar, Final, Protocol

from drawbridge.core.clock import DAY_MS, MINUTE_MS
from drawbridge.core.operations import Scope
from drawbridge.core.orders import OrderType, Side
from drawbridge.core.refusals import Refused
from drawbridge.virtual_keys.asked import Act, Asked

Network = IPv4Network | IPv6Network

# What a virtual key may be given at all. No setting adds a right to these.
GRANTABLE_SCOPES: Final = frozenset(
    {Scope.READ, Scope.TRADE_SPOT, Scope.TRADE_MARGIN, Scope.TRADE_DERIVATIVES}
)
_MOST_ADDRESSES: Final = 1_024
MINUTES_A_DAY: Final = DAY_MS // MINUTE_MS
DAYS_A_WEEK: Final = 7
# The first day of the epoch was a Thursday, and Monday is day 0.
_EPOCH_DAY: Final = 3


class Restriction(Protocol):
    """One thing that a virtual key is held to."""

    @property
    def number(self) -> int:
        """Give the number by which it is written; it is never given to another."""

    def verify(self, asked: Asked) -> Refused | None:
        """Give what speaks against it, None when nothing does."""


@dataclass(frozen=True, slots=True)
class Scopes:
    """Which rights the key has."""

    number: ClassVar[int] = 1
    allowed: frozenset[Scope]

    def verify(self, asked: Asked) -> Refused | None:
        """Refuse what needs another right."""
        if asked.scope is None or asked.scope in self.allowed & GRANTABLE_SCOPES:
            return None
        return Refused("virtual_right_missing", {"rule": "scopes", "scope": asked.scope.value})


@dataclass(frozen=True, slots=True)
class Pairs:
    """Which markets the key may trade."""

    number: ClassVar[int] = 2
    symbols: frozenset[str]

    def verify(self, asked: Asked) -> Refused | None:
        """Refuse orders and settings of other markets."""
        if asked.act not in {Act.ORDER, Act.SETTING} or asked.symbol in self.symbols:
            return None
        return Refused("virtual_pair", {"rule": "pairs", "symbol": asked.symbol})


@dataclass(frozen=True, slots=True)
class Sides:
    """Whether the key may buy, sell, or both."""

    number: ClassVar[int] = 3
    sides: frozenset[Side]

    def verify(self, asked: Asked) -> Refused | None:
        """Refuse orders of the other side."""
        if asked.order is None or asked.order.side in self.sides:
            return None
        return Refused("virtual_side", {"rule": "sides", "side": asked.order.side.value})


@dataclass(frozen=True, slots=True)
class OrderTypes:
    """Which types of orders the key may place; one that waits for a price is of its type too."""

    number: ClassVar[int] = 4
    types: frozenset[OrderType]

    def verify(self, asked: Asked) -> Refused | None:
        """Refuse orders of another type."""
        if asked.order is None or asked.order.type in self.types:
            return None
        return Refused(
            "virtual_order_type", {"rule": "order_types", "type": asked.order.type.value}
        )


@dataclass(frozen=True, slots=True)
class Addresses:
    """From where the key may be used."""

    number: ClassVar[int] = 9
    networks: tuple[Network, ...]

    def verify(self, asked: Asked) -> Refused | None:
        """Refuse every request from elsewhere, and from an address that cannot be read."""
        address = _read_address(asked.address)
        if address is None:
            return self._refused(asked)
        # A machine that listens on both kinds sees the older one dressed as the newer.
        mapped = getattr(address, "ipv4_mapped", None) or address
        if any(mapped in network or address in network for network in self.networks):
            return None
        return self._refused(asked)

    @staticmethod
    def _refused(asked: Asked) -> Refused:
        return Refused("virtual_address", {"rule": "addresses", "address": asked.address[:64]})


@dataclass(frozen=True, slots=True)
class Hours:
    """When the key may change something, UTC; what is read and cancelled is free at any hour.

    Units: minutes of the day, the last one not included; Monday is day 0. Where `until_minute` is
    not above `from_minute`, the hours go on into the next day, and belong to the day they began.
    """

    number: ClassVar[int] = 10
    days: frozenset[int]
    from_minute: int
    until_minute: int

    def verify(self, asked: Asked) -> Refused | None:
        """Refuse orders and settings at other hours."""
        if asked.act not in {Act.ORDER, Act.SETTING} or self._holds(asked.now_ms):
            return None
        return Refused("virtual_hours", {"rule": "hours"})

    def _holds(self, now_ms: int) -> bool:
        day = (now_ms // DAY_MS + _EPOCH_DAY) % DAYS_A_WEEK
        minute = now_ms % DAY_MS // MINUTE_MS
        if self.from_minute < self.until_minute:
            return day in self.days and self.from_minute <= minute < self.until_minute
        if minute >= self.from_minute:
            return day in self.days
        return minute < self.until_minute and (day - 1) % DAYS_A_WEEK in self.days


@dataclass(frozen=True, slots=True)
class Expiry:
    """When the key ends."""

    number: ClassVar[int] = 11
    until_ms: int

    def verify(self, asked: Asked) -> Refused | None:
        """Refuse everything from then on."""
        if asked.now_ms < self.until_ms:
            return None
        return Refused("virtual_expired", {"rule": "expiry"})


@dataclass(frozen=True, slots=True)
class Rate:
    """How many requests a second the key may make; a cancellation is never one too many."""

    number: ClassVar[int] = 12
    per_second: int

    def verify(self, asked: Asked) -> Refused | None:
        """Refuse what comes too soon."""
        if asked.act is Act.CANCEL or asked.usage.recent < self.per_second:
            return None
        return Refused("virtual_rate", {"rule": "rate", "limit": self.per_second})


@dataclass(frozen=True, slots=True)
class Unknown:
    """One that a newer version wrote: nobody here knows what it forbids, so it forbids all."""

    number: int
    text: str = ""

    def verify(self, asked: Asked) -> Refused | None:
        """Refuse everything."""
        facts = {"rule": "unknown", "number": self.number, "act": asked.act.value}
        return Refused("virtual_unknown_restriction", facts)


@lru_cache(maxsize=_MOST_ADDRESSES)
def _read_address(text: str) -> IPv4Address | IPv6Address | None:
    """Read an address, None for what is none; a bot comes from the same one every time."""
    try:
        return ip_address(text)
    except ValueError:
        return None
