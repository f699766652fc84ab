"""How much of one limit of an exchange may one bot or robot take, while others want some? Pure.

What does not fit now waits in the limit's line (`turns.py`); `budgets.py` keeps the lines moving.
The reasons stand in docs/decisions/0036.
"""

from typing import Any, Final

from drawbridge.core.operations import CancelAllOrders, CancelOrder, Operation, PlaceOrder
from drawbridge.core.orders import Side
from drawbridge.core.values import light_value
from drawbridge.gateway.turns import Sharer
from drawbridge.wire.endpoints import Endpoint
from drawbridge.wire.limits import Ceiling, Count, Limit, LimitKind, Told

# A tenth is left for what we cannot count: the person's own browser, other programs. Of that,
# what ends orders may take the half, so that a position can be left when all else is used up.
_ORDINARY: Final = (18, 20)
_URGENT: Final = (19, 20)
# How much of everybody's share is kept; the rest goes to whoever comes.
_KEPT: Final = (3, 4)
# Among more than so many, what would be kept for each is nothing.
_MOST_KEPT_FOR: Final = 256
_ENDS: Final = frozenset({"cancel_order", "cancel_all_orders"})


@light_value
class Blocked:
    """Why a request has to wait: for how long at least, and for which limit.

    None is for the exchange as a whole, which asked for quiet.

    `is_kept`: there would be room, and it is kept for others.
    """

    wait_ms: int
    count: "SharedCount | None" = None
    is_kept: bool = False


class SharedCount:
    """One limit, as far as it is used up, and by whom.

    In every window, each of those who share it is sure of three quarters of its share, or of what
    it wanted in the window before, where that is less. The rest goes to whoever comes.
    """

    __slots__ = (
        "_before",
        "_began_ms",
        "_ceiling",
        "_count",
        "_counted",
        "_easy",
        "_ends_ms",
        "_keeps",
        "_ordinary",
        "_processes",
        "_taken",
        "_used",
        "_wanted",
        "_window_ms",
        "limit",
        "spare",
        "under_way",
    )

    def __init__(self, limit: Limit) -> None:
        """Begin with nothing used; `spare` is what only urgent requests may take.

        `under_way` is the cost of what was sent and has no answer yet.
        """
        self.limit = limit
        self.under_way = 0
        self._count = Count(limit)
        self._ceiling = Ceiling(limit)
        self._window_ms = limit.window_ms
        # What comes back bit by bit is shared well enough by the line of those who wait for it.
        self._keeps = limit.kind is LimitKind.WINDOW
        self._began_ms = self._ends_ms = 0
        # What was taken in this window; of it, what count and ceiling know of; and how far it may
        # rise before anybody has to be asked.
        self._taken = self._counted = self._easy = 0
        self._used: dict[Sharer, int] = {}
        self._wanted: dict[Sharer, int] = {}
        self._before: dict[Sharer, int] = {}
        self.share_among(1, 0)

    def share_among(self, processes: int, now_ms: int) -> None:
        """Be one of so many processes that may use up the limit together.

        Why parts that are fixed, and not asked of the others: an order does not wait for them.
        """
        self._processes = processes
        self._catch_up()
        amount = max(1, self.limit.amount // processes)
        self._ordinary, most = _part(amount, _ORDINARY), _part(amount, _URGENT)
        self.spare = most - self._ordinary
        self._count.resize(most, now_ms)
        self._ease(now_ms)

    def charge(self, who: Sharer, cost: int, now_ms: int, *, is_urgent: bool) -> Blocked | None:
        """Take so much of the limit, or tell why not."""
        taken = self._taken + cost
        # The usual case first: so little that nobody has to be asked.
        if taken <= self._easy and self._began_ms <= now_ms < self._ends_ms:
            self._taken = taken
            _add(self._used, who, cost)
            return None
        return self._charge_closely(who, cost, now_ms, is_urgent=is_urgent)

    def _charge_closely(
        self, who: Sharer, cost: int, now_ms: int, *, is_urgent: bool
    ) -> Blocked | None:
        spare, kept = 0 if is_urgent else self.spare, 0
        if self._keeps:
            self._catch_up()
            if not self._began_ms <= now_ms < self._ends_ms:
                self._turn(now_ms)
            if self._taken + cost > self._unasked:
                kept = self._kept_for_others(who, now_ms)
        wait_ms = self._ceiling.wait_ms(cost + spare + kept, now_ms) or self._count.charge(
            cost, now_ms, spare + kept
        )
        if wait_ms:
            return Blocked(wait_ms, self, is_kept=self._fits(cost + spare, now_ms))
        self._ceiling.take(cost)
        if self._keeps:
            self._taken += cost
            self._counted = self._taken
            _add(self._used, who, cost)
            self._ease(now_ms)
        return None

    def want(self, who: Sharer, cost: int) -> None:
        """Note that somebody asked for so much and was not given it at once."""
        if self._keeps:
            _add(self._wanted, who, cost)

    def give_back(self, who: Sharer, cost: int) -> None:
        """Take back what was charged just now, because another limit had no room."""
        self._catch_up()
        self._count.give_back(cost)
        self._ceiling.take(-cost)
        if self._keeps:
            self._taken -= cost
            self._counted = self._taken
            _add(self._used, who, -cost)

    def hear(self, told: Told, now_ms: int) -> None:
        """Take in what the exchange says is left; what we counted ourselves holds beside it.

        What has no answer yet is not in its count, or may not be.
        """
        # Of all that is left, a part is ours.
        amount, left = self.limit.amount // self._processes, told.left // self._processes
        if self.limit.kind is LimitKind.DECAY:
            self._count.raise_to(amount - left + self.under_way, now_ms)
            return
        # The same part as of the whole limit is left for what we cannot count.
        reserve = amount - self._ordinary - self.spare
        left -= reserve + self.under_way
        self._catch_up()
        self._ceiling.hear(Told(left, told.until_ms), now_ms)
        self._ease(now_ms)

    @property
    def _unasked(self) -> int:
        """Give how little is taken without asking whether something is kept for others."""
        return self._ordinary // 8

    def _ease(self, now_ms: int) -> None:
        """Reckon how far one may go in this window before anybody has to be asked.

        Within that, nothing is kept for others, and the limit's own amount is far away; there
        remains what the exchange has told. The first one of a window is always looked at closely.
        """
        left = self._ceiling.find_left(now_ms)
        self._easy = self._unasked if self._taken else 0
        if left is not None:
            self._easy = min(self._easy, self._taken + left - self.spare)

    def _catch_up(self) -> None:
        """Tell count and ceiling what was taken without asking them."""
        if self._taken != self._counted:
            self._count.take(self._taken - self._counted)
            self._ceiling.take(self._taken - self._counted)
            self._counted = self._taken

    def _find_told_rest(self, now_ms: int) -> int | None:
        """Give what ordinary requests may still take; None where nothing was told of now."""
        left = self._ceiling.find_left(now_ms)
        if left is None:
            return None
        return max(0, min(left - self.spare, self._ordinary - self._count.used(now_ms)))

    def _fits(self, cost: int, now_ms: int) -> bool:
        return self._count.fits(cost, now_ms) and not self._ceiling.wait_ms(cost, now_ms)

    def _turn(self, now_ms: int) -> None:
        began_ms = now_ms - now_ms % self._window_ms
        # Only of the window that ended just now is it known what was wanted.
        wanted = self._used if began_ms == self._ends_ms else {}
        if wanted:
            for who, cost in self._wanted.items():
                _add(wanted, who, cost)
        self._before, self._used, self._wanted = wanted, {}, {}
        self._began_ms, self._ends_ms = began_ms, began_ms + self._window_ms
        self._taken = self._counted = self._easy = 0

    def _kept_for_others(self, who: Sharer, now_ms: int) -> int:
        before, used = self._before, self._used
        sharers = {who, *before, *used, *self._wanted}
        # What is larger than all that is not kept passes first of all.
        if not self._taken or not 1 < len(sharers) <= _MOST_KEPT_FOR:
            return 0
        rest = self._find_told_rest(now_ms)
        # What the exchange counted and we did not is nobody's share.
        ours = self._ordinary if rest is None else min(self._ordinary, self._taken + rest)
        part, whole = _KEPT
        share = -(-ours * part // (whole * len(sharers)))
        kept = sum(
            max(0, min(share, before.get(it, share)) - used.get(it, 0))
            for it in sharers
            if it != who
        )
        # Of a rest too small for what is kept, nobody would get anything.
        return kept if rest is None else min(kept, rest * (len(sharers) - 1) // len(sharers))


def goes_first(operation: Operation[Any] | None, endpoint: Endpoint) -> bool:
    """Tell whether a request ends orders or only protects a position."""
    if isinstance(operation, PlaceOrder):
        if operation.reduce_only or operation.close_position:
            return True
        # A stop below what a spot account holds; where one may be short, it could be an entry.
        is_spot = ":" not in operation.symbol and operation.leverage is None
        return operation.trigger is not None and is_spot and operation.side is Side.SELL
    if isinstance(operation, CancelOrder | CancelAllOrders):
        return True
    return operation is None and endpoint.operation in _ENDS and endpoint.operations <= _ENDS


def _add(to: dict[Sharer, int], who: Sharer, cost: int) -> None:
    before = to.get(who)
    if before is not None:
        to[who] = before + cost
    elif len(to) <= _MOST_KEPT_FOR:
        to[who] = cost


def _part(amount: int, of: tuple[int, int]) -> int:
    part, whole = of
    return max(1, amount * part // whole)
