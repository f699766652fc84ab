"""A thousand robots trade for an hour of market while every key is replaced beneath them.

The hour is that of `robots.py`, sixty times as fast, with the same judges: every signal must have
become its order once. Meanwhile each key gets a new secret again and again: checked, proven,
swapped between two orders, the old one deleted at the exchange and seen dead. The reference is in
the same run: candles of the same hour near which no key of that exchange was swapped.

Each replacement begins when the one before is done, so keys are replaced as often as can be.
"""

import asyncio
import tempfile
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from functools import partial
from pathlib import Path
from typing import Final

from benchmarks.measure import Result
from benchmarks.robots import ROBOTS, TIMES, Found, hour, new_paper_key
from drawbridge.app.build import House
from drawbridge.audit.tags import Tag
from drawbridge.core.clock import MINUTE_MS
from drawbridge.rotation.replacement import Replacement, ReplacementAct, ReplacementState
from drawbridge.vault.model import KeyRecord
from tests.kit.house import ACCOUNT, until
from tests.kit.paper_keys import end_paper_key

_ROUNDS: Final = 3
_PAUSED: Final = "SELECT n FROM audit_events WHERE tag = ?"
_BACK: Final = frozenset({ReplacementState.FAILED, ReplacementState.ASKING})


@dataclass(slots=True)
class _Swaps:
    """What was swapped when, by exchange, and how often a robot paused."""

    at_ms: dict[str, list[int]] = field(default_factory=dict)
    paused: int = 0

    @property
    def count(self) -> int:
        return sum(map(len, self.at_ms.values()))

    def is_near(self, exchange_id: str, candle_ms: int) -> bool:
        """Tell whether a key was swapped while the orders of a candle went out."""
        closed_ms = candle_ms + MINUTE_MS
        swapped = self.at_ms.get(exchange_id, ())
        return any(abs(at_ms - closed_ms) <= 2 * MINUTE_MS for at_ms in swapped)


def run() -> list[Result]:
    """Let the robots work while their keys are replaced."""
    swaps = _Swaps()
    with tempfile.TemporaryDirectory() as folder:
        found, _ = asyncio.run(hour(Path(folder), partial(_replace_all, swaps)))
    near, far = _longest(found, swaps)
    signals = found.signals
    told = (
        f"{swaps.count} replacements beneath {found.orders} orders of {signals['made']} signals;"
        f" {signals['missed']} entries and {signals['overtaken']} exits too late for this machine;"
        f" candle close to last order sent: longest {near[-1]:.0f} ms near a swap, of"
        f" {len(near)} candles (9 of 10 within {near[len(near) * 9 // 10]:.0f}), and"
        f" {far[-1]:.0f} ms elsewhere, of {len(far)} (9 of 10 within"
        f" {far[len(far) * 9 // 10]:.0f})"
    )
    name = "R2"
    what = f"{ROBOTS} robots while every key is replaced, an hour at {TIMES}x:"
    return [
        Result(name, f"{what} signals lost", signals["lost"], 0, told, at_least=False),
        Result(name, f"{what} signals doubled", signals["doubled"], 0, at_least=False),
        Result(name, f"{what} robots paused", swaps.paused, 0, at_least=False),
        Result(name, f"{what} longest pause, to that without", near[-1] / far[-1], None),
    ]


def _longest(found: Found, swaps: _Swaps) -> tuple[Sequence[float], Sequence[float]]:
    """Give the delays of candles near swaps and of all others, each sorted."""
    near: list[float] = []
    far: list[float] = []
    for (exchange_id, _, candle_ms), late_ms in found.late_ms.items():
        (near if swaps.is_near(exchange_id, candle_ms) else far).append(late_ms)
    return sorted(near) or [0.0], sorted(far) or [1.0]


async def _replace_all(
    swaps: _Swaps, house: House, keys: Mapping[str, KeyRecord], state: Path
) -> None:
    async with asyncio.TaskGroup() as group:
        for exchange_id, key in keys.items():
            group.create_task(_replace(swaps, house, (exchange_id, key), state))
    rows = await house.database.fetch_all(_PAUSED, Tag.ROBOTS_ROBOT_PAUSED)
    swaps.paused = len(rows)


async def _replace(swaps: _Swaps, house: House, of: tuple[str, KeyRecord], state: Path) -> None:
    exchange_id, key = of
    for _ in range(_ROUNDS):
        old = (await house.vault.get_record(key.id)).public_key
        fields = await new_paper_key(state, exchange_id)
        await house.replacements.enter(key.owner, key.id, fields)
        found = await until(
            partial(_stands, house, key, ReplacementState.RETIRING), "the new key works"
        )
        swaps.at_ms.setdefault(exchange_id, []).append(found.switched_ms or 0)
        await end_paper_key(state, exchange_id, ACCOUNT, old)
        await house.replacements.do(key.owner, key.id, ReplacementAct.LOOK)
        await until(
            partial(_stands, house, key, ReplacementState.DONE), "the old key was seen dead"
        )


async def _stands(house: House, key: KeyRecord, state: ReplacementState) -> Replacement | None:
    found = await house.replacements.find(key.owner, key.id)
    it = found.replacement if found is not None else None
    if it is None or it.state in _BACK:
        message = f"a replacement did not go through: {it}"
        raise RuntimeError(message)
    return it if it.state is state else None
