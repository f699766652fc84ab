"""What a request goes through, step by step, for whoever follows some of them.

Who does a step says its name; whether anybody follows is not known there, and where nobody does it
costs a look at a variable. Names of steps and of facts come from closed lists.
"""

from collections.abc import Mapping
from contextlib import AbstractContextManager, nullcontext
from contextvars import ContextVar
from typing import Final, Protocol


class Trace(Protocol):
    """One request that is followed."""

    def step(self, name: str) -> AbstractContextManager[None]:
        """Follow a step for the time of the block."""

    def tell(self, fact: str, value: str) -> None:
        """Keep a fact of the whole request."""


class Tracer(Protocol):
    """Who follows requests, all or some of them."""

    def follow(self, name: str, facts: Mapping[str, str]) -> AbstractContextManager[None]:
        """Follow a request for the time of the block, or not."""


CURRENT: Final[ContextVar[Trace | None]] = ContextVar("trace", default=None)
"""The request that is followed now, in this task."""

_NOTHING: Final = nullcontext()


class _Nobody:
    """Follows nothing."""

    def follow(self, name: str, facts: Mapping[str, str]) -> AbstractContextManager[None]:
        del name, facts
        return _NOTHING


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
