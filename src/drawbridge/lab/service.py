"""What people do with trials: order, look, stop, delete, and make a robot of one.

Nothing is reckoned here. An order is a row, which the lab's process sees and works on.
"""

from collections.abc import Callable, Mapping
from typing import Any, Final

from drawbridge.core.clock import Clock
from drawbridge.core.errors import Conflict
from drawbridge.core.ids import id_from
from drawbridge.lab import store
from drawbridge.lab.model import TrialStatus, TrialWish, read_trial
from drawbridge.lab.shelf import Shelf
from drawbridge.lab.store import Ordered, TrialStore
from drawbridge.storage.database import Database

_ENTROPY_BYTES: Final = 10
_MOST_AT_WORK: Final = 5


class Lab:
    """The use cases of trials."""

    def __init__(
        self, database: Database, shelf: Shelf, clock: Clock, entropy: Callable[[int], bytes]
    ) -> None:
        """Use the app's database, the candles on the shelf, its clock and its randomness."""
        self._database = database
        self.shelf = shelf
        self._trials = TrialStore(database)
        self._clock = clock
        self._entropy = entropy

    async def order(self, owner: str, wish: TrialWish) -> Ordered:
        """Order a trial.

        Raises: `BadInput` naming the field, `NotFound` for a strategy or candles that are not
        there, `Conflict("too_many_trials")` while too many are under way.
        """
        for name in read_trial(wish).candles:
            self.shelf.check(name)
        now_ms = self._clock.now_ms()
        trial_id = id_from("trial", self._entropy(_ENTROPY_BYTES))
        ordered = Ordered(trial_id, owner, wish, TrialStatus.WISHED, now_ms, now_ms)
        async with self._database.transaction() as tx:
            if await store.count_at_work(tx, owner) >= _MOST_AT_WORK:
                raise Conflict("too_many_trials", most=_MOST_AT_WORK)
            await store.insert(tx, ordered)
        return ordered

    async def list_trials(self, owner: str) -> tuple[Ordered, ...]:
        """List an owner's trials, newest first."""
        return await self._trials.list_of(owner)

    async def get_trial(self, owner: str, trial_id: str) -> Ordered:
        """Give one trial. Raises: `NotFound("unknown_trial")`."""
        return await self._trials.get(owner, trial_id)

    async def get_sheet(self, owner: str, trial_id: str) -> Mapping[str, Any]:
        """Give what came of a trial, empty while nothing did. Raises: as `get_trial`."""
        return await self._trials.get_sheet(owner, trial_id)

    async def stop(self, owner: str, trial_id: str) -> None:
        """Stop a trial; one that has ended stays as it is. Raises: as `get_trial`."""
        await self._trials.get(owner, trial_id)
        async with self._database.transaction() as tx:
            await store.stop(tx, owner, trial_id, self._clock.now_ms())

    async def delete(self, owner: str, trial_id: str) -> None:
        """Delete a trial; one under way is stopped by that. Raises: as `get_trial`."""
        await self._trials.get(owner, trial_id)
        async with self._database.transaction() as tx:
            await store.delete(tx, owner, trial_id)
