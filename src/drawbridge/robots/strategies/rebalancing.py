"""Rebalancing: keep a share of the amount in base currency, within a band."""

from decimal import Decimal
from typing import Final, NamedTuple

from drawbridge.core.markets import Market
from drawbridge.robots.sizes import affordable, exact, lowest_budget, refuse_small
from drawbridge.robots.slate import Slate, look_at_nothing
from drawbridge.robots.strategy import Memory, Parameter, Scene, Strategy, Want

_PERCENT: Final = Decimal(100)
_TRADE: Final = "trade"


class Settings(NamedTuple):
    """Which share is kept, and how far from it is too far; both in percent of the whole."""

    share: float
    band: float


def orders(memory: Memory, settings: Settings, scene: Scene) -> tuple[Memory, tuple[Want, ...]]:
    """Want a purchase or a sale at market when the share has left its band."""
    slate = Slate(memory, scene)
    for _ in slate.returned():
        pass  # the slate itself counts what is held and what was spent
    value = slate.held * scene.price
    whole = slate.cash + value
    missing = whole * exact(settings.share) / _PERCENT - value
    if abs(missing) > whole * exact(settings.band) / _PERCENT and not slate.is_out(_TRADE):
        quantity = affordable(scene.market, abs(missing), scene.price)
        if missing > 0:
            slate.buy(_TRADE, quantity)
        else:
            slate.sell(_TRADE, quantity)
    return slate.written()


def reach(_settings: Settings) -> int:
    """Ask for the newest candle only: nothing before it matters."""
    return 1


def check_amount(settings: Settings, market: Market, price: Decimal, amount: Decimal) -> None:
    """Refuse an amount of which a band is too small to be traded. Raises: `BadInput`."""
    smallest = min(exact(settings.band), exact(settings.share)) / _PERCENT
    refuse_small(market, amount, lowest_budget(market, price) / smallest)


REBALANCING: Final = Strategy(
    id="rebalancing",
    parameters=(
        Parameter("share", default=50, lowest=1, highest=99, places=2),
        Parameter("band", default=5, lowest=0.1, highest=50, places=2),
    ),
    settings=Settings,
    look=look_at_nothing,
    reach=reach,
    orders=orders,
    check_amount=check_amount,
)
