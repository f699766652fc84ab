"""Figures in groups and in words."""

import json
from decimal import Decimal

import pytest

from drawbridge.core.clock import DAY_MS, HOUR_MS, MINUTE_MS
from drawbridge.statistics.service import Ground, Report, report_on
from drawbridge.statistics.telling import (
    UNIT_OF,
    as_facts,
    report_facts,
    rounded,
    told_groups,
    told_value,
)
from drawbridge.wording import formats
from drawbridge.wording.say import has_words
from tests.kit.trades import SYMBOL, trade

DASH = "\N{EN DASH}"


def report(*, ended: bool = True) -> Report:
    fills = [trade("buy", "1", "100", DAY_MS, "1 USD"), trade("sell", "1", "90", DAY_MS + HOUR_MS)]
    prices = [(2 * DAY_MS, Decimal(95))]
    return report_on(
        fills if ended else fills[:1], Ground(SYMBOL, Decimal(300), prices=prices, interval_ms=1)
    )


def values(of: Report) -> dict[str, str]:
    return {it.name: it.value for group in told_groups(of, "USD") for it in group.figures}


def test_every_figure_has_words_and_stands_in_one_group() -> None:
    shown = [it.name for group in told_groups(report(), "USD") for it in group.figures]
    assert len(shown) == len(set(shown))
    assert set(UNIT_OF) - set(shown) == {"fees_elsewhere"}
    assert all(has_words(f"figures.{name}") for name in UNIT_OF)


def test_what_is_not_defined_is_a_dash_for_people_and_null_for_scripts() -> None:
    """Scenario 58."""
    empty = report_on([], Ground(SYMBOL, Decimal(100)))
    told = values(empty)
    for name in ("win_rate", "sharpe", "recovered_ms", "exposure", "height_ms", "fees_by_currency"):
        assert told[name] == DASH, name
    assert (told["trades"], told["net_profit"]) == ("0", "0 USD")
    facts = json.dumps(report_facts(empty))
    assert '"win_rate": null' in facts
    assert "Infinity" not in facts
    assert "NaN" not in facts


def test_money_shares_and_times_are_written_each_in_their_way() -> None:
    told = values(report())
    assert told["net_profit"] == "-11 USD"
    assert told["drawdown_share"] == "3.67 %"
    assert told["height_ms"] == "1970-01-02 00:00:00 UTC"
    assert told["recovered_ms"] == "not yet"
    assert told["average_held_ms"] == "1 hour"
    assert told["fees_by_currency"] == "1 USD"


@pytest.mark.parametrize(
    ("length_ms", "said"),
    [
        (0, "0 seconds"),
        (119 * MINUTE_MS, "1 hour 59 minutes"),
        (DAY_MS + 59 * MINUTE_MS, "1 day 59 minutes"),
        (11 * DAY_MS + 5 * HOUR_MS, "11 days"),
    ],
)
def test_lengths_of_time_are_told_no_more_exactly_than_anybody_reads(
    length_ms: int, said: str
) -> None:
    assert told_value("longest_held_ms", length_ms, "USD") == said


def test_what_has_no_end_is_cut_and_what_is_exact_stays() -> None:
    assert rounded(Decimal(1) / 3) == Decimal("0.33333333")
    assert rounded(Decimal("1234.5")) == Decimal("1234.5")
    assert formats.share(Decimal("-12.3456789")) == "-1,234.57 %"
    assert as_facts({"a": Decimal("1E+3")}) == {"a": Decimal("1E+3")}
    assert as_facts((Decimal("1E+3"), None)) == ["1000", None]
