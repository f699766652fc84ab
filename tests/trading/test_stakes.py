"""What limited subjects hold is the same, however its fills came in."""

from decimal import Decimal

from hypothesis import given
from hypothesis import strategies as st

from drawbridge.core.clock import DAY_MS
from drawbridge.core.orders import Fill, OrderType, Side
from drawbridge.trading.exposure import day_profit, held_in
from drawbridge.trading.positions import follow
from drawbridge.trading.stakes import Followed, Held, further

MIDNIGHT_MS = 1_790_000_000_000 // DAY_MS * DAY_MS
PRICES = {"BTC/USDT": Decimal(90), "ETH/USDT": Decimal(11), "BTC/EUR": Decimal(80)}


def _fill(number: int, symbol: str, side: Side, quantity: int, price: int, time_ms: int) -> Fill:
    return Fill(
        trade_id=str(number),
        order_id=str(number),
        client_id=f"db{number}",
        symbol=symbol,
        side=side,
        type=OrderType.MARKET,
        price=Decimal(price),
        quantity=Decimal(quantity),
        fee=Decimal("0.5"),
        fee_currency=symbol.partition("/")[2],
        is_maker=False,
        time_ms=time_ms,
    )


moments = st.integers(MIDNIGHT_MS - 50, MIDNIGHT_MS + 50)
parts = st.tuples(
    st.sampled_from(sorted(PRICES)),
    st.sampled_from(list(Side)),
    st.integers(1, 9),
    st.integers(1, 200),
    moments,
)


def _fills(told: list[tuple[str, Side, int, int, int]]) -> list[Fill]:
    told = sorted(told, key=lambda it: it[-1])
    return [_fill(number, *it) for number, it in enumerate(told)]


def _by_hand(fills: list[Fill], currency: str) -> Decimal:
    """Count the slow way: all fills, less all fills before midnight."""
    total = Decimal(0)
    for symbol in (it for it in PRICES if it.endswith(currency)):
        before = follow((it for it in fills if it.time_ms < MIDNIGHT_MS), symbol)
        whole = follow(fills, symbol)
        total += whole.realised - before.realised + whole.position.profit_at(PRICES[symbol])
    return total


def _rounded(value: Decimal) -> Decimal:
    return value.quantize(Decimal("1e-18"))


@given(st.lists(parts, max_size=25), st.integers(0, 25))
def test_fills_followed_in_two_parts_make_what_all_of_them_make(
    told: list[tuple[str, Side, int, int, int]], cut: int
) -> None:
    fills = _fills(told)
    begun = further(Followed(MIDNIGHT_MS), fills[:cut], MIDNIGHT_MS)
    held = further(begun, fills[cut:], MIDNIGHT_MS).held
    for symbol in PRICES:
        assert held_in(held, symbol) == follow(fills, symbol).position.quantity
    for currency in ("USDT", "EUR"):
        told_profit = day_profit(held, currency, PRICES)
        assert _rounded(told_profit) == _rounded(_by_hand(fills, currency))


@given(st.lists(parts, max_size=25), st.integers(0, 25))
def test_a_midnight_in_between_forgets_what_was_realised_before(
    told: list[tuple[str, Side, int, int, int]], cut: int
) -> None:
    fills = _fills(told)
    yesterday = further(Followed(MIDNIGHT_MS - DAY_MS), fills[:cut], MIDNIGHT_MS - DAY_MS)
    late = [it for it in fills[:cut] if it.time_ms >= MIDNIGHT_MS]
    if late:
        return
    held = further(yesterday, fills[cut:], MIDNIGHT_MS).held
    for currency in ("USDT", "EUR"):
        told_profit = day_profit(held, currency, PRICES)
        assert _rounded(told_profit) == _rounded(_by_hand(fills, currency))


def test_nothing_held_is_nothing_lost() -> None:
    assert day_profit(Held(), "USDT", PRICES) == 0
    assert held_in(Held(), "BTC/USDT") == 0
