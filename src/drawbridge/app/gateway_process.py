"""The process that holds the vault's private key: `python -m drawbridge.app.gateway_process`.

The only place where the half of the house that opens secrets is put together. Wishes come as rows
of the database, and everything that leaves crosses the gateway. Nothing listens here; whoever
starts this with bots `beside` listens on this machine for theirs (entrypoints/proxy).
"""

import argparse
import asyncio
import contextlib
import gc
import sys
from collections.abc import AsyncIterator, Callable, Mapping
from contextlib import AbstractAsyncContextManager
from dataclasses import dataclass, replace
from functools import partial
from typing import Final, TypeAlias

from drawbridge.app.bridge import Bridge
from drawbridge.app.build import House, open_house
from drawbridge.app.clock import dice, entropy, monotonic_ns
from drawbridge.app.keeper_ways import keepers_of
from drawbridge.app.licensing import leasing_of, licensed_journal
from drawbridge.app.lifetime import run_process, tell_ready, until_stopped
from drawbridge.app.notice_ways import ways_out
from drawbridge.app.observing.working import UNWATCHED, Gauged, worker_told
from drawbridge.app.own_strategies import own_strategies_of
from drawbridge.app.reachability import Reachability
from drawbridge.app.reminders import Reminders
from drawbridge.app.reminders import Sources as Reminded
from drawbridge.app.resealing import Resealing
from drawbridge.app.settings import Settings, read_settings
from drawbridge.app.taking_part import part_of, take_part
from drawbridge.app.valuing import Valuing
from drawbridge.app.workers import Work, Workers
from drawbridge.catalogue.levels import Level
from drawbridge.catalogue.registry import exchange_ids, get_card
from drawbridge.cluster.share import WHOLE, Share
from drawbridge.core.clock import Clock
from drawbridge.gateway.bot_streams.tokens import BotTokens
from drawbridge.gateway.crossing import Gateway, Road
from drawbridge.gateway.crossing_log import CrossingLog
from drawbridge.gateway.dialling import Dialler
from drawbridge.gateway.egress import Egress, Reach
from drawbridge.gateway.held_here import HeldHere
from drawbridge.gateway.journal import OrderJournal
from drawbridge.gateway.lines import Ways
from drawbridge.gateway.postman import Postman
from drawbridge.gateway.replay import Replays
from drawbridge.gateway.stamps import Stamps
from drawbridge.gateway.streaming import Streams
from drawbridge.gateway.venues import Venues
from drawbridge.licences.kept import KeptLicences
from drawbridge.robots.running.runner import Robots
from drawbridge.robots.seams import Outside as RobotsReach
from drawbridge.robots.service import check_unused
from drawbridge.robots.strangers import Strangers
from drawbridge.rotation.kinship import Kinship
from drawbridge.rotation.leak_asking import LeakInquiries
from drawbridge.rotation.same_account import SameAccount
from drawbridge.rotation.switching import Parts, Switching
from drawbridge.statistics.snapshots import Snapshots, Sources
from drawbridge.statistics.store import SnapshotStore
from drawbridge.storage.engines import open_journal, open_wakes
from drawbridge.storage.rows import RowJournal
from drawbridge.storage.wakes import Wakes
from drawbridge.trading.bots import Bots, Judges
from drawbridge.trading.broker import Broker
from drawbridge.trading.outsiders import Outsiders
from drawbridge.trading.portfolio import Portfolios
from drawbridge.trading.quotes import Quotes
from drawbridge.trading.reading import ReadingRoad, ReadingStreams
from drawbridge.trading.reconcile import Reconciliation
from drawbridge.trading.stopping import Stopping
from drawbridge.trading.watch import Watch
from drawbridge.vault.keyholder import KeyHolder
from drawbridge.vault.opening import Opening
from drawbridge.vault.shelf import Shelf
from drawbridge.vault.store import fill_shards
from drawbridge.vault.unlock import read_vault_key
from drawbridge.verification.doubts import Doubts
from drawbridge.verification.probing import Probing
from drawbridge.verification.rechecking import Rechecks
from drawbridge.verification.service import Verification
from drawbridge.virtual_keys.book import VirtualKeyBook
from drawbridge.virtual_keys.opening import VirtualOpening
from drawbridge.virtual_keys.past_orders import PastOrders
from drawbridge.virtual_keys.usage import Usages
from drawbridge.virtual_keys.uses import UseCounter

Beside: TypeAlias = Callable[[Settings, Bridge], AbstractAsyncContextManager[Mapping[str, object]]]

_NOTICE_CONNECTIONS: Final = 4
_BEGIN_WITHIN_S: Final = 5


@dataclass(frozen=True, slots=True)
class _Roads:
    """The way out to exchanges, and what stands beside it."""

    rows: RowJournal
    wakes: Wakes
    journal: OrderJournal
    licences: KeptLicences | None
    doubts: Doubts
    stamps: Stamps
    opening: Opening
    gateway: Gateway
    streams: Streams


@contextlib.asynccontextmanager
async def open_gateway(
    house: House, gauged: Gauged = UNWATCHED, share: Share = WHOLE
) -> AsyncIterator[Work]:
    """Build the half that opens secrets over a house; the vault opens if it can by itself."""
    settings, database, clock = house.settings, house.database, house.clock
    # Of their own: keepers are asked before all else, and slow webhooks take nobody's connection.
    asking = Egress(reach=Reach(connections=1))
    outside = Egress(reach=Reach(connections=_NOTICE_CONNECTIONS))
    keepers = keepers_of(settings.keepers, asking, clock)
    holder = KeyHolder(database, clock, settings.vault_key, keepers, share)
    roads = _roads_of(house, gauged, share, holder)
    rows, journal, gateway = roads.rows, roads.journal, roads.gateway
    shelf = Shelf(database, house.vault, share)
    reading = ReadingRoad(gateway, shelf, clock)
    reconciliation = Reconciliation(gateway, shelf, house.orders, journal, clock, share)
    watch = Watch(database, house.orders, house.vault, gateway, clock, share)
    journal.tell_written(watch.release)
    broker = Broker(gateway, house.orders, reconciliation, watch)
    carriers = ways_out(settings.notices, outside)
    probing = Probing(gateway, journal, clock)
    verification = Verification(gateway, shelf, house.checks, probing, clock, share)
    heard = ReadingStreams(roads.streams, reading)
    reached = RobotsReach(broker, house.orders, reading, shelf, heard)
    robots = Robots(database, reached, clock, dice, share)
    reminded = Reminded(house.robots, house.orders, house.vault, house.languages)
    async with contextlib.AsyncExitStack() as ending:
        # Ended from the last to the first, each of them whatever became of those before: what is
        # in the journal's hands is written last.
        for it in (rows, roads.wakes, asking, outside, gateway, roads.streams):
            ending.push_async_callback(it.close)
        await fill_shards(database)
        await holder.start()
        ending.push_async_callback(holder.stop)
        ending.push_async_callback(robots.close)
        yield Work(
            share=share,
            wakes=roads.wakes,
            holder=holder,
            resealing=Resealing(database, clock, holder.keyring),
            vault=shelf,
            verification=verification,
            rechecks=Rechecks(gateway, shelf, verification, roads.doubts, house.lives, clock),
            switching=_switching_of(house, share, roads),
            robots=robots,
            broker=broker,
            reconciliation=reconciliation,
            streams=roads.streams,
            valuing=_valuing_of(house, shelf, share, reading),
            stopping=Stopping(database, house.orders, broker, clock, share),
            inquiries=LeakInquiries(database, gateway, clock, share),
            strangers=Strangers(database, reading, shelf, clock, share),
            kinship=_kinship_of(house, gateway, shelf),
            outsiders=Outsiders(database, reading, shelf, house.portfolios, clock, share),
            postman=Postman(database, house.languages, house.local_key, carriers, clock),
            reminders=Reminders(database, reminded, clock),
            approvals=house.approvals,
            leasing=leasing_of(house, roads.licences, outside, gateway, share),
            reachability=Reachability(database, house.portfolios, clock),
            bridge=replace(_bridge_of(house, roads, watch, holder, share), tracer=gauged.tracer),
        )


def _kinship_of(house: House, gateway: Gateway, shelf: Shelf) -> Kinship:
    finder = SameAccount(gateway, house.database)
    return Kinship(house.database, finder, shelf, house.portfolios, house.clock)


def _roads_of(house: House, gauged: Gauged, share: Share, holder: KeyHolder) -> _Roads:
    """Put together what signs and sends."""
    database, clock = house.database, house.clock
    opened = open_journal(house.settings.database)
    rows = gauged.timed(opened)
    licences, journal = licensed_journal(house, rows)
    venues = Venues(_paper_urls(house.settings))
    doubts, stamps = Doubts(clock), Stamps(database, clock, share)
    opening = Opening(database, clock, holder.keyring, house.vault.kept)
    egress = Egress(reach=Reach(sharers=lambda: share.neighbours))
    road = Road(egress, venues, doubts, gauged.measures)
    gateway = Gateway(house.vault.kept, opening, road, stamps, journal, clock, share=share)
    streams = Streams(Ways(gateway, venues, Dialler(), dice))
    wakes = open_wakes(database, opened)
    return _Roads(rows, wakes, journal, licences, doubts, stamps, opening, gateway, streams)


def _valuing_of(house: House, shelf: Shelf, share: Share, reading: ReadingRoad) -> Valuing:
    """Put together what reads accounts and takes snapshots of them."""
    store, clock = house.portfolios, house.clock
    sources = Sources(reading, house.vault, house.orders, store)
    snapshots = Snapshots(sources, SnapshotStore(house.database), share)
    portfolios = Portfolios(reading, house.vault, store, clock)
    return Valuing(shelf, store, portfolios, snapshots, clock)


def _switching_of(house: House, share: Share, roads: _Roads) -> Switching:
    """Put together what keys are replaced with."""
    public_key = partial(read_vault_key, house.database)
    ways = (roads.gateway, roads.opening, roads.stamps, roads.doubts)
    parts = Parts(*ways, public_key, users=(check_unused,))
    return Switching(house.database, parts, house.clock, share)


def _bridge_of(
    house: House, roads: _Roads, watch: Watch, holder: KeyHolder, share: Share
) -> Bridge:
    """Put together what bots' requests pass."""
    gateway, database, clock = roads.gateway, house.database, house.clock
    usages, counter = Usages(PastOrders(database)), UseCounter(database)
    judges = Judges(usages, watch, Quotes(gateway, clock), counter)
    return Bridge(
        gateway=gateway,
        streams=roads.streams,
        bots=Bots(gateway, judges, entropy, clock),
        book=VirtualKeyBook(database),
        proofs=VirtualOpening(database, holder.keyring),
        replays=Replays(clock),
        tokens=BotTokens(entropy),
        usages=usages,
        counter=counter,
        log=CrossingLog(database, roads.rows, clock),
        clock=clock,
        ticks_ns=monotonic_ns,
        held=HeldHere(share, clock.now_ms),
    )


async def run(
    settings: Settings,
    *,
    with_parent: bool,
    clock: Clock | None = None,
    beside: Beside | None = None,
) -> None:
    """Work until told to stop, with bots served `beside`. Prints one line of JSON when ready."""
    async with contextlib.AsyncExitStack() as stack:
        house = await stack.enter_async_context(open_house(settings, clock))
        part = await stack.enter_async_context(part_of(house, is_served=beside is not None))
        stack.enter_context(own_strategies_of(settings))
        gauged = Gauged.as_set(settings)
        work = await stack.enter_async_context(open_gateway(house, gauged, part.share))
        stopping = asyncio.create_task(until_stopped(with_parent=with_parent))
        told: Mapping[str, object] = {}
        if beside is not None:
            told = await stack.enter_async_context(beside(settings, work.bridge))
        seen = await stack.enter_async_context(worker_told(house, work, gauged, part.share))
        settled = work.bridge.gateway.under_way.settled
        beginning = asyncio.create_task(
            take_part(part, house, settled, lambda: work.holder.is_open)
        )
        working = asyncio.create_task(Workers(work).run())
        await asyncio.wait((beginning,), timeout=_BEGIN_WITHIN_S)
        # What was made until now stays: nobody looks through it again for garbage, in the middle
        # of an order.
        gc.collect()
        gc.freeze()
        tell_ready({"vault": "open" if work.holder.is_open else "closed", **told, **seen})
        await asyncio.wait((working, stopping), return_when=asyncio.FIRST_COMPLETED)
        stopping.cancel()
        beginning.cancel()
        # While everything still runs: what is under way is finished, and nothing new begins.
        await part.leave()
        working.cancel()
        # What it died of, if it did, is not swallowed.
        with contextlib.suppress(asyncio.CancelledError):
            await working


def _paper_urls(settings: Settings) -> dict[str, str]:
    return {
        name: settings.paper_url(name)
        for name in exchange_ids()
        if get_card(name).level >= Level.PAPERED
    }


def main() -> int:
    """Run until stopped; give the exit code of the error table."""
    parser = argparse.ArgumentParser(prog="drawbridge-gateway")
    parser.add_argument("--with-parent", action="store_true")
    given = parser.parse_args()

    async def work() -> None:
        await run(read_settings(), with_parent=given.with_parent)

    return run_process("gateway", work, carries_orders=True)


if __name__ == "__main__":
    sys.exit(main())
