"""Spot grid: price lines between two bounds; what is bought at one is sold at the next one up.

The budget is shared over the lines but the highest, which only sells. Each line's purchase
waits until prices are above it, or, when it begins by buying, is made at once.
"""

from decimal import Context, Decimal
from functools import lru_cache
from itertools import pairwise
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
from drawbridge.robots.slate import Slate, look_at_nothing
from drawbridge.robots.strategy import Memory, Parameter, Scene, Strategy, Want

ARITHMETIC: Final = 0
WAIT: Final = 0
_PERCENT: Final = Decimal(100)
_WITHOUT_CRUMBS: Final = Context(prec=22)


class Settings(NamedTuple):
    """Where the lines lie.

    Units: bounds in quote currency, or where one is 0, in percent from the price at the
    beginning.
    """

    lower: float
    upper: float
    below: float
    above: float
    lines: int
    spacing: int
    start: int


def orders(memory: Memory, settings: Settings, scene: Scene) -> tuple[Memory, tuple[Want, ...]]:
    """Want a purchase or a sale for each line, as what is held there tells."""
    slate = Slate(memory, scene)
    begun: str = memory.get("begun", plain(scene.price))
    held: dict[str, str] = dict(memory.get("lots", {}))
    for back in slate.returned():
        held[back.role] = plain(Decimal(held.get(back.role, "0")) + back.change)
    lines = lines_of(settings, Decimal(begun), scene.market)
    budget = without_fee(scene.market, scene.amount) / (len(lines) - 1)
    for number, (line, above) in enumerate(pairwise(lines)):
        role = str(number)
        waits = settings.start == WAIT and scene.price <= line
        if slate.is_out(role) or (waits and role not in held):
            continue
        lot = Decimal(held.get(role, "0"))
        if is_placeable(scene.market, lot, above) and slate.sell(role, lot, above):
            continue
        if not waits:
            slate.buy(role, affordable(scene.market, budget, line) - lot, line)
    return slate.written(begun=begun, lots=held)


@lru_cache(maxsize=64)
def lines_of(settings: Settings, begun: Decimal, market: Market) -> tuple[Decimal, ...]:
    """Give the price lines from the lowest up, on the market's ticks.

    Raises: `BadInput("grid_bounds_crossed")`, `BadInput("grid_too_dense")` where two lines
    would be one.
    """
    lower = exact(settings.lower) or begun * (ONE - exact(settings.below) / _PERCENT)
    upper = exact(settings.upper) or begun * (ONE + exact(settings.above) / _PERCENT)
    if lower >= upper:
        raise BadInput("grid_bounds_crossed", field="lower", lower=lower, upper=upper)
    gaps = settings.lines - 1
    if settings.spacing == ARITHMETIC:
        found = [lower + (upper - lower) * number / gaps for number in range(settings.lines)]
    else:
        ratio = (upper / lower) ** (ONE / gaps)
        found = [lower * ratio**number for number in range(settings.lines)]
    # A root leaves crumbs in the last digits, which would cost a whole tick.
    lines = tuple(on_tick(market, Side.BUY, _WITHOUT_CRUMBS.plus(line)) for line in found)
    if lines[0] <= ZERO or any(low >= high for low, high in pairwise(lines)):
        raise BadInput("grid_too_dense", field="lines", lines=settings.lines)
    return lines


def reach(_settings: Settings) -> int:
    """Ask for the newest candle only: nothing before it matters."""
    return 1


def check(settings: Settings) -> None:
    """Refuse bounds that cross. Raises: `BadInput("grid_bounds_crossed")`."""
    if settings.lower > 0 and 0 < settings.upper <= settings.lower:
        raise BadInput(
            "grid_bounds_crossed", field="lower", lower=settings.lower, upper=settings.upper
        )


def check_amount(settings: Settings, market: Market, price: Decimal, amount: Decimal) -> None:
    """Refuse an amount that is too small for a line. Raises: `BadInput` naming the field."""
    bought = lines_of(settings, price, market)[:-1]
    refuse_small(market, amount, max(lowest_budget(market, line) for line in bought) * len(bought))


GRID: Final = Strategy(
    id="grid",
    parameters=(
        Parameter("lower", default=0, lowest=0, highest=1_000_000_000, places=8),
        Parameter("upper", default=0, lowest=0, highest=1_000_000_000, places=8),
        Parameter("below", default=10, lowest=0, highest=90, places=2),
        Parameter("above", default=10, lowest=0, highest=1000, places=2),
        Parameter("lines", default=11, lowest=2, highest=200),
        Parameter("spacing", default="geometric", choices=("arithmetic", "geometric")),
        Parameter("start", default="wait", choices=("wait", "buy")),
    ),
    settings=Settings,
    look=look_at_nothing,
    reach=reach,
    orders=orders,
    check=check,
    check_amount=check_amount,
)
