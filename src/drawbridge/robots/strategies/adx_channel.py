"""ADX: where a trend is strong enough, go the way it goes."""

from typing import Final, NamedTuple

from drawbridge.robots import indicators
from drawbridge.robots.columns import CandleColumns, Floats
from drawbridge.robots.strategy import IN, OUT, UNSAID, Held, Parameter, Strategy

# The index is an average of averages of Wilder's kind.
_REACH_FACTOR = 40


class Settings(NamedTuple):
    """How far the indexes look back, and from where on a trend counts."""

    span: int
    level: int


class Seen(NamedTuple):
    """How strong the trend is, and how much goes upwards and downwards."""

    adx: "Floats"
    plus: "Floats"
    minus: "Floats"


def look(candles: CandleColumns, settings: Settings) -> Seen:
    """Measure strength and direction of the moves."""
    return Seen(
        indicators.adx(candles, settings.span),
        indicators.plus_di(candles, settings.span),
        indicators.minus_di(candles, settings.span),
    )


def decide(seen: Seen, at: int, settings: Settings, _held: Held) -> int:
    """Tell the direction of a strong trend; of a weak one there is nothing to say."""
    # Not the other way round: against NaN, only this comparison keeps silent.
    if seen.adx[at] >= settings.level:
        if seen.plus[at] > seen.minus[at]:
            return IN
        if seen.plus[at] < seen.minus[at]:
            return OUT
    return UNSAID


def reach(settings: Settings) -> int:
    """Ask for so many candles that the beginning of either average is lost."""
    return _REACH_FACTOR * settings.span


ADX_CHANNEL: Final = Strategy(
    id="adx_channel",
    parameters=(
        Parameter("span", default=14, lowest=2, highest=200),
        Parameter("level", default=25, lowest=0, highest=100),
    ),
    settings=Settings,
    look=look,
    decide=decide,
    reach=reach,
)
