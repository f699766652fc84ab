"""A market of the engine on which a strategy places orders: exact, and as an exchange would.

Orders are placed at a candle's close and live from the next open on: those at market are filled
there, limits within the candles that reach them. What was filled, refused or cancelled is told
at the next close.
"""

from __future__ import annotations

from dataclasses import dataclass
from decimal import Decimal
from typing import TYPE_CHECKING, Final

from drawbridge.core.money import ONE, ZERO, floor_to_step, is_on_step
from drawbridge.core.orders import Side
from drawbridge.robots.backtest.filling import Record
from drawbridge.robots.backtest.loop import FUNDING_MS
from drawbridge.robots.backtest.result import WANTED, Leg, exact, leg_of
from drawbridge.robots.backtest.terms import FeeIn, Reached
from drawbridge.robots.strategy import FilledWant, Memory, Scene, Want

if TYPE_CHECKING:
    from drawbridge.robots.backtest.engine import Pair
    from drawbridge.robots.backtest.wallet import Wallet

_PERCENT: Final = 100


@dataclass(slots=True)
class _Resting:
    """A want that was placed, what of it is filled, and whether it has rested through an open."""

    want: Want
    filled: Decimal = ZERO
    value: Decimal = ZERO
    fee: Decimal = ZERO
    has_rested: bool = False

    @property
    def left(self) -> Decimal:
        return self.want.quantity - self.filled


@dataclass(frozen=True, slots=True)
class _Deal:
    """A fill: how much at which price, before and after costs, and whether it had rested."""

    quantity: Decimal
    raw: Decimal
    price: Decimal
    is_maker: bool


class OrderLane:
    """Walks through the candles of one market, with the cash of a shared wallet."""

    def __init__(self, number: int, pair: Pair, wallet: Wallet) -> None:
        """Begin before the first candle. Raises: `BadInput` for an amount that is too small."""
        self._number = number
        self._pair = pair
        self._wallet = wallet
        self._terms = pair.terms
        self._market = pair.terms.market()
        self._seen = pair.strategy.look(pair.candles, pair.settings)
        self._memory: Memory = {}
        self._resting: dict[str, _Resting] = {}
        self._tags: set[str] = set()
        self._ended: list[FilledWant] = []
        self._held = ZERO
        self._cost = ZERO
        self._room = ZERO
        self._record = Record([], [], [], [], [], [], [], [])
        self._gains: list[float] = []
        begins = exact(float(pair.candles.close[min(pair.terms.warm_up, len(pair.candles) - 1)]))
        pair.strategy.check_amount(pair.settings, self._market, begins, pair.terms.amount)

    def open(self, at: int) -> None:
        """Fill orders at market, and limits that the open is beyond."""
        candles, share = self._pair.candles, self._terms.volume_share
        self._fund(at)
        self._room = exact(float(candles.volume[at])) * share
        opened = exact(float(candles.open[at]))
        for resting in tuple(self._resting.values()):
            deal = self._deal_at_open(resting, opened)
            resting.has_rested = True
            if deal is not None:
                self._fill(at, resting, deal)

    def close(self, at: int) -> None:
        """Fill limits that the candle reached, and ask the strategy what is to rest now."""
        candles = self._pair.candles
        low, high = exact(float(candles.low[at])), exact(float(candles.high[at]))
        for resting in tuple(self._resting.values()):
            price = resting.want.price
            if price is not None and self._is_reached(resting.want.side, price, low, high):
                self._fill(at, resting, _Deal(resting.left, price, price, is_maker=True))
        if at >= self._terms.warm_up:
            self._ask(at)
        self._lock(float(candles.close[at]))

    def leg(self) -> Leg:
        """Give what was done."""
        return leg_of(self._terms, self._pair.candles, self._record, len(self._record.at))

    def gains(self) -> list[float]:
        """Give what each sale has brought, in percent of what was sold had cost."""
        return self._gains

    def _deal_at_open(self, resting: _Resting, opened: Decimal) -> _Deal | None:
        """Give what an order gets at an open.

        One that rested before is filled at the better of its limit and the open; one that is new
        takes from the book, as an order at market does, if its limit allows that price.
        """
        side, limit = resting.want.side, resting.want.price
        sign = 1 if side is Side.BUY else -1
        if limit is None or not resting.has_rested:
            price = opened * (ONE + sign * self._terms.cost)
            if limit is not None and (price - limit) * sign > 0:
                return None
            return _Deal(resting.left, opened, price, is_maker=False)
        if (opened - limit) * sign > 0 or not self._is_reached(side, limit, opened, opened):
            return None
        return _Deal(resting.left, opened, opened, is_maker=True)

    def _is_reached(self, side: Side, limit: Decimal, low: Decimal, high: Decimal) -> bool:
        if self._terms.reached is Reached.TOUCHED:
            return low <= limit if side is Side.BUY else high >= limit
        return low < limit if side is Side.BUY else high > limit

    def _fill(self, at: int, resting: _Resting, deal: _Deal) -> None:
        """Fill an order as far as the candle's volume goes; what cannot be paid is ended."""
        terms, want, quantity = self._terms, resting.want, deal.quantity
        if terms.volume_share:
            quantity = min(quantity, floor_to_step(self._room, terms.quantity_step))
        if quantity <= 0:
            return
        buys = want.side is Side.BUY
        rate = terms.resting_fee if deal.is_maker else terms.fee
        in_base = buys and terms.fee_in is FeeIn.RECEIVED
        fee = quantity * rate if in_base else quantity * deal.price * rate
        paid = quantity * deal.price * (1 if buys else -1) + (ZERO if in_base else fee)
        if buys and self._held >= 0 and float(paid) > self._cash():
            self._end(at, resting)
            return
        self._wallet.cash -= float(paid)
        self._room -= quantity
        self._take(quantity if buys else -quantity, fee if in_base else ZERO, paid)
        self._write(at, quantity if buys else -quantity, deal)
        resting.filled += quantity
        resting.value += quantity * deal.price
        resting.fee += fee if in_base else ZERO
        if resting.left <= 0:
            self._end(at, resting)

    def _take(self, change: Decimal, fee: Decimal, paid: Decimal) -> None:
        """Follow position and cost; what is reduced takes its part of the cost with it."""
        held = self._held
        if held * change < 0:
            part = min(ONE, -change / held)
            spent = self._cost * part
            self._cost -= spent
            if spent:
                self._gains.append(float((-paid - spent) / abs(spent)) * _PERCENT)
        else:
            self._cost += paid
        self._held = held + change - fee

    def _write(self, at: int, quantity: Decimal, deal: _Deal) -> None:
        record = self._record
        record.at.append(at)
        record.lots.append(int(quantity / self._terms.quantity_step))
        record.price.append(float(deal.raw))
        record.why.append(WANTED)
        record.maker.append(int(deal.is_maker))

    def _end(self, at: int, resting: _Resting) -> None:
        """Take an order off, to be told at the next close."""
        want, filled = resting.want, resting.filled
        self._resting.pop(want.tag, None)
        price = resting.value / filled if filled else (want.price or ZERO)
        time_ms = int(self._pair.candles.open_time_ms[at])
        self._ended.append(FilledWant(want.tag, want.side, filled, price, time_ms, resting.fee))

    def _ask(self, at: int) -> None:
        """Ask the strategy; cancel what it wants no longer, and place what is new."""
        pair, ended = self._pair, tuple(self._ended)
        self._ended = []
        scene = Scene(
            time_ms=int(pair.candles.open_time_ms[at]),
            price=exact(float(pair.candles.close[at])),
            market=self._market,
            amount=self._terms.amount,
            held=self._held,
            cost=self._cost,
            filled=ended,
            seen=self._seen,
            at=at,
        )
        if pair.strategy.orders is None:
            return
        self._memory, wants = pair.strategy.orders(self._memory, pair.settings, scene)
        tags = {want.tag for want in wants}
        for resting in tuple(self._resting.values()):
            if resting.want.tag not in tags:
                self._end(at, resting)
        for want in wants:
            if want.tag not in self._tags:
                self._place(at, want, scene.price)

    def _place(self, at: int, want: Want, price: Decimal) -> None:
        """Place an order, or refuse it as an exchange would."""
        self._tags.add(want.tag)
        resting = _Resting(want)
        if self._is_taken(want, want.price or price):
            self._resting[want.tag] = resting
            self._lock(float(price))
        else:
            self._end(at, resting)

    def _is_taken(self, want: Want, price: Decimal) -> bool:
        """Tell whether steps, minimums and means allow an order."""
        market, quantity = self._market, want.quantity
        if quantity <= 0 or not is_on_step(quantity, market.quantity_step):
            return False
        if quantity < market.min_quantity or quantity * price < market.min_notional:
            return False
        if self._terms.is_contract:
            return True
        if want.side is Side.SELL:
            asked = (it.left for it in self._resting.values() if it.want.side is Side.SELL)
            return quantity <= self._held - sum(asked, ZERO)
        return float(quantity * price) <= self._wallet.free()

    def _cash(self) -> float:
        """Give what others leave to this market."""
        return self._wallet.cash - self._wallet.locked_by_others(self._number)

    def _lock(self, price: float) -> None:
        """Keep others from what resting purchases would pay, and a short position could need."""
        buys = (it for it in self._resting.values() if it.want.side is Side.BUY)
        asked = sum(float(it.left) * float(it.want.price or price) for it in buys)
        short = -2 * min(0.0, float(self._held)) * price
        self._wallet.lock(self._number, asked + short)

    def _fund(self, at: int) -> None:
        """Pay (or get) the funding that was due since the candle before."""
        if not self._terms.funding or not self._held or not at:
            return
        times, period = self._pair.candles.open_time_ms, FUNDING_MS
        due = int(times[at]) // period - int(times[at - 1]) // period
        price = float(self._pair.candles.open[at])
        self._wallet.cash -= due * float(self._terms.funding) * float(self._held) * price
