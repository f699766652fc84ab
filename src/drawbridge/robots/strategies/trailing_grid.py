"""Trailing grid: a spot grid that moves along when prices leave it.

Its lines lie at equal percentages, without end in both directions; it works on some of them
around the price. When prices rise a whole step beyond its highest line, the lots of its lowest
lines move to the top; when they fall below its lowest line, and it may follow downwards, those of
its highest lines are sold and move to the bottom.
"""

from decimal import Decimal
from functools import lru_cache
from typing import Final, NamedTuple

from drawbridge.core.markets import Market
from drawbridge.core.money import ONE, plain
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
from drawbridge.robots.slate import Slate, look_at_nothing
from drawbridge.robots.strategy import Memory, Parameter, Scene, Strategy, Want

UP: Final = 0
_PERCENT: Final = Decimal(100)


class Settings(NamedTuple):
    """How far apart the lines lie (percent), how many lots there are, and where it follows."""

    gap: float
    lots: int
    follow: int


def orders(memory: Memory, settings: Settings, scene: Scene) -> tuple[Memory, tuple[Want, ...]]:
    """Want a purchase or a sale for each lot, and move the lots that are left behind."""
    slate = Slate(memory, scene)
    begun: str = memory.get("begun", plain(scene.price))
    held: dict[str, str] = dict(memory.get("lots", {}))
    for back in slate.returned():
        held[back.role] = plain(Decimal(held[back.role]) + back.change)
    line = _Lines(Decimal(begun), settings)
    bottom = _bottom(memory.get("bottom", -(settings.lots // 2)), line, scene.price)
    # A dict, because it keeps the order and finds quickly.
    window = dict.fromkeys(str(number) for number in range(bottom, bottom + settings.lots))
    for role in [role for role in held if role not in window]:
        _leave(slate, held, role, scene)
    # As many lots as the budget is shared over: one that is still leaving keeps its place.
    free = [role for role in window if role not in held]
    held |= dict.fromkeys(free[: settings.lots - len(held)], "0")
    budget = without_fee(scene.market, scene.amount) / settings.lots
    for role in window:
        if role in held and not slate.is_out(role):
            price = line.at(int(role))
            if held[role] != "0" or scene.price > price:
                _work(slate, role, Decimal(held[role]), _Place(scene, price, budget, line))
    return slate.written(begun=begun, lots=held, bottom=bottom)


class _Lines:
    """The lines by number; number 0 is the price at the beginning."""

    def __init__(self, begun: Decimal, settings: Settings) -> None:
        self._begun = begun
        self._ratio = ONE + exact(settings.gap) / _PERCENT
        self.lots = settings.lots
        self.follows_down = settings.follow != UP

    def at(self, number: int) -> Decimal:
        """Give the price of a line."""
        return _line(self._begun, self._ratio, number)


class _Place(NamedTuple):
    """What a lot works with."""

    scene: Scene
    price: Decimal
    budget: Decimal
    lines: _Lines


@lru_cache(maxsize=4096)
def _line(begun: Decimal, ratio: Decimal, number: int) -> Decimal:
    return begun * ratio**number


def _bottom(bottom: int, lines: _Lines, price: Decimal) -> int:
    """Move the lowest line so far that the price is within a step of the grid again."""
    while price > lines.at(bottom + lines.lots + 1):
        bottom += 1
    while lines.follows_down and price < lines.at(bottom - 1):
        bottom -= 1
    return bottom


def _leave(slate: Slate, held: dict[str, str], role: str, scene: Scene) -> None:
    """Take an order of a lot outside the grid back, sell what it holds, and give the lot up."""
    if slate.is_out(role):
        if not slate.is_at_market(role):
            slate.withdraw(role)
        return
    lot = Decimal(held[role])
    if not is_placeable(scene.market, lot, scene.price) or not slate.sell(role, lot):
        del held[role]


def _work(slate: Slate, role: str, lot: Decimal, place: _Place) -> None:
    scene, above = place.scene, place.lines.at(int(role) + 1)
    if is_placeable(scene.market, lot, above) and slate.sell(role, lot, above):
        return
    if scene.price > place.price:
        line = on_tick(scene.market, Side.BUY, place.price)
        slate.buy(role, affordable(scene.market, place.budget, line) - lot, line)


def reach(_settings: Settings) -> int:
    """Ask for the newest candle only: nothing before it matters."""
    return 1


def check_amount(settings: Settings, market: Market, price: Decimal, amount: Decimal) -> None:
    """Refuse an amount that is too small for a lot. Raises: `BadInput` naming the field.

    Why twice the price: lots need more when prices have risen.
    """
    refuse_small(market, amount, lowest_budget(market, 2 * price) * settings.lots)


TRAILING_GRID: Final = Strategy(
    id="trailing_grid",
    parameters=(
        Parameter("gap", default=1, lowest=0.05, highest=50, places=2),
        Parameter("lots", default=10, lowest=1, highest=100),
        Parameter("follow", default="up", choices=("up", "both")),
    ),
    settings=Settings,
    look=look_at_nothing,
    reach=reach,
    orders=orders,
    check_amount=check_amount,
)
