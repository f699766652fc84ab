"""What an exchange's codec must be able to do, in both directions.

The client encodes requests and decodes answers; the paper exchange decodes requests and encodes
answers; a proxy decodes requests to judge them. An exchange's module `codec` is one of these.
"""

from collections.abc import Callable, Mapping
from typing import Any, Protocol, TypeVar

from drawbridge.core.errors import BadInput
from drawbridge.core.markets import Markets
from drawbridge.core.operations import Operation
from drawbridge.core.values import light_value
from drawbridge.wire.documents import reading
from drawbridge.wire.endpoints import Endpoint
from drawbridge.wire.errors import RawError
from drawbridge.wire.http import Headers, WireAnswer, WireRequest

A = TypeVar("A")


@light_value
class ServerView:
    """What the answering side knows while it reads a request and writes its answer."""

    endpoint: Endpoint
    request: WireRequest
    markets: Markets
    now_ms: int

    @property
    def path_parameters(self) -> dict[str, str]:
        """Give the named parts of the path, as the endpoint table names them."""
        return self.endpoint.parameters(self.request.path)


class ClientCodec(Protocol):
    """Our side of the conversation."""

    def encode_request(self, operation: Operation[Any], markets: Markets) -> WireRequest:
        """Write an operation as an unsigned request. Raises: `BadInput`, `NotFound`."""

    def decode_answer(self, operation: Operation[A], answer: WireAnswer, markets: Markets) -> A:
        """Read the answer to an operation; errors were looked for with `read_error` before.

        Raises: `OutcomeUnknown("unreadable_answer")` for what cannot be understood.
        """

    def read_error(self, answer: WireAnswer) -> RawError | None:
        """Give what the answer says went wrong, None when all is well."""


class ServerCodec(Protocol):
    """The exchange's side of the conversation."""

    def decode_request(self, view: ServerView) -> Operation[Any]:
        """Read a request. Raises: `BadInput`, `NotFound("unknown_symbol")`."""

    def encode_answer(self, operation: Operation[A], result: A, view: ServerView) -> WireAnswer:
        """Write the result of an operation as the exchange writes it."""

    def write_error(self, error: RawError) -> WireAnswer:
        """Write an error as the exchange writes it."""

    def limit_headers(self, used: Mapping[str, int]) -> Headers:
        """Write how much of each limit is used up as headers, where the exchange tells it."""

    def order_id(self, number: int) -> str:
        """Give the paper exchange's n-th order an id in the exchange's form."""

    def trade_id(self, number: int) -> str:
        """Give the paper exchange's n-th trade an id in the exchange's form."""


class Codec(ClientCodec, ServerCodec, Protocol):
    """Both sides."""


def encode_at(
    codec: ClientCodec, operation: Operation[Any], markets: Markets, now_ms: int
) -> WireRequest:
    """Write an operation as an unsigned request of this moment.

    Most exchanges learn the time from what is signed. Where it stands among the words of a request
    (an order that is refused when it comes late), a codec offers `encode_request_at` as well.

    Raises: `BadInput`, `NotFound`.
    """
    timed: Callable[[Operation[Any], Markets, int], WireRequest] | None = getattr(
        codec, "encode_request_at", None
    )
    if timed is None:
        return codec.encode_request(operation, markets)
    return timed(operation, markets, now_ms)


def beside_body(codec: ServerCodec) -> frozenset[bytes] | None:
    """Tell which names may stand in a query beside a body, None where both are read together.

    Most exchanges read the body alone. The others' codecs say so as `BESIDE_BODY`.
    """
    names: frozenset[bytes] | None = getattr(codec, "BESIDE_BODY", frozenset())
    return names


Pair = tuple[Callable[..., Any], Callable[..., Any]]
"""How something is written and how it is read, or the other way round."""


class CodecTables:
    """The four functions of a codec that only look up who does the work.

    The client looks by operation, the exchange's side by endpoint, because two endpoints may do
    the same operation and answer it differently.
    """

    __slots__ = ("_client", "_server")

    def __init__(
        self, client: Mapping[type[Operation[Any]], Pair], server: Mapping[str, Pair]
    ) -> None:
        """Take `operation → (encode request, decode answer)`, `endpoint → (decode, encode)`.

        Shape: `encode_request(operation, markets)`, `decode_answer(operation, answer, markets)`,
        `decode_request(view)`, `encode_answer(operation, result, view)`.
        """
        self._client = client
        self._server = server

    def encode_request(self, operation: Operation[Any], markets: Markets) -> WireRequest:
        """Write an operation as an unsigned request. Raises: `BadInput`, `NotFound`."""
        found = self._client.get(type(operation))
        if found is None:
            raise BadInput("unsupported_operation", field="operation")
        request: WireRequest = found[0](operation, markets)
        return request

    def decode_answer(self, operation: Operation[A], answer: WireAnswer, markets: Markets) -> A:
        """Read the answer to an operation.

        Raises: `OutcomeUnknown("unreadable_answer")`; `NotFound` where the answer says that there
        is no such order.
        """
        with reading():
            result: A = self._client[type(operation)][1](operation, answer, markets)
            return result

    def decode_request(self, view: ServerView) -> Operation[Any]:
        """Read a request. Raises: `BadInput`, `NotFound("unknown_symbol")`."""
        found = self._server.get(view.endpoint.name)
        if found is None:
            raise BadInput("unknown_endpoint", field="operation")
        operation: Operation[Any] = found[0](view)
        return operation

    def encode_answer(self, operation: Operation[A], result: A, view: ServerView) -> WireAnswer:
        """Write the result of an operation as its endpoint does."""
        answer: WireAnswer = self._server[view.endpoint.name][1](operation, result, view)
        return answer
