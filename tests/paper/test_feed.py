"""Live markets out of recordings (scenario 92)."""

import csv
import gzip
from decimal import Decimal
from functools import partial
from importlib.resources import files

import pytest

from drawbridge.core.clock import DAY_MS, HOUR_MS, MINUTE_MS
from drawbridge.core.errors import NotFound
from drawbridge.paper.feed import Feed, Pace
from drawbridge.paper.series import Bar
from drawbridge.paper.sources import SOURCES, get_series, get_source
from tests.paper.small import START_MS

UNIT = 10**8


def _feed(name: str, pace: Pace) -> Feed:
    return Feed(partial(get_series, name), pace, get_source(name).depth)


def test_an_unknown_source_is_not_found() -> None:
    with pytest.raises(NotFound, match="unknown_feed"):
        get_series("GOLD-USD")


@pytest.mark.parametrize("name", sorted(SOURCES))
def test_every_source_is_a_market_that_makes_sense(name: str) -> None:
    series = get_series(name)
    feed = _feed(name, Pace(START_MS))
    assert series.length_ms >= 6 * DAY_MS
    for hours in range(0, 400, 7):
        start = START_MS - hours * HOUR_MS
        bar = feed.bar(start, start + HOUR_MS)
        assert 0 < bar.low <= min(bar.open, bar.close) <= max(bar.open, bar.close) <= bar.high
        assert bar.high < bar.low * 2
        assert bar.volume >= 0


def test_recorded_candles_come_out_as_they_were_recorded() -> None:
    name = "BTC-USD-perp-1m-2022-01.csv.gz"
    packed = files("drawbridge.paper").joinpath("data", name).read_bytes()
    rows = list(csv.DictReader(gzip.decompress(packed).decode().splitlines()))
    feed = _feed("BTC-USD", Pace(START_MS))
    middle = len(rows) // 2
    for minute in (-200, -1, 0, 1, 999):
        row = rows[middle + minute]
        start = START_MS + minute * MINUTE_MS
        told = feed.bar(start, start + MINUTE_MS)
        expected = [int(Decimal(row[part]) * UNIT) for part in ("open", "high", "low", "close")]
        assert [*told[:4]] == expected
        turnover = Decimal(row["volume_quote"]) / Decimal(row["close"])
        assert abs(Decimal(told.volume) / UNIT - turnover) < Decimal("0.00000001")


def test_an_hour_is_the_sum_of_its_minutes() -> None:
    feed = _feed("XRP-USD", Pace(START_MS, speed=3))
    hour = feed.bar(START_MS, START_MS + HOUR_MS)
    minutes = [
        feed.bar(at, at + MINUTE_MS) for at in range(START_MS, START_MS + HOUR_MS, MINUTE_MS)
    ]
    assert hour == Bar(
        minutes[0].open,
        max(bar.high for bar in minutes),
        min(bar.low for bar in minutes),
        minutes[-1].close,
        sum(bar.volume for bar in minutes),
    )


def test_sixty_times_the_speed_makes_an_hour_a_minute() -> None:
    slow, fast = _feed("BTC-USD", Pace(START_MS)), _feed("BTC-USD", Pace(START_MS, speed=60))
    assert fast.price(START_MS + MINUTE_MS) == slow.price(START_MS + HOUR_MS)
    assert fast.bar(START_MS, START_MS + MINUTE_MS) == slow.bar(START_MS, START_MS + HOUR_MS)


def test_a_change_of_speed_makes_no_jump() -> None:
    pace = Pace(START_MS, speed=60)
    later = START_MS + 90_000
    changed = pace.changed(later, 1)
    assert _feed("BTC-USD", pace).price(later) == _feed("BTC-USD", changed).price(later)
    assert changed.elapsed_ms(later + 5) == pace.elapsed_ms(later) + 5


def test_a_step_finer_than_the_feed_is_our_own_mistake() -> None:
    feed = _feed("BTC-USD", Pace(START_MS))
    assert feed.units_of(Decimal("0.01")) == 10**6
    with pytest.raises(ValueError, match="finer"):
        feed.units_of(Decimal("0.000000001"))
