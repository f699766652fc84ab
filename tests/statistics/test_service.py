"""Reports: from a record of fills and prices to figures."""

from decimal import Decimal

from drawbridge.core.orders import Fill, OrderType, Side
from drawbridge.statistics.service import Ground, Statistics

SYMBOL = "BTC/USD"


def fill(side: Side, price: str, quantity: str, at: int) -> Fill:
    return Fill(
        trade_id=f"t{at}",
        order_id=f"o{at}",
        client_id="",
        symbol=SYMBOL,
        side=side,
        type=OrderType.MARKET,
        price=Decimal(price),
        quantity=Decimal(quantity),
        fee=Decimal(1),
        fee_currency="USD",
        is_maker=False,
        time_ms=at,
    )


class FillsOnRecord:
    def __init__(self, *fills: Fill) -> None:
        self._fills = fills

    async def fills_of(self, origin: str) -> tuple[Fill, ...]:
        return self._fills if origin == "robot:a" else ()


async def test_a_report_without_trades_and_prices_is_empty_and_defined() -> None:
    """Scenario 58."""
    report = await Statistics(FillsOnRecord()).report("robot:a", Ground(SYMBOL, Decimal(100)))

    assert report.figures.trades == 0
    assert report.figures.net_profit == 0
    assert report.figures.drawdown == 0
    assert report.equity == ()
    assert report.last_price is None


async def test_a_report_equals_a_hand_worked_example() -> None:
    """Scenario 57: bought for 101, seen at 80, sold for 129, bought once more for 121."""
    record = FillsOnRecord(
        fill(Side.BUY, "100", "1", 10),
        fill(Side.SELL, "130", "1", 30),
        fill(Side.BUY, "120", "1", 40),
    )
    prices = [(5, Decimal(500)), (20, Decimal(80)), (50, Decimal(125))]

    report = await Statistics(record).report(
        "robot:a", Ground(SYMBOL, Decimal(1000), prices=prices)
    )

    assert report.figures.trades == 1
    assert report.figures.net_profit == 28
    assert report.figures.open_profit == 4
    assert report.figures.fees == 3
    assert [int(point.equity) for point in report.equity] == [999, 979, 1028, 1027, 1032]
    assert report.figures.drawdown == 21
    assert report.figures.drawdown_share == Decimal("0.021")
    assert report.last_price == 125


async def test_what_lies_below_the_lot_step_is_no_position() -> None:
    record = FillsOnRecord(fill(Side.BUY, "100", "1", 10), fill(Side.SELL, "110", "0.9995", 20))

    report = await Statistics(record).report(
        "robot:a", Ground(SYMBOL, Decimal(1000), dust=Decimal("0.001"))
    )

    assert report.figures.trades == 1
    assert report.position.quantity == Decimal("0.0005")
