"""A worker, how long its claims last, and how many of the shards are its fair share. Pure.

What is believed in the process (`share.py`) ends earlier than what the rows say, so that nobody
else can have claimed a shard while somebody still works for it.
"""

from collections.abc import Iterable
from dataclasses import dataclass
from typing import Final

from drawbridge.core.shards import SHARDS

CLAIM_MS: Final = 3_000
RENEW_EVERY_MS: Final = 700
SETTLE_MS: Final = 2_000
"""So long what is being sent may take to finish, before its shard is given back."""
SLACK_MS: Final = 200
"""So much earlier than on disk a claim ends here: two clocks do not run equally fast."""


@dataclass(frozen=True, slots=True)
class Worker:
    """A process that works for a share of the accounts; its id is its own, and new at each start.

    `address` is where it takes bots' requests from another process, empty where nowhere. Workers
    of one egress group go out by the same addresses.
    """

    id: str
    address: str = ""
    egress_group: str = ""
    egress_addresses: tuple[str, ...] = ()
    version: str = ""
    started_ms: int = 0


@dataclass(frozen=True, slots=True)
class WorkerStanding:
    """A worker as the rows tell of it, with the shards that it holds now."""

    worker: Worker
    seen_until_ms: int
    is_draining: bool
    shards: tuple[int, ...] = ()

    def is_living(self, now_ms: int) -> bool:
        """Tell whether it was heard of lately enough."""
        return self.seen_until_ms > now_ms


def fair_share(workers: int) -> int:
    """Give how many shards one of so many workers may hold at most."""
    return -(-SHARDS // max(1, workers))


def surplus(held: Iterable[int], workers: int) -> tuple[int, ...]:
    """Give the shards that are more than a fair share; the house's own goes last."""
    return tuple(sorted(held, reverse=True)[: -fair_share(workers)])
