"""A small world with perpetual contracts, and short words for what people do there.

At a price of 100 the house buys at 99.5 and sells at 100.5; leverage is 10, maintenance 1 %,
the fees 0.1 % and 0.2 %, and 0.5 % for a liquidation.
"""

from decimal import Decimal
from typing import TypeVar

from drawbridge.core.derivatives import (
    GetMarginAccounts,
    GetPositions,
    MarginAccount,
    MarginMode,
    Position,
    SetMarginMode,
)
from drawbridge.core.operations import Operation, Placed, PlaceOrder
from drawbridge.core.orders import OrderType, PositionSide, Side
from tests.paper.small import ALPHA, GAMMA, SmallWorld

PERP = "BTC/USD:USD"
OTHER = "ETH/USD:USD"

Answer = TypeVar("Answer")


def perp(side: Side, quantity: str, price: str = "") -> PlaceOrder:
    """Ask for a market order, or with a price for a limit order."""
    return PlaceOrder(
        PERP,
        side,
        OrderType.LIMIT if price else OrderType.MARKET,
        quantity=Decimal(quantity),
        price=Decimal(price) if price else None,
    )


class Perpetuals:
    """A world over a spot exchange and one with contracts; everyone has as much of everything."""

    def __init__(self, *prices: int, depth: int = 1_000, money: int = 10_000) -> None:
        path = [Decimal(price) for price in prices or (100,)]
        self.world = SmallWorld(
            prices=[*path, *[path[-1]] * 300],
            depth=Decimal(depth),
            money=Decimal(money),
            exchanges=(ALPHA, GAMMA),
        )

    def ask(self, operation: Operation[Answer], who: str = "ann") -> Answer:
        return self.world.desk.carry_out("gamma", who, operation, self.world.now_ms)

    def place(self, order: PlaceOrder, who: str = "ann") -> Placed:
        return self.ask(order, who)

    def wait(self, steps: int = 1) -> None:
        self.world.wait(steps)

    def isolate(self, who: str = "ann") -> None:
        self.ask(SetMarginMode(PERP, MarginMode.ISOLATED), who)

    def position(self, who: str = "ann", side: PositionSide = PositionSide.BOTH) -> Position:
        told = self.ask(GetPositions(PERP), who)
        return next(position for position in told if position.side is side)

    def money(self, who: str = "ann") -> MarginAccount:
        (account,) = self.ask(GetMarginAccounts(), who)
        return account

    def free(self, who: str = "ann") -> Decimal:
        return self.world.balance(who, "USD").free

    def held(self, who: str = "ann") -> Decimal:
        return self.world.balance(who, "USD").held

    def prove(self) -> None:
        """See that the books of every currency balance."""
        for proof in self.world.state.ledger.prove(self.world.places):
            assert proof.difference == 0
