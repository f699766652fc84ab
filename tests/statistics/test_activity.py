"""Time in the market, turnover, fees by currency."""

from decimal import Decimal

import pytest

from drawbridge.statistics.activity import Span, activity_of
from drawbridge.trading.positions import Trip
from tests.kit.trades import amounts, trade


def exposure(*times: tuple[int, int], open_since: int | None = None) -> Decimal | None:
    trips = [Trip(*it, is_long=True, quantity=Decimal(1), profit=Decimal(0)) for it in times]
    return activity_of([], trips, open_since, Span(0, 100), Decimal(1)).exposure


@pytest.mark.parametrize("span", [Span(None, None), Span(5, 5)])
def test_where_no_time_has_passed_there_is_no_exposure(span: Span) -> None:
    """Scenario 58."""
    told = activity_of([], [], None, span, Decimal(0))
    assert (told.exposure, told.turnover, told.volume) == amounts(None, None, 0)
    assert told.fees == ()


def test_trips_of_several_markets_may_overlap_and_count_once() -> None:
    assert exposure((0, 50), (25, 75), (30, 40)) == Decimal("0.75")


def test_what_is_still_held_counts_until_now() -> None:
    assert exposure((0, 10), open_since=80) == Decimal("0.3")


def test_only_the_time_of_the_report_counts() -> None:
    assert exposure((-50, 10), (95, 200)) == Decimal("0.15")


def test_buys_and_sells_turn_the_capital_over_and_fees_keep_their_currency() -> None:
    fills = [
        trade("buy", "1", "100", 1, "0.001 BTC"),
        trade("sell", "1", "110", 2, "0.2 USD"),
        trade("sell", "1", "110", 3, "-0.05 USD"),
        trade("sell", "1", "0.5", 4, "0 BNB"),
    ]
    told = activity_of(fills, [], None, Span(1, 4), Decimal(200))
    assert (told.volume, told.turnover) == amounts("320.5", "1.6025")
    assert told.fees == (("BTC", Decimal("0.001")), ("USD", Decimal("0.15")))
