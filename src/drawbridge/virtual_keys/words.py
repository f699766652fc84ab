"""What a virtual key is held to, in words: the same for the page, the command line and the chat."""

from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass
from typing import Any, Final

from drawbridge.core.clock import HOUR_MS, MINUTE_MS
from drawbridge.core.money import plain
from drawbridge.virtual_keys.amounts import (
    Amounts,
    Collar,
    DayTurnover,
    LargestOrder,
    OpenExposure,
)
from drawbridge.virtual_keys.model import VirtualKey
from drawbridge.virtual_keys.restrictions import (
    DAYS_A_WEEK,
    Addresses,
    Expiry,
    Hours,
    Network,
    OrderTypes,
    Pairs,
    Rate,
    Restriction,
    Scopes,
    Sides,
    Unknown,
)
from drawbridge.virtual_keys.wishes import DAYS
from drawbridge.wording.formats import amount, moment
from drawbridge.wording.say import has_words, say

_BETWEEN: Final = ", "
_MINUTES: Final = HOUR_MS // MINUTE_MS


@dataclass(frozen=True, slots=True)
class Held:
    """One restriction as a person reads it: what it is about, and what it says."""

    rule: str
    name: str
    value: str


def words_of(virtual: VirtualKey) -> tuple[Held, ...]:
    """Put all restrictions of a virtual key into words."""
    return tuple(map(held_words, virtual.restrictions))


def held_words(restriction: Restriction) -> Held:
    """Put one restriction into words."""
    rule, write = _WORDS[type(restriction)]
    return Held(rule, rule_words(rule), write(restriction))


def rule_words(rule: str) -> str:
    """Name what refused; a rule that has no words of its own is told as it is called."""
    return say(f"virtual.rule.{rule}") if has_words(f"virtual.rule.{rule}") else rule


def _said(kind: str, names: Iterable[str]) -> str:
    return _BETWEEN.join(say(f"{kind}.{name}") for name in sorted(names))


def _amounts(most: Amounts) -> str:
    return _BETWEEN.join(f"{amount(value)} {currency}" for currency, value in most.parts)


def _hours(hours: Hours) -> str:
    days = [say(f"virtual.day.{DAYS[day]}") for day in sorted(hours.days)]
    every = say("virtual.every_day") if len(days) == DAYS_A_WEEK else _BETWEEN.join(days)
    begins, ends = _clock(hours.from_minute), _clock(hours.until_minute)
    return say("virtual.hours", days=every, begins=begins, ends=ends)


def _clock(minute: int) -> str:
    return f"{minute // _MINUTES:02}:{minute % _MINUTES:02}"


_WORDS: Final[Mapping[type[Any], tuple[str, Callable[[Any], str]]]] = {
    Scopes: ("scopes", lambda it: _said("scope", it.allowed)),
    Pairs: ("pairs", lambda it: _BETWEEN.join(sorted(it.symbols))),
    Sides: ("sides", lambda it: _said("virtual.side", it.sides)),
    OrderTypes: ("order_types", lambda it: _said("virtual.type", it.types)),
    LargestOrder: ("largest_order", lambda it: _amounts(it.most)),
    OpenExposure: ("open_exposure", lambda it: _amounts(it.most)),
    DayTurnover: ("day_turnover", lambda it: _amounts(it.most)),
    Collar: ("collar", lambda it: say("virtual.percent", percent=plain(it.percent))),
    Addresses: ("addresses", lambda it: _BETWEEN.join(_address(net) for net in it.networks)),
    Hours: ("hours", _hours),
    Expiry: ("expiry", lambda it: moment(it.until_ms)),
    Rate: ("rate", lambda it: say("virtual.per_second", count=it.per_second)),
    Unknown: ("unknown", lambda _it: say("virtual.unknown")),
}


def _address(network: Network) -> str:
    alone = network.prefixlen == network.max_prefixlen
    return str(network.network_address) if alone else str(network)
