"""Who meets whom: an order against the other side of the book, people and house together.

Pure: it only looks and says what would happen. At one price people come before the house, and
among people the oldest first. Tuples rather than dataclasses, because every order makes some.
"""

from collections.abc import Iterable, Iterator, Sequence
from typing import Final, NamedTuple

from drawbridge.catalogue.paper_facts import SelfTradeMode
from drawbridge.core.orders import Side
from drawbridge.paper.book import OrderState
from drawbridge.paper.rules import Rules


class Wanted(NamedTuple):
    """What an order wants. `ticks` 0: at any price. `spend` in quote atoms instead of `lots`."""

    account: str
    side: Side
    lots: int
    ticks: int
    spend: int = 0


class Meeting(NamedTuple):
    """A trade that would happen; `maker` None is the house."""

    maker: OrderState | None
    ticks: int
    lots: int


class Match(NamedTuple):
    """What would happen. `stopped`: an own order stood in the way, and the rest must end."""

    meetings: Sequence[Meeting] = ()
    expired: Sequence[OrderState] = ()
    lots: int = 0
    stopped: bool = False


NOTHING: Final = Match()


def reaches(side: Side, ticks: int, price: int) -> bool:
    """Tell whether an order of that side and limit (0: none) would trade at a price."""
    if not ticks:
        return True
    return price <= ticks if side is Side.BUY else price >= ticks


def match(
    wanted: Wanted, rules: Rules, people: Iterable[OrderState], house: Iterable[tuple[int, int]]
) -> Match:
    """Let an order meet the other side, best price first, until it has what it wants."""
    meetings: list[Meeting] = []
    expired: list[OrderState] = []
    lots = cost = 0
    for maker, ticks, offered in offers(wanted.side, people, house):
        if not reaches(wanted.side, wanted.ticks, ticks):
            break
        open_lots = (
            affordable(wanted.spend - cost, rules, ticks) if wanted.spend else (wanted.lots - lots)
        )
        if not open_lots:
            break
        if maker is not None and maker.account == wanted.account:
            if rules.self_trade is not SelfTradeMode.EXPIRE_MAKER:
                return Match(meetings, expired, lots, stopped=True)
            expired.append(maker)
            continue
        taken = min(open_lots, offered)
        meetings.append(Meeting(maker, ticks, taken))
        lots += taken
        cost += rules.cost(ticks, taken)
    return Match(meetings, expired, lots)


def meet_house(
    book: Iterable[OrderState], side: Side, house: Iterable[tuple[int, int]]
) -> Iterator[tuple[OrderState, int]]:
    """Let the house take the resting orders of `side` that its prices have reached.

    Why: each order trades at its own price, but what the house can take is bounded by the depth
    that it shows there; so a large order is filled in parts as time goes on.
    """
    levels = iter(house)
    ticks, lots = next(levels, (0, 0))
    for order in book:
        taken = 0
        while lots and taken < order.left and reaches(side, order.ticks, ticks):
            share = min(lots, order.left - taken)
            taken += share
            lots -= share
            if not lots:
                ticks, lots = next(levels, (0, 0))
        if not taken:
            return
        yield order, taken


def affordable(left: int, rules: Rules, ticks: int) -> int:
    """Give the most lots whose cost, rounded down, is within what is left to spend."""
    return ((left + 1) * rules.cost_by - 1) // (ticks * rules.cost_per)


def offers(
    side: Side, people: Iterable[OrderState], house: Iterable[tuple[int, int]]
) -> Iterator[tuple[OrderState | None, int, int]]:
    """Give what an order of that side could meet, best first: maker (None: house), ticks, lots."""
    levels = iter(house)
    level = next(levels, None)
    for order in people:
        while level is not None and _is_better(side, level[0], order.ticks):
            yield None, *level
            level = next(levels, None)
        yield order, order.ticks, order.left
    if level is not None:
        yield None, *level
        for ticks, lots in levels:
            yield None, ticks, lots


def _is_better(side: Side, price: int, than: int) -> bool:
    return price < than if side is Side.BUY else price > than
