"""Following requests: which of them, through which steps, and with which facts.

Names come from closed lists, and what is not on them is left out here, whoever said it: no id, no
address, no amount and no text that anybody typed can become a part of a trace.
"""

from collections.abc import Callable, Iterator, Mapping
from contextlib import AbstractContextManager, contextmanager, nullcontext
from dataclasses import replace
from typing import Final

from drawbridge.app.clock import entropy, now_ns
from drawbridge.app.observing.settings import ObservingSettings
from drawbridge.core.errors import DrawbridgeError
from drawbridge.core.tracing import CURRENT, NOBODY, Span, Tracer

REQUESTS: Final = frozenset({"bot_request", "crossing", "front_request", "web_request"})
STEPS: Final = frozenset({"hand_on", "judge", "wait", "journal", "sign", "send"})
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
_CONTEXT_BYTES: Final = _TRACE_BYTES + _SPAN_BYTES
_NOTHING: Final = nullcontext()


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

    def follow(
        self, name: str, facts: Mapping[str, str], within: bytes = b""
    ) -> AbstractContextManager[None]:
        """Follow a request for the time of the block, or not; inside of another it is a step.

        `within` is what another process of ours handed on: then its trace goes on here.
        """
        if CURRENT.get() is not None or name not in REQUESTS:
            return _NOTHING
        if len(within) == _CONTEXT_BYTES:
            return self._followed(name, facts, within)
        self._seen[name] += 1
        if self._seen[name] % self._one_in:
            return _NOTHING
        return self._followed(name, facts, b"")

    def take(self, span: Span) -> None:
        """Keep what another process of ours has followed; what is on no list is left out."""
        if span.name in REQUESTS | STEPS and len(span.trace_id) == _TRACE_BYTES:
            known = {it: value[:_LONGEST] for it, value in span.facts.items() if it in FACTS}
            self._keep(replace(span, facts=known))

    @contextmanager
    def _followed(self, name: str, facts: Mapping[str, str], within: bytes) -> Iterator[None]:
        request = _Followed(self._now_ns, self._entropy, self._keep, within)
        for fact, value in facts.items():
            request.tell(fact, value)
        token = CURRENT.set(request)
        try:
            with request.timed(name, within[_TRACE_BYTES:], is_step=False):
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
        within: bytes,
    ) -> None:
        self._now_ns = now_ns
        self._entropy = entropy
        self._keep = keep
        self._trace_id = within[:_TRACE_BYTES] or entropy(_TRACE_BYTES)
        self._root_id = entropy(_SPAN_BYTES)
        self._steps = 0
        self._facts: dict[str, str] = {}
        # Tasks that were begun inside go on with this in their context.
        self.is_over = False

    @property
    def context(self) -> bytes:
        return self._trace_id + self._root_id

    def step(self, name: str) -> AbstractContextManager[None]:
        self._steps += 1
        if self.is_over or self._steps > _MOST_STEPS or name not in STEPS:
            return _NOTHING
        return self.timed(name, self._root_id, is_step=True)

    def tell(self, fact: str, value: str) -> None:
        if fact in FACTS:
            self._facts[fact] = value[:_LONGEST]

    @contextmanager
    def timed(self, name: str, parent_id: bytes, *, is_step: bool) -> Iterator[None]:
        """Time a block; the request itself has all facts."""
        began_ns, code, has_failed = self._now_ns(), "", True
        try:
            yield
            has_failed = False
        except DrawbridgeError as error:
            code = error.code
            raise
        finally:
            facts = {} if is_step else dict(self._facts)
            if code:
                facts["code"] = code
            span_id = self._entropy(_SPAN_BYTES) if is_step else self._root_id
            self._keep(
                Span(
                    *(name, self._trace_id, span_id, parent_id, began_ns, self._now_ns()),
                    facts=facts,
                    has_failed=has_failed,
                )
            )


def tracer_of(settings: ObservingSettings, keep: Callable[[Span], None]) -> Tracer:
    """Give what follows requests where somebody wants traces, and hands them to `keep`."""
    if not settings.traces:
        return NOBODY
    return Traces(settings.traces_one_in, now_ns, entropy, keep)
