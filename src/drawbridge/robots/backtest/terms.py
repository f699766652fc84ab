"""What a backtest trades with: money, fees, costs and rules of a market, read and found good.

Fills are the business of filling.py; this is where what people and exchanges say becomes numbers.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, fields
from decimal import Decimal
from enum import StrEnum
from typing import TYPE_CHECKING, Final, TypeVar

from drawbridge.core.errors import BadInput
from drawbridge.core.markets import Market, MarketKind, currencies_of, is_contract
from drawbridge.core.money import ONE, ZERO, parse_decimal, places_of, plain
from drawbridge.robots.backtest.filling import Terms
from drawbridge.robots.model import Direction

if TYPE_CHECKING:
    from drawbridge.robots.strategy import Settings, Strategy

_MAX_PLACES: Final = 18
_HALF: Final = Decimal("0.5")


class FeeIn(StrEnum):
    """What fees are taken in. `RECEIVED`: in what a fill brings, as spot exchanges do."""

    QUOTE = "quote"
    RECEIVED = "received"


class Judged(StrEnum):
    """When guards judge: at closes, as a robot on candles, or at every price, as one on ticks."""

    AT_CLOSE = "at_close"
    WITHIN = "within"


class Reached(StrEnum):
    """When a limit order is filled: when its price is touched, or only when it is passed."""

    TOUCHED = "touched"
    PASSED = "passed"


@dataclass(frozen=True, slots=True)
class BacktestTerms:
    """What a backtest trades with.

    Units: `amount` (what one entry spends), `cash`, `min_notional` and `price_tick` (0: any
    price) in quote currency; `quantity_step` and `min_quantity` in base currency. As fractions
    (0.001 is 0.1 %): `fee`, `maker_fee` (None: the same) for orders that rested, `spread`,
    `slippage`, `volume_share` (how much of a candle's volume may be ours; 0: any), `funding`
    (what longs pay to shorts every eight hours) and `maintenance` (the part of a contract's worth
    that must back it, or it is closed by force; exchanges ask about as much of small positions).
    `warm_up` counts the candles at the beginning that are looked at only. All strategies in
    `confirm` must be on the side that is entered.
    """

    symbol: str
    amount: Decimal
    cash: Decimal
    fee: Decimal
    quantity_step: Decimal
    maker_fee: Decimal | None = None
    fee_in: FeeIn = FeeIn.QUOTE
    min_quantity: Decimal = ZERO
    min_notional: Decimal = ZERO
    price_tick: Decimal = ZERO
    spread: Decimal = ZERO
    slippage: Decimal = ZERO
    volume_share: Decimal = ZERO
    funding: Decimal = ZERO
    maintenance: Decimal = Decimal("0.005")
    direction: Direction = Direction.LONG
    judged: Judged = Judged.AT_CLOSE
    reached: Reached = Reached.TOUCHED
    warm_up: int = 0
    confirm: tuple[tuple[Strategy, Settings], ...] = ()

    def __post_init__(self) -> None:
        """Refuse terms under which nothing could be traded. Raises: `BadInput`."""
        check_symbol(self.symbol)
        for field in ("amount", "cash", "quantity_step"):
            _refuse("not_positive", field, getattr(self, field) <= 0)
        for field in ("min_quantity", "min_notional", "price_tick", "warm_up"):
            _refuse("below_zero", field, getattr(self, field) < 0)
        for field in ("fee", "maker_fee"):
            _refuse("bad_fee", field, not 0 <= (getattr(self, field) or ZERO) < 1)
        for field in ("spread", "slippage", "volume_share", "maintenance"):
            _refuse("no_fraction", field, not 0 <= getattr(self, field) <= 1)
        _refuse("costs_all", "slippage", self.cost >= 1)
        _refuse("no_fraction", "funding", not -1 < self.funding < 1)
        for field in ("quantity_step", "price_tick"):
            if places_of(getattr(self, field)) > _MAX_PLACES:
                raise BadInput("step_too_small", field=field, places=_MAX_PLACES)
        if self.amount > self.cash:
            raise BadInput("amount_above_cash", field="amount", cash=plain(self.cash))
        self._check_kind()

    @property
    def is_contract(self) -> bool:
        """Tell whether positions in a contract are traded, and not the goods themselves."""
        return is_contract(self.symbol)

    @property
    def base(self) -> str:
        """Give the currency that is bought."""
        return currencies_of(self.symbol)[0]

    @property
    def quote(self) -> str:
        """Give the currency that is spent."""
        return currencies_of(self.symbol)[1]

    @property
    def cost(self) -> Decimal:
        """Give what every market order pays beside the fee, as a fraction of the price."""
        return self.spread * _HALF + self.slippage

    @property
    def resting_fee(self) -> Decimal:
        """Give the fee of orders that rested."""
        return self.fee if self.maker_fee is None else self.maker_fee

    def numbers(self, interval_ms: int, scale: float) -> Terms:
        """Give them to the loop; `scale` is what guards make of safety entries."""
        return Terms(
            amount=float(self.amount),
            cash=float(self.cash),
            step=float(self.quantity_step),
            tick=float(self.price_tick),
            taker=float(self.fee),
            maker=float(self.resting_fee),
            cost=float(self.cost),
            share=float(self.volume_share),
            scale=float(scale),
            min_quantity=float(self.min_quantity),
            min_notional=float(self.min_notional),
            interval_ms=interval_ms,
            begin=self.warm_up,
            direction=self.direction.side,
            fee_in_base=self.fee_in is FeeIn.RECEIVED,
            within=self.judged is Judged.WITHIN,
        )

    def market(self) -> Market:
        """Give the market, as strategies that place orders are told of it."""
        return Market(
            symbol=self.symbol,
            id=self.symbol,
            base=self.base,
            quote=self.quote,
            price_tick=self.price_tick or ONE.scaleb(-_MAX_PLACES),
            quantity_step=self.quantity_step,
            min_quantity=self.min_quantity,
            min_notional=self.min_notional,
            fee_maker=self.resting_fee,
            fee_taker=self.fee,
            kind=MarketKind.LINEAR_PERPETUAL if self.is_contract else MarketKind.SPOT,
        )

    def _check_kind(self) -> None:
        """Refuse what only contracts have for spot, and the other way round."""
        if self.is_contract:
            _refuse("fee_in_quote_only", "fee_in", self.fee_in is FeeIn.RECEIVED)
            return
        if self.direction is not Direction.LONG:
            raise BadInput("short_needs_contract", field="direction", symbol=self.symbol)
        _refuse("funding_needs_contract", "funding", self.funding != 0)


def check_symbol(symbol: str) -> None:
    """Refuse what is no market: `BASE/QUOTE`, for a contract `BASE/QUOTE:SETTLE`."""
    pair, colon, settle = symbol.partition(":")
    if pair.count("/") != 1 or not all(pair.split("/")) or bool(colon) != bool(settle):
        raise BadInput("bad_symbol", field="symbol", symbol=symbol)


_C = TypeVar("_C", bound=StrEnum)
_CHOICES: Final[Mapping[str, type[StrEnum]]] = {
    "fee_in": FeeIn,
    "direction": Direction,
    "judged": Judged,
    "reached": Reached,
}
_UNREAD: Final = frozenset({"symbol", "confirm", "warm_up"})


def read_terms(given: Mapping[str, str], *, warm_up: int = 0) -> BacktestTerms:
    """Read terms from texts by name, as forms and command lines give them.

    What is left out has its default. Raises: `BadInput` naming the field.
    """
    known = {field.name for field in fields(BacktestTerms)} - (_UNREAD - {"symbol"})
    for name in given:
        if name not in known:
            raise BadInput("unknown_term", field=name, known=sorted(known))
    values: dict[str, object] = {"symbol": given.get("symbol", "").strip(), "warm_up": warm_up}
    for name in known - _UNREAD:
        text = given.get(name, "").strip()
        if name in _CHOICES:
            if text:
                values[name] = _choice(_CHOICES[name], text, name)
        elif text or name in {"amount", "cash", "fee", "quantity_step"}:
            values[name] = parse_decimal(text, name)
    return BacktestTerms(**values)  # type: ignore[arg-type]  # read by name just above


def _choice(kind: type[_C], text: str, field: str) -> _C:
    try:
        return kind(text)
    except ValueError:
        raise BadInput("not_a_choice", field=field, known=[it.value for it in kind]) from None


def _refuse(code: str, field: str, is_bad: bool) -> None:  # noqa: FBT001  read as: refuse if
    if is_bad:
        raise BadInput(code, field=field)
