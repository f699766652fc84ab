"""Which candles settings are chosen on, and which ones they are then judged by.

Settings that were chosen on the candles by which they are judged say nothing about tomorrow: so
the newest part is held back by default, and a walk forward does that again and again.
"""

from dataclasses import dataclass
from typing import Final

from drawbridge.core.errors import BadInput

FEWEST_CANDLES: Final = 50
"""A stretch shorter than this judges nothing."""


@dataclass(frozen=True, slots=True)
class Fold:
    """Numbers of candles: chosen on `first` up to `cut`, judged by `cut` up to `end`."""

    first: int
    cut: int
    end: int


def held_back(candles: int, share: float) -> Fold:
    """Hold the newest share of the candles back.

    Raises: `BadInput` for a share that leaves one of the two sides (almost) empty.
    """
    if not 0 < share < 1:
        raise BadInput("bad_share", field="out_of_sample")
    cut = candles - round(candles * share)
    if min(cut, candles - cut) < FEWEST_CANDLES:
        raise BadInput("too_few_candles", field="candles", least=2 * FEWEST_CANDLES)
    return Fold(0, cut, candles)


def walk_forward(candles: int, folds: int, share: float) -> tuple[Fold, ...]:
    """Cut the candles into folds of one length that walk forward, their judged parts end to end.

    Each fold is chosen on a stretch before the one that judges it; `share` is the judged part of
    a fold, so that the judged parts of all folds cover the end of the candles without a gap.
    Raises: `BadInput` for too many folds.
    """
    if folds < 1:
        raise BadInput("not_positive", field="folds")
    if not 0 < share < 1:
        raise BadInput("bad_share", field="out_of_sample")
    # Of a fold of length L, share * L are judged; folds move on by that much.
    length = int(candles / (1 + (folds - 1) * share))
    judged = int(length * share)
    if min(judged, length - judged) < FEWEST_CANDLES:
        raise BadInput("too_many_folds", field="folds", candles=candles)
    ends = [candles - judged * (folds - 1 - number) for number in range(folds)]
    return tuple(Fold(end - length, end - judged, end) for end in ends)
