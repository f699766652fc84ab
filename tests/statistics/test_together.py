"""Scenario 56: how several accounts did in sum, against sums done by hand."""

from decimal import Decimal

from hypothesis import given
from hypothesis import strategies as st

from drawbridge.core.clock import HOUR_MS, MINUTE_MS
from drawbridge.statistics.account import Held, Snapshot, report_account
from drawbridge.statistics.together import grown_since, report_together
from tests.kit.trades import amounts


def read(
    hour: float,
    worth: str,
    paid: str = "",
    *,
    currency: str = "USD",
    settled: bool = True,
    **more: tuple[str, str | None],
) -> Snapshot:
    """Make a snapshot; `more` are other currencies with amount and value."""
    at_ms = round(hour * HOUR_MS)
    held = {currency: Held(Decimal(worth), Decimal(worth))}
    for name, (amount, value) in more.items():
        held[name] = Held(Decimal(amount), None if value is None else Decimal(value))
    moved = {currency: Decimal(paid)} if paid else {}
    return Snapshot(at_ms, currency, held, at_ms if settled else None, moved)


def test_without_accounts_or_snapshots_there_is_nothing() -> None:
    for pasts in ({}, {"a": ()}):
        told = report_together(pasts, "USD")
        assert (told.report.worth, told.report.growth, told.arrivals) == ((), (), ())
        assert told.report.total_return is None


def test_an_account_that_knows_no_price_of_the_currency_is_named_and_left_out() -> None:
    told = report_together({"a": [read(1, "5")], "b": [read(1, "7", currency="EUR")]}, "USD")
    assert told.left_out == ("b",)
    assert told.report.other_snapshots == 0
    assert told.report.worth[-1][1] == Decimal(5)


def test_nothing_that_waits_for_its_trades_is_in_a_return_but_its_worth_is_told() -> None:
    pasts = {
        "a": [read(1, "100"), read(2, "110")],
        "b": [read(1, "100"), read(2, "500", settled=False)],
    }
    told = report_together(pasts, "USD").report
    assert told.worth[-1][1] == Decimal(610)
    assert (told.gain, told.total_return) == amounts("10", "0.05")
    assert told.waits_since_ms == 2 * HOUR_MS


def test_accounts_read_at_different_hours_are_added_at_their_last_known_worth() -> None:
    """a: 100 at one, 130 at three; b: 50 at two, 40 at four. b brings 50 along."""
    pasts = {"a": [read(1, "100"), read(3, "130")], "b": [read(2, "50"), read(4, "40")]}
    told = report_together(pasts, "USD")
    assert [value for _, value in told.report.worth] == list(amounts("100", "150", "180", "170"))
    assert [(it.key_id, it.worth) for it in told.arrivals] == [("b", Decimal(50))]
    # Of 150 it became 180, up a fifth; of 180 it became 170.
    first, second = Decimal("1.2"), 1 + Decimal(-10) / Decimal(180)
    assert told.report.growth == (
        (HOUR_MS, Decimal(1)),
        (3 * HOUR_MS, first),
        (4 * HOUR_MS, first * second),
    )
    assert told.report.gain == Decimal(20)
    assert (told.report.paid_in, told.report.paid_out) == amounts("0", "0")


def test_what_is_moved_from_one_account_to_the_other_is_neither_gain_nor_loss() -> None:
    """200 and 100; 50 go from the first to the second, and are found on both."""
    pasts = {
        "a": [read(1, "200"), read(2, "150", "-50")],
        "b": [read(1, "100"), read(2, "150", "50")],
    }
    told = report_together(pasts, "USD").report
    assert (told.gain, told.total_return, told.drawdown.share) == amounts("0", "0", "0")
    assert (told.paid_in, told.paid_out) == amounts("50", "50")


def test_a_deposit_counts_half_as_if_it_had_been_there() -> None:
    """1000 elsewhere and 500 here; 100 come in and 62 are gained: 62 of 1000 + 500 + 50."""
    pasts = {"a": [read(1, "1000")], "b": [read(1, "500"), read(2, "662", "100")]}
    told = report_together(pasts, "USD").report
    assert told.gain == Decimal(62)
    assert told.total_return == Decimal(62) / Decimal(1550)
    assert told.paid_in == Decimal(100)


def test_a_fall_here_beside_a_rise_there_within_an_hour_is_no_fall() -> None:
    """One account loses 10 and, a minute later, the other is seen to have gained 10."""
    minute = MINUTE_MS / HOUR_MS
    pasts = {
        "a": [read(1, "100"), read(2, "90")],
        "b": [read(1 + minute, "100"), read(2 + minute, "110")],
    }
    told = report_together(pasts, "USD")
    assert told.report.drawdown.share == Decimal(0)
    assert [value for _, value in told.report.worth] == list(amounts("200", "200"))
    assert told.arrivals == ()


def test_what_has_no_price_in_one_account_still_counts_in_the_other() -> None:
    pasts = {
        "a": [read(1, "100", XYZ=("5", None)), read(2, "100", XYZ=("5", None))],
        "b": [read(1, "0", XYZ=("5", "50")), read(2, "0", XYZ=("5", "60"))],
    }
    told = report_together(pasts, "USD").report
    assert (told.gain, told.total_return) == (Decimal(10), Decimal(160) / 150 - 1)
    assert told.unpriced == ("XYZ",)


def test_an_account_is_told_by_what_another_one_knows_of_its_currency() -> None:
    """A USDT is 0.9 USD there, so 100 USDT are 90; later, at 1.1, they are 110."""
    pasts = {
        "a": [read(1, "100", currency="USDT"), read(2, "100", currency="USDT")],
        "b": [
            read(1, "0.1", USDT=("10", "9")),
            read(2, "0.1", USDT=("10", "11")),
        ],
    }
    told = report_together(pasts, "USD")
    assert [value for _, value in told.report.worth] == list(amounts("99.1", "121.1"))
    assert (told.report.gain, told.left_out) == (Decimal(22), ())


def test_an_account_is_told_through_what_both_hold() -> None:
    """A bitcoin is 50 EUR here and 60 USD there, so 100 EUR are 120 USD."""
    pasts = {
        "a": [read(5, "50", currency="EUR", BTC=("1", "50"))],
        "b": [read(9, "0", BTC=("2", "120"))],
    }
    told = report_together(pasts, "USD").report
    assert [value for _, value in told.worth] == list(amounts("120", "240"))


def test_a_return_begins_with_what_was_known_at_its_moment() -> None:
    growth = [(10, Decimal(1)), (20, Decimal(2)), (30, Decimal(3))]
    assert grown_since(growth, 9) is None
    assert grown_since([], 9) is None
    assert grown_since([(1, Decimal(0)), (2, Decimal(1))], 1) is None
    assert grown_since(growth, 10) == Decimal(2)
    assert grown_since(growth, 25) == Decimal("0.5")
    assert grown_since(growth, 99) == Decimal(0)


worths = st.lists(st.integers(1, 10**6), min_size=1, max_size=12)


@given(worths)
def test_one_account_alone_does_as_it_does_by_itself(values: list[int]) -> None:
    past = [read(hour, str(value)) for hour, value in enumerate(values, 1)]
    assert report_together({"a": past}, "USD").report == report_account(past, "USD")


@given(worths, worths)
def test_worth_is_what_accounts_brought_along_and_gained(one: list[int], two: list[int]) -> None:
    pasts = {
        "a": [read(hour, str(value)) for hour, value in enumerate(one, 1)],
        "b": [read(hour + 0.25, str(value)) for hour, value in enumerate(two, 3)],
    }
    told = report_together(pasts, "USD").report
    assert told.worth[-1][1] == one[-1] + two[-1]
    assert told.gain == one[-1] - one[0] + two[-1] - two[0]
