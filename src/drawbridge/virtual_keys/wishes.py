"""What a person asks a virtual key to be held to, read from texts and checked.

The same texts come from the page, the command line and the API. Whatever is left empty restricts
nothing, but for the rights: a key that is given none may read.
"""

import re
from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass
from decimal import Decimal
from enum import StrEnum
from ipaddress import ip_network
from typing import Final, TypeVar

from drawbridge.core.clock import HOUR_MS, MINUTE_MS
from drawbridge.core.errors import BadInput
from drawbridge.core.markets import currencies_of
from drawbridge.core.money import parse_positive
from drawbridge.core.operations import Scope
from drawbridge.core.orders import OrderType, Side
from drawbridge.virtual_keys.amounts import (
    Amounts,
    Collar,
    DayTurnover,
    LargestOrder,
    OpenExposure,
    amounts_of,
)
from drawbridge.virtual_keys.restrictions import (
    DAYS_A_WEEK,
    GRANTABLE_SCOPES,
    MINUTES_A_DAY,
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
)
from drawbridge.virtual_keys.usage import MOST_PER_SECOND

E = TypeVar("E", bound=StrEnum)

DAYS: Final = ("mon", "tue", "wed", "thu", "fri", "sat", "sun")
_MOST_PAIRS: Final = 200
_MOST_AMOUNTS: Final = 20
_MOST_ADDRESSES: Final = 50
_MOST_PERCENT: Final = Decimal(100)
_MOST_TEXT: Final = 400
_PAIR: Final = re.compile(r"[A-Z0-9]{1,20}/[A-Z0-9]{1,20}(:[A-Z0-9]{1,20})?")
_AMOUNT: Final = re.compile(r"([0-9.]{1,30})\s*([A-Z0-9]{1,20})?")
_HOURS: Final = re.compile(r"([0-9]{1,2}):([0-9]{2})\s*[-\u2013]\s*([0-9]{1,2}):([0-9]{2})")


@dataclass(frozen=True, slots=True)
class Wish:
    """What a virtual key is to be held to, as texts; empty is not restricted.

    Shape: amounts as `500 USDT, 0.01 BTC`, the currency left out where all pairs have the same;
    `collar` in percent; `hours` as `08:00-17:30`, UTC; `days` as `mon`, `tue`; `rate` in requests
    a second.
    """

    scopes: tuple[str, ...] = ()
    pairs: tuple[str, ...] = ()
    sides: tuple[str, ...] = ()
    order_types: tuple[str, ...] = ()
    largest_order: str = ""
    open_exposure: str = ""
    day_turnover: str = ""
    collar: str = ""
    addresses: tuple[str, ...] = ()
    days: tuple[str, ...] = ()
    hours: str = ""
    expires_ms: int | None = None
    rate: str = ""


def read_wish(wish: Wish, now_ms: int) -> tuple[Restriction, ...]:
    """Read everything that is wished for, in the order of the restrictions' numbers.

    Raises: `BadInput` naming the field.
    """
    read: tuple[Restriction | None, ...] = (
        _read_scopes(wish.scopes),
        _read_pairs(wish.pairs),
        _read_choices(wish.sides, Side, "order_sides", Sides),
        _read_choices(wish.order_types, OrderType, "order_types", OrderTypes),
        *_read_money(wish),
        _read_collar(wish.collar),
        _read_addresses(wish.addresses),
        _read_hours(wish.days, wish.hours),
        _read_expiry(wish.expires_ms, now_ms),
        _read_rate(wish.rate),
    )
    return tuple(it for it in read if it is not None)


def _read_scopes(texts: tuple[str, ...]) -> Scopes | None:
    if not texts:
        return None
    chosen = set()
    for text in texts:
        scope = next((it for it in GRANTABLE_SCOPES if it.value == text.strip().lower()), None)
        if scope is None:
            known = sorted(it.value for it in GRANTABLE_SCOPES)
            raise BadInput("virtual_bad_scope", field="scopes", scope=text[:32], known=known)
        chosen.add(scope)
    # Whoever may trade may look: no client trades blindly.
    return Scopes(frozenset({Scope.READ, *chosen}))


def _read_pairs(texts: tuple[str, ...]) -> Pairs | None:
    symbols = frozenset(text.strip().upper() for text in texts if text.strip())
    if len(symbols) > _MOST_PAIRS:
        raise BadInput("virtual_too_many", field="pairs", most=_MOST_PAIRS)
    for symbol in sorted(symbols):
        if not _PAIR.fullmatch(symbol):
            raise BadInput("virtual_bad_pair", field="pairs", pair=symbol[:40])
    return Pairs(symbols) if symbols else None


def _read_choices(
    texts: tuple[str, ...],
    kind: type[E],
    field: str,
    restrict: Callable[[frozenset[E]], Restriction],
) -> Restriction | None:
    known = {it.value: it for it in kind}
    chosen = set()
    for text in texts:
        if text.strip().lower() not in known:
            raise BadInput("virtual_bad_choice", field=field, given=text[:32], known=sorted(known))
        chosen.add(known[text.strip().lower()])
    # All of them is as good as none named.
    return restrict(frozenset(chosen)) if 0 < len(chosen) < len(known) else None


def _read_money(wish: Wish) -> Iterator[Restriction]:
    quotes = {currencies_of(pair.strip().upper())[1] for pair in wish.pairs if pair.strip()}
    usual = quotes.pop() if len(quotes) == 1 else ""
    kinds: Mapping[str, tuple[str, Callable[[Amounts], Restriction]]] = {
        "largest_order": (wish.largest_order, LargestOrder),
        "open_exposure": (wish.open_exposure, OpenExposure),
        "day_turnover": (wish.day_turnover, DayTurnover),
    }
    for field, (text, restrict) in kinds.items():
        if text.strip():
            yield restrict(_read_amounts(text, field, usual))


def _read_amounts(text: str, field: str, usual: str) -> Amounts:
    pieces = [piece.strip() for piece in text[:_MOST_TEXT].upper().split(",") if piece.strip()]
    if not 0 < len(pieces) <= _MOST_AMOUNTS or len(text) > _MOST_TEXT:
        raise BadInput("virtual_bad_amount", field=field)
    parts: dict[str, Decimal] = {}
    for piece in pieces:
        found = _AMOUNT.fullmatch(piece)
        if found is None:
            raise BadInput("virtual_bad_amount", field=field)
        currency = found[2] or usual
        if not currency:
            raise BadInput("virtual_amount_needs_currency", field=field)
        if currency in parts:
            raise BadInput("virtual_currency_twice", field=field, currency=currency)
        parts[currency] = parse_positive(found[1], field)
    return amounts_of(parts)


def _read_collar(text: str) -> Collar | None:
    if not text.strip():
        return None
    percent = parse_positive(text.strip().removesuffix("%").strip(), "collar")
    if percent > _MOST_PERCENT:
        raise BadInput("virtual_bad_collar", field="collar", most=str(_MOST_PERCENT))
    return Collar(percent)


def _read_addresses(texts: tuple[str, ...]) -> Addresses | None:
    pieces = [text.strip() for text in texts if text.strip()]
    if len(pieces) > _MOST_ADDRESSES:
        raise BadInput("virtual_too_many", field="addresses", most=_MOST_ADDRESSES)
    networks: list[Network] = []
    for piece in pieces:
        try:
            networks.append(ip_network(piece, strict=False))
        except ValueError:
            raise BadInput("bad_address", field="addresses", address=piece[:60]) from None
    return Addresses(tuple(networks)) if networks else None


def _read_hours(days: tuple[str, ...], hours: str) -> Hours | None:
    chosen = set()
    for text in days:
        if text.strip().lower() not in DAYS:
            raise BadInput("virtual_bad_choice", field="days", given=text[:32], known=list(DAYS))
        chosen.add(DAYS.index(text.strip().lower()))
    if not hours.strip() and not 0 < len(chosen) < DAYS_A_WEEK:
        return None
    from_minute, until_minute = _read_span(hours) if hours.strip() else (0, MINUTES_A_DAY)
    return Hours(frozenset(chosen or range(DAYS_A_WEEK)), from_minute, until_minute)


def _read_span(text: str) -> tuple[int, int]:
    found = _HOURS.fullmatch(text.strip()[:20])
    if found is None:
        raise BadInput("virtual_bad_hours", field="hours")
    ends = []
    for hour, minute in ((found[1], found[2]), (found[3], found[4])):
        ends.append(int(hour) * (HOUR_MS // MINUTE_MS) + int(minute))
        if int(minute) >= HOUR_MS // MINUTE_MS or ends[-1] > MINUTES_A_DAY:
            raise BadInput("virtual_bad_hours", field="hours")
    if ends[0] == ends[1] or ends[0] == MINUTES_A_DAY:
        raise BadInput("virtual_bad_hours", field="hours")
    return ends[0], ends[1]


def _read_expiry(expires_ms: int | None, now_ms: int) -> Expiry | None:
    if expires_ms is None:
        return None
    if expires_ms <= now_ms:
        raise BadInput("expiry_in_the_past", field="expires")
    return Expiry(expires_ms)


def _read_rate(text: str) -> Rate | None:
    if not text.strip():
        return None
    digits = text.strip()
    number = int(digits) if digits.isascii() and digits.isdigit() and len(digits) < 6 else 0  # noqa: PLR2004  no longer number is allowed
    if not 0 < number <= MOST_PER_SECOND:
        raise BadInput("virtual_bad_rate", field="rate", most=MOST_PER_SECOND)
    return Rate(number)
