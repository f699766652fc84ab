"""Fills for tests of figures: a market, a side and a few numbers make one."""

from decimal import Decimal

from drawbridge.core.orders import Fill, OrderType, Side

SYMBOL = "BTC/USD"


def trade(
    side: str, quantity: str, price: str, at: int, fee: str = "0 USD", symbol: str = SYMBOL
) -> Fill:
    """Make a fill; the fee is an amount and its currency."""
    amount, _, currency = fee.partition(" ")
    return Fill(
        trade_id=f"t{at}",
        order_id=f"o{at}",
        client_id="",
        symbol=symbol,
        side=Side(side),
        type=OrderType.MARKET,
        price=Decimal(price),
        quantity=Decimal(quantity),
        fee=Decimal(amount),
        fee_currency=currency,
        is_maker=False,
        time_ms=at,
    )


def amounts(*told: object) -> tuple[Decimal | None, ...]:
    """Give exact amounts of numbers and texts; None stays what it is."""
    return tuple(None if it is None else Decimal(str(it)) for it in told)
