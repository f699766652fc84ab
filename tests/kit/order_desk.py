"""An exchange of a few lines for order strategies: it fills, refuses and cancels as it is told."""

import copy
import json
from collections.abc import Mapping
from dataclasses import dataclass, field
from decimal import Decimal
from typing import Any

from drawbridge.core.markets import Market
from drawbridge.core.money import ZERO, floor_to_step, is_on_step
from drawbridge.core.orders import Side
from drawbridge.robots.strategy import FilledWant, Memory, Scene, Strategy, Want

MARKET = Market(
    symbol="BTC/USDT",
    id="BTCUSDT",
    base="BTC",
    quote="USDT",
    price_tick=Decimal("0.01"),
    quantity_step=Decimal("0.0001"),
    min_quantity=Decimal("0.0001"),
    min_notional=Decimal(5),
    fee_maker=Decimal("0.001"),
    fee_taker=Decimal("0.001"),
)


@dataclass
class Desk:
    """One strategy at work, its orders, and what they came to.

    `spent` and `held` are what the exchange would count, fees and all; `tags` is every want
    there ever was.
    """

    strategy: Strategy
    chosen: Mapping[str, object]
    amount: Decimal
    market: Market = MARKET
    fee_in_base: bool = False
    seen: Any = None
    memory: Memory = field(default_factory=dict)
    open: dict[str, Want] = field(default_factory=dict)
    done: dict[str, Decimal] = field(default_factory=dict)
    filled: list[FilledWant] = field(default_factory=list)
    tags: dict[str, Want] = field(default_factory=dict)
    asked_at: dict[str, Decimal] = field(default_factory=dict)
    spent: Decimal = ZERO
    held: Decimal = ZERO
    time_ms: int = 0
    price: Decimal = ZERO

    def ask(self, price: str | Decimal) -> dict[str, Want]:
        """Show the strategy a candle, check what it answers, and give its wants by tag."""
        assert self.strategy.orders is not None
        settings = self.strategy.read_settings(self.chosen)
        self.time_ms += 60_000
        self.price = Decimal(price)
        scene = Scene(
            time_ms=self.time_ms,
            price=self.price,
            market=self.market,
            amount=self.amount,
            held=self.held,
            filled=tuple(self.filled),
            seen=self.seen,
        )
        before = copy.deepcopy(self.memory)
        memory, wants = self.strategy.orders(self.memory, settings, scene)
        assert self.memory == before, "the memory it was given has changed"
        assert self.strategy.orders(self.memory, settings, scene) == (memory, wants)
        self.memory, self.filled = json.loads(json.dumps(memory)), []
        self._place(wants, scene.price)
        return dict(self.open)

    def fill(self, tag: str, part: Decimal = Decimal(1), price: Decimal | None = None) -> None:
        """Fill a part of an order; wholly filled it ends."""
        want = self.open[tag]
        left = want.quantity - self.done[tag]
        quantity = left if part == 1 else floor_to_step(left * part, self.market.quantity_step)
        at = want.price if price is None else price
        assert at is not None
        fee = quantity * self.market.fee_taker
        sign = 1 if want.side is Side.BUY else -1
        in_base = self.fee_in_base and want.side is Side.BUY
        self.held += sign * quantity - (fee if in_base else ZERO)
        self.spent += sign * quantity * at + (ZERO if in_base else fee * at)
        self.done[tag] += quantity
        if self.done[tag] == want.quantity:
            self.end(tag, at)

    def end(self, tag: str, price: Decimal | None = None) -> None:
        """End an order as it stands: filled, refused, or cancelled."""
        want, quantity = self.open.pop(tag), self.done.pop(tag)
        at = price or want.price or Decimal(1)
        in_base = self.fee_in_base and want.side is Side.BUY
        fee = quantity * self.market.fee_taker if in_base else ZERO
        self.filled.append(FilledWant(tag, want.side, quantity, at, self.time_ms, fee))

    def trade(self, price: str | Decimal) -> dict[str, Want]:
        """Let the market go to a price: fill what that reaches, and ask.

        What is at market is filled at the price that was there when it was asked for.
        """
        at = Decimal(price)
        for tag, want in list(self.open.items()):
            if want.price is None:
                self.fill(tag, price=self.asked_at[tag])
            elif want.price >= at if want.side is Side.BUY else want.price <= at:
                self.fill(tag)
        return self.ask(at)

    def _place(self, wants: tuple[Want, ...], price: Decimal) -> None:
        asked = {want.tag: want for want in wants}
        assert len(asked) == len(wants), "a tag twice"
        for tag, want in asked.items():
            if tag not in self.open:
                assert tag not in self.tags, f"{tag} has been used"
                self._check(want, price)
                self.open[tag], self.done[tag] = want, ZERO
                self.asked_at[tag] = price
            assert self.open[tag] == want, f"{tag} has changed"
        self.tags |= asked
        for tag in [tag for tag in self.open if tag not in asked]:
            self.end(tag)
        self._check_means()

    def _check(self, want: Want, price: Decimal) -> None:
        at = price if want.price is None else want.price
        assert is_on_step(want.quantity, self.market.quantity_step)
        assert want.price is None or is_on_step(want.price, self.market.price_tick)
        assert want.quantity >= self.market.min_quantity
        assert want.quantity * at >= self.market.min_notional

    def _check_means(self) -> None:
        """Law: never more than the amount spends, never more for sale than is held."""
        out, for_sale = ZERO, ZERO
        for tag, want in self.open.items():
            left = want.quantity - self.done[tag]
            if want.side is Side.BUY:
                out += left * (self.asked_at[tag] if want.price is None else want.price)
            else:
                for_sale += left
        assert self.spent + out <= self.amount
        assert for_sale <= self.held


def begun(strategy: Strategy, amount: str, price: str, **chosen: object) -> Desk:
    """Give a desk whose strategy has seen its first candle."""
    desk = Desk(strategy, chosen, Decimal(amount))
    desk.ask(price)
    return desk


def told(wants: Mapping[str, Want]) -> list[tuple[str, str, str]]:
    """Give wants as (side, quantity, price), the dearest first; at market is none."""
    ranked = sorted(wants.values(), key=lambda it: -(it.price or ZERO))
    return [(it.side.value, str(it.quantity), str(it.price or "none")) for it in ranked]
