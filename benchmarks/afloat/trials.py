"""A fault tried many times: signals to all accounts, the fault in the middle, and what it cost."""

import asyncio
import tempfile
import time
from collections.abc import Mapping, Sequence
from contextlib import suppress
from dataclasses import dataclass, field
from pathlib import Path
from typing import Final

from benchmarks.afloat.faults import FAULTS, ON_A_LINE, ONE_WORKER
from benchmarks.afloat.fleet import Fleet, Size, afloat
from benchmarks.afloat.watching import Found, Handing, hit_at, read_books, spread
from drawbridge.trading.signal_words import Action

SIGNALS: Final = 3
_MOST_S: Final = 180
_CLAIMED_WITHIN_S: Final = 15
# The fault comes when so much of a repetition's orders is done.
_AFTER: Final = 0.2
_S: Final = 1_000
_MOST_LINES: Final = 12


@dataclass(slots=True)
class Tale:
    """What was seen of a fault, over all its repetitions."""

    fault: str
    size: Size
    times: int = 0
    wanted: int = 0
    found: Found | None = None
    took_s: list[float] = field(default_factory=list)
    claimed_s: list[float] = field(default_factory=list)
    first_s: list[float] = field(default_factory=list)
    gap_s: list[float] = field(default_factory=list)
    trouble: list[str] = field(default_factory=list)

    @property
    def is_exact(self) -> bool:
        """Tell whether nothing was lost, doubled or out of turn."""
        found = self.found
        return found is not None and not (found.lost or found.doubled or found.disordered)

    def __str__(self) -> str:
        """Write it as a few lines."""
        found = self.found or Found(0, 0, 0, 0)
        told = f"{self.fault}: {self.times} times, {found.orders:,} orders of {self.wanted:,}: lost"
        told += f" {found.lost}, doubled {found.doubled}, accounts out of order {found.disordered}"
        times = f"least / middle / most: all orders out after {spread(self.took_s)} s, longest time"
        times += f" without an order {spread(self.gap_s)} s"
        if self.claimed_s:
            times += f"; the last shard claimed after {spread(self.claimed_s)} s, first order of an"
            times += f" account of the dead worker after {spread(self.first_s)} s"
        return "\n  ".join([told, times, *self.trouble])


def try_fault(fault: str, size: Size, times: int) -> Tale:
    """Try a fault so many times over one fleet."""
    with tempfile.TemporaryDirectory(prefix="fleet-") as folder:
        return asyncio.run(_try(Path(folder), fault, size, times))


async def _try(folder: Path, fault: str, size: Size, times: int) -> Tale:
    tale = Tale(fault, size)
    async with afloat(folder, size, is_on_line=fault in ON_A_LINE) as fleet:
        sent = Sent(fleet)
        # Once without a fault, so that every account has traded.
        await sent.signal()
        if not await sent.all_out():
            tale.trouble.append("the first signal did not get out in time")
            times = 0
        spans: list[tuple[int, int]] = []
        handed: list[Handing] = []
        for _ in range(times):
            began_ms = _now_ms()
            handing = await _once(fleet, fault, sent)
            handed.append(handing)
            is_out = await sent.all_out()
            spans.append((handing.at_ms, _now_ms()))
            tale.took_s.append((_now_ms() - began_ms) / _S)
            tale.times += 1
            if not is_out:
                tale.trouble.append(f"repetition {tale.times}: orders are missing")
                break
            await fleet.until_shared_out()
        books = await read_books(fleet)
        tale.wanted = sent.signals * size.accounts
        tale.found = books.held_against(sent.signals)
        tale.gap_s = [books.longest_gap(*span) / _S for span in spans]
        for handing in handed:
            if handing.shards:
                tale.claimed_s.append(
                    (max(handing.claimed_ms.values(), default=0) - handing.at_ms) / _S
                )
                first = books.first_after(handing)
                tale.first_s += [] if first is None else [first / _S]
        if not tale.is_exact:
            tale.trouble += await tell_rows(fleet)
    return tale


class Sent:
    """The signals that were sent, turn by turn: in, out, and in again."""

    def __init__(self, fleet: Fleet) -> None:
        """Send to the one robot of a fleet."""
        self._fleet = fleet
        self.signals = 0

    async def signal(self) -> None:
        """Send the next."""
        action = Action.CLOSE if self.signals % 2 else Action.BUY
        self.signals += 1
        for robot in self._fleet.robots:
            await self._fleet.signal(robot, action, f"n{self.signals}")

    async def all_out(self) -> bool:
        """Wait until every order is filled; False where that takes too long."""
        return await self._fleet.until_filled(self.signals * self._fleet.size.accounts, _MOST_S)


async def _once(fleet: Fleet, fault: str, sent: Sent) -> Handing:
    """Send signals, and let the fault happen in their middle."""
    before, accounts = sent.signals, fleet.size.accounts
    for _ in range(SIGNALS):
        await sent.signal()
    await fleet.until_filled(int((before + _AFTER * SIGNALS) * accounts), _MOST_S)
    handing = await hit_at(fleet) if fault in ONE_WORKER else Handing(0, {})
    handing.at_ms = _now_ms()
    watching = asyncio.create_task(handing.watch(fleet))
    await FAULTS[fault](fleet)
    with suppress(TimeoutError):
        await asyncio.wait_for(watching, _CLAIMED_WITHIN_S)
    return handing


# One of the accounts with the fewest orders, whose story tells most.
_FEWEST: Final = (
    "WITH fewest AS (SELECT key_id FROM orders GROUP BY key_id ORDER BY count(*), key_id LIMIT 1)"
    " SELECT {} JOIN fewest USING (key_id) {}"
)
_TABLES: Final[Mapping[str, str]] = {
    "orders": "SELECT state, reason, count(*) AS n FROM orders GROUP BY state, reason",
    "decisions": "SELECT state, reason, count(*) AS n FROM robot_decisions GROUP BY state, reason",
    "seats": "SELECT status, reason, count(*) AS n FROM robot_accounts GROUP BY status, reason",
    # What was too old by the time somebody came to it is missing as well, and not lost.
    "signals": "SELECT outcome, acted_ms > 0, count(*) FROM signal_shards GROUP BY 1, 2",
    "its seat": _FEWEST.format("status, reason, facts, changed_ms FROM robot_accounts", ""),
    "its orders": _FEWEST.format(
        "client_order_id, side, state, reason, filled, intended_ms, updated_ms FROM orders",
        "ORDER BY intended_ms DESC LIMIT 4",
    ),
    "its decisions": _FEWEST.format(
        "tag, side, quantity, attempt, state, reason, moment_ms FROM robot_decisions",
        "ORDER BY moment_ms DESC LIMIT 4",
    ),
    "its shard": _FEWEST.format(
        "n, signal_shards.outcome, signal_shards.acted_ms, received_ms FROM signal_shards"
        " JOIN signals USING (n)"
        " JOIN (SELECT id AS key_id, shard FROM keys) AS named USING (shard)",
        "ORDER BY n DESC LIMIT 4",
    ),
}


async def tell_rows(fleet: Fleet) -> Sequence[str]:
    """Give what the rows and the workers say, for whoever looks for what went wrong."""
    told = []
    for name, sql in _TABLES.items():
        rows = await fleet.house.database.fetch_all(sql)
        told += [" ".join(map(str, (name, *row))) for row in rows]
    return [*told, *fleet.logs()[-_MOST_LINES:]]


def _now_ms() -> int:
    return time.time_ns() // 1_000_000
