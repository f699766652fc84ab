"""For whom a connection to a stream speaks: for nobody, or for a key that proves itself.

A secret is open for the signature alone (`crossing.py` opens it), and a token is kept no longer
than its connection. Neither stands in an error or in a log.
"""

import asyncio
import re
from collections.abc import Sequence
from typing import Final, Protocol

from drawbridge.core.errors import (
    BadInput,
    DrawbridgeError,
    ExchangeDown,
    ExchangeRefused,
    NotProven,
    OutcomeUnknown,
)
from drawbridge.core.operations import GetBalances, GetStreamToken, StreamToken
from drawbridge.core.streams import Topic
from drawbridge.gateway.conversation import Conversation
from drawbridge.gateway.crossing import Gateway
from drawbridge.gateway.policy import Purpose
from drawbridge.gateway.stamps import Place
from drawbridge.wire.dialect import Credential
from drawbridge.wire.stream import Frame, KeptStream, subscribing
from drawbridge.wire.text import encoded

_MARK: Final = "{token}"
# Nothing that could end the text in which a token stands inside a frame.
_TOKEN: Final = re.compile(r"[\x21\x23-\x5b\x5d-\x7e]{1,4096}")
_S: Final = 1_000


class Party(Protocol):
    """For whom a connection speaks."""

    async def address(self, path: bytes) -> tuple[bytes, StreamToken | None]:
        """Give a path with a token where it wants one, and that token."""

    async def log_in(self, conversation: Conversation) -> None:
        """Prove what there is to prove, once the connection is open."""

    async def subscribe(self, conversation: Conversation, topics: Sequence[Topic]) -> None:
        """Subscribe to topics, and wait until the exchange has said yes to all."""

    async def look_after(self, token: StreamToken | None) -> None:
        """Keep the token of the address alive, and see that the key may still be used."""


class Anyone:
    """Who follows what everybody may see."""

    def __init__(self, gateway: Gateway, place: Place, stream: KeptStream) -> None:
        """Speak with an exchange at a venue."""
        self._gateway = gateway
        self._place = place
        self._stream = stream

    async def address(self, path: bytes) -> tuple[bytes, StreamToken | None]:
        """Give a path with a token of the kind that everybody gets, where it wants one."""
        if _MARK.encode() not in path:
            return path, None
        token = await self._gateway.call_public(*self._place, GetStreamToken(public=True))
        return _in_path(path, token), token

    async def log_in(self, conversation: Conversation) -> None:
        """Do nothing: there is nothing to prove."""

    async def subscribe(self, conversation: Conversation, topics: Sequence[Topic]) -> None:
        """Subscribe to topics. Raises: `ExchangeRefused`, as `Conversation.ask`."""
        number = conversation.next_number(2 * len(topics))
        await conversation.ask(self._stream.subscribe(topics, conversation.markets, number))

    async def look_after(self, token: StreamToken | None) -> None:
        """Do nothing: a token of everybody's is not kept alive."""


class Holder:
    """A key that follows its own account."""

    def __init__(
        self, gateway: Gateway, place: Place, stream: KeptStream, key_id: str, check_ms: int
    ) -> None:
        """Speak for a key of that place, and look at the key every so often."""
        self._gateway = gateway
        self._place = place
        self._stream = stream
        self._key_id = key_id
        self._check_s = check_ms / _S
        self._refused = 0
        self._secret = 0

    async def address(self, path: bytes) -> tuple[bytes, StreamToken | None]:
        """Give a path with a token of this key, where it wants one."""
        await self._gateway.may_listen(self._key_id)
        self._secret = self._gateway.secret_of(self._key_id)
        if _MARK.encode() not in path:
            return path, None
        token = await self._draw()
        return _in_path(path, token), token

    async def log_in(self, conversation: Conversation) -> None:
        """Log in where the exchange wants a frame for it.

        Raises: the exchange's refusal once it is certain (see `_doubt`), `ExchangeDown` before.
        """
        if not self._stream.UPKEEP.logs_in:
            return
        try:
            async with self._gateway.signing(self._key_id, self._stream.log_in) as frame:
                await conversation.ask((frame,))
        except (ExchangeRefused, NotProven) as error:
            await self._doubt(error)
        self._refused = 0

    async def subscribe(self, conversation: Conversation, topics: Sequence[Topic]) -> None:
        """Subscribe to topics, each signed or with a token where the exchange wants it."""
        number = conversation.next_number(2 * len(topics))
        markets = conversation.markets
        frames = self._stream.subscribe(topics, markets, number)
        if not hasattr(self._stream, "subscribe_signed"):
            await conversation.ask(await self._with_token(frames))
            return

        def write(credential: Credential, stamp: str) -> Sequence[Frame]:
            return subscribing(self._stream, topics, markets, number, (credential, stamp))

        try:
            async with self._gateway.signing(self._key_id, write) as signed:
                await conversation.ask(signed)
        except NotProven as error:
            await self._doubt(error)
        self._refused = 0

    async def look_after(self, token: StreamToken | None) -> None:
        """Keep the token of the address alive, and see that the key may still be used.

        Raises: `Forbidden("key_not_usable")`; `ExchangeDown("stream_lost")` when the key has a new
        secret, so that the connection is opened anew with it; what drawing a token raises.
        """
        loop = asyncio.get_running_loop()
        renewed_at = loop.time()
        while True:
            await asyncio.sleep(self._check_s)
            await self._gateway.may_listen(self._key_id)
            if self._gateway.secret_of(self._key_id) != self._secret:
                raise ExchangeDown("stream_lost")
            if token is not None and (loop.time() - renewed_at) * _S * 2 > token.lasts_ms:
                await self._draw(token.token)
                renewed_at = loop.time()

    async def _doubt(self, error: DrawbridgeError) -> None:
        """Find out whether a refusal was meant; raise it if it was.

        Why: ending a stream stops what relies on it. A refusal may come of our clock, which is
        learnt anew, or of the exchange's own trouble; a key that REST refuses as well is refused.
        """
        self._refused += 1
        if self._refused == 1:
            await self._gateway.learn_clock(*self._place)
            raise ExchangeDown("stream_lost") from None
        try:
            await self._gateway.call(self._key_id, GetBalances(), purpose=Purpose.READ)
        except BadInput:
            # This exchange is not asked that way: the refusal stands by itself.
            raise error from None
        except OutcomeUnknown:
            raise ExchangeDown("stream_lost") from None
        raise error

    async def _draw(self, name: str = "") -> StreamToken:
        operation = GetStreamToken(name)
        return await self._gateway.call(self._key_id, operation, purpose=Purpose.LISTEN)

    async def _with_token(self, frames: Sequence[Frame]) -> Sequence[Frame]:
        texts = [frame for frame in frames if isinstance(frame, str)]
        if not any(_MARK in text for text in texts):
            return frames
        token = _checked(await self._draw())
        return [text.replace(_MARK, token) for text in texts]


def _in_path(path: bytes, token: StreamToken) -> bytes:
    return path.replace(_MARK.encode(), encoded(_checked(token)).encode())


def _checked(token: StreamToken) -> str:
    """Give the token's text. Raises: `OutcomeUnknown` for one that no exchange would draw."""
    if not _TOKEN.fullmatch(token.token):
        raise OutcomeUnknown("unreadable_answer")
    return token.token
