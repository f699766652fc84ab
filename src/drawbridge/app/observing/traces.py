"""Following requests: which of them, through which steps, and with which facts.

Names come from closed lists, and what is not on them is left out here, whoever said it: no id, no
address, no amount and no text that anybody typed can become a part of a trace.
"""

from collections.abc import Callable, Iterator, Mapping
from contextlib import AbstractContextManager, contextmanager, nullcontext
from dataclasses import dataclass
from typing import Final

from drawbridge.core.errors import DrawbridgeError
from drawbridge.core.tracing import CURRENT

REQUESTS: Final = frozenset({"bot_request", "crossing", "web_request"})
STEPS: Final = frozenset({"judge", "wait", "journal", "sign", "send"})
FACTS: Final = frozenset(
    {
        "code",
        "exchange",
        "http.request.method",
        "http.response.status_code",
        "http.route",
        "outcome",
        "venue",
        "what",
    }
)
"""All names of requests, of their steps and of facts that there are."""

_MOST_STEPS: Final = 64
_LONGEST: Final = 64
_TRACE_BYTES: Final = 16
_SPAN_BYTES: Final = 8
_NOTHING: Final = nullcontext()


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


class Traces:
    """Follows one request in so many. A `Tracer`."""

    def __init__(
        self,
        one_in: int,
        now_ns: Callable[[], int],
        entropy: Callable[[int], bytes],
        keep: Callable[[Span], None],
    ) -> None:
        """Hand what was followed to `keep`. `now_ns` counts since the Unix epoch."""
        self._one_in = one_in
        # Of each kind for itself: one that often comes with another would hide it.
        self._seen = dict.fromkeys(REQUESTS, 0)
        self._now_ns = now_ns
        self._entropy = entropy
        self._keep = keep

    def follow(self, name: str, facts: Mapping[str, str]) -> AbstractContextManager[None]:
        """Follow a request for the time of the block, or not; inside of another it is a step."""
        if CURRENT.get() is not None or name not in REQUESTS:
            return _NOTHING
        self._seen[name] += 1
        if self._seen[name] % self._one_in:
            return _NOTHING
        return self._followed(name, facts)

    @contextmanager
    def _followed(self, name: str, facts: Mapping[str, str]) -> Iterator[None]:
        request = _Followed(self._now_ns, self._entropy, self._keep)
        for fact, value in facts.items():
            request.tell(fact, value)
        token = CURRENT.set(request)
        try:
            with request.timed(name, b""):
                yield
        finally:
            CURRENT.reset(token)
            request.is_over = True


class _Followed:
    """One request that is followed. A `Trace`."""

    def __init__(
        self,
        now_ns: Callable[[], int],
        entropy: Callable[[int], bytes],
        keep: Callable[[Span], None],
    ) -> None:
        self._now_ns = now_ns
        self._entropy = entropy
        self._keep = keep
        self._trace_id = entropy(_TRACE_BYTES)
        self._root_id = entropy(_SPAN_BYTES)
        self._steps = 0
        self._facts: dict[str, str] = {}
        # Tasks that were begun inside go on with this in their context.
        self.is_over = False

    def step(self, name: str) -> AbstractContextManager[None]:
        self._steps += 1
        if self.is_over or self._steps > _MOST_STEPS or name not in STEPS:
            return _NOTHING
        return self.timed(name, self._root_id)

    def tell(self, fact: str, value: str) -> None:
        if fact in FACTS:
            self._facts[fact] = value[:_LONGEST]

    @contextmanager
    def timed(self, name: str, parent_id: bytes) -> Iterator[None]:
        """Time a block; the request itself has no parent, and all facts."""
        began_ns, code, has_failed = self._now_ns(), "", True
        try:
            yield
            has_failed = False
        except DrawbridgeError as error:
            code = error.code
            raise
        finally:
            facts = dict(self._facts) if not parent_id else {}
            if code:
                facts["code"] = code
            span_id = self._entropy(_SPAN_BYTES) if parent_id else self._root_id
            self._keep(
                Span(
                    *(name, self._trace_id, span_id, parent_id, began_ns, self._now_ns()),
                    facts=facts,
                    has_failed=has_failed,
                )
            )
