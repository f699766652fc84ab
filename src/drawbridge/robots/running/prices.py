"""Guards that judge every price: told by a stream where there is one, asked for where not."""

from collections.abc import Iterable, Sequence
from decimal import Decimal
from typing import Final

from drawbridge.core.clock import SECOND_MS, Clock
from drawbridge.core.errors import DrawbridgeError
from drawbridge.core.operations import GetTicker
from drawbridge.robots.guards import NO_GUARDS
from drawbridge.robots.running.deciding import Verdict, judge_price
from drawbridge.robots.running.listening import Listening, Place
from drawbridge.robots.running.seat import Seat
from drawbridge.trading.reading import Passage

_ASK_EVERY_MS: Final = 2 * SECOND_MS


def place_of(seat: Seat) -> Place:
    """Give the market at whose prices a seat looks."""
    return seat.plan.exchange, seat.plan.venue, seat.plan.symbol


def has_something_to_guard(seat: Seat) -> bool:
    """Tell whether prices matter to a seat now."""
    is_free = seat.is_started and not seat.is_busy and not seat.open
    return is_free and seat.watches_ticks and not seat.book.is_flat


class Prices:
    """The seats that look at every price, by market."""

    def __init__(self, roads: Passage, clock: Clock) -> None:
        """Ask for prices by these roads."""
        self._roads = roads
        self._clock = clock
        self._seats: dict[Place, list[Seat]] = {}
        self._asked_ms: dict[Place, int] = {}

    def arrange(self, seats: Iterable[Seat]) -> Iterable[Place]:
        """Take in which seats there are; gives the markets whose prices matter."""
        self._seats = {}
        for seat in seats:
            if seat.is_started and seat.watches_ticks and seat.course.guards != NO_GUARDS:
                self._seats.setdefault(place_of(seat), []).append(seat)
        self._asked_ms = {it: ms for it, ms in self._asked_ms.items() if it in self._seats}
        return tuple(self._seats)

    def judge(self, place: Place, price: Decimal, time_ms: int) -> Sequence[tuple[Seat, Verdict]]:
        """Let guards judge a price; gives what they decided."""
        judged = []
        for seat in self._seats.get(place, ()):
            if has_something_to_guard(seat):
                verdict = judge_price(seat, price, time_ms or self._clock.now_ms())
                if verdict.decisions or verdict.refusal:
                    judged.append((seat, verdict))
        return judged

    def places_to_ask(self, listening: Listening) -> Sequence[Place]:
        """Give the markets whose prices no stream tells, when it is time to ask for them."""
        now_ms = self._clock.now_ms()
        due = [
            place
            for place, seats in self._seats.items()
            if now_ms >= self._asked_ms.get(place, 0) + _ASK_EVERY_MS
            and not listening.tells_prices(place)
            and any(has_something_to_guard(seat) for seat in seats)
        ]
        self._asked_ms |= dict.fromkeys(due, now_ms)
        return due

    async def ask(self, place: Place) -> Decimal | None:
        """Ask for the last price of a market; None when it cannot be told now."""
        exchange, venue, symbol = place
        try:
            ticker = await self._roads.call_public(exchange, venue, GetTicker(symbol))
        except DrawbridgeError:
            return None
        return ticker.last
