"""What an account is worth: hand-worked examples, and what has no price."""

from decimal import Decimal
from pathlib import Path

import pytest

from drawbridge.core.clock import MINUTE_MS
from drawbridge.core.errors import BadInput
from drawbridge.core.markets import Ticker
from drawbridge.core.operations import Balance, GetTickers
from drawbridge.trading.holdings import PortfolioStore
from drawbridge.trading.portfolio import Portfolios, Prices, most_quoted, value
from tests.gateway.setting import EXCHANGES, setting

NOW_MS = 10_000


def _ticker(symbol: str, last: str, time_ms: int = NOW_MS) -> Ticker:
    price = Decimal(last)
    one = Decimal(1)
    return Ticker(
        symbol, time_ms, price, price, one, price, one, price, price, price, one, price, 1
    )


def _holds(**amounts: str) -> tuple[Balance, ...]:
    return tuple(Balance(name, Decimal(amount), Decimal(0)) for name, amount in amounts.items())


def test_nothing_is_worth_nothing() -> None:
    portfolio = value((), Prices(()), "USD", NOW_MS)
    assert (portfolio.total, portfolio.holdings, portfolio.unpriced) == (Decimal(0), (), ())


def test_what_has_no_price_is_listed_and_not_counted() -> None:
    portfolio = value(_holds(USD="5", XYZ="7"), Prices(()), "USD", NOW_MS)
    assert (portfolio.total, portfolio.unpriced) == (Decimal(5), ("XYZ",))
    [unpriced] = [holding for holding in portfolio.holdings if holding.currency == "XYZ"]
    assert (unpriced.value, unpriced.price_age_ms) == (None, None)


def test_a_price_of_zero_is_no_price() -> None:
    portfolio = value(_holds(XYZ="7"), Prices([_ticker("XYZ/USD", "0")]), "USD", NOW_MS)
    assert portfolio.unpriced == ("XYZ",)


def test_prices_are_found_directly_turned_round_and_through_one_other() -> None:
    tickers = [
        _ticker("BTC/USD", "20000", NOW_MS - 300),
        _ticker("ETH/BTC", "0.05", NOW_MS - 700),
        _ticker("USD/JPY", "150"),
    ]
    portfolio = value(_holds(BTC="2", ETH="10", USD="1", JPY="300"), Prices(tickers), "USD", NOW_MS)
    values = {holding.currency: holding.value for holding in portfolio.holdings}
    assert values["BTC"] == 40_000
    assert values["ETH"] == 10_000
    assert values["USD"] == 1
    assert values["JPY"] is not None
    assert round(values["JPY"], 6) == 2
    ages = {holding.currency: holding.price_age_ms for holding in portfolio.holdings}
    assert (ages["BTC"], ages["ETH"]) == (300, 700), "the age is that of the older price"
    assert portfolio.unpriced == ()


def test_what_is_held_by_orders_counts_as_well() -> None:
    held = Balance("USD", Decimal(1), Decimal(2))
    assert value((held,), Prices(()), "USD", NOW_MS).total == 3


@pytest.mark.parametrize("exchange_id", EXCHANGES)
async def test_a_portfolio_is_asked_for_with_no_more_tickers_than_needed(
    tmp_path: Path, exchange_id: str
) -> None:
    """Part of scenario 56."""
    async with setting(tmp_path, exchange_id) as house:
        quote = house.symbol.partition("/")[2]
        house.stub.balances = (
            Balance("BTC", Decimal(2), Decimal(0)),
            Balance(quote, Decimal(50), Decimal(50)),
        )
        store = PortfolioStore(house.database, house.clock)
        portfolios = Portfolios(house.gateway, house.vault, store, house.clock)
        portfolio = await portfolios.portfolio(house.key, quote)
        assert portfolio.total == 2 * house.stub.price + 100
        assert portfolio.unpriced == ()
        [asked] = [seen for seen in house.stub.seen if isinstance(seen, GetTickers)]
        assert asked.symbols == (house.symbol,)


@pytest.mark.parametrize("exchange_id", EXCHANGES)
async def test_a_price_without_a_time_is_as_old_as_the_question(
    tmp_path: Path, exchange_id: str
) -> None:
    """Some exchanges tell no time with their prices; that is not the year 1970."""
    async with setting(tmp_path, exchange_id) as house:
        quote = house.symbol.partition("/")[2]
        house.stub.balances = (Balance("BTC", Decimal(2), Decimal(0)),)
        store = PortfolioStore(house.database, house.clock)
        portfolios = Portfolios(house.gateway, house.vault, store, house.clock)
        [held] = (await portfolios.portfolio(house.key, quote)).holdings
        assert held.price_age_ms is not None
        assert held.price_age_ms < MINUTE_MS


@pytest.mark.parametrize("exchange_id", EXCHANGES)
async def test_what_was_read_is_kept_with_its_age_and_read_anew_when_asked(
    tmp_path: Path, exchange_id: str
) -> None:
    """Scenario 56."""
    async with setting(tmp_path, exchange_id) as house:
        base, _, quote = house.symbol.partition("/")
        house.stub.balances = (Balance(quote, Decimal("50.25"), Decimal(1)),)
        store = PortfolioStore(house.database, house.clock)
        portfolios = Portfolios(house.gateway, house.vault, store, house.clock)
        assert await store.find(house.key) is None
        await portfolios.refresh(house.key)
        house.stub.balances = ()
        await portfolios.refresh(house.key)
        kept = await store.find(house.key)
        assert kept is not None
        assert kept.portfolio is not None
        assert kept.portfolio.currency == most_quoted(
            await house.gateway.markets(exchange_id, "paper")
        )
        assert kept.portfolio.total == Decimal("51.25")
        await store.ask(house.key, base.lower())
        await portfolios.refresh(house.key)
        asked = await store.find(house.key)
        assert asked is not None
        assert asked.portfolio is not None
        assert (asked.portfolio.currency, asked.portfolio.holdings) == (base, ())


async def test_what_went_wrong_is_kept_with_its_facts_until_it_is_asked_for_anew(
    tmp_path: Path,
) -> None:
    async with setting(tmp_path, EXCHANGES[0]) as house:
        store = PortfolioStore(house.database, house.clock)
        await store.ask(house.key, "USD")
        await store.keep_problem(house.key, "clock_off", {"exchange": "Here", "rate": Decimal(2)})
        kept = await store.find(house.key)
        assert kept is not None
        assert (kept.problem, kept.problem_facts) == (
            "clock_off",
            {"exchange": "Here", "rate": "2"},
        )
        assert not kept.is_awaited
        await store.ask(house.key, "EUR")
        kept = await store.find(house.key)
        assert kept is not None
        assert (kept.problem, kept.problem_facts, kept.wished) == ("", {}, "EUR")
        assert kept.is_awaited
        house.clock.advance(1)
        await store.keep(house.key, value((), Prices(()), "EUR", house.clock.now_ms()))
        kept = await store.find(house.key)
        assert kept is not None
        assert not kept.is_awaited


async def test_a_reading_that_ends_after_another_currency_was_wished_does_not_answer_it(
    tmp_path: Path,
) -> None:
    async with setting(tmp_path, EXCHANGES[0]) as house:
        store = PortfolioStore(house.database, house.clock)
        portfolios = Portfolios(house.gateway, house.vault, store, house.clock)
        base = house.symbol.partition("/")[0]
        await store.ask(house.key, base)
        house.clock.advance(1)
        await store.keep(house.key, value((), Prices(()), "USD", house.clock.now_ms()))
        kept = await store.find(house.key)
        assert kept is not None
        assert kept.is_awaited
        await portfolios.refresh(house.key)
        kept = await store.find(house.key)
        assert kept is not None
        assert kept.portfolio is not None
        assert (kept.portfolio.currency, kept.is_awaited) == (base, False)


@pytest.mark.parametrize("currency", ["", "U S", "$", "x" * 13, "dollár"])
async def test_a_currency_is_a_short_code(tmp_path: Path, currency: str) -> None:
    async with setting(tmp_path, EXCHANGES[0]) as house:
        store = PortfolioStore(house.database, house.clock)
        with pytest.raises(BadInput, match="bad_currency") as refusal:
            await store.ask(house.key, currency)
        assert refusal.value.facts["field"] == "currency"
