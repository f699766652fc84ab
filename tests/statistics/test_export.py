"""Trades as CSV for two tools: their exact columns, exact amounts, and no formula in any cell."""

import csv
import io
from collections.abc import Iterable
from dataclasses import replace
from datetime import UTC, datetime
from decimal import Decimal

import pytest
from hypothesis import given
from hypothesis import strategies as st

from drawbridge.core.errors import BadInput, Forbidden
from drawbridge.core.orders import Fill
from drawbridge.statistics.export import Tool, Wish, export_trades, read_wish
from drawbridge.statistics.transfers import change_of
from drawbridge.trading.model import OwnTrade
from tests.kit.trades import trade

KOINLY = (
    "Date,Sent Amount,Sent Currency,Received Amount,Received Currency,Fee Amount,Fee Currency,"
    "Net Worth Amount,Net Worth Currency,Label,Description,TxHash"
)
COINTRACKING = (
    '"Type","Buy Amount","Buy Currency","Sell Amount","Sell Currency","Fee","Fee Currency",'
    '"Exchange","Trade-Group","Comment","Date"'
)
NAMES = {"robot:a": "Ace"}
CONTRACT = "BTC/USDT:USDT"


def at(moment: str) -> int:
    return int(datetime.fromisoformat(moment).replace(tzinfo=UTC).timestamp()) * 1_000


def own(fill: Fill, venue: str = "live", key: str = "key_a", origin: str = "robot:a") -> OwnTrade:
    return OwnTrade(fill, key, "kraken", venue, origin)


def lines(tool: Tool, *trades: OwnTrade, year: int = 0) -> list[str]:
    """Give the lines below the head."""
    text = export_trades(trades, Wish(tool, year), NAMES).text
    head, *rest = text.split("\r\n")
    assert head == (KOINLY if tool is Tool.KOINLY else COINTRACKING)
    assert rest.pop() == ""
    return rest


def rows(tool: Tool, *trades: OwnTrade) -> list[dict[str, str]]:
    text = export_trades(trades, Wish(tool), NAMES).text
    return list(csv.DictReader(io.StringIO(text, newline="")))


BOUGHT = own(trade("buy", "0.5", "30000.1", at("2026-01-05 10:00:07"), "0.001 BTC"))
SOLD = own(trade("sell", "0.25", "31000", at("2026-02-01 00:00:00"), "7.75 USD"))


@pytest.mark.parametrize("tool", ["", "excel", "KOINLY", "koinly "])
def test_a_tool_that_is_not_known_is_refused(tool: str) -> None:
    with pytest.raises(BadInput, match="unknown_export_format"):
        read_wish(tool)


@pytest.mark.parametrize(
    "year", ["26", "20266", "-2026", "2o26", "1999", "9999", "\u0662\u0660\u0662\u0666"]
)
def test_a_year_that_is_none_is_refused(year: str) -> None:
    with pytest.raises(BadInput, match="bad_year"):
        read_wish("koinly", year)


def test_play_money_is_refused_unless_it_is_asked_for_and_never_mixed() -> None:
    """Scenario 64."""
    play = replace(SOLD, venue="paper")
    with pytest.raises(Forbidden, match="simulated_trades"):
        export_trades([play], Wish(Tool.KOINLY), NAMES)
    mixed = export_trades([BOUGHT, play], Wish(Tool.KOINLY), NAMES)
    assert (mixed.lines, mixed.simulated_left_out) == (1, 1)
    asked = export_trades([BOUGHT, play], Wish(Tool.KOINLY, simulated=True), NAMES)
    assert (asked.lines, asked.simulated_left_out) == (1, 0)
    assert "SIMULATED" in asked.text.splitlines()[1]


def test_without_trades_there_is_a_head_and_nothing_else() -> None:
    """Scenario 58."""
    assert lines(Tool.KOINLY) == lines(Tool.COINTRACKING) == []


def test_koinly_is_told_fees_beside_the_amounts() -> None:
    first, second = (f"Kraken BTC/USD {it.fill.trade_id} Ace," for it in (BOUGHT, SOLD))
    assert lines(Tool.KOINLY, BOUGHT, SOLD) == [
        f"2026-01-05 10:00:07 UTC,15000.05,USD,0.5,BTC,0.001,BTC,,,,{first}",
        f"2026-02-01 00:00:00 UTC,0.25,BTC,7750,USD,7.75,USD,,,,{second}",
    ]


def test_cointracking_is_told_amounts_with_fees_in_them() -> None:
    first, second = (
        f'"Kraken","Ace","Kraken BTC/USD {it.fill.trade_id} Ace"' for it in (BOUGHT, SOLD)
    )
    assert lines(Tool.COINTRACKING, BOUGHT, SOLD) == [
        f'"Trade","0.499","BTC","15000.05","USD","0.001","BTC",{first},"2026-01-05 10:00:07"',
        f'"Trade","7742.25","USD","0.25","BTC","7.75","USD",{second},"2026-02-01 00:00:00"',
    ]


def test_a_fee_in_quote_currency_makes_a_buy_dearer() -> None:
    bought = own(trade("buy", "1", "500", 1, "5 USD"))
    (told,) = rows(Tool.COINTRACKING, bought)
    assert (told["Buy Amount"], told["Sell Amount"], told["Fee"]) == ("1", "505", "5")


def test_a_fee_in_a_third_currency_is_a_line_of_its_own_for_cointracking_alone() -> None:
    bought = own(trade("buy", "1", "500", 1, "0.02 BNB"))
    trade_line, fee_line = rows(Tool.COINTRACKING, bought)
    assert (trade_line["Sell Amount"], trade_line["Fee"]) == ("500", "")
    assert (fee_line["Type"], fee_line["Sell Amount"], fee_line["Sell Currency"]) == (
        "Other Fee",
        "0.02",
        "BNB",
    )
    (told,) = rows(Tool.KOINLY, bought)
    assert (told["Fee Amount"], told["Fee Currency"]) == ("0.02", "BNB")


def test_a_rebate_is_something_received_and_no_fee_below_zero() -> None:
    sold = own(trade("sell", "1", "500", 1, "-0.1 USD"))
    first, second = rows(Tool.KOINLY, sold)
    assert (first["Fee Amount"], second["Received Amount"], second["Label"]) == (
        "",
        "0.1",
        "cashback",
    )
    assert rows(Tool.COINTRACKING, sold)[1]["Type"] == "Reward / Bonus"


def test_of_contracts_only_profit_and_loss_of_what_was_closed_are_booked() -> None:
    """Short 2 at 100, closed at 90, fees 0.5: 19.5 won; long 1 at 90, closed at 80: 10 lost."""
    trades = [
        own(trade("sell", "2", "100", at("2025-12-31"), "0.25 USDT", CONTRACT)),
        own(trade("buy", "2", "90", at("2026-01-01"), "0.25 USDT", CONTRACT)),
        own(trade("buy", "1", "90", at("2026-01-02"), "0 USDT", CONTRACT)),
        own(trade("sell", "1", "80", at("2026-01-03"), "0.01 BNB", CONTRACT)),
    ]
    profit, loss, fee = rows(Tool.COINTRACKING, *trades)
    assert (profit["Type"], profit["Buy Amount"], profit["Buy Currency"]) == (
        "Derivatives / Futures Profit",
        "19.5",
        "USDT",
    )
    assert (loss["Type"], loss["Sell Amount"]) == ("Derivatives / Futures Loss", "10")
    assert (fee["Type"], fee["Sell Amount"], fee["Sell Currency"]) == ("Other Fee", "0.01", "BNB")
    told = rows(Tool.KOINLY, *trades)
    assert [(it["Sent Amount"], it["Received Amount"], it["Label"]) for it in told] == [
        ("", "19.5", "realized gain"),
        ("10", "", "realized gain"),
        ("0.01", "", "cost"),
    ]
    # A position that was begun in the year before is closed at its cost all the same.
    assert len(lines(Tool.KOINLY, *trades, year=2026)) == 3
    assert lines(Tool.KOINLY, *trades, year=2025) == []


def test_positions_of_two_keys_are_not_netted() -> None:
    opened = trade("buy", "1", "100", 1, symbol=CONTRACT)
    closed = trade("sell", "1", "120", 2, symbol=CONTRACT)
    assert rows(Tool.KOINLY, own(opened, key="key_a"), own(closed, key="key_b")) == []


def test_trades_of_one_number_on_two_markets_are_not_taken_for_one() -> None:
    """Long 1 of each at 100, closed at 120 and at 90, with the same numbers at the same times."""
    ends = {CONTRACT: "120", "ETH/USDT:USDT": "90"}
    opened = [own(trade("buy", "1", "100", 1, symbol=it)) for it in ends]
    closed = [own(trade("sell", "1", price, 2, symbol=it)) for it, price in ends.items()]
    told = rows(Tool.KOINLY, *opened, *closed)
    assert [(it["Sent Amount"], it["Received Amount"]) for it in told] == [("", "20"), ("10", "")]


def test_a_year_is_one_of_utc() -> None:
    trades = [
        own(trade("buy", "1", "1", at(moment)))
        for moment in ("2025-12-31 23:59:59", "2026-01-01 00:00:00", "2027-01-01 00:00:00")
    ]
    told = lines(Tool.KOINLY, *trades, year=2026)
    assert [line.partition(",")[0] for line in told] == ["2026-01-01 00:00:00 UTC"]


@pytest.mark.parametrize("begin", ["=", "+", "-", "@", "\t", "\r"])
def test_a_spreadsheet_takes_no_cell_for_a_formula(begin: str) -> None:
    harm = f'{begin}cmd|"/C calc"!A1'
    fill = replace(trade("buy", "1", "1", 1, f"0.5 {harm}"), trade_id=harm)
    evil = OwnTrade(fill, "key_a", harm, "live", "robot:b")
    for tool in Tool:
        text = export_trades([evil], Wish(tool), {"robot:b": harm}).text
        for row in csv.reader(io.StringIO(text, newline="")):
            assert not any(cell.startswith(begin) for cell in row), row


def test_the_same_trades_make_the_same_bytes_and_small_numbers_no_exponents() -> None:
    tiny = own(trade("buy", "0.00000001", "0.00000002", 1, "0.00000000001 BTC"))
    for tool in Tool:
        once = export_trades([tiny, BOUGHT], Wish(tool), NAMES).text
        assert once == export_trades([tiny, BOUGHT], Wish(tool), NAMES).text
        assert "E-" not in once
    assert rows(Tool.KOINLY, tiny)[0]["Sent Amount"] == "0.0000000000000002"


AMOUNT = st.integers(1, 10**9).map(lambda it: str(Decimal(it) / 10**6))
FILL = st.builds(
    lambda side, quantity, price, fee, currency: trade(
        side, quantity, price, 1, f"{fee} {currency}"
    ),
    st.sampled_from(["buy", "sell"]),
    st.integers(1000, 10**6).map(str),
    AMOUNT,
    st.integers(-100, 100).map(lambda it: str(Decimal(it) / 1000)),
    st.sampled_from(["BTC", "USD", "BNB"]),
)


def _sums(told: Iterable[tuple[str, str, int]]) -> dict[str, Decimal]:
    sums: dict[str, Decimal] = {}
    for amount, currency, sign in told:
        if amount:
            sums[currency] = sums.get(currency, Decimal(0)) + sign * Decimal(amount)
    return {name: amount for name, amount in sums.items() if amount}


def test_a_fee_larger_than_what_was_received_stands_in_a_line_of_its_own() -> None:
    sold = own(trade("sell", "1000", "0.000001", 1, "0.002 USD"))
    first, fee = rows(Tool.COINTRACKING, sold)
    assert (first["Buy Amount"], first["Fee"]) == ("0.001", "")
    assert (fee["Type"], fee["Sell Amount"], fee["Sell Currency"]) == ("Other Fee", "0.002", "USD")


@given(st.lists(FILL, max_size=5))
def test_whatever_was_traded_the_tools_end_with_the_balances_that_there_are(
    fills: list[Fill],
) -> None:
    trades = [own(replace(fill, trade_id=f"t{place}")) for place, fill in enumerate(fills)]
    real = _sums(
        (str(amount), name, 1) for fill in fills for name, amount in change_of(fill).amounts.items()
    )
    koinly = _sums(
        (row[f"{what} Amount"], row[f"{what} Currency"], sign)
        for row in rows(Tool.KOINLY, *trades)
        for what, sign in (("Sent", -1), ("Received", 1), ("Fee", -1))
    )
    cointracking = _sums(
        (row[f"{what} Amount"], row[f"{what} Currency"], sign)
        for row in rows(Tool.COINTRACKING, *trades)
        for what, sign in (("Sell", -1), ("Buy", 1))
    )
    assert koinly == cointracking == real
