"""What a request goes through, step by step, for whoever follows some of them.

Who does a step says its name; whether anybody follows is not known there, and where nobody does it
costs a look at a variable. Names of steps and of facts come from closed lists.
"""

from collections.abc import Mapping
from contextlib import AbstractContextManager, nullcontext
from contextvars import ContextVar
from dataclasses import dataclass
from typing import Final, Protocol


@dataclass(frozen=True, slots=True)
class Span:
    """A request or one of its steps: when it began and ended, and what is told of it."""

    name: str
    trace_id: bytes
    span_id: bytes
    parent_id: bytes
    began_ns: int
    ended_ns: int
    facts: Mapping[str, str]
    has_failed: bool


class Trace(Protocol):
    """One request that is followed."""

    @property
    def context(self) -> bytes:
        """Give by what another process of ours may go on with it: its id, and the request's."""

    def step(self, name: str) -> AbstractContextManager[None]:
        """Follow a step for the time of the block."""

    def tell(self, fact: str, value: str) -> None:
        """Keep a fact of the whole request."""


class Tracer(Protocol):
    """Who follows requests, all or some of them."""

    def follow(
        self, name: str, facts: Mapping[str, str], within: bytes = b""
    ) -> AbstractContextManager[None]:
        """Follow a request for the time of the block, or not.

        `within` is what another process of ours handed on, which follows it already.
        """

    def take(self, span: Span) -> None:
        """Keep what another process of ours has followed."""


CURRENT: Final[ContextVar[Trace | None]] = ContextVar("trace", default=None)
"""The request that is followed now, in this task."""

_NOTHING: Final = nullcontext()


class _Nobody:
    """Follows nothing."""

    def follow(
        self, name: str, facts: Mapping[str, str], within: bytes = b""
    ) -> AbstractContextManager[None]:
        del name, facts, within
        return _NOTHING

    def take(self, span: Span) -> None:
        del span


NOBODY: Final[Tracer] = _Nobody()


def step(name: str) -> AbstractContextManager[None]:
    """Do a step of whatever is followed now."""
    trace = CURRENT.get()
    return _NOTHING if trace is None else trace.step(name)


def tell(fact: str, value: str) -> None:
    """Keep a fact of whatever is followed now."""
    trace = CURRENT.get()
    if trace is not None:
        trace.tell(fact, value)


def handed_on() -> bytes:
    """Give by what another process of ours may go on following; empty where nobody follows.

    Never read off what a bot has sent: whoever could write it there would write into our traces.
    """
    trace = CURRENT.get()
    return b"" if trace is None else trace.context
