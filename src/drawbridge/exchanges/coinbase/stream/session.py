"""The exchange's side of one connection: channels, numbered messages, heartbeats.

Who has not subscribed to anything after five seconds is shown out. A token is looked at wherever
one is sent; private channels need one in the very message that subscribes to them.
"""

from collections.abc import Sequence
from functools import partial
from typing import Any, Final

from drawbridge.core.errors import BadInput, DrawbridgeError, ExchangeDown
from drawbridge.core.streams import OrdersTold, OrderTold, StreamEvent, Topic, TopicKind
from drawbridge.exchanges.coinbase.codec import values
from drawbridge.exchanges.coinbase.dialect import claimed, signed_part
from drawbridge.exchanges.coinbase.stream.channels import ORDERS, TOLD_AS, Channel, topic_of
from drawbridge.exchanges.coinbase.stream.writing import (
    write_events,
    write_orders,
    write_products,
)
from drawbridge.wire.documents import list_of, parse_object, text_of, write_document
from drawbridge.wire.stream import (
    Close,
    Effect,
    Effects,
    Frame,
    LogIn,
    Opening,
    Proof,
    Send,
    Subscribe,
    Unsubscribe,
)

_PATIENCE_MS: Final = 5_000
_BEAT_MS: Final = 1_000
_BATCH_MS: Final = 5_000
_MOST_PRODUCTS: Final = 1_000
_POLICY: Final = 1008
_AUTHENTICATION: Final = "authentication failure"
_USER: Final = "00000000-0000-4000-8000-000000000001"

Wanted = tuple[Channel, tuple[str, ...]]


class ChannelSession:
    """One connection."""

    def __init__(self, opening: Opening) -> None:
        """Begin with no channels."""
        self._markets = opening.markets
        self._shared = opening.shared
        self._opened_ms = opening.now_ms
        self._channels: dict[Channel, dict[str, None]] = {}
        self._numbered = 0
        self._beats = 0
        self._beat_ms = 0
        self._batch_ms: dict[str, int] = {}

    def opened(self, now_ms: int) -> Effects:
        """Say nothing: the client speaks first."""
        del now_ms
        return ()

    def receive(self, frame: Frame, now_ms: int) -> Effects:
        """Take a frame of the client."""
        try:
            document = parse_object(frame)
            kind = document.get("type")
            if kind == "unsubscribe":
                return self._leave(self._read(document), now_ms)
            if kind != "subscribe":
                return (_error("type is not valid"),)
            wanted, token = self._read(document), text_of(document.get("jwt") or "", "jwt")
        except DrawbridgeError as error:
            return (_error(_said(error)),)
        if token:
            return _log_in(wanted, token)
        if wanted[0].is_private:
            return (_error(_AUTHENTICATION),)
        return self._take_up(wanted, now_ms)

    def logged_in(self, ref: object, now_ms: int) -> Effects:
        """Hear that a token was right, and do what it was sent with."""
        return self._take_up(ref, now_ms) if isinstance(ref, tuple) else ()

    def answered(self, ref: object, result: object, now_ms: int) -> Effects:
        """Hear nothing: nothing is asked over these connections."""
        del ref, result, now_ms
        return ()

    def refused(self, ref: object, error: DrawbridgeError, now_ms: int) -> Effects:
        """Hear that a token was wrong, or that something may not be subscribed to."""
        del now_ms
        if isinstance(ref, Channel):
            self._channels.pop(ref, None)
        if isinstance(error, ExchangeDown):
            return (_error("rate limit exceeded"),)
        return (_error(_AUTHENTICATION),)

    def tell(self, topic: Topic, event: StreamEvent, now_ms: int) -> Sequence[Frame]:
        """Write an event for every channel that is about it."""
        if topic.kind is TopicKind.ORDERS:
            return self._tell_orders(event, now_ms)
        product = self._markets.get(topic.symbol).id
        frames = []
        for channel, products in self._channels.items():
            if product not in products or not channel.is_of_products:
                continue
            if topic_of(channel, topic.symbol) != topic or self._waits(channel, product, now_ms):
                continue
            write = partial(self._written, channel, event)
            frames += [
                self._numbered_frame(channel, str(events), now_ms)
                for events in self._shared.frames((topic, channel), event, write)
            ]
        return frames

    def tick(self, now_ms: int) -> Effects:
        """Send heartbeats, and show out who wants nothing."""
        if not self._channels and now_ms - self._opened_ms > _PATIENCE_MS:
            return (_error("no subscription within five seconds"), Close(_POLICY))
        if Channel.HEARTBEATS not in self._channels or now_ms - self._beat_ms < _BEAT_MS:
            return ()
        self._beats, self._beat_ms = self._beats + 1, now_ms
        events = [{"current_time": values.told(now_ms), "heartbeat_counter": self._beats}]
        return (Send(self._message(Channel.HEARTBEATS, events, now_ms)),)

    # ------------------------------------------------------------------------------ channels
    def _read(self, document: dict[str, Any]) -> Wanted:
        """Read what is wanted. Raises: `BadInput`, `NotFound("unknown_symbol")`."""
        name = text_of(document.get("channel"), "channel")
        if name not in set(Channel):
            raise BadInput("malformed", field="channel")
        told = list_of(document.get("product_ids") or [], "product_ids")
        if len(told) > _MOST_PRODUCTS:
            raise BadInput("malformed", field="product_ids")
        products = tuple(self._markets.get_by_id(text_of(row, "product_ids")).id for row in told)
        channel = Channel(name)
        if channel.is_of_products and not products:
            products = tuple(market.id for market in self._markets)
        return channel, products

    def _take_up(self, wanted: Wanted, now_ms: int) -> Effects:
        channel, products = wanted
        known = self._channels.setdefault(channel, {})
        new = [product for product in products if product not in known]
        known |= dict.fromkeys(new)
        effects: list[Effect] = [Send(self._subscriptions(now_ms))]
        if channel is Channel.USER:
            # Again even if it is subscribed to already: whoever asks is told how things stand.
            effects.append(Subscribe(ORDERS, channel))
        elif channel is Channel.STATUS:
            effects.append(Send(self._message(channel, write_products(self._markets), now_ms)))
        elif channel.is_of_products:
            effects += [Subscribe(self._topic(channel, product), channel) for product in new]
        return effects

    def _leave(self, wanted: Wanted, now_ms: int) -> Effects:
        channel, products = wanted
        known = self._channels.get(channel, {})
        left = [product for product in products if product in known]
        for product in left:
            del known[product]
        if not known:
            self._channels.pop(channel, None)
        effects: list[Effect] = []
        if channel is Channel.USER and channel not in self._channels:
            effects.append(Unsubscribe(ORDERS))
        elif channel.is_of_products:
            topics = [self._topic(channel, product) for product in left]
            effects += [Unsubscribe(topic) for topic in topics if not self._is_wanted(topic)]
        return (*effects, Send(self._subscriptions(now_ms)))

    def _topic(self, channel: Channel, product: str) -> Topic:
        return topic_of(channel, self._markets.get_by_id(product).symbol)

    def _is_wanted(self, topic: Topic) -> bool:
        """Tell whether another channel still tells of a topic."""
        product = self._markets.get(topic.symbol).id
        return any(
            product in products
            for channel, products in self._channels.items()
            if channel.is_of_products and topic_of(channel, topic.symbol) == topic
        )

    def _subscriptions(self, now_ms: int) -> str:
        told = {
            channel.value: [_USER] if channel.is_private else list(products)
            for channel, products in self._channels.items()
        }
        return self._message("subscriptions", [{"subscriptions": told}], now_ms)

    # ------------------------------------------------------------------------------ messages
    def _tell_orders(self, event: StreamEvent, now_ms: int) -> Sequence[Frame]:
        wanted = self._channels.get(Channel.USER)
        if wanted is None or not isinstance(event, OrdersTold | OrderTold):
            return ()
        is_snapshot = isinstance(event, OrdersTold)
        orders = event.orders if isinstance(event, OrdersTold) else (event.order,)
        ours = [row for row in orders if not wanted or self._markets.get(row.symbol).id in wanted]
        if not ours and not is_snapshot:
            return ()
        events = write_orders("snapshot" if is_snapshot else "update", ours, self._markets)
        return (self._message(Channel.USER, events, now_ms),)

    def _waits(self, channel: Channel, product: str, now_ms: int) -> bool:
        """Tell whether a batch is still too young for the next one."""
        if channel is not Channel.TICKER_BATCH:
            return False
        if now_ms - self._batch_ms.get(product, 0) < _BATCH_MS:
            return True
        self._batch_ms[product] = now_ms
        return False

    def _written(self, channel: Channel, event: StreamEvent) -> Sequence[Frame]:
        events = write_events(channel, event, self._markets)
        return (write_document(events).decode(),) if events else ()

    def _message(self, channel: str, events: object, now_ms: int) -> str:
        return self._numbered_frame(channel, write_document(events).decode(), now_ms)

    def _numbered_frame(self, channel: str, events: str, now_ms: int) -> str:
        """Put the envelope around events that are written once for all who hear them."""
        name = TOLD_AS.get(channel, str(channel)) if isinstance(channel, Channel) else channel
        number, self._numbered = self._numbered, self._numbered + 1
        return (
            f'{{"channel":"{name}","client_id":"","timestamp":"{values.told(now_ms)}",'
            f'"sequence_num":{number},"events":{events}}}'
        )


def _log_in(wanted: Wanted, token: str) -> Effects:
    try:
        raw = token.encode("ascii", "replace")
        found, targets = claimed(raw)
    except DrawbridgeError:
        return (_error(_AUTHENTICATION),)
    if targets:
        # It was made for one request over REST, and whoever saw that must not listen here.
        return (_error(_AUTHENTICATION),)
    return (LogIn(wanted, Proof(found, signed_part(raw))),)


def _said(error: DrawbridgeError) -> str:
    if error.code == "unknown_symbol":
        return "product_id is not valid"
    return f"{error.facts.get('field', 'message')} is not valid"


def _error(message: str) -> Send:
    return Send(write_document({"type": "error", "message": message}).decode())
