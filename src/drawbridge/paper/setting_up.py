"""Build the state of a world: its floors from the cards, its past from the disk.

Which feed a market follows, and how fine money is counted, follows from the exchanges' cards.
"""

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from functools import partial
from types import MappingProxyType
from typing import Final

import orjson

from drawbridge.catalogue.registry import Exchange
from drawbridge.core.clock import MINUTE_MS
from drawbridge.core.errors import Conflict, Corrupted
from drawbridge.paper.events import decode_batch
from drawbridge.paper.feed import Feed, Pace
from drawbridge.paper.house import USUAL, House, Quoting
from drawbridge.paper.market_data import MarketData
from drawbridge.paper.replay import Replay, settle_anchor
from drawbridge.paper.rules import rules_of
from drawbridge.paper.snapshot import restore_state
from drawbridge.paper.sources import get_series, get_source
from drawbridge.paper.state import Floor, Pit, State
from drawbridge.paper.store import PaperStore, Told

_PACE = "pace"
_RULES = "rules"
_NONE: Final[Mapping[str, Callable[[int], Feed]]] = MappingProxyType({})


@dataclass(frozen=True, slots=True)
class Built:
    """A state with its past, and the public side of each of its markets."""

    state: State
    data: dict[tuple[str, str], MarketData]


@dataclass(frozen=True, slots=True)
class Scenery:
    """How the markets of a world move: `speed` 60 lets prices of an hour pass in a minute.

    What is replayed takes the place of the source of that name, on all exchanges. How the house
    quotes is only other than usual where a test must know its fills beforehand.
    """

    speed: int = 1
    replays: tuple[Replay, ...] = ()
    quoting: Quoting = USUAL


USUAL_SCENERY: Final = Scenery()


async def settle_replays(
    store: PaperStore, scenery: Scenery, now_ms: int
) -> Mapping[str, Callable[[int], Feed]]:
    """Give what takes the place of sources: how to make each feed, out of its house's depth."""
    return {
        replay.feed: partial(replay.make_feed, await settle_anchor(store, replay, now_ms))
        for replay in scenery.replays
    }


async def settle_pace(store: PaperStore, now_ms: int, speed: int) -> Pace:
    """Give the pace of a world: the kept one, or a new one that begins now."""
    kept = (await store.settings()).get(_PACE)
    if kept is None:
        pace = Pace(now_ms // MINUTE_MS * MINUTE_MS, 0, speed)
    else:
        pace = Pace(*orjson.loads(kept))
        if pace.speed == speed:
            return pace
        pace = pace.changed(now_ms // MINUTE_MS * MINUTE_MS, speed)
    row = orjson.dumps((pace.anchor_ms, pace.offset_ms, pace.speed)).decode()
    await store.set_setting(_PACE, row)
    return pace


async def read_pace(store: PaperStore, now_ms: int) -> Pace:
    """Give the pace of a world that another process may be running."""
    kept = (await store.settings()).get(_PACE)
    return Pace(*orjson.loads(kept)) if kept else Pace(now_ms // MINUTE_MS * MINUTE_MS)


async def settle_rules(store: PaperStore, state: State) -> None:
    """Note by which steps the journal counts; refuse one that counts by others.

    Raises: `Conflict("paper_rules_changed")`: amounts in the journal would change their meaning.
    """
    counted = {
        f"{floor.exchange_id} {pit.rules.symbol}": (
            str(pit.rules.price_tick.normalize()),
            str(pit.rules.quantity_step.normalize()),
        )
        for floor in state.floors.values()
        for pit in floor.pits.values()
    }
    counted |= {code: (str(places), "") for code, places in state.places.items()}
    kept = (await store.settings()).get(_RULES)
    before = {name: tuple(steps) for name, steps in orjson.loads(kept).items()} if kept else {}
    for name, steps in before.items():
        if counted.get(name) != steps:
            raise Conflict("paper_rules_changed", market=name)
    if before != counted:
        await store.set_setting(_RULES, orjson.dumps(counted).decode())


def build(
    exchanges: Sequence[Exchange],
    pace: Pace,
    *,
    quoting: Quoting = USUAL,
    replays: Mapping[str, Callable[[int], Feed]] = _NONE,
) -> Built:
    """Open an empty world over these exchanges; `replays` as `settle_replays` gave them."""
    places = count_places(exchanges)
    data: dict[tuple[str, str], MarketData] = {}
    floors = []
    for exchange in exchanges:
        card, pits = exchange.card, []
        for pair in card.paper_markets:
            depth, replayed = get_source(pair.feed).depth, replays.get(pair.feed)
            source = partial(get_series, pair.feed)
            feed = Feed(source, pace, depth) if replayed is None else replayed(depth)
            rules = rules_of(card, pair, places)
            pit = Pit(rules, House(rules, feed, pair.spread_bps, quoting))
            data[card.id, pair.symbol] = MarketData(pit, feed)
            pits.append(pit)
        codec = exchange.codec
        floors.append(Floor(card.id, pits, codec.order_id, codec.trade_id))
    return Built(State(floors, places), data)


def relive(state: State, told: Told) -> None:
    """Let everything that is on disk happen again. Raises: `Corrupted`."""
    if told.snapshot:
        restore_state(state, told.snapshot)
    for batch in told.batches:
        for exchange_id, events in decode_batch(batch):
            try:
                state.apply(exchange_id, events)
            except KeyError as error:
                raise Corrupted("paper_journal_unreadable", exchange=exchange_id) from error


def count_places(exchanges: Sequence[Exchange]) -> dict[str, int]:
    """Say how fine each currency is counted: as the coarsest of the exchanges shows it.

    Why: a person has one wallet at all of them, and each must be able to tell it exactly.
    """
    places: dict[str, int] = {}
    for exchange in exchanges:
        for currency in exchange.card.currencies:
            code = currency.code
            places[code] = min(places.get(code, currency.places), currency.places)
    return places
