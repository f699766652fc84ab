"""A price path made of candles: continuous, deterministic, and asked by position.

Inside a candle the price goes from the open to the nearer extreme, to the other one, and to the
close, a third of the time each. At its end the series is mirrored, so that time can run on for
ever without a jump. Positions are milliseconds from the beginning, below zero as well; prices
and volumes are whole numbers in units of 10^-8. When "now" is, is `feed.py`'s business.
"""

from array import array
from collections.abc import Callable, Iterable, Iterator
from typing import Final, NamedTuple

SERIES_PLACES: Final = 8
_THIRD: Final = 3

Pick = Callable[[int, int], int]


class Bar(NamedTuple):
    """One recorded candle, in units of 10^-8."""

    open: int
    high: int
    low: int
    close: int
    volume: int


class Series:
    """The candles of one market and the path through them."""

    __slots__ = ("_bars", "_highs", "_lows", "_volumes", "bar_ms", "length_ms")

    def __init__(self, bars: Iterable[Bar], bar_ms: int) -> None:
        """Take at least one bar; each lasts `bar_ms`."""
        columns = array("q"), array("q"), array("q"), array("q")
        self._volumes = [0]
        for bar in bars:
            for column, value in zip(columns, bar, strict=False):
                column.append(value)
            self._volumes.append(self._volumes[-1] + bar.volume)
        self._bars = columns
        self.bar_ms = bar_ms
        self.length_ms = len(columns[0]) * bar_ms
        self._highs = _tree(columns[1], max)
        self._lows = _tree(columns[2], min)

    def price(self, position: int) -> int:
        """Give the price at a position."""
        folded, forward = self._fold(position)
        index = folded // self.bar_ms if forward else (folded - 1) // self.bar_ms
        return self._inside(index, folded - index * self.bar_ms)

    def closing(self, position: int) -> int:
        """Give the price at which a stretch that ends at `position` closes.

        Why: two candles that meet need not agree on the price between them; the one that ends
        there closes at its own.
        """
        folded, forward = self._fold(position - 1)
        folded += 1 if forward else -1
        index = (folded - 1) // self.bar_ms if forward else folded // self.bar_ms
        return self._inside(index, folded - index * self.bar_ms)

    def bar(self, start: int, end: int) -> Bar:
        """Sum up the stretch from `start` to `end` as one candle."""
        low = high = opening = self.price(start)
        closing = self.closing(end)
        volume = 0
        for first, last in self._stretches(start, end):
            lowest, highest = self._extremes(first, last)
            low, high = min(low, lowest), max(high, highest)
            volume += self._volume_until(last) - self._volume_until(first)
        return Bar(opening, max(high, closing), min(low, closing), closing, volume)

    def _fold(self, position: int) -> tuple[int, bool]:
        """Mirror a position into the series; tell whether the path runs forward there."""
        length = self.length_ms
        turn = position % (2 * length)
        return (turn, True) if turn < length else (2 * length - turn, False)

    def _stretches(self, start: int, end: int) -> Iterator[tuple[int, int]]:
        """Cut a stretch where the series is mirrored; give the pieces in its own positions."""
        length = self.length_ms
        while start < end:
            stop = min(end, (start // length + 1) * length)
            folded, forward = self._fold(start)
            size = stop - start
            yield (folded, folded + size) if forward else (folded - size, folded)
            start = stop

    def _inside(self, index: int, offset: int) -> int:
        """Give the price `offset` milliseconds into a bar, both ends included."""
        opens, highs, lows, closes = self._bars
        points = _corners(opens[index], highs[index], lows[index], closes[index])
        scaled = offset * _THIRD
        leg = min(_THIRD - 1, scaled // self.bar_ms)
        start, end = points[leg], points[leg + 1]
        return start + (end - start) * (scaled - leg * self.bar_ms) // self.bar_ms

    def _extremes(self, first: int, last: int) -> tuple[int, int]:
        """Give lowest and highest price between two of the series' own positions."""
        size = self.bar_ms
        left, right = first // size, (last - 1) // size
        if left == right:
            return self._extremes_inside(left, first - left * size, last - left * size)
        low_left, high_left = self._extremes_inside(left, first - left * size, size)
        low_right, high_right = self._extremes_inside(right, 0, last - right * size)
        low, high = min(low_left, low_right), max(high_left, high_right)
        if left + 1 < right:
            low = min(low, _over(self._lows, left + 1, right, min))
            high = max(high, _over(self._highs, left + 1, right, max))
        return low, high

    def _extremes_inside(self, index: int, begin: int, end: int) -> tuple[int, int]:
        opens, highs, lows, closes = self._bars
        if begin == 0 and end == self.bar_ms:
            return lows[index], highs[index]
        prices = [self._inside(index, begin), self._inside(index, end)]
        points = _corners(opens[index], highs[index], lows[index], closes[index])
        turns = (leg for leg in (1, 2) if begin * _THIRD <= leg * self.bar_ms <= end * _THIRD)
        prices.extend(points[leg] for leg in turns)
        return min(prices), max(prices)

    def _volume_until(self, folded: int) -> int:
        index, offset = divmod(folded, self.bar_ms)
        before = self._volumes[index]
        if not offset:
            return before
        return before + (self._volumes[index + 1] - before) * offset // self.bar_ms


def _corners(opening: int, high: int, low: int, closing: int) -> tuple[int, int, int, int]:
    if closing >= opening:
        return opening, low, high, closing
    return opening, high, low, closing


def _tree(values: "array[int]", pick: Pick) -> "array[int]":
    """Build a segment tree: leaf `i` stands at `len(values) + i`, a node above its two children."""
    size = len(values)
    tree = array("q", bytes(8 * size)) + values
    for node in range(size - 1, 0, -1):
        tree[node] = pick(tree[2 * node], tree[2 * node + 1])
    return tree


def _over(tree: "array[int]", first: int, last: int, pick: Pick) -> int:
    """Give the extreme of the leaves from `first` up to, not including, `last`."""
    left, right = first + len(tree) // 2, last + len(tree) // 2
    found = tree[left]
    while left < right:
        if left & 1:
            found = pick(found, tree[left])
            left += 1
        if right & 1:
            right -= 1
            found = pick(found, tree[right])
        left, right = left >> 1, right >> 1
    return found
