"""An exchange that tells trades as fast as it is read: for clients' benchmarks.

The frames are those of the exchange's own session, written once; nobody has to log in.
"""

import asyncio
import sys
from decimal import Decimal

from websockets.asyncio.server import ServerConnection, serve
from websockets.exceptions import ConnectionClosed

from drawbridge.app.lifetime import tell_ready, until_stopped
from drawbridge.catalogue.registry import get_exchange
from drawbridge.core.markets import PublicTrade
from drawbridge.core.streams import Topic, TopicKind, TradesTold
from drawbridge.wire.stream import Effects, Frame, Opening, Send, Session, Subscribe

_NOW_MS = 1_763_000_000_000
_LOCAL = "127.0.0.1"
_FIRST = 1_000_000


def trade(symbol: str, number: int) -> TradesTold:
    """Give the trade of that number."""
    price, quantity = Decimal(60_000 + number % 100), Decimal("0.25")
    time_ms, taker_buys = _NOW_MS + number, number % 2 == 0
    told = PublicTrade(_FIRST + number, symbol, time_ms, price, quantity, taker_buys)
    return TradesTold(symbol, (told,))


class Flood:
    """Serves connections."""

    def __init__(self, exchange_id: str, count: int) -> None:
        """Tell so many trades to whoever subscribes to some."""
        self._exchange = get_exchange(exchange_id)
        self._count = count
        self._frames: dict[Topic, list[Frame]] = {}

    async def serve(self, connection: ServerConnection) -> None:
        """Serve one connection until it ends."""
        session = self._session(connection)
        try:
            await self._carry_out(connection, session, session.opened(_NOW_MS))
            async for frame in connection:
                await self._carry_out(connection, session, session.receive(frame, _NOW_MS))
        except ConnectionClosed:
            return

    def _session(self, connection: ServerConnection) -> Session:
        request, exchange = connection.request, self._exchange
        if request is None or exchange.stream is None:
            raise NotImplementedError
        path, _, query = request.path.encode().partition(b"?")
        opening = Opening(path, query, (), exchange.card.markets(), _NOW_MS, exchange.errors)
        session = exchange.stream.open_session(opening)
        if session is None:
            raise NotImplementedError(path)
        return session

    async def _carry_out(
        self, connection: ServerConnection, session: Session, effects: Effects
    ) -> None:
        for effect in effects:
            if isinstance(effect, Send):
                await connection.send(effect.frame)
            elif isinstance(effect, Subscribe) and effect.topic.kind is TopicKind.TRADES:
                for frame in self._flood(session, effect.topic):
                    await connection.send(frame)

    def _flood(self, session: Session, topic: Topic) -> list[Frame]:
        if topic not in self._frames:
            events = (trade(topic.symbol, number) for number in range(self._count))
            told = (session.tell(topic, event, _NOW_MS) for event in events)
            self._frames[topic] = [frame for frames in told for frame in frames]
        return self._frames[topic]


async def main(exchange_id: str, count: int) -> None:
    """Serve until told to stop."""
    flood = Flood(exchange_id, count)
    async with serve(flood.serve, _LOCAL, 0, compression=None, ping_interval=None) as server:
        tell_ready({"port": next(iter(server.sockets)).getsockname()[1]})
        await until_stopped(with_parent=True)


if __name__ == "__main__":
    asyncio.run(main(sys.argv[1], int(sys.argv[2])))
