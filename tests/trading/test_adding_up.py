"""Scenario 56: what several accounts are worth together, against sums done by hand."""

from decimal import Decimal

from drawbridge.trading.adding_up import add_up, common_currency
from drawbridge.trading.holdings import Holding, Portfolio

Held = tuple[str, str, str | None]


def read(currency: str, *held: Held, as_of_ms: int = 1_000) -> Portfolio:
    """Give an account's reading: currency, amount and value of each holding."""
    holdings = tuple(
        Holding(name, Decimal(amount), Decimal(0), None if value is None else Decimal(value), 0)
        for name, amount, value in held
    )
    total = sum((it.value for it in holdings if it.value is not None), Decimal(0))
    unpriced = tuple(it.currency for it in holdings if it.value is None)
    return Portfolio(currency, total, holdings, unpriced, as_of_ms)


def test_no_account_is_no_sum() -> None:
    assert add_up({}) is None
    assert common_currency([]) == ""


def test_an_account_without_a_price_in_the_currency_is_kept_apart_and_named() -> None:
    told = add_up({"a": read("USD", ("USD", "5", "5")), "b": read("EUR", ("EUR", "7", "7"))}, "USD")
    assert told is not None
    assert (told.total, told.worths, told.apart) == (Decimal(5), {"a": Decimal(5)}, ("b",))
    assert [it.currency for it in told.wallets] == ["USD"]


def test_where_no_account_can_be_told_in_a_currency_nothing_is_guessed() -> None:
    told = add_up({"a": read("USD", ("USD", "5", "5"), as_of_ms=7)}, "JPY")
    assert told is not None
    assert (told.total, told.apart, told.as_of_ms) == (Decimal(0), ("a",), 7)


def test_what_has_no_price_is_named_and_in_no_part() -> None:
    told = add_up({"a": read("USD", ("USD", "5", "5"), ("XYZ", "9", None))})
    assert told is not None
    assert (told.total, told.unpriced) == (Decimal(5), ("XYZ",))
    assert [(it.currency, it.value) for it in told.wallets] == [("USD", Decimal(5)), ("XYZ", None)]


def test_the_sum_is_told_in_the_currency_of_most_accounts_and_is_as_old_as_the_oldest() -> None:
    """Two of three are told in USDT; the third holds USDT at 0.5 USD, so 10 USD are 20 USDT."""
    told = add_up(
        {
            "a": read("USDT", ("USDT", "100", "100"), as_of_ms=900),
            "b": read("USDT", ("BTC", "2", "50"), as_of_ms=700),
            "c": read("USD", ("USDT", "20", "10"), as_of_ms=800),
        }
    )
    assert told is not None
    assert (told.currency, told.total, told.as_of_ms) == ("USDT", Decimal(170), 700)
    assert told.worths["c"] == Decimal(20)


def test_the_same_currency_of_all_accounts_is_one_wallet() -> None:
    told = add_up(
        {
            "a": read("USD", ("BTC", "1", "60"), ("USD", "40", "40")),
            "b": read("USD", ("BTC", "2", "120"), ("USD", "5", "5")),
        }
    )
    assert told is not None
    assert [(it.currency, it.amount, it.value, it.accounts) for it in told.wallets] == [
        ("BTC", Decimal(3), Decimal(180), 2),
        ("USD", Decimal(45), Decimal(45), 2),
    ]


def test_a_price_is_found_through_a_currency_that_both_accounts_hold() -> None:
    """A bitcoin is 50 EUR here and 60 USD there, so 100 EUR are 120 USD."""
    told = add_up(
        {
            "a": read("EUR", ("EUR", "50", "50"), ("BTC", "1", "50")),
            "b": read("USD", ("BTC", "1", "60")),
        },
        "USD",
    )
    assert told is not None
    assert told.worths == {"a": Decimal(120), "b": Decimal(60)}


def test_an_accounts_own_price_comes_before_another_ones() -> None:
    """Here a EUR costs 2 USD, there 4: the account that holds both goes by its own."""
    told = add_up(
        {
            "a": read("EUR", ("USD", "10", "5")),
            "b": read("USD", ("EUR", "1", "4")),
        },
        "USD",
    )
    assert told is not None
    assert told.worths["a"] == Decimal(10)
