"""What a front has followed of a request, told to a worker, which has a way to the collector. Pure.

A front sends nothing anywhere but to workers. Names and facts are looked at again where they are
kept (`app/observing/traces.py`), like those of the worker itself.
"""

import orjson

from drawbridge.core.tracing import Span
from drawbridge.entrypoints.edge.messages import Kind, Malformed, Message


def encode_span(span: Span) -> Message:
    """Write a span."""
    told = {
        "name": span.name,
        "ids": [it.hex() for it in (span.trace_id, span.span_id, span.parent_id)],
        "at": [span.began_ns, span.ended_ns],
        "facts": dict(span.facts),
        "failed": span.has_failed,
    }
    return Message(Kind.SPAN, 0, orjson.dumps(told))


def decode_span(body: bytes) -> Span:
    """Read a span. Raises: `Malformed`."""
    try:
        match orjson.loads(body):
            case {
                "name": str(name),
                "ids": [str(trace_id), str(span_id), str(parent_id)],
                "at": [int(began_ns), int(ended_ns)],
                "facts": dict(facts),
                "failed": bool(has_failed),
            } if all(isinstance(it, str) for it in facts.values()):
                trace, span, parent = map(bytes.fromhex, (trace_id, span_id, parent_id))
                return Span(name, trace, span, parent, began_ns, ended_ns, facts, has_failed)
    except ValueError:
        raise Malformed from None
    raise Malformed
