"""What an exchange's codec must be able to do, in both directions.

The client encodes requests and decodes answers; the paper exchange decodes requests and encodes
answers; a proxy decodes requests to judge them. An exchange's module `codec` is one of these.
"""

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any, Protocol, TypeVar

from drawbridge.core.markets import Markets
from drawbridge.core.operations import Operation
from drawbridge.wire.endpoints import Endpoint
from drawbridge.wire.errors import RawError
from drawbridge.wire.http import Headers, WireAnswer, WireRequest

A = TypeVar("A")


@dataclass(frozen=True, slots=True)
class ServerView:
    """What the answering side knows while it reads a request and writes its answer."""

    endpoint: Endpoint
    request: WireRequest
    markets: Markets
    now_ms: int


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
