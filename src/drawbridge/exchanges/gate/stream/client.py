"""Our side of Gate's streams: what we send, and how we read what comes. Pure."""

from collections.abc import Iterable, Sequence
from typing import Final

from drawbridge.core.markets import Markets
from drawbridge.core.streams import StreamEvent, Topic, TopicKind
from drawbridge.exchanges.gate.stream.channels import ALL, Channel, write_payload
from drawbridge.exchanges.gate.stream.reading import Reader
from drawbridge.wire.dialect import Credential
from drawbridge.wire.documents import parse_object, reading, write_document
from drawbridge.wire.stream import Frame, ReadFrame

_PATH: Final = b"/ws/v4/"
# Orders first: an execution is understood by its order.
_PRIVATE: Final = {
    TopicKind.ORDERS: ((Channel.ORDERS, [ALL]), (Channel.OWN_TRADES, [ALL])),
    TopicKind.BALANCES: ((Channel.BALANCES, None),),
}

Asked = tuple[Channel, list[str] | None]


def stream_path(_topic: Topic) -> bytes:
    """Give the path at which this topic is subscribed to: the same for all."""
    return _PATH


def log_in(_credential: Credential, _stamp: str) -> Frame:
    """Write nothing: every private subscription is signed by itself."""
    return ""


def subscribe(topics: Iterable[Topic], markets: Markets, number: int) -> Sequence[Frame]:
    """Write the frames that subscribe; those of private topics are not good before they are signed.

    Raises: `BadInput` for what the exchange does not tell.
    """
    asked = _asked(topics, markets)
    return [_frame(one, number + place, {}) for place, one in enumerate(asked)]


def unsubscribe(topics: Iterable[Topic], markets: Markets, number: int) -> Sequence[Frame]:
    """Write the frames that end subscriptions to public topics."""
    asked = _asked(topics, markets)
    end: dict[str, object] = {"event": "unsubscribe"}
    return [_frame(one, number + place, end) for place, one in enumerate(asked)]


def subscribe_signed(
    topics: Iterable[Topic], markets: Markets, number: int, credential: Credential, stamp: str
) -> Sequence[Frame]:
    """Write the frames that subscribe to what is private, each signed."""
    frames = []
    for place, one in enumerate(_asked(topics, markets)):
        signed = f"channel={one[0]}&event=subscribe&time={stamp}".encode("ascii")
        signature = credential.signer.sign(signed).decode("ascii")
        auth = {"method": "api_key", "KEY": credential.key, "SIGN": signature}
        frames.append(_frame(one, number + place, {"time": int(stamp), "auth": auth}))
    return frames


def _asked(topics: Iterable[Topic], markets: Markets) -> list[Asked]:
    asked: list[Asked] = []
    for topic in topics:
        private = _PRIVATE.get(topic.kind)
        asked += [write_payload(topic, markets)] if private is None else private
    return asked


def _frame(asked: Asked, number: int, more: dict[str, object]) -> str:
    channel, payload = asked
    told: dict[str, object] = {"id": number, "time": 0, "channel": channel, "event": "subscribe"}
    if payload is not None:
        told["payload"] = payload
    return write_document({**told, **more}).decode()


def begin_reading() -> ReadFrame:
    """Begin to read the frames of one connection."""
    reader = Reader()

    def read(frame: Frame, markets: Markets) -> Sequence[StreamEvent]:
        with reading():
            return reader.read(parse_object(frame), markets)

    return read


def read_frame(frame: Frame, markets: Markets) -> Sequence[StreamEvent]:
    """Read a frame by itself; executions of orders that were told before are left out.

    Raises: `NotProven`, `ExchangeRefused("refused")`, `OutcomeUnknown("unreadable_answer")`.
    """
    return begin_reading()(frame, markets)
