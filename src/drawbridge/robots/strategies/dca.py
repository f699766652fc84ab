"""DCA: a first purchase, cheaper safety purchases below it, and one sale of all with a gain.

After each safety purchase the sale moves to the new average price. When everything is sold, the
deal is over and the next one begins, at once or when prices have fallen much (RSI).
"""

from decimal import Decimal
from functools import lru_cache
from typing import Final, NamedTuple

from drawbridge.core.errors import BadInput
from drawbridge.core.markets import Market
from drawbridge.core.money import ONE, ZERO, floor_to_step, plain
from drawbridge.core.orders import Side
from drawbridge.robots import indicators
from drawbridge.robots.columns import CandleColumns, Floats
from drawbridge.robots.sizes import (
    affordable,
    exact,
    is_placeable,
    lowest_budget,
    on_tick,
    refuse_small,
    without_fee,
)
from drawbridge.robots.slate import Slate
from drawbridge.robots.strategy import Memory, Parameter, Scene, Strategy, Want

AT_ONCE: Final = 0
_PERCENT: Final = Decimal(100)
_REACH_FACTOR: Final = 20
_BASE: Final = "base"
_PROFIT: Final = "profit"


class Settings(NamedTuple):
    """How the safety purchases lie.

    Units: `down` is the distance of the first one in percent of the first price, and
    `step_scale` what the next distance is multiplied with; each spends `volume_scale` as much as
    the one before; `gain` in percent of the average price.
    """

    safeties: int
    down: float
    step_scale: float
    volume_scale: float
    gain: float
    begin: int
    span: int
    low: int


class Seen(NamedTuple):
    """The index of the last moves."""

    rsi: "Floats"


class _Deal:
    """What was bought since everything was sold, read from memory and written back."""

    def __init__(self, told: dict[str, str]) -> None:
        self.entry = Decimal(told.get("entry", "0"))
        self.held = Decimal(told.get("held", "0"))
        self.cost = Decimal(told.get("cost", "0"))
        self.done = told.get("done", "")
        self.is_over = told.get("is_over", "") == "yes"

    def told(self) -> dict[str, str]:
        """Give it as memory holds it."""
        return {
            "entry": plain(self.entry),
            "held": plain(self.held),
            "cost": plain(self.cost),
            "done": self.done,
            "is_over": "yes" if self.is_over else "",
        }

    def has_done(self, role: str) -> bool:
        """Tell whether a safety purchase was made, or refused, in this deal."""
        return role in self.done.split()


def look(candles: CandleColumns, settings: Settings) -> Seen:
    """Measure the moves of the closing prices."""
    return Seen(indicators.rsi(candles.close, settings.span))


def orders(memory: Memory, settings: Settings, scene: Scene) -> tuple[Memory, tuple[Want, ...]]:
    """Want the first purchase, or the safety purchases and the sale of what is held."""
    slate, deal = Slate(memory, scene), _Deal(memory.get("deal", {}))
    _take_in(slate, deal, scene.market)
    if deal.is_over:
        for role in slate.out():
            slate.withdraw(role)
        if not slate.out():
            # Crumbs that were too small to be sold go into the next deal.
            deal = _Deal({"held": plain(deal.held), "cost": plain(deal.cost)})
    if deal.entry == ZERO:
        if not slate.is_out(_BASE) and _may_begin(settings, scene):
            slate.buy(_BASE, affordable(scene.market, _unit(settings, scene), scene.price))
    elif not deal.is_over:
        _ask_safeties(slate, deal, settings, scene)
        _ask_profit(slate, deal, settings, scene.market)
    return slate.written(deal=deal.told())


def _take_in(slate: Slate, deal: _Deal, market: Market) -> None:
    for back in slate.returned():
        if back.side is Side.BUY:
            deal.cost += back.quantity * back.price
            deal.held += back.change
            # Who is still held when a deal is over was bought in the last moment: it goes on.
            deal.is_over = deal.is_over and not is_placeable(market, deal.held, back.price)
        elif back.quantity > 0:
            deal.cost += deal.cost * back.change / deal.held
            deal.held += back.change
            deal.is_over = not is_placeable(market, deal.held, back.price)
        if back.role == _BASE and is_placeable(market, deal.held, back.price):
            deal.entry = back.price
        elif back.role not in {_BASE, _PROFIT}:
            deal.done += f" {back.role}"


def _may_begin(settings: Settings, scene: Scene) -> bool:
    if settings.begin == AT_ONCE:
        return True
    return scene.seen is not None and bool(scene.seen.rsi[scene.at] <= settings.low)


def _unit(settings: Settings, scene: Scene) -> Decimal:
    """Give what the first purchase spends, so that with all safeties the amount is spent."""
    return without_fee(scene.market, scene.amount) / sum(_volumes(settings))


@lru_cache(maxsize=64)
def _volumes(settings: Settings) -> tuple[Decimal, ...]:
    """Give how much each purchase spends, the first one being 1."""
    scale = exact(settings.volume_scale)
    return (ONE, *(scale**number for number in range(1, settings.safeties + 1)))


@lru_cache(maxsize=64)
def _depths(settings: Settings) -> tuple[Decimal, ...]:
    """Give how far below the first price each safety purchase lies, as a fraction."""
    depth, step, depths = ZERO, exact(settings.down) / _PERCENT, []
    for _ in range(settings.safeties):
        depth += step
        step *= exact(settings.step_scale)
        depths.append(depth)
    return tuple(depths)


def _ask_safeties(slate: Slate, deal: _Deal, settings: Settings, scene: Scene) -> None:
    unit = _unit(settings, scene)
    plans = zip(_depths(settings), _volumes(settings)[1:], strict=True)
    for number, (depth, volume) in enumerate(plans):
        role = str(number)
        if not slate.is_out(role) and not deal.has_done(role):
            price = on_tick(scene.market, Side.BUY, deal.entry * (ONE - depth))
            slate.buy(role, affordable(scene.market, unit * volume, price), price)


def _ask_profit(slate: Slate, deal: _Deal, settings: Settings, market: Market) -> None:
    if deal.held <= ZERO:
        return
    gain = ONE + exact(settings.gain) / _PERCENT
    price = on_tick(market, Side.SELL, deal.cost / deal.held * gain)
    quantity = floor_to_step(deal.held, market.quantity_step)
    if not slate.is_out(_PROFIT):
        slate.sell(_PROFIT, quantity, price)
    elif not slate.asks(_PROFIT, price, quantity):
        slate.withdraw(_PROFIT)


def reach(settings: Settings) -> int:
    """Ask for the candles that the index needs to forget its beginning, if it is used."""
    return 1 if settings.begin == AT_ONCE else _REACH_FACTOR * settings.span


def check(settings: Settings) -> None:
    """Refuse safeties below a price of zero. Raises: `BadInput("steps_too_deep")`."""
    if settings.safeties and _depths(settings)[-1] >= ONE:
        raise BadInput("steps_too_deep", field="down")


def check_amount(settings: Settings, market: Market, price: Decimal, amount: Decimal) -> None:
    """Refuse an amount that is too small for a purchase. Raises: `BadInput` naming the field."""
    volumes = _volumes(settings)
    refuse_small(market, amount, lowest_budget(market, price) * sum(volumes) / min(volumes))


DCA: Final = Strategy(
    id="dca",
    parameters=(
        Parameter("safeties", default=5, lowest=0, highest=25),
        Parameter("down", default=2, lowest=0.1, highest=50, places=2),
        Parameter("step_scale", default=1.0, lowest=0.5, highest=3, places=2),
        Parameter("volume_scale", default=1.5, lowest=0.5, highest=3, places=2),
        Parameter("gain", default=1.5, lowest=0.1, highest=100, places=2),
        Parameter("begin", default="at_once", choices=("at_once", "rsi")),
        Parameter("span", default=14, lowest=2, highest=200),
        Parameter("low", default=30, lowest=1, highest=99),
    ),
    settings=Settings,
    look=look,
    reach=reach,
    orders=orders,
    check=check,
    check_amount=check_amount,
)
