"""The probe order: the smallest that is allowed, and one that cannot trade."""

from decimal import Decimal

from hypothesis import given
from hypothesis import strategies as st

from drawbridge.catalogue.card import ProbeOrder
from drawbridge.core.markets import Market, Ticker
from drawbridge.core.money import is_on_step
from drawbridge.core.operations import Balance
from drawbridge.core.orders import OrderType, Side
from drawbridge.verification.probe_order import changed, plan, probe_id

RULE = ProbeOrder(("BTC/USD",))
MARKET = Market(
    symbol="BTC/USD",
    id="BTCUSD",
    base="BTC",
    quote="USD",
    price_tick=Decimal("0.1"),
    quantity_step=Decimal("0.0001"),
    min_quantity=Decimal("0.0001"),
    min_notional=Decimal(5),
    fee_maker=Decimal(0),
    fee_taker=Decimal(0),
)


def _ticker(price: Decimal) -> Ticker:
    one = Decimal(1)
    return Ticker("BTC/USD", 0, price, price, one, price, one, price, price, price, one, price, 1)


def _usd(amount: str) -> tuple[Balance, ...]:
    return (Balance("USD", Decimal(amount), Decimal(0)),)


def test_without_a_market_there_is_no_order() -> None:
    planned = plan(RULE, [], _usd("100"), "db1")
    assert (planned.order, planned.needed_currency) == (None, "")


def test_a_price_that_rounds_to_nothing_makes_no_order() -> None:
    assert plan(RULE, [(MARKET, _ticker(Decimal("0.1")))], _usd("100"), "db1").order is None


def test_an_account_with_too_little_is_told_how_much_it_takes() -> None:
    planned = plan(RULE, [(MARKET, _ticker(Decimal(20_000)))], _usd("5"), "db1")
    assert planned.order is None
    assert planned.needed_currency == "USD"
    assert Decimal(6) <= planned.needed < Decimal(8)


def test_the_first_market_that_is_affordable_is_taken() -> None:
    other = Market(**{**_as_dict(MARKET), "symbol": "BTC/EUR", "quote": "EUR"})  # type: ignore[arg-type]  # the fields of a market
    tickers = [(other, _ticker(Decimal(20_000))), (MARKET, _ticker(Decimal(20_000)))]
    planned = plan(RULE, tickers, _usd("100"), "db1")
    assert planned.order is not None
    assert planned.order.symbol == "BTC/USD"


@given(
    price=st.decimals(Decimal("0.5"), Decimal(1_000_000), places=1),
    min_notional=st.decimals(Decimal(0), Decimal(100), places=2),
    step=st.sampled_from([Decimal("0.00001"), Decimal("0.01"), Decimal(1)]),
)
def test_the_order_always_fits_the_markets_rules(
    price: Decimal, min_notional: Decimal, step: Decimal
) -> None:
    """Scenario 7."""
    market = Market(
        **{  # type: ignore[arg-type]  # the fields of a market
            **_as_dict(MARKET),
            "min_notional": min_notional,
            "quantity_step": step,
            "min_quantity": step,
        }
    )
    order = plan(RULE, [(market, _ticker(price))], _usd("1E+12"), "db1").order
    assert order is not None
    assert order.price is not None
    assert order.quantity is not None
    assert (order.side, order.type, order.post_only) == (Side.BUY, OrderType.LIMIT, True)
    assert 0 < order.price <= price / 2
    assert is_on_step(order.price, market.price_tick)
    assert is_on_step(order.quantity, step)
    assert order.quantity >= market.min_quantity
    assert order.price * order.quantity >= min_notional
    smaller = order.quantity - step
    assert smaller < step or smaller * order.price < min_notional * Decimal("1.2")


def test_each_check_has_an_id_of_its_own_and_a_crash_does_not_change_it() -> None:
    assert probe_id("key_1", 1) == probe_id("key_1", 1)
    assert len({probe_id(key, number) for key in ("key_1", "key_2") for number in (1, 2)}) == 4


def test_a_change_of_balances_is_told_by_currency() -> None:
    before = (Balance("BTC", Decimal(1), Decimal(0)), Balance("USD", Decimal(5), Decimal(5)))
    assert changed(before, (before[1], before[0])) == {}
    assert changed(before, (Balance("USD", Decimal(10), Decimal(0)),)) == {"BTC": -1}


def _as_dict(market: Market) -> dict[str, object]:
    return {name: getattr(market, name) for name in Market.__slots__}
