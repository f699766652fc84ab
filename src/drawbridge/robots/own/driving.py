"""Drive a strategy over candles, simply: what it does at each, with a position as it would have.

No fees, no partial fills: this finds out how a strategy behaves, and not what it earns.
"""

from __future__ import annotations

import json
from dataclasses import dataclass
from decimal import Decimal
from typing import TYPE_CHECKING, Any, Final

from drawbridge.core.errors import BadInput
from drawbridge.core.markets import Market
from drawbridge.core.money import ZERO
from drawbridge.core.orders import Side
from drawbridge.robots.own.making import read_word
from drawbridge.robots.own.trouble import Telling, told
from drawbridge.robots.sizes import exact
from drawbridge.robots.strategy import (
    IN,
    NOTHING_HELD,
    OUT,
    Decide,
    FilledWant,
    Held,
    Memory,
    Orders,
    Scene,
    Settings,
    Strategy,
    Want,
)

if TYPE_CHECKING:
    from drawbridge.robots.columns import CandleColumns

_AMOUNT: Final = Decimal(1000)
_MARKET: Final = Market(
    symbol="BASE/QUOTE",
    id="BASEQUOTE",
    base="BASE",
    quote="QUOTE",
    price_tick=Decimal("0.00000001"),
    quantity_step=Decimal("0.00000001"),
    min_quantity=Decimal("0.00000001"),
    min_notional=ZERO,
    fee_maker=ZERO,
    fee_taker=ZERO,
)


@dataclass(frozen=True, slots=True)
class Deal:
    """A purchase or a sale: at which candle, on which side, at which price."""

    at: int
    side: Side
    price: float


def acts_of(strategy: Strategy, settings: Settings, candles: CandleColumns) -> list[Any]:
    """Give what a strategy does at each candle: what it says, or all its wants.

    Raises: `BadInput` for what goes wrong in a person's own code.
    """
    return drive(strategy, settings, candles)[0]


def drive(
    strategy: Strategy, settings: Settings, candles: CandleColumns
) -> tuple[list[Any], list[Deal]]:
    """Give what a strategy does at each candle, and what comes of it. Raises: as `acts_of`."""
    seen = strategy.look(candles, settings)
    if strategy.decide is not None:
        return _said(strategy.decide, settings, candles, seen)
    if strategy.orders is not None:
        return _wanted(strategy.orders, settings, candles, seen)
    return [], []


def _said(
    decide: Decide, settings: Settings, candles: CandleColumns, seen: object
) -> tuple[list[Any], list[Deal]]:
    held, acts, deals = NOTHING_HELD, [], []
    for at, close in enumerate(candles.close.tolist()):
        with Telling("", [at]):
            said = read_word(decide(seen, at, settings, held), at)
        acts.append(said)
        if said == IN and held.quantity == 0.0:
            held = Held(1.0, close, close, close)
            deals.append(Deal(at, Side.BUY, close))
        elif said == OUT and held.quantity != 0.0:
            held = NOTHING_HELD
            deals.append(Deal(at, Side.SELL, close))
        elif held.quantity != 0.0:
            held = held._replace(best=max(held.best, close), since=held.since + 1)
    return acts, deals


def _wanted(
    orders: Orders, settings: Settings, candles: CandleColumns, seen: object
) -> tuple[list[Any], list[Deal]]:
    memory: Memory = {}
    desk, acts, deals = _Desk(), [], []
    columns = (candles.open_time_ms, candles.high, candles.low, candles.close)
    for at, row in enumerate(zip(*(it.tolist() for it in columns), strict=True)):
        time_ms, *prices = row
        high, low, close = map(exact, prices)
        filled = desk.reached(low, high, time_ms)
        deals += [Deal(at, it.side, float(it.price)) for it in filled if it.quantity]
        scene = Scene(time_ms, close, _MARKET, _AMOUNT, desk.held, desk.cost, filled, seen, at)
        memory, wants = orders(memory, settings, scene)
        memory = _kept(memory, at)
        desk.take(wants, scene)
        acts.append(wants)
    return acts, deals


def _kept(memory: Memory, at: int) -> Memory:
    """Keep a memory as a robot does. Raises: `BadInput("own_wrong_memory")`."""
    try:
        kept: Memory = json.loads(json.dumps(memory))
    except (TypeError, ValueError) as error:
        raise BadInput("own_wrong_memory", field="file", candle=at, told=told(error)) from None
    return kept


class _Desk:
    """Where wants rest until a candle reaches them."""

    def __init__(self) -> None:
        self.held = self.cost = ZERO
        self._open: dict[str, Want] = {}
        self._used: dict[str, Want] = {}
        self._ended: list[FilledWant] = []

    def reached(self, low: Decimal, high: Decimal, time_ms: int) -> tuple[FilledWant, ...]:
        """End what the candle reaches; what is at market has its price already."""
        for tag, want in list(self._open.items()):
            price = want.price
            if price is not None and (low <= price if want.side is Side.BUY else high >= price):
                self._end(tag, want.quantity, price, time_ms)
        ended, self._ended = tuple(self._ended), []
        return ended

    def take(self, wants: tuple[Want, ...], scene: Scene) -> None:
        """Place what is new, and end what is no longer wanted.

        Raises: `BadInput("own_tag_again")` for a tag that meant another order before.
        """
        asked = {want.tag: want for want in wants}
        for tag in [tag for tag in self._open if tag not in asked]:
            self._end(tag, ZERO, scene.price, scene.time_ms)
        for tag, want in asked.items():
            if self._used.setdefault(tag, want) != want:
                raise BadInput("own_tag_again", field="file", candle=scene.at, tag=tag)
            if tag not in self._open:
                self._open[tag] = want
                if want.price is None:
                    self._end(tag, want.quantity, scene.price, scene.time_ms)

    def _end(self, tag: str, quantity: Decimal, price: Decimal, time_ms: int) -> None:
        side = self._open.pop(tag).side
        signed = quantity if side is Side.BUY else -quantity
        self.cost += signed * (
            price if side is Side.BUY or not self.held else self.cost / self.held
        )
        self.held += signed
        self._ended.append(FilledWant(tag, side, quantity, price, time_ms))
