"""The house: the depth that stands around the price of the feed, so that there is always a market.

Drawn up anew at every step of time, always the same for the same market, step and seed. What
people took out of it within a step stays taken (`state.py` counts that). The house has no money
of its own to mind: it trades on the exchange's account, and pays no fees.
"""

from collections.abc import Iterator
from dataclasses import dataclass
from typing import Final

from drawbridge.core.orders import Side
from drawbridge.paper.feed import Feed
from drawbridge.paper.noise import draw, seed_of
from drawbridge.paper.rules import Rules, cut, cut_up, unit_of

STEP_MS: Final = 1_000
_LEVELS: Final = 60
_BPS: Final = 10_000
# Between neighbouring levels lies a twenty-thousandth of the price, or one tick.
_GAP: Final = 20_000
_GROWTH: Final = 8

Level = tuple[int, int]


@dataclass(frozen=True, slots=True)
class Quoting:
    """How the house quotes.

    Without a spread it buys and sells at the price itself. It keeps a price for `hold_ms`: with
    that of a candle, whatever trades within the candle trades at its open. `depth_times` makes
    its depth so many times what is usual.
    """

    has_spread: bool = True
    hold_ms: int = STEP_MS
    depth_times: int = 1


USUAL: Final = Quoting()


class Quote:
    """The house's prices and depth during one step. The depth is drawn up when asked for."""

    __slots__ = ("_depth", "_gap", "_rules", "_seed", "_typical", "ask", "bid", "last", "step")

    def __init__(
        self, step: int, prices: tuple[int, int, int], rules: Rules, seed: int, typical: int
    ) -> None:
        """Take best bid, last price and best ask in ticks; `typical` lots lie at the best."""
        self.step = step
        self.bid, self.last, self.ask = prices
        self._rules = rules
        self._gap = max(unit_of(rules, self.ask), self.ask // _GAP)
        self._seed = seed
        self._typical = typical
        self._depth: dict[Side, tuple[Level, ...]] = {}

    def best(self, side: Side) -> int:
        """Give the price in ticks at which the house buys (`BUY`) or sells."""
        return self.bid if side is Side.BUY else self.ask

    def depth(self, side: Side) -> tuple[Level, ...]:
        """Give ticks and lots of the orders with which the house buys (`BUY`) or sells."""
        depth = self._depth.get(side)
        if depth is None:
            depth = self._depth[side] = tuple(self._levels(side))
        return depth

    def left(self, side: Side, taken: int) -> Iterator[Level]:
        """Give what is left of the depth after so many lots were taken, best first."""
        for ticks, lots in self.depth(side):
            if taken >= lots:
                taken -= lots
                continue
            yield ticks, lots - taken
            taken = 0

    def _levels(self, side: Side) -> Iterator[Level]:
        sign, best = (-1, self.bid) if side is Side.BUY else (1, self.ask)
        fit = cut if side is Side.BUY else cut_up
        place = self.step * 2 * _LEVELS + (_LEVELS if side is Side.BUY else 0)
        for level in range(_LEVELS):
            ticks = best + sign * level * self._gap
            if ticks <= 0:
                return
            ticks = fit(self._rules, ticks)
            # From half to one and a half times what is typical, more the farther away.
            share = (draw(self._seed, place + level) + (1 << 31)) * (_GROWTH + level)
            yield ticks, max(1, self._typical * share // (_GROWTH << 32))


class House:
    """The house of one market of one exchange."""

    __slots__ = (
        "_feed",
        "_quote",
        "_quoting",
        "_rules",
        "_seed",
        "_spread_bps",
        "_tick",
        "typical",
    )

    def __init__(self, rules: Rules, feed: Feed, spread_bps: int, quoting: Quoting = USUAL) -> None:
        """Quote around the feed's price, `spread_bps` from bid to ask."""
        self._feed = feed
        self._quoting = quoting
        self._rules = rules
        self._spread_bps = spread_bps
        self._tick = feed.units_of(rules.price_tick)
        step = feed.units_of(rules.quantity_step)
        self.typical = max(rules.least_lots, feed.depth // step) * quoting.depth_times
        self._seed = seed_of(rules.exchange_id, rules.symbol)
        self._quote: Quote | None = None

    def at(self, now_ms: int) -> Quote:
        """Give the quote of the step in which `now_ms` lies."""
        step = now_ms // STEP_MS
        quote = self._quote
        if quote is None or quote.step != step:
            quote = self._quote = self._quote_of(step)
        return quote

    @property
    def listed_ms(self) -> int:
        """Tell since when there are prices."""
        return self._feed.listed_ms

    def mark(self, at_ms: int) -> int:
        """Give the mark price in ticks as it was at a time: the price of the feed itself."""
        return self.ticks_of(self._feed.price(at_ms // STEP_MS * STEP_MS))

    def ticks_of(self, price: int) -> int:
        """Round a price of the feed to ticks; never to none."""
        return cut(self._rules, max(1, (price + self._tick // 2) // self._tick))

    def _quote_of(self, step: int) -> Quote:
        rules, hold_ms = self._rules, self._quoting.hold_ms
        price = self._feed.price(step * STEP_MS // hold_ms * hold_ms)
        if not self._quoting.has_spread:
            ticks = self.ticks_of(price)
            return Quote(step, (ticks, ticks, ticks), rules, self._seed, self.typical)
        half = price * self._spread_bps // (2 * _BPS)
        bid = cut(rules, max(1, (price - half) // self._tick))
        ask = cut_up(rules, max(bid + 1, -(-(price + half) // self._tick)))
        prices = (bid, self.ticks_of(price), ask)
        return Quote(step, prices, rules, self._seed, self.typical)
