"""Step grid: buy again with every step down from the last lot, sell each lot with its own gain.

When everything is sold it begins anew at market. The budget is shared over the lots.
"""

from decimal import Decimal
from typing import Final, NamedTuple

from drawbridge.core.errors import BadInput
from drawbridge.core.markets import Market
from drawbridge.core.money import ONE, ZERO, plain
from drawbridge.core.orders import Side
from drawbridge.robots.sizes import (
    affordable,
    exact,
    is_placeable,
    lowest_budget,
    on_tick,
    refuse_small,
    without_fee,
)
from drawbridge.robots.slate import Returned, Slate, look_at_nothing
from drawbridge.robots.strategy import Memory, Parameter, Scene, Strategy, Want

_PERCENT: Final = Decimal(100)
_NEXT: Final = "next"
Lots = dict[str, list[str]]
"""By a lot's number: how much of it is held, and at which price it was bought."""


class Settings(NamedTuple):
    """How far apart purchases lie and with which gain each lot is sold (percent); how many."""

    down: float
    gain: float
    lots: int


def orders(memory: Memory, settings: Settings, scene: Scene) -> tuple[Memory, tuple[Want, ...]]:
    """Want a sale for each lot, and the next purchase."""
    slate = Slate(memory, scene)
    bought: int = memory.get("bought", 0)
    loose = Decimal(memory.get("loose", "0"))
    lots: Lots = {role: list(lot) for role, lot in memory.get("lots", {}).items()}
    for back in slate.returned():
        if back.role == _NEXT:
            loose += back.change
            if is_placeable(scene.market, loose, back.price):
                bought += 1
                lots[str(bought)], loose = [plain(loose), plain(back.price)], ZERO
        else:
            loose += _sold(lots, back, scene.market)
    up = ONE + exact(settings.gain) / _PERCENT
    for role, (held, price) in lots.items():
        if not slate.is_out(role):
            slate.sell(role, Decimal(held), Decimal(price) * up)
    _ask_next(slate, lots, settings, scene)
    return slate.written(bought=bought, loose=plain(loose), lots=lots)


def _sold(lots: Lots, back: Returned, market: Market) -> Decimal:
    """Take a sale off its lot; a rest that is too small to be sold is given up to the next."""
    held, price = lots[back.role]
    rest = Decimal(held) + back.change
    if is_placeable(market, rest, Decimal(price)):
        lots[back.role] = [plain(rest), price]
        return ZERO
    del lots[back.role]
    return rest


def _ask_next(slate: Slate, lots: Lots, settings: Settings, scene: Scene) -> None:
    """Want the next purchase a step below the lowest lot, or at market when there is none."""
    market = scene.market
    budget = without_fee(market, scene.amount) / settings.lots
    if not lots:
        if slate.is_out(_NEXT):
            if not slate.is_at_market(_NEXT):
                slate.withdraw(_NEXT)
        else:
            slate.buy(_NEXT, affordable(market, budget, scene.price))
        return
    lowest = min(Decimal(price) for _, price in lots.values())
    price = on_tick(market, Side.BUY, lowest * (ONE - exact(settings.down) / _PERCENT))
    quantity = affordable(market, budget, price)
    if slate.is_out(_NEXT):
        if len(lots) >= settings.lots or not slate.asks(_NEXT, price):
            slate.withdraw(_NEXT)
    elif len(lots) < settings.lots:
        slate.buy(_NEXT, quantity, price)


def reach(_settings: Settings) -> int:
    """Ask for the newest candle only: nothing before it matters."""
    return 1


def check(settings: Settings) -> None:
    """Refuse steps that would lead below zero. Raises: `BadInput("steps_too_deep")`."""
    if exact(settings.down) >= _PERCENT:
        raise BadInput("steps_too_deep", field="down")


def check_amount(settings: Settings, market: Market, price: Decimal, amount: Decimal) -> None:
    """Refuse an amount that is too small for a lot. Raises: `BadInput` naming the field."""
    refuse_small(market, amount, lowest_budget(market, price) * settings.lots)


STEP_GRID: Final = Strategy(
    id="step_grid",
    parameters=(
        Parameter("down", default=2, lowest=0.1, highest=50, places=2),
        Parameter("gain", default=2, lowest=0.1, highest=100, places=2),
        Parameter("lots", default=10, lowest=1, highest=100),
    ),
    settings=Settings,
    look=look_at_nothing,
    reach=reach,
    orders=orders,
    check=check,
    check_amount=check_amount,
)
