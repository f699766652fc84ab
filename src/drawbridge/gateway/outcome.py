"""What came of a request: the answer as a value, or one of our errors. Pure.

The exchange's own tables decide what a code means. What cannot be read is an unknown outcome,
never a refusal: only positive evidence makes a no.
"""

from dataclasses import replace
from typing import Any, Final, TypeVar, cast

from drawbridge.catalogue.registry import Exchange
from drawbridge.core.clock import SECOND_MS
from drawbridge.core.errors import DrawbridgeError, ExchangeDown, NotFound, OutcomeUnknown
from drawbridge.core.markets import Markets
from drawbridge.core.operations import CancelOrder, GetOrder, Operation, PlaceOrder
from drawbridge.wire.http import WireAnswer

A = TypeVar("A")

# A week in seconds has six digits; the longest known ban is three days.
_MAX_DIGITS: Final = 6


def read(exchange: Exchange, operation: Operation[A], answer: WireAnswer, markets: Markets) -> A:
    """Read the answer to an operation.

    Raises: what the exchange's error table says; `OutcomeUnknown("unreadable_answer")`.
    """
    read_error(exchange, answer)
    result: A = exchange.codec.decode_answer(operation, answer, markets)
    return result


def read_error(exchange: Exchange, answer: WireAnswer) -> None:
    """Look whether an answer says that something went wrong.

    Raises: what the exchange's error table says.
    """
    raw = exchange.codec.read_error(answer)
    if raw is not None:
        raise _with_wait(exchange.errors.read(raw), answer)


def _with_wait(error: DrawbridgeError, answer: WireAnswer) -> DrawbridgeError:
    told = (answer.header(b"retry-after") or b"").strip()
    if isinstance(error, ExchangeDown) and told.isdigit() and len(told) <= _MAX_DIGITS:
        error.retry_after_ms = max(error.retry_after_ms, int(told) * SECOND_MS)
    return error


def changes_something(operation: Operation[Any]) -> bool:
    """Tell whether carrying it out leaves a trace at the exchange."""
    if isinstance(operation, PlaceOrder):
        return not operation.dry_run
    return isinstance(operation, CancelOrder)


def find_elsewhere(error: DrawbridgeError, operation: Operation[A]) -> Operation[A] | None:
    """Give the question for an order that was not among the open ones: it may have ended.

    None where the exchange looks among all orders at once, or has looked among both kinds. In this
    order an order that ends between the two questions is in the second answer.
    """
    if not isinstance(operation, GetOrder) or operation.ended or not isinstance(error, NotFound):
        return None
    among_open = error.code == "unknown_order" and error.facts.get("among") == "open"
    return cast("Operation[A]", replace(operation, ended=True)) if among_open else None


def as_caller_needs(error: DrawbridgeError, operation: Operation[Any]) -> DrawbridgeError:
    """Give the error that fits the operation.

    Why: a question whose answer was lost changed nothing, so its caller may simply ask again;
    only for what changes something is an unknown outcome one that must be looked up.
    """
    if isinstance(error, OutcomeUnknown) and not changes_something(operation):
        return as_nothing_happened(error)
    return error


def as_nothing_happened(error: OutcomeUnknown) -> ExchangeDown:
    """Give the error for a question whose answer was lost."""
    down = ExchangeDown(error.code)
    down.facts.update(error.facts)
    return down
