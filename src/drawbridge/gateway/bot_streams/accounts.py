"""What happens to one account, for one bot: how it stands, asked for over REST, and then events.

The connection to the exchange is shared by all bots of a key (`gateway/streaming.py`), and how
things stand is asked for together by all who begin at a time (`snapshots.py`).
"""

from collections.abc import AsyncGenerator, Callable
from contextlib import aclosing
from dataclasses import replace
from decimal import Decimal
from typing import Final

from drawbridge.core.derivatives import GetPositions
from drawbridge.core.errors import BadInput
from drawbridge.core.money import ZERO
from drawbridge.core.operations import GetBalances, GetOpenOrders
from drawbridge.core.orders import Order
from drawbridge.core.streams import (
    BalancesTold,
    OrdersTold,
    OrderTold,
    PositionsTold,
    StreamEvent,
    Topic,
    TopicKind,
)
from drawbridge.gateway.bot_streams.snapshots import Snapshots
from drawbridge.gateway.following import Gap, GapReason
from drawbridge.gateway.streaming import Streams

Tell = Callable[[StreamEvent], None]
_NOT_ASKED: Final = "unsupported_operation"
_SNAPSHOTS: Final = (BalancesTold, PositionsTold)


class AccountTopic:
    """One private topic of one key, as one bot is told of it."""

    def __init__(self, snapshots: Snapshots, streams: Streams, key_id: str, topic: Topic) -> None:
        """Follow it by `follow`; of one symbol where the topic names one."""
        self._snapshots = snapshots
        self._streams = streams
        self._key_id = key_id
        self._topic = topic
        self._totals: dict[str, Decimal] = {}

    async def follow(self, tell: Tell, now_ms: Callable[[], int]) -> None:
        """Tell how things stand and then what happens, until events were missed.

        Raises: as `Streams.follow_key`; what asking over REST raises.
        """
        topic = Topic(self._topic.kind)
        told: AsyncGenerator[StreamEvent | Gap, None] = self._streams.follow_key(
            self._key_id, topic
        )
        async with aclosing(told):
            async for it in told:
                if not isinstance(it, Gap):
                    self._pass_on(it, tell)
                elif it.reason is GapReason.BEGAN:
                    # What happens meanwhile waits in line behind this.
                    tell(await self._standing(now_ms))
                else:
                    return

    def _pass_on(self, event: StreamEvent, tell: Tell) -> None:
        if isinstance(event, OrdersTold):
            return  # how things stand was told already
        if isinstance(event, _SNAPSHOTS) and event.is_snapshot:
            return
        symbol = self._topic.symbol
        if isinstance(event, OrderTold) and symbol and event.order.symbol != symbol:
            return
        if isinstance(event, BalancesTold):
            event = self._with_changes(event)
        tell(event)

    async def _standing(self, now_ms: Callable[[], int]) -> StreamEvent:
        ask, key_id = self._snapshots.ask, self._key_id
        match self._topic.kind:
            case TopicKind.ORDERS:
                return OrdersTold(await self._open_orders(), now_ms())
            case TopicKind.BALANCES:
                balances = await ask(key_id, GetBalances())
                self._totals = {it.currency: it.total for it in balances}
                return BalancesTold(balances, now_ms(), is_snapshot=True)
        positions = await ask(key_id, GetPositions())
        return PositionsTold(positions, now_ms(), is_snapshot=True)

    async def _open_orders(self) -> tuple[Order, ...]:
        wanted = GetOpenOrders(self._topic.symbol)
        try:
            return await self._snapshots.ask(self._key_id, wanted)
        except BadInput as error:
            if error.code != _NOT_ASKED:
                raise
            # An exchange that lists orders of one market alone tells none over its stream either.
            return ()

    def _with_changes(self, event: BalancesTold) -> BalancesTold:
        """Say by how much each total changed: some exchanges tell it, and ours do not read it."""
        before = [self._totals.get(it.currency, ZERO) for it in event.balances]
        after = [it.total for it in event.balances]
        self._totals |= {
            it.currency: total for it, total in zip(event.balances, after, strict=True)
        }
        changes = tuple(now - then for now, then in zip(after, before, strict=True))
        return replace(event, changes=changes)
