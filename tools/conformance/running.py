"""One suite over one exchange: its settings, somebody who trades, the run and the verdict."""

import asyncio
import json
import os
import signal
import sys
from collections.abc import AsyncIterator, Mapping
from contextlib import asynccontextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Final

from drawbridge.core.markets import MarketKind
from tests.real_clients.bench import Bench, Key
from tests.real_clients.referee import credentials
from tools.conformance.accepted import Accepted, find_faults, skips
from tools.conformance.outcomes import WHOLE, Outcome, State, failed, read_outcomes
from tools.conformance.working_copy import Run, WorkingCopy

_ARGUMENTS: Final = {"rest": ("--private",), "ws": ("--ws", "--private")}
# A test of a stream looks for a quarter of a minute, public and private ones one after the other.
_MOST_S: Final = {"rest": 240.0, "ws": 150.0}
_READY_WITHIN_S: Final = 60.0
_BUSY: Final = Path(__file__).with_name("busy.py")
# Asked for without looking at what is traded; spot exchanges of ccxt may know them.
_OF_CONTRACTS: Final = ("watchPosition", "watchPositions")
_KINDS: Final = ("spot", "swap", "future", "option", "index")


@dataclass(frozen=True, slots=True)
class Report:
    """How one suite over one exchange came out."""

    exchange_id: str
    suite: str
    outcomes: tuple[Outcome, ...]
    accepted: tuple[Accepted, ...]
    faults: tuple[str, ...]
    printed: str


@dataclass(frozen=True, slots=True)
class Job:
    """One suite over one exchange, with all that it needs.

    `settings` and `trader` are what a client's constructor takes: the suite's, and somebody
    else's key of the same account.
    """

    bench: Bench
    suite: str
    copy: WorkingCopy
    accepted: tuple[Accepted, ...]
    settings: Mapping[str, Any]
    trader: Mapping[str, Any]

    @property
    def name(self) -> str:
        """Give the name of the client's class."""
        return self.bench.exchange.card.clients["ccxt"].id

    async def report(self) -> Report:
        """Run it, and compare with what is accepted."""
        mine = tuple(entry for entry in self.accepted if entry.suite == self.suite)
        try:
            outcomes, faults, printed = await self._outcomes(mine)
        except NobodyTrades as error:
            outcomes = (Outcome(WHOLE, State.FAILED, str(error)),)
            faults, printed = [f"{WHOLE}: {error}"], ""
        return Report(self.bench.exchange_id, self.suite, outcomes, mine, tuple(faults), printed)

    async def _outcomes(
        self, accepted: tuple[Accepted, ...]
    ) -> tuple[tuple[Outcome, ...], list[str], str]:
        async with self._somebody_trading():
            run = await self._run(skips(accepted, self.suite))
            outcomes = self._read(run)
            faults = list(find_faults(accepted, self.suite, outcomes))
            for entry in accepted:
                if entry.properties:
                    faults += await self._check_again(entry)
        return outcomes, faults, run.printed

    async def _check_again(self, entry: Accepted) -> list[str]:
        """See that a method still fails when all of its checks are made."""
        left_out = skips(self.accepted, self.suite, without=entry.method)
        again = self._read(await self._run(left_out, f"{entry.method}()"))
        if entry.method in failed(again):
            return []
        return [f"{entry.method}: checks {', '.join(entry.properties)} are left out, and pass"]

    async def _run(self, left_out: Mapping[str, Any], *more: str) -> Run:
        symbol = self.bench.table.symbol
        preferred = "preferredSwapSymbol" if ":" in symbol else "preferredSpotSymbol"
        self.copy.configure(
            {self.name: self.settings}, {self.name: {"skipMethods": left_out, preferred: symbol}}
        )
        arguments = (self.name, *more, "--info", *_ARGUMENTS[self.suite])
        return await self.copy.run(arguments, _MOST_S[self.suite])

    def _read(self, run: Run) -> tuple[Outcome, ...]:
        name = self.settings.get("id", self.name)
        return read_outcomes(run.printed, name, finished=run.finished)

    @asynccontextmanager
    async def _somebody_trading(self) -> AsyncIterator[None]:
        table = self.bench.table
        told = {
            "class": self.name,
            "settings": self.trader,
            "symbol": table.symbol,
            "amount": float(table.amount),
            "far": table.far,
            "buys_by_cost": table.buys_by_cost,
        }
        at, log = self.copy.root / "trader.json", self.copy.root / "trader.log"
        at.write_text(json.dumps(told), "utf-8")
        with log.open("wb") as errors:
            trader = await asyncio.create_subprocess_exec(
                sys.executable,
                str(_BUSY),
                str(at),
                env=self.copy.environment,
                stdout=asyncio.subprocess.PIPE,
                stderr=errors,
                start_new_session=True,
            )
        try:
            await _wait_until_ready(trader, log)
            yield
            if trader.returncode is not None:
                raise NobodyTrades(log)
        finally:
            if trader.returncode is None:
                os.killpg(trader.pid, signal.SIGKILL)
            await trader.wait()


class NobodyTrades(Exception):
    """Whoever was to trade meanwhile could not: without them there is nothing to tell."""

    def __init__(self, log: Path) -> None:
        """Say why, with the last line of what they said."""
        said = log.read_text("utf-8", "replace").strip().splitlines()
        super().__init__(f"nobody could trade: {said[-1] if said else 'no word in time'}")


async def _wait_until_ready(trader: asyncio.subprocess.Process, log: Path) -> None:
    assert trader.stdout is not None  # noqa: S101  a pipe was asked for
    try:
        async with asyncio.timeout(_READY_WITHIN_S):
            line = await trader.stdout.readline()
    except TimeoutError:
        line = b""
    if line.strip() != b"ready":
        raise NobodyTrades(log)


def prepare(bench: Bench, suite: str, copy: WorkingCopy, accepted: tuple[Accepted, ...]) -> Job:
    """Make the keys of a job; its account is its own."""
    account = f"conformance-{bench.exchange_id}-{suite}"
    return Job(
        bench=bench,
        suite=suite,
        copy=copy,
        accepted=accepted,
        settings={**_settings(bench, bench.key(account=account)), **bench.table.conformance},
        trader=_settings(bench, bench.key(account=account)),
    )


def _settings(bench: Bench, key: Key) -> dict[str, Any]:
    """Write what a client has to be told: its key, where we stand, and what is traded here."""
    kinds = {market.kind for market in bench.exchange.card.markets()}
    traded = {"spot": MarketKind.SPOT in kinds, "swap": MarketKind.LINEAR_PERPETUAL in kinds}
    has = {kind: traded.get(kind, False) for kind in _KINDS}
    if not traded["swap"]:
        has |= dict.fromkeys(_OF_CONTRACTS, False)
    return {
        **credentials(key),
        "urls": bench.paper.exchanges[bench.exchange_id]["ccxt_urls"],
        "has": has,
        **bench.table.settings,
    }
