"""One request to a papered exchange, from its bytes to the bytes of the answer.

Admit, decode, carry out in the world, make durable, encode. Whatever goes wrong is spoken in the
exchange's own status, code and words. There is no transport here; see entrypoints/paper_server.
"""

from drawbridge.catalogue.registry import Exchange
from drawbridge.core.clock import Clock
from drawbridge.core.errors import DrawbridgeError, Forbidden, NotProven
from drawbridge.core.operations import PlaceOrder
from drawbridge.paper.admission import Admitted, once_more
from drawbridge.paper.post import post_of
from drawbridge.paper.world import PaperWorld
from drawbridge.wire.codec import ServerView
from drawbridge.wire.http import WireAnswer, WireRequest
from drawbridge.wire.refusing import write_refusal


class Answering:
    """A papered exchange as its clients meet it."""

    def __init__(
        self, exchange: Exchange, world: PaperWorld, clock: Clock, *, unlimited: bool = False
    ) -> None:
        """Join an exchange's folder to the paper world; `unlimited` takes the rate limits off."""
        self.post = post_of(exchange, world, clock, unlimited=unlimited)

    async def answer(self, request: WireRequest, address: str) -> WireAnswer:
        """Answer a request that came from `address`; never raises for what a sender can do."""
        post = self.post
        now_ms = post.clock.now_ms()
        try:
            try:
                admitted = post.admission.admit(request, address, now_ms)
            except NotProven as error:
                admitted = await once_more(
                    error, post.world, lambda: post.admission.admit(request, address, now_ms)
                )
            answer = self._carry_out(admitted, request, now_ms)
            if admitted.key is not None:
                # Nothing is told to a client before it is on disk: neither that an order was
                # placed nor, to who only reads, that it was filled.
                await post.world.durable()
        except DrawbridgeError as error:
            return self.refuse(error, request.path)
        headers = post.exchange.codec.limit_headers(admitted.used)
        if headers:
            answer = WireAnswer(answer.status, answer.body, answer.headers + headers)
        return answer

    def refuse(self, error: DrawbridgeError, path: bytes = b"") -> WireAnswer:
        """Speak one of our errors as this exchange would to a request at that path."""
        exchange = self.post.exchange
        return write_refusal(exchange.errors, exchange.codec, error, path)

    def _carry_out(self, admitted: Admitted, request: WireRequest, now_ms: int) -> WireAnswer:
        endpoint, key = admitted.endpoint, admitted.key
        if not endpoint.operation:
            # It exists on the real exchange; the paper exchange does not carry it out.
            raise Forbidden("unknown_endpoint", rule="endpoint")
        if endpoint.answer:
            return WireAnswer(200, endpoint.answer)
        codec = self.post.exchange.codec
        view = ServerView(endpoint, request, self.post.carrier.markets, now_ms)
        operation = codec.decode_request(view)
        if key is not None and isinstance(operation, PlaceOrder):
            self.post.admission.require(key, operation.scope)
        result = self.post.carrier.result(key, operation, now_ms)
        return codec.encode_answer(operation, result, view)
